"""Two inputs at infinite width: how alike their activations and their gradients are.

Public: pair_moments, PairMoments; pair_law, PairLaw; pair_moments_by_quadrature; cosine_fixed_point.

u and v are the pre-activations of one unit for two inputs: Gaussian, of variances q_a and q_b and correlation c. The
product E phi(u) phi(v) carries the cosine forward from layer to layer, the slopes E phi'(u) phi'(v) carry the
covariance of two gradients backward; q times the slopes is the derivative of the product by c (Price's theorem).
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import pi, sqrt
from typing import Any, Protocol

import numpy as np
from scipy import special
from scipy.optimize import elementwise

from initviz.activations import Activation, Kernel
from initviz.arrays import FloatArray
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


def pair_moments_by_quadrature(
    activation: Activation, alpha: float | None, q_a: float, q_b: float, c: float
) -> tuple[float, float]:
    """(E phi(u) phi(v), E phi'(u) phi'(v)) of an elementwise activation, to a relative error of 1e-12, in some 20 ms.

    u = sqrt(q_a) X and v = sqrt(q_b) (c X + s Y) with s^2 + c^2 = 1: nested panels, cut where u and where v bends.
    The inner integral, as a function of X, bends at the kinks of v on the scale s / c.
    """
    activation, alpha = at_infinite_width(activation, alpha)
    root_a, root_b, s = sqrt(q_a), sqrt(q_b), sqrt((1 - c) * (1 + c))
    cuts_a = bends(activation, alpha, REACH * root_a) / root_a
    cuts_b = bends(activation, alpha, 2 * REACH * root_b) / root_b
    if s == 0:
        x, weights = panels(edges(np.concatenate([cuts_a, cuts_b])))
        u, v = root_a * x, c * root_b * x
        both = (curve(u, alpha) * curve(v, alpha) for curve in (activation.phi, activation.dphi))
        product, slopes = (float(weights @ values) for values in both)
        return product, slopes
    tilt = max(abs(c), 1e-3)
    smooth = doubling(s, REACH)
    kinks = np.array(activation.kinks or (0.0,)) / root_b
    blurred = np.add.outer([*kinks, *-kinks], [*-smooth, 0.0, *smooth]).ravel()
    x, weights = panels(edges(np.unique(np.concatenate([cuts_a, cuts_b / tilt, blurred / tilt])), step=2.0))
    product = slopes = 0.0
    for some in np.array_split(np.arange(x.size), 1 + x.size // 128):  # or the inner nodes would fill the memory
        shift = c * x[some, np.newaxis]
        y, inner = panels(edges((cuts_b - shift) / s, step=2.0))
        u, v = root_a * x[some], root_b * (shift + s * y)
        product += float(weights[some] @ (activation.phi(u, alpha) * np.vecdot(inner, activation.phi(v, alpha))))
        slopes += float(weights[some] @ (activation.dphi(u, alpha) * np.vecdot(inner, activation.dphi(v, alpha))))
    return product, slopes


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
    last, this = np.zeros_like(z), np.ones_like(z)
    for n in range(_TERMS):
        table[:, n] = np.vecdot(parts[n % 2], this)
        last, this = this, (z * this - sqrt(n) * last) / sqrt(n + 1)
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

    def __getitem__(self, index: Any) -> "_Series":
        return _Series(self.terms[index], self.powers[index], self.odd, self.size[index], self.size_of_slopes[index])

    def product(self, c: float | FloatArray) -> FloatArray:
        return self.size * np.vecdot(self.terms, _raised(c, self.powers, self.odd))

    def slopes(self, c: float | FloatArray) -> FloatArray:
        falling = _raised(c, np.maximum(self.powers - 1, 0), 1 - self.odd)
        return self.size_of_slopes * np.vecdot(self.terms * self.powers, falling)


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
    return _Series(terms, powers, odd, size_a * size_b, slopes_a * slopes_b)


# --- what others ask for -------------------------------------------------------------------------------------------


def pair_law(activation: Activation, alpha: float | None, q_a: float | FloatArray, q_b: float | FloatArray) -> PairLaw:
    """The two-input moments for variances q_a and q_b, which broadcast.

    Closed forms (linear, relu and its leaky kin, erf, sin, maxout) are good to 1e-10. For the others the error, in
    units of sqrt(E phi(u)^2 E phi(v)^2) and sqrt(E phi'(u)^2 E phi'(v)^2), is below (test_series_is_close)

        q_a = q_b          |c| <= 0.9          |c| > 0.9
        up to 10           1e-7 and 1e-6       5e-5 and 1e-2
        up to 500          1e-6 and 1e-5       2e-3 and 0.1
        up to 1e4          1e-6 and 1e-5       2e-2 and 0.3

    and vanishes at c = +-1. Where q_a is not q_b it is the same for |c| <= 0.9; beyond, 5e-3 and 0.4 at most.
    """
    activation, alpha = at_infinite_width(activation, alpha)
    q_a, q_b = np.broadcast_arrays(np.asarray(q_a, dtype=float), np.asarray(q_b, dtype=float))
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
    criticality. Where q* is 0 or inf, the cosine that they tend to on the way there.
    """
    w, b, q = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (sigma_w2, sigma_b2, q)))
    shape, (w, b, q) = w.shape, (x.ravel() for x in (w, b, np.clip(q, 1e-15, 1e15)))
    at = moments(activation, alpha, q)
    total = w * at.m2 + b
    end = np.ones_like(total)
    parting = np.flatnonzero(w * q * at.d2 > total * (1 + 1e-9))
    if parting.size:
        w, total, law = w[parting], total[parting], pair_law(activation, alpha, q[parting], q[parting])

        def change(c: FloatArray, index: FloatArray) -> FloatArray:
            """How much further apart a layer brings two inputs."""
            return w[index] * (at.m2[parting][index] - law[index].product(c)) / (total[index] * (1 - c)) - 1

        found = elementwise.find_root(change, (0.0, 1 - 1e-9), args=(np.arange(parting.size),))
        end[parting] = np.where(found.success, found.x, 1.0)
    return end.reshape(shape)
