"""What can be said of every activation without a network: range, slopes, centre, monotone or not, and what it costs.

Everything here is computed from the functions of the catalogue, so that a new one gets its row by itself.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import inf
from time import perf_counter

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


@dataclass(frozen=True)
class Cost:
    """Measured time per element, in nanoseconds: phi, and the backward pass (phi' times the incoming gradient)."""

    forward: float
    backward: float


def measured_costs(rows: int = 100, units: int = 500, repetitions: int = 5) -> dict[str, Cost]:
    """Time of every activation on this machine, now: the best of a few runs over one (rows, units) float32 layer."""
    rng = np.random.default_rng(0)
    return {id: _measured_cost(activation, rng, rows, units, repetitions) for id, activation in ACTIVATIONS.items()}


def _measured_cost(activation: Activation, rng: np.random.Generator, rows: int, units: int, repetitions: int) -> Cost:
    alpha = activation.alpha(None)
    z = rng.standard_normal((rows, units * activation.pieces(alpha)), dtype=np.float32)
    gradient = rng.standard_normal((rows, units), dtype=np.float32)
    forward, backward = inf, inf
    for _ in range(repetitions):
        start = perf_counter()
        activation.forward(z, alpha)
        middle = perf_counter()
        activation.backward(z, alpha, gradient)
        forward, backward = min(forward, middle - start), min(backward, perf_counter() - middle)
    return Cost(1e9 * forward / gradient.size, 1e9 * backward / gradient.size)
