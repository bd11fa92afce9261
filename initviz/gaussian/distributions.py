"""How the activations of a layer are distributed at infinite width: histogram bins, zero and saturated shares.

Public: h_masses, zero_share, saturated_share.

All come from P(phi(z) < level) for z ~ N(0, q), exact where phi is flat (an atom) and where it is not monotone: the
axis is cut into pieces on which phi crosses a level at most once, and the crossings are bisected. phi is taken as
float64 computes it: gelu is 0 below z = -38.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.gaussian.moments import at_infinite_width, selection_of
from initviz.gaussian.quadrature import REACH, bends, effective

_STEPS = np.arange(8) / 8
_HALVINGS = 60


def h_masses(activation: Activation, alpha: float | None, q: float | FloatArray, edges: FloatArray) -> FloatArray:
    """P(h in bin) for the bins between ascending edges, shape (*q.shape, len(edges) - 1).

    As in numpy.histogram a bin holds its left edge, and the last one its right edge too. Absolute error below 1e-12
    (test_masses_match_closed_forms).
    """
    return np.diff(_below(activation, alpha, q, np.append(edges[:-1], np.nextafter(edges[-1], np.inf))))


def zero_share(activation: Activation, alpha: float | None, q: float | FloatArray) -> FloatArray:
    """P(h = 0), in the shape of q: 1/2 for relu, 0 for all that pass through 0 without staying there."""
    return h_masses(activation, alpha, q, np.array([0.0, 0.0]))[..., 0]


def saturated_share(activation: Activation, alpha: float | None, q: float | FloatArray) -> FloatArray:
    """P(h beyond `Activation.saturation`), in the shape of q."""
    activation, alpha = at_infinite_width(activation, alpha)
    low, high = activation.saturation(alpha)
    return np.maximum(1 - h_masses(activation, alpha, q, np.array([low, high]))[..., 0], 0)


def _below(activation: Activation, alpha: float | None, q: float | FloatArray, levels: FloatArray) -> FloatArray:
    """P(h < level), shape (*q.shape, len(levels))."""
    activation, alpha = at_infinite_width(activation, alpha)
    q = effective(activation, np.asarray(q, dtype=float))[..., np.newaxis]
    root = np.sqrt(np.clip(q, 1e-300, 1e300))
    if not activation.elementwise:
        return np.where(q > 0, selection_of(activation).below(special.ndtr(levels / root), alpha), levels > 0)
    z = _pieces(activation, alpha, root.ravel())
    below = activation.phi(z, alpha)[:, np.newaxis] < levels
    piece, level = np.nonzero(below[1:] != below[:-1])
    left = below[piece, level]
    crossing = _bisect(lambda z: activation.phi(z, alpha) < levels[level], z[piece], z[piece + 1], left)
    change = np.where(left, 1.0, -1.0)[:, np.newaxis] * (level[:, np.newaxis] == np.arange(levels.size))
    at_zero = activation.phi(np.zeros(1), alpha) < levels
    return np.where(q > 0, special.ndtr(crossing / root) @ change + below[-1], at_zero)


def _pieces(activation: Activation, alpha: float, roots: FloatArray) -> FloatArray:
    """Ascending z, from end to end of the widest Gaussian, between which phi is monotone.

    Fine enough for phi (eight steps a panel) and for every Gaussian; then the turning points are added.
    """
    cuts = bends(activation, alpha, REACH * float(roots.max()))
    fine = (cuts[:-1, np.newaxis] + np.diff(cuts)[:, np.newaxis] * _STEPS).ravel()
    z = np.unique(np.concatenate([fine, cuts[-1:], np.outer(roots, np.arange(-REACH, REACH + 1)).ravel()]))
    rises = np.sign(np.diff(activation.phi(z, alpha)))
    turns = np.flatnonzero(rises[1:] * rises[:-1] < 0)
    if not turns.size:
        return z
    turning = _bisect(lambda z: activation.dphi(z, alpha) > 0, z[turns], z[turns + 2], rises[turns] > 0)
    return np.sort(np.concatenate([z, turning]))


def _bisect(
    test: Callable[[FloatArray], NDArray[np.bool_]], low: FloatArray, high: FloatArray, at_low: NDArray[np.bool_]
) -> FloatArray:
    """Where an elementwise test changes between low and high, given what it says at low."""
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        same = test(middle) == at_low
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return high
