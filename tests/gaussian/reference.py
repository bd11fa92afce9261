"""The reference for two-input moments: nested quadrature, for any two variances and any correlation."""

from math import sqrt

import numpy as np

from initviz.activations import Activation
from initviz.gaussian.moments import at_infinite_width
from initviz.gaussian.quadrature import REACH, bends, doubling, edges, panels


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
