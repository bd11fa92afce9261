"""Preparations of data, and what each makes of a cloud: condition number, layers, the way of two weights.

Public: PREPARATIONS, Preparation, prepared; cloud, digit_images, digit_pixels; condition_number, layers_of_data,
mean_cosine, MEANS. scikit-learn scales and decomposes; whatever is estimated comes from the rows given to `fit`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.learn.tasks import TASKS
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate_network
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.inputs import INPUTS

POINTS = 300
"""Points of the cloud."""

PIXELS = (27, 28)
"""Two neighbours in the middle of the image, row 3, which stand for all where two features are drawn."""

SIDE = 8
"""Pixels along each side of a digit."""


class Estimator(Protocol):
    """What scikit-learn calls a transformer."""

    def fit(self, rows: FloatArray, /) -> Any: ...
    def transform(self, rows: FloatArray, /) -> Any: ...


@dataclass(frozen=True)
class Preparation:
    """One way to prepare data. `estimator` makes an unfitted transformer."""

    id: str
    name: str
    latex: str
    says: str
    estimator: Callable[[], Estimator]

    def apply(self, rows: FloatArray, training: FloatArray | None = None) -> FloatArray:
        """The rows (n, features), prepared by statistics of the training rows: of themselves where none are given."""
        fitted = self.estimator()
        fitted.fit(rows if training is None else training)
        return np.asarray(fitted.transform(rows), dtype=float)


def _identity() -> Estimator:
    from sklearn.preprocessing import FunctionTransformer  # noqa: PLC0415 - takes half a second

    transformer: Estimator = FunctionTransformer()
    return transformer


def _scaler(divide: bool) -> Estimator:
    from sklearn.preprocessing import StandardScaler  # noqa: PLC0415

    scaler: Estimator = StandardScaler(with_std=divide)
    return scaler


def _components(whiten: bool) -> Estimator:
    """All directions in which the data vary at all: dividing by a std of 0 would only enlarge rounding."""
    from sklearn.decomposition import PCA  # noqa: PLC0415

    decomposition: Estimator = PCA(n_components=1 - 1e-9, whiten=whiten, svd_solver="full")
    return decomposition


PREPARATIONS = Catalogue(
    "preparation",
    [
        Preparation("none", "Original", "x", "as they came", _identity),
        Preparation(
            "center", "Zero-centred", r"x - \mu", "the mean of every feature is subtracted", lambda: _scaler(False)
        ),
        Preparation(
            "standardize",
            "Normalized",
            r"(x - \mu) / \sigma",
            "and every feature divided by its std",
            lambda: _scaler(True),
        ),
        Preparation(
            "decorrelate",
            "Decorrelated",
            r"U^\top (x - \mu)",
            "centred, then turned onto the axes of the data (PCA): features no longer vary together",
            lambda: _components(False),
        ),
        Preparation(
            "whiten",
            "Whitened",
            r"\Lambda^{-1/2} U^\top (x - \mu)",
            "and every axis divided by its std: all directions are alike",
            lambda: _components(True),
        ),
    ],
)


# --- the data ------------------------------------------------------------------------------------------------------


def cloud(mean: float, scale: float, correlation: float, seed: int = 0) -> FloatArray:
    """A Gaussian cloud (POINTS, 2): both features have this mean, stds 1 and `scale`, and this correlation."""
    z = np.random.default_rng(seed).standard_normal((POINTS, 2))
    second = correlation * z[:, 0] + np.sqrt(1 - correlation**2) * z[:, 1]
    return np.stack([mean + z[:, 0], mean + scale * second], axis=1)


def digit_images() -> tuple[FloatArray, FloatArray]:
    """All digits in 0..1, (1797, 64), and what they are."""
    source = INPUTS["digits"]
    assert source.rows and source.labels
    return source.rows() / source.white, source.labels().astype(float)


def digit_pixels(rows: FloatArray) -> FloatArray:
    """Two features of prepared digits that can be drawn: two pixels, or the first two components."""
    return rows[:, list(PIXELS)] if rows.shape[1] == TASKS["digits"].features() else rows[:, :2]


# --- what it does --------------------------------------------------------------------------------------------------


def second_moments(rows: FloatArray) -> FloatArray:
    """E x x^T, (features, features): the curvature that a linear unit of squared error sees."""
    return np.asarray(rows.T @ rows / len(rows))


def condition_number(rows: FloatArray) -> float:
    """Largest over smallest eigenvalue of E x x^T, without directions in which there is nothing."""
    values = np.linalg.eigvalsh(second_moments(rows))
    kept = values[values > 1e-9 * values[-1]]
    return float(kept[-1] / kept[0])


def mean_cosine(rows: FloatArray) -> float:
    """Mean cosine of all pairs of different rows that are not 0."""
    size = np.linalg.norm(rows, axis=1)
    directions = rows[size > 0] / size[size > 0, np.newaxis]
    count = len(directions)
    return float((np.square(directions.sum(axis=0)).sum() - count) / (count * (count - 1)))


MOST_LAYERS = 5
"""Hidden layers through which prepared data are sent: what a mean does to them shows in the first."""


def layers_of_data(experiment: Experiment, rows: FloatArray) -> Propagation:
    """The rows through the experiment's network of at most so many layers, with its own seed and weights."""
    experiment = experiment.changed(depth=min(experiment.depth, MOST_LAYERS))
    batch = rows.astype(experiment.dtype)
    return simulate_network(draw_network(experiment, batch, experiment.spec(rows.shape[1])), batch, experiment.seed)


# --- the mean of images --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MeanOf:
    """One way to take a mean over images of shape (height, width, channels)."""

    id: str
    name: str
    shape: Callable[[int, int, int], tuple[int, ...]]
    mean: Callable[[FloatArray], FloatArray]
    """(images, pixels) of one channel -> what is subtracted, in a shape that fits a row."""


MEANS = Catalogue(
    "mean",
    [
        MeanOf(
            "image", "Mean image", lambda height, width, channels: (height, width, channels), lambda x: x.mean(axis=0)
        ),
        MeanOf(
            "channel",
            "Mean of each channel",
            lambda height, width, channels: (channels,),
            lambda x: x.mean(keepdims=True),
        ),
    ],
)
"""The first as in AlexNet, the second as in VGGNet (Simonyan & Zisserman 2015, section 2.1)."""
