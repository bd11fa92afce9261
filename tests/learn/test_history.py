"""The history stays small however long the run, and its table is tidy."""

from collections.abc import Mapping

import numpy as np
import pytest

from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.learn.history import COLUMNS, MOST_RECORDS, History, Record


def record(step: int, loss: float = 1.0) -> Record:
    layers: Mapping[str, FloatArray] = {
        name: np.array([step, step + 0.5]) for name, column in COLUMNS.items() if column.by_layer
    }
    return Record(step, step / 10, loss, 0.5, 2.0, 0.4, layers)


def filled(steps: int, expected: int) -> History:
    history = History(expected)
    for step in range(steps + 1):
        if history.wants(step) or step == steps:
            history.add(record(step, loss=1 / (1 + step)))
    return history


@pytest.mark.parametrize("steps", [0, 1, 7, 100, 5000, 100_000])
@pytest.mark.parametrize("expected", [100, 100_000])
def test_it_stays_small_and_keeps_both_ends(steps: int, expected: int) -> None:
    history = filled(steps, expected)
    assert len(history) <= MOST_RECORDS
    assert history.steps[0] == 0
    assert history.steps[-1] == steps
    assert steps < 1 or history.steps[1] == 1
    assert (np.diff(history.steps) > 0).all()
    if steps >= expected:
        assert len(history) >= MOST_RECORDS / 3


def test_the_table_is_tidy() -> None:
    frame = filled(7, 7).to_frame()
    assert list(frame.columns) == ["step", "epoch", "layer", *COLUMNS]
    assert len(frame) == 8 * 2
    assert frame["layer"].tolist()[:4] == [1, 2, 1, 2]
    assert frame["std"].tolist()[:4] == [0, 0.5, 1, 1.5]
    assert not frame.duplicated(["step", "layer"]).any()


def test_columns() -> None:
    history = filled(7, 7)
    assert history.column("loss").shape == (8,)
    assert history.column("std").shape == (8, 2)
    assert history.has("std")
    assert not history.has("nothing")
    with pytest.raises(InputError, match="Unknown column 'nothing'"):
        history.column("nothing")


def test_the_first_step_at_a_loss() -> None:
    history = filled(7, 7)
    assert history.first_step_at(1 / 4) == 3
    assert np.isnan(history.first_step_at(0.01))
