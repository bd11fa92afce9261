"""Integrals over Gaussian pre-activations that see every kink, and a memory for functions of the variance q.

Gauss-Hermite quadrature lies at kinks and at large q (at q = 500, E tanh'^2 is off by 99.99 % with 100 nodes). Here the
axis is cut at every kink, and around it into panels of doubling width, with 16 Gauss-Legendre nodes each.

Public: effective, bends, doubling, edges, panels, REACH; Octaves.
"""

from collections.abc import Callable
from functools import cached_property
from math import ceil, log2, pi

import numpy as np

from initviz.activations import Activation, normal_density
from initviz.arrays import FloatArray

REACH = 12.0
"""Standard deviations of a Gaussian that are integrated over; beyond lies less than 1e-32 of its mass."""
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)


def doubling(start: float, reach: float) -> FloatArray:
    """start, 2 start, 4 start, ... until reach is passed."""
    return start * 2.0 ** np.arange(max(1, ceil(log2(reach / start)) + 1))


def effective(activation: Activation, q: FloatArray) -> FloatArray:
    """q itself; for a periodic phi at most the variance at which its phase is uniform to within exp(-50)."""
    return q if activation.period is None else np.minimum(q, 100 * (activation.period / (2 * pi)) ** 2)


def bends(activation: Activation, alpha: float, reach: float) -> FloatArray:
    """Where to cut the z axis for phi up to |z| = reach: ascending, symmetric around 0, of any length.

    At every kink (0 for smooth functions), and from there in doubling steps that begin at the activation's own
    scale: a sliver of a large Gaussian is resolved as well as its tails, at a cost of log(reach).
    """
    if activation.period:
        steps = np.arange(0, reach, activation.period / 4)
        return np.concatenate([-steps[:0:-1], steps])
    kinks = np.abs(activation.kinks or (0.0,))
    steps = doubling(activation.scale(alpha), reach)
    return np.unique(np.add.outer([*kinks, *-kinks], [*-steps, 0.0, *steps]))


def edges(cuts: FloatArray, low: float = -REACH, step: float = 1.0) -> FloatArray:
    """Panel edges from `low` to REACH, at the cuts and at regular steps; cuts outside give panels of no width.

    cuts: shape (..., n); the result is ascending along the last axis.
    """
    regular = np.arange(low, REACH + step / 2, step)
    regular = np.broadcast_to(regular, (*cuts.shape[:-1], regular.size))
    return np.sort(np.concatenate([regular, np.clip(cuts, low, REACH)], axis=-1), axis=-1)


def panels(edges: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Nodes, and weights with the Gaussian density in them, of the panels between edges along the last axis."""
    half = np.diff(edges)[..., np.newaxis] / 2
    nodes = edges[..., :-1, np.newaxis] + half * (1 + _NODES)
    weights = half * _WEIGHTS * normal_density(nodes)
    shape = (*edges.shape[:-1], -1)
    return nodes.reshape(shape), weights.reshape(shape)


_DEGREE = 13
_ORDERS = np.arange(_DEGREE + 1)
_ANGLES = pi * (_ORDERS + 0.5) / (_DEGREE + 1)
_TO_SERIES = np.cos(np.outer(_ORDERS, _ANGLES)) * 2 / (_DEGREE + 1)  # values at the Chebyshev nodes -> coefficients
_TO_SERIES[0] /= 2


class Octaves:
    """Smooth functions of q, computed when an octave is first asked for and then kept as a Chebyshev series in log2 q.

    Between 2^low and 2^high the relative error is below 1e-12 for moments (test_remembering_costs_no_accuracy);
    beyond, each column goes on as the power of q that it follows there. Two threads may compute the same octave at
    once; they write the same numbers.
    """

    def __init__(
        self, compute: Callable[[FloatArray], FloatArray], columns: int, low: int, high: int, rounding: float = 0.0
    ) -> None:
        """`compute` turns q of shape (n,) into values of shape (n, columns). rounding: what is no larger than this at
        an end is nothing else and stays as it is beyond."""
        self._compute, self._low, self._high, self._rounding = compute, low, high, rounding
        self.least, self.most = 2.0**low, 2.0**high
        self._coefficients = np.zeros((high - low, _DEGREE + 1, columns))
        self._known = np.zeros(high - low, dtype=bool)
        self._series: dict[tuple[int, int], list[float]] = {}

    def _learn(self, octave: int) -> None:
        q = 2.0 ** (self._low + octave + (1 + np.cos(_ANGLES)) / 2)
        self._coefficients[octave] = _TO_SERIES @ self._compute(q)
        self._known[octave] = True

    @cached_property
    def _exponents(self) -> FloatArray:
        """The powers of q that the columns follow below and above, shape (2, columns)."""
        ends = np.abs(self._compute(2.0 ** np.array([self._low, self._low + 1, self._high - 1, self._high])))
        lower, upper = ends[::2], ends[1::2]
        ratio = np.divide(upper, lower, out=np.ones_like(lower), where=np.minimum(lower, upper) > self._rounding)
        powers = np.round(2 * np.log2(ratio)) / 2  # whole or half for every activation
        return np.clip(powers, [[0], [-2]], 2)  # where a column is rounding, so is its power

    def __call__(self, q: FloatArray, columns: slice = slice(None)) -> FloatArray:
        """The columns at each q >= 0, shape (len(q), columns)."""
        inside = np.clip(q, self.least, self.most)
        place = np.log2(inside) - self._low
        octave = np.minimum(place.astype(int), len(self._known) - 1)
        for missing in np.unique(octave[~self._known[octave]]):
            self._learn(int(missing))
        basis = np.cos(np.arccos(2 * (place - octave) - 1)[:, np.newaxis] * _ORDERS)
        values = np.vecmat(basis, self._coefficients[octave, :, columns])
        outside = inside != q
        if outside.any():
            exponents = self._exponents[(q[outside] > 1).astype(int), columns]
            with np.errstate(over="ignore"):
                values[outside] *= (q[outside] / inside[outside])[:, np.newaxis] ** exponents
        return values

    def scalar(self, q: float, column: int) -> float:
        """One column at one q, without the overhead of arrays."""
        if not self.least <= q <= self.most:
            edge = self.least if q < self.least else self.most
            with np.errstate(over="ignore"):  # Python's own power would raise
                growth = float(np.power(q / edge, self._exponents[int(q > 1), column]))
            return self.scalar(edge, column) * growth
        place = log2(q) - self._low
        octave = min(int(place), len(self._known) - 1)
        if (octave, column) not in self._series:
            if not self._known[octave]:
                self._learn(octave)
            self._series[octave, column] = self._coefficients[octave, ::-1, column].tolist()
        x = 2 * (place - octave) - 1
        this = last = 0.0
        for coefficient in self._series[octave, column]:  # Clenshaw's recurrence
            this, last = coefficient + 2 * x * this - last, this
        return this - x * last
