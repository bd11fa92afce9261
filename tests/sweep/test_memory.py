"""Sweeps in memory: the numbers of the folder's, seen while they grow, gone on with after a stop; sums over seeds."""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from initviz.catalogue import InputError
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.sweep.memory import Swept, sweep_in_memory
from initviz.sweep.plan import Grid
from initviz.sweep.run import here, run_sweep
from initviz.sweep.store import Store
from initviz.sweep.summary import FACTOR, MEASURES, SHOWN, gap_words, numbers, summary
from initviz.sweep.table import Rows, rows_of
from initviz.theory.prediction import predict

BASE = Experiment(depth=3, width=12, samples=20, std=0.3)
GRID = Grid.parse(BASE, {"activation": "tanh,relu", "depth": "1,3,4"}, seeds=3)


@pytest.fixture(scope="module")
def swept() -> Swept:
    return sweep_in_memory(GRID)


def test_columns_are_those_of_the_experiments_in_the_order_of_the_grid(swept: Swept) -> None:
    assert (len(swept), swept.done, swept.failures) == (18, True, {})
    expected = [[layers[1], layers[-1]] for layers in (simulate(point).column("std") for point in GRID.points())]
    for index, place in enumerate(("first", "last")):
        column = swept.column("std", place)  # type: ignore[arg-type]
        assert column.shape == (2, 3, 3)
        np.testing.assert_array_equal(column.ravel(), [pair[index] for pair in expected])
    chi = swept.column("predicted_chi").ravel()
    np.testing.assert_array_equal(chi, [predict(point).column("chi")[-1] for point in GRID.points()])


def test_a_folder_holds_the_same_numbers(swept: Swept, tmp_path: Path) -> None:
    store = Store(tmp_path)
    run_sweep(GRID, store, here(), last_layer_only=True)
    np.testing.assert_array_equal(store.table()["rms"], swept.column("rms").ravel())


def test_it_is_seen_after_every_experiment_and_goes_on_after_a_stop(swept: Swept) -> None:
    seen: list[Swept] = []

    def stop_late(share: float, partial: Swept | None = None) -> None:
        assert partial is not None
        assert share == pytest.approx(len(partial) / 18)
        seen.append(partial)
        if len(partial) == 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        sweep_in_memory(GRID, stop_late)
    assert [len(one) for one in seen] == [1, 2, 3, 4, 5]
    assert not seen[-1].done
    half = seen[-1].column("std")
    assert np.isnan(half).sum() == 13
    assert (gap_words(seen[-1], "std", "measured") == "…").sum() == 5  # cells: the first is whole, of six
    rest: list[Swept] = []
    again = sweep_in_memory(GRID, lambda share, partial=None: rest.append(partial), seen[-1])
    assert len(rest) == 13
    np.testing.assert_array_equal(again.column("std"), swept.column("std"))


def test_what_fails_is_told_and_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails_deep(experiment: Experiment, last_layer_only: bool) -> Rows:
        if experiment.depth > 1:
            raise InputError("too deep")
        return rows_of(experiment, last_layer_only)

    monkeypatch.setattr("initviz.sweep.run.rows_of", fails_deep)
    swept = sweep_in_memory(Grid.parse(BASE, {"depth": "1,2"}))
    assert list(swept.failures.values()) == ["too deep"]
    assert swept.done
    assert gap_words(swept, "std", "measured").tolist() == ["undefined", "failed"]
    assert np.isnan(swept.column("std")).tolist() == [[False], [True]]


def test_summaries_over_the_seeds(swept: Swept) -> None:
    std = swept.column("std")
    theory = swept.column("predicted_std")
    np.testing.assert_array_equal(summary(swept, "std", "measured", "last"), np.sort(std)[..., 1])
    np.testing.assert_array_equal(summary(swept, "std", "predicted", "last"), np.sort(theory)[..., 1])
    spread = std.std(axis=-1, ddof=1)
    np.testing.assert_allclose(summary(swept, "std", "spread", "last"), spread / std.mean(axis=-1))
    errors = (std.mean(axis=-1) - theory.mean(axis=-1)) / (spread / sqrt(3))
    np.testing.assert_allclose(summary(swept, "std", "difference", "last"), errors)


def test_the_factor_is_chi_where_the_network_is_wide() -> None:
    """In the linear network chi is the squared spread of the weights, in every layer."""
    base = Experiment(activation="linear", depth=6, width=200, samples=50)
    swept = sweep_in_memory(Grid.parse(base, {"std": "0.05,0.1"}))
    np.testing.assert_allclose(summary(swept, FACTOR, "measured", "last"), [0.5, 2.0], rtol=0.05)
    np.testing.assert_allclose(summary(swept, FACTOR, "predicted", "last"), [0.5, 2.0], rtol=1e-6)


@pytest.mark.parametrize("shown", SHOWN)
def test_every_number_has_a_value_or_a_word(shown: str, swept: Swept) -> None:
    for measure in MEASURES:
        values = summary(swept, measure, shown, "last")
        words = gap_words(swept, measure, shown)
        assert values.shape == words.shape == (2, 3)
        assert set(words.ravel()) <= {"no theory", "theory only", "undefined"}
        if "no theory" in words and shown == "difference":
            assert np.isnan(values).all()


def test_one_seed_has_no_spread() -> None:
    swept = sweep_in_memory(Grid.parse(BASE, {"depth": "1,2"}))
    for shown in ("spread", "difference"):
        assert np.isnan(summary(swept, "std", shown, "last")).all()
        assert set(gap_words(swept, "std", shown)) == {"1 seed"}
    assert np.isnan(numbers(swept, FACTOR, "last")[0]).all()  # one layer has no factor between layers
