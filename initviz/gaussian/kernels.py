"""Two inputs at infinite width: how alike their activations and their gradients are.

Public: pair_moments, PairMoments; pair_law, PairLaw; equal_gap, equal_slopes; cosine_fixed_point.

u and v are the pre-activations of one unit for two inputs: Gaussian, of variances q_a and q_b and correlation c. The
product E phi(u) phi(v) carries the cosine forward from layer to layer, the slopes E phi'(u) phi'(v) carry the
covariance of two gradients backward; q times the slopes is the derivative of the product by c (Price's theorem).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import nan, pi, sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.optimize import elementwise

from initviz.activations import Activation, Kernel
from initviz.arrays import FloatArray
from initviz.gaussian.hermite import hermite
from initviz.gaussian.moments import at_infinite_width, moments, selection_of
from initviz.gaussian.quadrature import REACH, Octaves, bends, doubling, edges, effective, panels


@dataclass(frozen=True)
class PairMoments:
    """E over u, v of the given variances and correlation, in the shape of the arguments."""

    product: FloatArray
    """E phi(u) phi(v)."""
    slopes: FloatArray
    """E phi'(u) phi'(v); for maxout the chance that the same piece wins for both."""


class PairLaw(Protocol):
    """The two-input moments as functions of the correlation alone, for variances that are already known.

    Along a network the variances of all layers come first: made once for all layers, then `law[l].product(c)` is
    all that the cosine map needs layer by layer.
    """

    def __getitem__(self, index: Any) -> "PairLaw":
        """The law for some of the variances."""

    def product(self, c: float | FloatArray) -> FloatArray:
        """E phi(u) phi(v); c has the shape of the variances."""

    def slopes(self, c: float | FloatArray) -> FloatArray:
        """E phi'(u) phi'(v)."""


# --- by quadrature -------------------------------------------------------------------------------------------------


def _half_sum_rule(activation: Activation, alpha: float, q: float, c: float) -> tuple[FloatArray, ...]:
    """u and v of one variance at nodes, (outer, inner), and the outer and inner weights; c > 0.

    u = x + y and v = x - y with independent x and y: the outer integral goes over the narrow y > 0, the inner one over
    x, cut where u and where v bends.
    """
    std_x, std_y = sqrt(q * (1 + c) / 2), sqrt(q * (1 - c) / 2)
    kinks, scale = np.array(activation.kinks or (0.0,)), activation.scale(alpha)
    meet = np.abs(np.subtract.outer(kinks, kinks)).ravel() / 2  # where a kink of u passes one of v
    y, outer = panels(edges(np.concatenate([meet, doubling(scale, REACH * std_y)]) / std_y, low=0.0, step=4.0))
    bent = bends(activation, alpha, REACH * std_x)
    cuts = np.concatenate([np.add.outer(sign * std_y * y, bent) for sign in (1, -1)], axis=1)
    x, inner = panels(edges(cuts / std_x, step=4.0))
    return std_x * x + std_y * y[:, np.newaxis], std_x * x - std_y * y[:, np.newaxis], outer, inner


@lru_cache(maxsize=4096)  # far along a network nothing changes any more
def equal_gap(activation: Activation, alpha: float, q: float, c: float) -> float:
    """E phi^2 - E phi(u) phi(v) = E (phi(u) - phi(v))^2 / 2 of an elementwise activation, for u and v of variance q.

    For 0 < c < 1, to a relative error of 1e-11, in a few milliseconds.
    """
    u, v, outer, inner = _half_sum_rule(activation, alpha, q, c)
    return float(outer @ np.vecdot(inner, np.square(activation.phi(u, alpha) - activation.phi(v, alpha))))


@lru_cache(maxsize=4096)
def equal_slopes(activation: Activation, alpha: float, q: float, c: float) -> float:
    """E phi'(u) phi'(v), where `equal_gap` is E phi^2 - E phi(u) phi(v); as accurate, in units of E phi'^2."""
    u, v, outer, inner = _half_sum_rule(activation, alpha, q, c)
    return float(2 * outer @ np.vecdot(inner, activation.dphi(u, alpha) * activation.dphi(v, alpha)))


# --- closed forms --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Closed:
    kernel: Kernel
    alpha: float
    q_a: FloatArray
    q_b: FloatArray

    def __getitem__(self, index: Any) -> "_Closed":
        return replace(self, q_a=self.q_a[index], q_b=self.q_b[index])

    def product(self, c: float | FloatArray) -> FloatArray:
        return self.kernel(self.q_a, self.q_b, np.asarray(c), self.alpha)[0]

    def slopes(self, c: float | FloatArray) -> FloatArray:
        return self.kernel(self.q_a, self.q_b, np.asarray(c), self.alpha)[1]


@lru_cache(maxsize=8)
def _selection_kernel(activation: Activation, alpha: float) -> Kernel:
    """Two-input moments of one piece out of k (maxout): a Chebyshev series in the angle arccos c, good to 1e-10.

    The slopes are P(the same piece wins for u and v), for maxout E k Phi(X, V; c)^(k - 1), with Phi the joint
    distribution of two unit normals of correlation c (Owen 1956, eq. 2.1); integrated over the angle they give the
    product.
    """
    pieces, equal = activation.pieces(alpha), moments(activation, alpha, 1.0).m2
    chance = selection_of(activation).chance
    z, weights = panels(edges(np.zeros(0), step=4.0))
    x = z[:, np.newaxis]

    def same_winner(angle: float) -> float:
        c, s = np.cos(angle), np.sin(angle)
        v = c * x + s * z
        both = 0.5 * (special.ndtr(x) + special.ndtr(v) - (x * v < 0))
        both -= special.owens_t(x, (v / x - c) / s) + special.owens_t(v, (x / v - c) / s)
        return float(pieces * weights @ chance(both, alpha) @ weights)

    slopes = np.polynomial.Chebyshev.interpolate(np.vectorize(same_winner), 25, domain=[0, pi])
    fall = np.polynomial.Chebyshev.interpolate(lambda angle: slopes(angle) * np.sin(angle), 40, domain=[0, pi])
    fallen = fall.integ(lbnd=0)

    def kernel(q_a: FloatArray, q_b: FloatArray, c: FloatArray, alpha: float) -> tuple[FloatArray, FloatArray]:
        angle = np.arccos(c)
        return np.sqrt(q_a) * np.sqrt(q_b) * (equal - fallen(angle)), slopes(angle)

    return kernel


# --- all others: Hermite series ------------------------------------------------------------------------------------

TOLERANCE = 1e-7
"""Estimated error of a series' product, in units of E phi^2, from which on it is replaced by direct integration."""

_TERMS = 128
_N = np.arange(_TERMS, dtype=float)
_EVEN = (_N % 2 == 0).astype(float)
_BY_PARITY = np.stack([_EVEN, 1 - _EVEN], axis=1)


def _hermite(activation: Activation, alpha: float, q: FloatArray) -> FloatArray:
    """Coefficients a_n = E phi(z) He_n(Z) / sqrt(n!), and what is missing from them, shape (len(q), _TERMS + 4).

    Missing from the sums of a_n^2 (which is E phi^2) and of n a_n^2 (which is q E phi'^2), each for even and odd n.
    """
    q = effective(activation, q)
    root = np.sqrt(q)[:, np.newaxis]
    cuts = bends(activation, alpha, REACH * float(root.max()))
    z, weights = panels(edges(cuts[cuts >= 0] / root, low=0.0))
    up, down = activation.phi(root * z, alpha), activation.phi(-root * z, alpha)
    slope_up, slope_down = activation.dphi(root * z, alpha), activation.dphi(-root * z, alpha)
    parts = weights * (up + down), weights * (up - down)  # the even and the odd half of phi, on the positive axis
    table = np.empty((q.size, _TERMS + 4))
    for n, polynomial in enumerate(hermite(z, _TERMS)):
        table[:, n] = np.vecdot(parts[n % 2], polynomial)
    square = np.square(table[:, :_TERMS])
    for odd, sign in ((0, 1), (1, -1)):
        total = 0.5 * np.vecdot(weights, np.square(up + sign * down))
        steep = 0.5 * q * np.vecdot(weights, np.square(slope_up - sign * slope_down))
        table[:, _TERMS + odd] = total - square @ _BY_PARITY[:, odd]
        table[:, _TERMS + 2 + odd] = steep - square @ (_N * _BY_PARITY[:, odd])
    table[:, _TERMS:] = np.maximum(table[:, _TERMS:], 0)
    return table


@lru_cache(maxsize=32)
def _series_of(activation: Activation, alpha: float) -> Octaves:
    return Octaves(lambda q: _hermite(activation, alpha, q), _TERMS + 4, low=-40, high=60)


@dataclass(frozen=True)
class _Series:
    """Mehler's formula: E phi(u) phi(v) = sum of a_n(q_a) a_n(q_b) c^n, the far terms thinned out."""

    terms: FloatArray
    """Coefficients, shape (..., terms)."""
    powers: FloatArray
    """The power of c that belongs to each, in the same shape; the thinned ones are not whole."""
    odd: FloatArray
    """1 for the terms of odd n, which change sign with c, else 0; shape (terms,)."""
    size: FloatArray
    """What to multiply the sum with, shape (...)."""
    size_of_slopes: FloatArray
    """What to multiply its derivative by c with, shape (...)."""
    doubt: FloatArray
    """About how wrong the thinned terms may be at c = 1, as a share of the sum, shape (...)."""

    def __getitem__(self, index: Any) -> "_Series":
        columns = (getattr(self, name)[index] for name in ("size", "size_of_slopes", "doubt"))
        return _Series(self.terms[index], self.powers[index], self.odd, *columns)

    def doubtful(self, c: float | FloatArray, tolerance: float = TOLERANCE) -> NDArray[np.bool_]:
        """Where the product may be off by more than tolerance E phi^2, and c is near 1."""
        return (
            self.doubt * np.clip(c, 0, 1) ** (0.75 * _TERMS) > tolerance
        )  # smooth functions' thinned terms begin before

    def product(self, c: float | FloatArray) -> FloatArray:
        return self.size * np.vecdot(self.terms, _raised(c, self.powers, self.odd))

    def slopes(self, c: float | FloatArray) -> FloatArray:
        falling = _raised(c, np.maximum(self.powers - 1, 0), 1 - self.odd)
        return self.size_of_slopes * np.vecdot(self.terms * self.powers, falling)


@dataclass(frozen=True)
class _Mended:
    """A series for u and v of one variance, replaced by direct integration where it is in doubt."""

    series: _Series
    activation: Activation
    alpha: float
    q: FloatArray
    m2: FloatArray

    def __getitem__(self, index: Any) -> "_Mended":
        return replace(self, series=self.series[index], q=self.q[index], m2=self.m2[index])

    def product(self, c: float | FloatArray) -> FloatArray:
        return self._mended(
            self.series.product(c), c, lambda q, c: -equal_gap(self.activation, self.alpha, q, c), self.m2
        )

    def slopes(self, c: float | FloatArray) -> FloatArray:
        return self._mended(self.series.slopes(c), c, lambda q, c: equal_slopes(self.activation, self.alpha, q, c))

    def _mended(
        self,
        values: FloatArray,
        c: float | FloatArray,
        direct: Callable[[float, float], float],
        start: float | FloatArray = 0.0,
    ) -> FloatArray:
        """The values, where they are in doubt start + direct(q, c) instead."""
        doubtful = self.series.doubtful(c) & (np.asarray(c) < 1)
        if not doubtful.any():
            return values
        mended = np.array(values)
        q, c, start = (np.broadcast_to(x, mended.shape) for x in (self.q, c, start))
        for place in map(tuple, np.argwhere(doubtful)):
            mended[place] = start[place] + direct(float(q[place]), float(c[place]))
        return mended


def _raised(c: float | FloatArray, powers: FloatArray, odd: FloatArray) -> FloatArray:
    """c^powers, shape (..., terms); where c is negative, so are the odd ones."""
    c = np.asarray(c)[..., np.newaxis]
    if (c > 0).all():
        return c**powers
    return np.abs(c) ** powers * np.where(c < 0, 1 - 2 * odd, 1)


_R, _R_WEIGHTS = np.polynomial.legendre.leggauss(12)
_R, _R_WEIGHTS = (_R + 1) / 2, 1.5 * np.square((_R + 1) / 2) * _R_WEIGHTS


def _thinned(rest: FloatArray, steep_rest: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A few powers of c in place of the many that are left out, and their coefficients, shape (..., 2 * 12).

    A corner of phi makes a_n^2 fall as n^-5/2. What is left out is taken to fall like that from some N on, with the
    sum and the slope at |c| = 1 that it must have: 3/2 integral of t^-5/2 c^(N t) over t > 1, in r = t^-1/2.
    """
    start = np.divide(steep_rest, 3 * rest, out=np.zeros_like(rest), where=rest > 0)[..., np.newaxis]
    shape = (*rest.shape[:-1], -1)
    return (start / np.square(_R)).reshape(shape), (rest[..., np.newaxis] * _R_WEIGHTS).reshape(shape)


def _side(activation: Activation, alpha: float, q: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The Hermite coefficients of one input, and its factors in the sizes of the product and of the slopes.

    Far out the product is always the same function of c; only its size changes.
    """
    octaves = _series_of(activation, alpha)
    inside = np.clip(q, octaves.least, octaves.most)
    coefficients = octaves(inside.ravel()).reshape(*q.shape, _TERMS + 4)
    size, size_of_slopes = np.ones(q.shape), 1 / np.sqrt(inside)
    if (inside != q).any():
        here, there = moments(activation, alpha, q), moments(activation, alpha, inside)
        size *= np.sqrt(here.m2 / there.m2)
        size_of_slopes *= np.sqrt(here.d2 / there.d2)
    return coefficients, size, size_of_slopes


def _series(activation: Activation, alpha: float, q_a: FloatArray, q_b: FloatArray) -> _Series:
    a, size_a, slopes_a = _side(activation, alpha, q_a)
    b, size_b, slopes_b = (a, size_a, slopes_a) if np.array_equal(q_a, q_b) else _side(activation, alpha, q_b)
    terms = a[..., :_TERMS] * b[..., :_TERMS]
    powers, odd = np.broadcast_to(_N, terms.shape), 1 - _EVEN
    left_out = np.sqrt(np.maximum(a[..., _TERMS:], 0) * np.maximum(b[..., _TERMS:], 0))
    left_out *= left_out[..., [0, 1, 0, 1]] > 1e-12 * np.abs(terms).sum(axis=-1, keepdims=True)
    if left_out.any():
        more_powers, more_terms = _thinned(left_out[..., :2], left_out[..., 2:])
        powers, terms = np.concatenate([powers, more_powers], axis=-1), np.concatenate([terms, more_terms], axis=-1)
        odd = np.concatenate([odd, np.repeat([0.0, 1.0], _R.size)])
    return _Series(terms, powers, odd, size_a * size_b, slopes_a * slopes_b, _doubt(left_out, terms))


def _doubt(left_out: FloatArray, terms: FloatArray) -> FloatArray:
    """What is left out, as far as it does not start where a corner's would, right behind the terms that are kept."""
    rest, steep_rest = left_out[..., :2], left_out[..., 2:]
    start = np.divide(steep_rest, 3 * rest, out=np.full_like(rest, _TERMS), where=(rest > 0) & (steep_rest > 0))
    doubt, total = (rest * (np.abs(np.log(start / _TERMS)) + 0.01)).sum(axis=-1), np.abs(terms).sum(axis=-1)
    return np.divide(doubt, total, out=np.zeros_like(total), where=total > 0)


# --- what others ask for -------------------------------------------------------------------------------------------


def pair_law(activation: Activation, alpha: float | None, q_a: float | FloatArray, q_b: float | FloatArray) -> PairLaw:
    """The two-input moments for variances q_a and q_b, which broadcast.

    Closed forms (linear, relu and its leaky kin, erf, sin, maxout) are good to 1e-10. The others are Hermite series;
    where u and v have one variance and the series is in doubt near c = 1, it is replaced by direct integration. The
    error, in units of sqrt(E phi(u)^2 E phi(v)^2) and sqrt(E phi'(u)^2 E phi'(v)^2), is below (test_series_is_close)

        q_a = q_b up to 1e4          -0.9 <= c            1e-6 and 1e-4
                                     c < -0.9             2e-2 and 0.3

    Where q_a is not q_b it is 1e-6 and 1e-5 for |c| <= 0.9; beyond, 5e-3 and 0.4 at most.
    """
    activation, alpha = at_infinite_width(activation, alpha)
    q_a, q_b = np.broadcast_arrays(np.asarray(q_a, dtype=float), np.asarray(q_b, dtype=float))
    law = _quick_law(activation, alpha, q_a, q_b)
    if isinstance(law, _Closed) or not np.array_equal(q_a, q_b):
        return law
    return _Mended(law, activation, alpha, q_a, moments(activation, alpha, q_a).m2)


def _quick_law(activation: Activation, alpha: float, q_a: FloatArray, q_b: FloatArray) -> "_Closed | _Series":
    """The closed form or the series alone."""
    kernel = activation.kernel if activation.elementwise else _selection_kernel(activation, alpha)
    return _Closed(kernel, alpha, q_a, q_b) if kernel else _series(activation, alpha, q_a, q_b)


def pair_moments(
    activation: Activation,
    alpha: float | None,
    q_a: float | FloatArray,
    q_b: float | FloatArray,
    c: float | FloatArray,
) -> PairMoments:
    """Both two-input moments at once; variances and correlations broadcast. As accurate as `pair_law`."""
    q_a, q_b, c = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (q_a, q_b, c)))
    law = pair_law(activation, alpha, q_a, q_b)
    return PairMoments(law.product(c), law.slopes(c))


def cosine_fixed_point(
    activation: Activation,
    alpha: float | None,
    sigma_w2: float | FloatArray,
    sigma_b2: float | FloatArray,
    q: float | FloatArray,
) -> FloatArray:
    """The cosine c* that two inputs of variance q = q* end at; the arguments broadcast.

    1 where chi_1 <= 1: they become alike. Otherwise the root below 1, found by bracketing: iteration stalls near
    criticality. Where q* is 0 or inf, the cosine that they tend to on the way there; nan where no root is found.
    """
    activation, alpha = at_infinite_width(activation, alpha)
    w, b, q = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (sigma_w2, sigma_b2, q)))
    shape, (w, b, q) = w.shape, (x.ravel() for x in (w, b, np.clip(q, 1e-15, 1e15)))
    at = moments(activation, alpha, q)
    total = w * at.m2 + b
    end = np.ones_like(total)
    parting = np.flatnonzero(w * q * at.d2 > total * (1 + 1e-9))
    if parting.size:
        end[parting] = _parted(activation, alpha, q[parting], w[parting], total[parting])
    return end.reshape(shape)


def _parted(activation: Activation, alpha: float, q: FloatArray, w: FloatArray, total: FloatArray) -> FloatArray:
    """The root c < 1 of w E phi(u) phi(v) + b = total c, where total = w E phi^2 + b and c = 1 repels."""
    m2, law = moments(activation, alpha, q).m2, _quick_law(activation, alpha, q, q)

    def change(c: FloatArray, index: NDArray[np.intp]) -> FloatArray:
        """How much further apart a layer brings two inputs."""
        return w[index] * (m2[index] - law[index].product(c)) / (total[index] * (1 - c)) - 1

    nearest, everywhere = 1 - 1e-9, np.arange(q.size)
    found = elementwise.find_root(change, (0.0, nearest), args=(everywhere,))
    root = np.where(found.success, found.x, np.where(change(np.full(q.size, nearest), everywhere) <= 0, 1.0, nan))
    if isinstance(law, _Series):
        for index in np.flatnonzero(law.doubtful(root, TOLERANCE / 10) & (root < 1)):
            slope = total[index] - w[index] * q[index] * float(law[index].slopes(root[index]))
            for _ in range(2):  # Newton's steps, the series' slope is good enough for them
                gap = equal_gap(activation, alpha, float(q[index]), float(root[index]))
                step = (total[index] * (1 - root[index]) - w[index] * gap) / slope
                root[index] = min(max(root[index] + step, 0.0), nearest)
    return root
