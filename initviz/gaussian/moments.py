"""One activation under Gaussian pre-activations, at infinite width: moments, gains and the critical point.

Public: moments, second_moment, Moments; at_infinite_width, has_moments, NoMoments, selected, selection_of; gains,
Gains; fixed_point, depth_scale; edge_of_chaos, EdgeOfChaos; critical_point, CriticalPoint, init_pair.

Notation: z = sqrt(q) Z with Z ~ N(0, 1), h = phi(z), q = E z^2; weights have variance sw2 / fan_in, biases sb2.
Every function takes (activation, alpha) first; alpha None means the default. Activations that turn into another one
at infinite width are taken as that one (abrelu as relu), and a layer form may have its own moments (maxout); with
neither, NoMoments is raised.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache
from math import inf, log, log2, sqrt
from typing import Generic, Literal, TypeAlias, TypeVar, overload

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special
from scipy.optimize import elementwise

from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.gaussian.quadrature import REACH, Octaves, bends, edges, effective, panels
from initviz.layer_forms import Selection

T = TypeVar("T", float, FloatArray)


@dataclass(frozen=True)
class Moments(Generic[T]):
    """E over z ~ N(0, q), each of the shape of q."""

    m1: T
    """E phi(z), exactly 0 for odd functions."""
    m2: T
    m4: T
    variance: T
    """Var phi(z); where q is small it is not the difference m2 - m1^2, which would cancel."""
    d1: T
    """E phi'(z)."""
    d2: T
    """E phi'(z)^2; times sw2 it is chi_1. For maxout the sum over the pieces of a unit."""
    d4: T
    growth: T
    """dm2 / dq = E[(Z^2 - 1) phi^2] / 2q = E[Z phi phi'] / sqrt(q); times sw2 it is chi_par."""


_COLUMN = {field.name: index for index, field in enumerate(fields(Moments))}
"""Where each moment stands in the tables that are kept of an activation."""


# --- integrals -------------------------------------------------------------------------------------------------------


def _integrals(activation: Activation, alpha: float, q: FloatArray) -> Moments[FloatArray]:
    """By quadrature, for q of shape (n,).

    Positive and negative Z are added before they are summed: what is odd cancels exactly.
    """
    q = effective(activation, q)
    root = np.sqrt(q)[:, np.newaxis]
    cuts = bends(activation, alpha, REACH * float(root.max()))
    z, weights = panels(edges(cuts[cuts >= 0] / root, low=0.0))
    weights /= 2 * weights.sum(axis=1, keepdims=True)
    up, down = activation.phi(root * z, alpha), activation.phi(-root * z, alpha)
    slope_up, slope_down = activation.dphi(root * z, alpha), activation.dphi(-root * z, alpha)

    def mean(positive: FloatArray, negative: FloatArray) -> FloatArray:
        return np.vecdot(weights, positive + negative)

    up2, down2 = np.square(up), np.square(down)
    steep_up, steep_down = np.square(slope_up), np.square(slope_down)
    m1, d1 = mean(up, down), mean(slope_up, slope_down)
    tilt = m1[:, np.newaxis] + root * d1[:, np.newaxis] * z  # the linear part; by Stein's lemma its slope is d1
    rest = mean(np.square(up - tilt), np.square(down - (2 * m1[:, np.newaxis] - tilt)))
    return Moments(
        m1=m1,
        m2=mean(up2, down2),
        m4=mean(np.square(up2), np.square(down2)),  # quicker than a fourth power
        variance=q * d1**2 + rest,
        d1=d1,
        d2=mean(steep_up, steep_down),
        d4=mean(np.square(steep_up), np.square(steep_down)),
        growth=mean(z * up * slope_up, -z * down * slope_down) / root[:, 0],
    )


def selected(activation: Activation, alpha: float) -> tuple[FloatArray, FloatArray]:
    """Nodes, and weights with the density in them, of h at q = 1 for a unit that passes on one of its pieces."""
    z, weights = panels(edges(np.zeros(0)))
    return z, weights * activation.pieces(alpha) * selection_of(activation).chance(special.ndtr(z), alpha)


def _selection_integrals(activation: Activation, alpha: float, q: FloatArray) -> Moments[FloatArray]:
    """Those of a unit that passes on one of its pieces, each N(0, q), for q of shape (n,).

    Exactly one piece carries the gradient, with slope 1: the slopes, summed over the pieces, have moments 1.
    """
    z, weights = selected(activation, alpha)
    e1, e2, e4 = (float(weights @ z**k) for k in (1, 2, 4))
    one = np.ones_like(q)
    return Moments(
        m1=e1 * np.sqrt(q),
        m2=e2 * q,
        m4=e4 * q**2,
        variance=(e2 - e1**2) * q,
        d1=one,
        d2=one,
        d4=one,
        growth=e2 * one,
    )


# --- moments ---------------------------------------------------------------------------------------------------------


class NoMoments(InputError):
    """Theory does not know an activation; the message says which."""


def at_infinite_width(activation: Activation, alpha: float | None) -> tuple[Activation, float]:
    """What an activation is there (abrelu: relu), with the parameter to use. Raises NoMoments where that is unknown."""
    form = activation.layer
    if form and form.limit_id is not None:
        activation, alpha = ACTIVATIONS[form.limit_id], None
    elif form and not form.selection:
        raise NoMoments(f"{activation.name} has no moments: it is not elementwise, and its layer form gives none.")
    return activation, activation.alpha(alpha)


def has_moments(activation: Activation) -> bool:
    """Whether theory knows what an activation does in wide layers."""
    return activation.layer is None or bool(activation.layer.limit_id or activation.layer.selection)


def selection_of(activation: Activation) -> Selection:
    """The law of a unit that is not elementwise, as `at_infinite_width` leaves it."""
    assert activation.layer is not None and activation.layer.selection is not None
    return activation.layer.selection


@lru_cache(maxsize=128)
def _octaves(activation: Activation, alpha: float) -> Octaves:
    integrals = _integrals if activation.elementwise else _selection_integrals

    def compute(q: FloatArray) -> FloatArray:
        found = integrals(activation, alpha, q)
        return np.stack([getattr(found, name) for name in _COLUMN], axis=1)

    # next to an offset phi(0) small differences drown in rounding, but what has an offset is smooth at 0
    offset = activation.elementwise and activation.phi(np.zeros(1), alpha)[0] != 0
    return Octaves(compute, len(_COLUMN), low=-40 if offset else -120, high=128)


@overload
def moments(activation: Activation, alpha: float | None, q: float) -> Moments[float]: ...
@overload
def moments(activation: Activation, alpha: float | None, q: FloatArray) -> Moments[FloatArray]: ...
def moments(activation: Activation, alpha: float | None, q: float | FloatArray) -> Moments[float] | Moments[FloatArray]:
    """E phi, E phi^2 and so on over z ~ N(0, q), for one q >= 0 or an array of them.

    Relative error below 1e-11 for q from 1e-6 to 1e4 (test_moments_are_exact).
    """
    columns = _octaves(*at_infinite_width(activation, alpha))(np.asarray(q, dtype=float).ravel()).T
    if isinstance(q, np.ndarray):
        return Moments(*(column.reshape(q.shape) for column in columns))
    return Moments(*columns[:, 0].tolist())


@overload
def second_moment(activation: Activation, alpha: float | None, q: float) -> float: ...
@overload
def second_moment(activation: Activation, alpha: float | None, q: FloatArray) -> FloatArray: ...
def second_moment(activation: Activation, alpha: float | None, q: float | FloatArray) -> float | FloatArray:
    """E phi(z)^2 alone, for the recursion from layer to layer."""
    table = _octaves(*at_infinite_width(activation, alpha))
    if isinstance(q, np.ndarray):
        return table(q.ravel(), slice(_COLUMN["m2"], _COLUMN["m2"] + 1)).reshape(q.shape)
    return table.scalar(q, _COLUMN["m2"])


# --- gains ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gains:
    """Factors on a weight of std 1/sqrt(fan_in) at q = 1, by what they keep."""

    forward: float
    """1/sqrt(E phi^2): E h^2 stays 1."""
    backward: float
    """1/sqrt(E phi'^2): the gradient keeps its size."""
    pytorch: float | None
    """What torch.nn.init.calculate_gain answers, or None where it knows no such function."""


def gains(activation: Activation, alpha: float | None = None) -> Gains:
    """The three gains that compete under that name."""
    at_one = moments(activation, alpha, 1.0)
    pytorch = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5 / 3, "relu": sqrt(2), "selu": 3 / 4}.get(activation.id)
    if activation.id == "leaky_relu":
        pytorch = sqrt(2 / (1 + activation.alpha(alpha) ** 2))
    return Gains(1 / sqrt(at_one.m2), 1 / sqrt(at_one.d2), pytorch)


# --- fixed points and the edge of chaos ----------------------------------------------------------------------------

_SAME = 1e-10  # relative differences below this are rounding
_Q_GRID = np.geomspace(1e-6, 1e7, 521)  # in units of the square of the activation's scale


def fixed_point(
    activation: Activation,
    alpha: float | None,
    sigma_w2: float | FloatArray,
    sigma_b2: float | FloatArray,
    start: float = 1.0,
) -> FloatArray:
    """Where the variance q -> sw2 E phi^2 + sb2 ends when it starts at `start`: 0, finite, or inf where it grows.

    sigma_w2 and sigma_b2 broadcast. The root is bracketed, so it does not stall near criticality; a variance that stays
    where it is (relu at sw2 = 2) ends at `start`. What lies below 1e-18 or above 1e12 times `start` is 0 or inf.
    """
    sigma_w2, sigma_b2 = np.broadcast_arrays(np.asarray(sigma_w2, float), np.asarray(sigma_b2, float))
    w, b = sigma_w2.ravel(), sigma_b2.ravel()

    def drift(q: FloatArray, w: FloatArray, b: FloatArray) -> FloatArray:
        """Relative change of q in one layer."""
        change = (w * second_moment(activation, alpha, q) + b) / q - 1
        return np.where(np.abs(change) < _SAME, 0.0, change)

    octaves = log2(start) + np.arange(-60, 42, 2)
    here = 30
    sign = np.sign(drift(2.0**octaves, w[:, np.newaxis], b[:, np.newaxis]))
    rises, stays = sign[:, here] > 0, sign[:, here] == 0
    end = np.where(stays, start, np.where(rises, inf, 0.0))
    first_fall = here + np.argmax(sign[:, here:] < 0, axis=1)  # `here` where there is none
    last_rise = here - np.argmax(sign[:, here::-1] > 0, axis=1)
    some = ~stays & (np.where(rises, first_fall, last_rise) != here)
    if some.any():
        low = octaves[np.where(rises, first_fall - 1, last_rise)][some]
        root = elementwise.find_root(lambda x, *pair: drift(2.0**x, *pair), (low, low + 2), args=(w[some], b[some]))
        end[some] = 2.0**root.x
    return end.reshape(sigma_w2.shape)


def depth_scale(chi: float) -> float:
    """Layers over which a perturbation that is multiplied by chi at each shrinks or grows e-fold; inf at chi = 1."""
    if abs(chi - 1) < _SAME:
        return inf
    return abs(1 / log(chi)) if chi > 0 else 0.0


@dataclass(frozen=True)
class EdgeOfChaos:
    """The pairs (sw2, sb2 >= 0) at which chi_1 = 1, by the variance q they hold; arrays of one length."""

    q: FloatArray
    sigma_w2: FloatArray
    sigma_b2: FloatArray
    chi_par: FloatArray
    """How a deviation of the variance from q is multiplied at each layer: above 1 it does not stay there."""

    @property
    def stable(self) -> NDArray[np.bool_]:
        return self.chi_par <= 1 + _SAME


def _edge_at(activation: Activation, alpha: float | None, q: FloatArray) -> EdgeOfChaos:
    """The formulas, also where sigma_b2 comes out negative."""
    at = moments(activation, alpha, q)
    sigma_b2 = q - at.m2 / at.d2
    sigma_b2[np.abs(sigma_b2) <= _SAME * q] = 0
    return EdgeOfChaos(q, 1 / at.d2, sigma_b2, at.growth / at.d2)


def _crossings(function: Callable[[FloatArray], FloatArray], grid: FloatArray) -> list[float]:
    """Where a function changes sign along an ascending grid; what is 0 to within rounding has no sign."""
    values = function(grid)
    signed = np.flatnonzero(np.abs(values) > _SAME)
    changes = np.flatnonzero(np.diff(np.sign(values[signed])))
    return [
        float(optimize.brentq(lambda q: function(np.array([q]))[0], grid[signed[i]], grid[signed[i + 1]], rtol=1e-14))
        for i in changes
    ]


def edge_of_chaos(activation: Activation, alpha: float | None = None, q: FloatArray | None = None) -> EdgeOfChaos:
    """sw2 = 1/D2(q), sb2 = q - M2(q)/D2(q) where that is not negative; q ascends, by default 0 and 1e-6 to 1e7.

    The points where sb2 = 0 are added. Empty for activations whose mean is so large that no variance can be held
    with chi_1 = 1 (softplus).
    """
    if q is None:
        q = np.append(0.0, _Q_GRID * activation.scale(activation.alpha(alpha)) ** 2)
    starts = _crossings(lambda q: _edge_at(activation, alpha, q).sigma_b2, q[q > 0])
    edge = _edge_at(activation, alpha, np.sort(np.append(q, starts)))
    exists = edge.sigma_b2 >= 0
    return EdgeOfChaos(edge.q[exists], edge.sigma_w2[exists], edge.sigma_b2[exists], edge.chi_par[exists])


Kind: TypeAlias = Literal["critical", "edge of chaos", "unstable", "none"]


@dataclass(frozen=True)
class CriticalPoint:
    """Where neither variances nor gradients grow or shrink; the numbers are None where there is no usable point."""

    sigma_w2: float | None
    sigma_b2: float | None
    q_star: float | None
    chi_1: float | None
    chi_par: float | None
    kind: Kind
    note: str


def _critical_q(activation: Activation, alpha: float | None, edge: EdgeOfChaos) -> float | None:
    """The variance at which both chi are 1 and from which it does not run away; None without one."""
    departure = edge.chi_par - 1
    departure = departure[np.abs(departure) > _SAME]
    if not departure.size:
        return 1.0
    if edge.q[0] == 0 and departure[0] < 0:
        return 0.0
    crossings = _crossings(lambda q: _edge_at(activation, alpha, q).chi_par - 1, edge.q[edge.q > 0])
    return crossings[0] if crossings else None


def _point(activation: Activation, alpha: float | None, q: float, kind: Kind, note: str) -> CriticalPoint:
    at = _edge_at(activation, alpha, np.array([q]))
    sigma_w2, sigma_b2, chi_par = (round(float(field[0]), 12) for field in (at.sigma_w2, at.sigma_b2, at.chi_par))
    return CriticalPoint(sigma_w2, sigma_b2, round(q, 12), 1.0, chi_par, kind, note)


def critical_point(activation: Activation, alpha: float | None = None) -> CriticalPoint:
    """The (sw2, sb2) at which variance and gradient both keep their size: chi_1 = chi_par = 1. Raises NoMoments.

    kind says what exists: "critical" such a point; "edge of chaos" only points that keep the gradient while the
    variance falls back to q*, of which the slowest to do so is given; "unstable" only points that the variance runs
    away from, "none" no point at all, and then no numbers are given. At q* = 0 both chi are limits.
    """
    return _critical_point(*at_infinite_width(activation, alpha))


@lru_cache(maxsize=256)
def _critical_point(activation: Activation, alpha: float) -> CriticalPoint:
    edge = edge_of_chaos(activation, alpha)
    if not edge.q.size:
        note = "No weight and bias variance keeps the gradient: the mean output is too large for the variance to hold."
        return CriticalPoint(None, None, None, None, None, "none", note)
    q = _critical_q(activation, alpha, edge)
    if q is not None:
        note = f"Variance and gradient both keep their size around q* = {q:.4g}."
        if q == 0:
            note = "The variance shrinks towards 0, ever more slowly; there variance and gradient keep their size."
        elif not edge.sigma_b2.any():
            note = "Variance and gradient keep their size at every q (the function has no scale of its own)."
        return _point(activation, alpha, q, "critical", note)
    usable = edge.stable & (edge.q > 0)
    if not usable.any():
        note = "Where the gradient keeps its size the variance runs away."
        return CriticalPoint(None, None, None, None, None, "unstable", note)
    q = float(edge.q[np.argmax(np.where(usable, edge.chi_par, -inf))])
    note = "The gradient keeps its size, but the variance forgets the input: there is no point where both stay."
    return _point(activation, alpha, q, "edge of chaos", note)


def init_pair(activation: Activation, alpha: float | None = None) -> tuple[float, float, str]:
    """(sw2, sb2, why) for the initializer `critical`: the critical point, else the edge of chaos, else E h^2 kept.

    Without a usable point, sw2 = 1/M2(1) and sb2 = 0 keep the variance q = 1 and leave the gradient as it comes.
    """
    point = critical_point(activation, alpha)
    if point.sigma_w2 is not None and point.sigma_b2 is not None:
        return point.sigma_w2, point.sigma_b2, point.note
    at_one = moments(activation, alpha, 1.0)
    factor = at_one.d2 / at_one.m2
    note = (
        f"No usable critical point: the variance stays 1, the squared gradient is multiplied by {factor:.3g} a layer."
    )
    return 1 / at_one.m2, 0.0, note
