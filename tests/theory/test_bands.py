"""Bands claim 95 % of all networks. Each case is counted over 200 of them.

The layers of one network go together, so a case is as uncertain as 200 independent counts at worst: .015. Three of
these beside the promise of .92 to .98; the mean over all cases is known far better and must be .95.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
import pytest

from initviz import Experiment, predict
from tests.networks import Runs, measured

NETWORKS = 200
UNCERTAIN = sqrt(0.95 * 0.05 / NETWORKS)
TUNED = {"tanh": "lecun_normal", "relu": "he_normal", "gelu": "critical", "selu": "lecun_normal"}


@dataclass(frozen=True)
class Inside:
    """Shares of the networks that lie in the band of std and of the gradient; nan where there is none."""

    std: float
    gradient: float


def inside(experiment: Experiment) -> Inside:
    """Counted over the layers that have a band."""
    runs, prediction = _runs(experiment), predict(experiment)
    (low, high), (below, above) = (prediction.band(name) for name in ("std", "grad_h_std"))
    std = _share(runs.std, low[1:], high[1:])
    return Inside(std, _share(runs.grad_h[:, :-1], below[:-1], above[:-1]))


@lru_cache(maxsize=32)
def _runs(experiment: Experiment) -> Runs:
    return measured(experiment, NETWORKS)


def _share(values: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    known = ~np.isnan(low)
    return float(((values > low) & (values < high))[:, known].mean()) if known.any() else np.nan


CASES: list[dict[str, object]] = [
    {"activation": "tanh"},
    {"activation": "relu"},
    {"activation": "gelu"},
    {"activation": "tanh", "normalization": "layer"},
    {"activation": "relu", "normalization": "layer"},
    {"activation": "gelu", "normalization": "layer", "residual": 0.5},
    {"activation": "tanh", "residual": 1.0},
    {"activation": "relu", "residual": 0.5, "inputs": "digits"},
    {"activation": "relu", "residual": 1.0},
    {"activation": "tanh", "initializer": "orthogonal"},
    {"activation": "relu", "initializer": "orthogonal", "gain": 1.4, "inputs": "digits"},
    {"activation": "selu", "bias_std": 0.3, "inputs": "digits"},
]


def case(changes: dict[str, object]) -> Experiment:
    tuned = {"initializer": TUNED[str(changes["activation"])]}
    return Experiment(width=50, depth=10, samples=40).changed(**tuned | changes)


@pytest.mark.parametrize("changes", CASES, ids=lambda changes: "-".join(map(str, changes.values())))
def test_a_band_holds_what_it_claims(changes: dict[str, object]) -> None:
    found = inside(case(changes))
    for share in (found.std, found.gradient):
        assert 0.92 - 3 * UNCERTAIN < share < min(0.98 + 3 * UNCERTAIN, 1)


def test_bands_hold_95_percent_on_average() -> None:
    """Over all cases, which draw the same weights in part: .015 as for one case."""
    found = [inside(case(changes)) for changes in CASES]
    assert np.mean([one.std for one in found]) == pytest.approx(0.95, abs=0.015)
    assert np.mean([one.gradient for one in found]) == pytest.approx(0.95, abs=0.015)


@pytest.mark.exhaustive
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
@pytest.mark.parametrize("normalization", ["none", "layer", "batch"])
@pytest.mark.parametrize("residual", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("width", [50, 100, 200])
@pytest.mark.parametrize("depth", [5, 30])
def test_every_band_holds_or_is_missing_with_a_reason(
    activation: str, normalization: str, residual: float, width: int, depth: int
) -> None:
    changes = {"normalization": normalization, "residual": residual, "width": width, "depth": depth}
    experiment = case({"activation": activation} | changes)
    found, note = inside(experiment), predict(experiment).note
    for share in (found.std, found.gradient):
        assert "No band" in note if np.isnan(share) else 0.92 - 3 * UNCERTAIN < share < min(0.98 + 3 * UNCERTAIN, 1)


# --- orthogonal weights keep lengths -------------------------------------------------------------------------------


def test_orthogonal_weights_leave_a_linear_network_no_spread() -> None:
    """The preset says "exactly": lengths stay to rounding, and so does the whole batch's gradient once it is drawn."""
    experiment = Experiment(activation="linear", initializer="orthogonal", depth=50, width=200)
    low, high = predict(experiment).band("rms")
    assert (high[1:] / low[1:] < 1.0001).all()
    low, high = predict(experiment).band("std")
    assert (high[1:] / low[1:] < 1.001).all()
    low, high = predict(experiment).band("grad_h_std")
    np.testing.assert_allclose(high / low, high[-1] / low[-1], rtol=1e-3)


@pytest.mark.parametrize("name", ["std", "grad_h_std"])
def test_narrower_layers_of_orthogonal_weights_draw_lengths(name: str) -> None:
    """A projection from 400 to 100 directions keeps no length: of Gaussian weights' spread all but 100/400 is left."""
    wide = Experiment(activation="linear", initializer="orthogonal", inputs="digits", depth=1, width=32, samples=20)
    gaussian, turned = (
        np.diff(np.log(predict(wide.changed(initializer=initializer)).band(name)), axis=0)[0]
        for initializer in ("lecun_normal", "orthogonal")
    )
    layer = 1 if name == "std" else 0
    assert turned[layer] <= gaussian[layer]
    if name == "std":
        assert turned[1] / gaussian[1] == pytest.approx(sqrt(1 - 32 / 64), rel=0.05)


# --- gradients through skip connections ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "times"),
    [
        ({"activation": "relu"}, 2),
        ({"activation": "relu", "width": 200}, 1.5),
        ({"activation": "gelu", "initializer": "he_normal", "bias_std": 0.3}, 2),
        ({"activation": "relu", "inputs": "digits", "residual": 0.5}, 1.5),
        ({"activation": "relu", "initializer": "orthogonal", "gain": 1.4, "residual": 0.5}, 1.5),
        ({"activation": "tanh"}, 1),
    ],
    ids=lambda changes: "-".join(map(str, changes.values())) if isinstance(changes, dict) else "",
)
def test_residual_gradients(changes: dict[str, object], times: float) -> None:
    """E of the squared gradient within 15 % and three standard errors, where it is `times`^2 that of infinite width."""
    experiment = case({"residual": 1.0, "depth": 15, "width": 100} | changes)
    prediction, runs = predict(experiment), measured(experiment, 100, grad_w=True)
    theory = prediction.mean_field
    assert theory is not None
    larger = prediction.column("grad_h_std")[1] / np.sqrt(theory.gradients.h[1] @ theory.shares)
    assert larger > times or times == 1
    assert ("larger than in infinitely wide layers" in prediction.note) == (times > 1)
    for values, expected in (
        (runs.grad_h, prediction.column("grad_h_std")),
        (runs.grad_w, prediction.column("grad_w_std")[1:]),
    ):
        squares = np.square(values / expected)
        error = squares.std(axis=0) / sqrt(len(squares))
        assert (np.abs(squares.mean(axis=0) - 1) < 0.15 + 3 * error).all(), squares.mean(axis=0)


# --- where there is no band ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "signal", "gradient"),
    [
        ({"activation": "gelu", "initializer": "he_normal", "depth": 20}, False, False),
        ({"activation": "relu", "width": 50, "depth": 40}, False, False),
        ({"activation": "relu", "normalization": "layer", "depth": 30}, True, False),
        ({"activation": "tanh", "normalization": "batch", "samples": 200, "depth": 3}, False, False),
        ({"activation": "tanh", "normalization": "layer", "width": 16, "depth": 2}, True, False),
        ({"activation": "relu"}, True, True),
    ],
    ids=lambda changes: "-".join(map(str, changes.values())) if isinstance(changes, dict) else "",
)
def test_a_note_says_where_there_is_no_band(changes: dict[str, object], signal: bool, gradient: bool) -> None:
    prediction = predict(case(changes))
    low, _ = prediction.band("std")
    below, _ = prediction.band("grad_h_std")
    assert np.isfinite(low).all() == signal
    assert np.isfinite(below).all() == gradient
    assert ("No band" in prediction.note) == (not (signal and gradient))
    rough = prediction.band("grad_h_std", rough=True)
    assert np.isfinite(rough).all()
