"""The result of a simulation: its table, its histograms, and that nobody can change it."""

from dataclasses import FrozenInstanceError, fields, is_dataclass

import numpy as np
import pytest

from initviz.measure.propagation import Histogram, Propagation
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment

SMALL = Experiment(depth=3, width=20, samples=30)
COLUMNS = [
    "layer",
    "mean",
    "std",
    "rms",
    "saturated",
    "zero",
    "dead",
    "cosine",
    "grad_h_std",
    "grad_z_std",
    "grad_w_std",
]


@pytest.fixture(scope="module")
def result() -> Propagation:
    return simulate(SMALL)


def test_table_has_a_row_a_layer_and_the_promised_columns_first(result: Propagation) -> None:
    frame = result.to_frame()
    assert list(frame.columns[: len(COLUMNS)]) == COLUMNS
    assert frame["layer"].tolist() == [0, 1, 2, 3]
    assert len(result) == len(list(result)) == 4
    for name in frame.columns:
        assert np.array_equal(result.column(name), frame[name].to_numpy(float), equal_nan=True)


def test_the_input_has_no_activation_and_no_weights(result: Propagation) -> None:
    first = result.layers[0]
    assert (first.z, first.grad_z, first.weights) == (None, None, None)
    row, *rows = result.rows()
    assert all(np.isnan(row[name]) for name in ("saturated", "zero", "dead", "grad_z_std", "grad_w_std"))
    for others in rows:
        assert np.isfinite(list(others.values())).all()


def arrays(value: object) -> list[np.ndarray]:
    """Every array anywhere in nested dataclasses and tuples."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, tuple):
        return [array for item in value for array in arrays(item)]
    if is_dataclass(value):
        return [array for f in fields(value) for array in arrays(getattr(value, f.name))]
    return []


def test_results_cannot_be_changed(result: Propagation) -> None:
    found = arrays(result)
    fine, binned = 1 + 3 * 2, 1 + 3 * 4  # of the input h and grad_h; of the others h and z, W and 3 gradients
    assert len(found) == fine + 2 * binned  # counts; edges and counts
    assert not any(array.flags.writeable for array in found)
    with pytest.raises(FrozenInstanceError):
        result.samples = 1  # type: ignore[misc]


HISTOGRAM = Histogram(np.array([0.0, 1.0, 3.0]), np.array([2, 4]), below=1, above=3)


def test_density_is_per_unit_of_the_axis() -> None:
    assert HISTOGRAM.total == 10
    assert HISTOGRAM.density() == pytest.approx([0.2, 0.2])
    assert HISTOGRAM.centres == pytest.approx([0.5, 2.0])


def test_rebinning_spreads_counts_evenly_and_keeps_them() -> None:
    assert HISTOGRAM.rebinned(np.array([0.0, 0.5, 2.0, 3.0])) == pytest.approx([1, 3, 2])
    assert HISTOGRAM.rebinned(np.array([-5.0, 5.0])) == pytest.approx([6])
