"""What can be said of every activation without a network: range, slopes, centre, monotone or not, and what it costs.

Everything here is computed from the functions of the catalogue, so that a new one gets its row by itself.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import inf
from time import thread_time

import numpy as np

from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray

_FAR = 1e9
_GRID = np.concatenate([[-_FAR], np.linspace(-60, 60, 240_001), [_FAR]])


@dataclass(frozen=True)
class Properties:
    """Properties of one activation at one parameter value; ranges are closed by their limits."""

    low: float
    high: float
    slope_low: float
    slope_high: float
    bounded: bool
    zero_centred: bool
    """phi(-z) = -phi(z): inputs around 0 give outputs around 0."""
    monotone: bool


def properties(activation: Activation, alpha: float | None = None) -> Properties:
    """Properties on a grid of steps of 0.0005 between -60 and 60, and far out.

    For maxout and abrelu they are those of the one-dimensional curve.
    """
    return _properties(activation.id, activation.alpha(alpha))


@lru_cache(maxsize=256)
def _properties(id: str, alpha: float) -> Properties:
    activation = ACTIVATIONS[id]
    values, slopes = activation.phi(_GRID, alpha), activation.dphi(_GRID, alpha)
    low, high = _limits(values)
    return Properties(
        low,
        high,
        *_limits(slopes),
        bounded=bool(np.isfinite([low, high]).all()),
        zero_centred=bool(np.allclose(values, -values[::-1], rtol=1e-9, atol=1e-12)),
        monotone=bool((np.diff(values) >= -1e-12 * np.abs(values[1:])).all()),
    )


def _limits(values: FloatArray) -> tuple[float, float]:
    """Smallest and largest value to six places, which turns what is nearly reached into the limit it tends to; one that
    keeps growing far out is infinite."""
    inside = np.abs(values[1:-1]).max()
    low, high = round(float(values.min()), 6) + 0.0, round(float(values.max()), 6) + 0.0
    return (-inf if low < -10 * inside - 10 else low, inf if high > 10 * inside + 10 else high)


def secant_slopes(activation: Activation, alpha: float | None, z: FloatArray) -> FloatArray:
    """Slopes of the lines through neighbouring points of the curve at ascending z, (len(z) - 1,): all one for a linear
    function, and for no other over enough points."""
    return np.diff(activation.phi(z.copy(), activation.alpha(alpha))) / np.diff(z)


def tanh_from_sigmoid(z: FloatArray) -> tuple[FloatArray, float]:
    """(2 sigmoid(2 z) - 1, its largest distance from tanh z): the two are one function, but for rounding."""
    twin = 2 * ACTIVATIONS["sigmoid"].phi(2 * z, 0.0) - 1
    return twin, float(np.abs(twin - ACTIVATIONS["tanh"].phi(z.copy(), 0.0)).max())


ROUNDS, QUIET_ROUNDS = 30, 10
"""How often every activation is measured, and how many rounds count: the fastest, when caches were least disturbed."""


@dataclass(frozen=True)
class Cost:
    """Measured time per element: phi, and the backward pass (phi' times the incoming gradient)."""

    forward: float
    """Nanoseconds, median of the quiet rounds."""
    backward: float
    """Nanoseconds, median of the quiet rounds."""
    ratio: float
    """Forward time over that of ReLU in the same round, median of the quiet rounds."""
    ratio_low: float
    ratio_high: float
    """Smallest and largest of these ratios."""


def measured_costs(rows: int = 100, units: int = 500, rounds: int = ROUNDS) -> dict[str, Cost]:
    """Time of every activation on this machine, now, over one (rows, units) float32 layer.

    Every round measures all of them one after another, so that a busy moment is the same for all in it.
    """
    rng = np.random.default_rng(0)
    z = {
        id: rng.standard_normal((rows, units * activation.pieces(activation.alpha(None))), dtype=np.float32)
        for id, activation in ACTIVATIONS.items()
    }
    gradient = rng.standard_normal((rows, units), dtype=np.float32)
    times = np.array([[_times(one, z[id], gradient) for id, one in ACTIVATIONS.items()] for _ in range(rounds)])
    quiet = times[np.argsort(times.sum(axis=(1, 2)))[:QUIET_ROUNDS]]
    ratios = quiet[:, :, 0] / quiet[:, [list(ACTIVATIONS).index("relu")], 0]
    forward, backward = 1e9 * np.median(quiet, axis=0).T / gradient.size
    columns = forward, backward, np.median(ratios, axis=0), ratios.min(axis=0), ratios.max(axis=0)
    return {id: Cost(*row) for id, *row in zip(ACTIVATIONS, *(column.tolist() for column in columns), strict=True)}


def _times(activation: Activation, z: FloatArray, gradient: FloatArray) -> tuple[float, float]:
    """Seconds forward and backward, each once: processor time of this thread, whatever else the machine does."""
    alpha = activation.alpha(None)
    start = thread_time()
    activation.forward(z, alpha)
    middle = thread_time()
    activation.backward(z, alpha, gradient)
    return middle - start, thread_time() - middle
