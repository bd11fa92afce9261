"""An activation's moments and covariances as Hermite series: what finite width needs to know of phi.

Public: expansion, Expansion.

With Z ~ N(0, 1) and f one of phi / sqrt(M2), phi^2 / M2 and phi'^2 / D2, each at z = sqrt(q) Z:
f(Z) = sum_n f_n He_n(Z) / sqrt(n!), so that Cov(f(u), g(v)) = sum_{n > 0} f_n g_n c^n at correlation c of u and v.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.gaussian.hermite import hermite
from initviz.gaussian.moments import at_infinite_width, selected
from initviz.gaussian.quadrature import REACH, Octaves, bends, edges, effective, panels
from initviz.theory.layers import Layers

TERMS = 24
"""Hermite coefficients kept; bands need no more."""
ROUNDING = 1e-9
"""Coefficients and covariances of functions of size 1 that are no larger are errors of the quadrature."""


class Three(NamedTuple):
    """One number for each of the three functions."""

    phi: FloatArray
    square: FloatArray
    slope: FloatArray


@dataclass(frozen=True)
class Expansion:
    """The three functions at the q of every layer."""

    coefficients: FloatArray
    """f_n, (layers, 3, TERMS)."""
    covariance: FloatArray
    """At c = 1, all orders, (layers, 3, 3)."""
    elementwise: FloatArray
    """1 where phi acts on one z, else 0 (one of several z, as in maxout: taken as linear in c), (layers,)."""

    @property
    def elasticity(self) -> Three:
        """Change of each mean per relative change of q: q dE f/dq = E He_2 f / 2."""
        return Three(*(self.coefficients[..., 2] / np.sqrt(2)).T)

    @property
    def curvature(self) -> Three:
        """q^2 d^2 E f/dq^2 = E He_4 f / 4."""
        return Three(*(self.coefficients[..., 4] * np.sqrt(24) / 4).T)

    def covariances(
        self, c: FloatArray, free: FloatArray | float = 1.0, second: FloatArray | None = None
    ) -> FloatArray:
        """Cov(f(u), g(v)) at correlations c, (layers, pairs) -> (layers, pairs, 3, 3).

        What a layer holds fixed has no spread: `free` is the share of the first order that it leaves, `second` what
        stands for c^2 in the second. By series; what it leaves out is known at c = 1 and falls like the last term.
        """
        terms = self.coefficients[..., 1:]
        rest = self.covariance - np.einsum("qin,qjn->qij", terms, terms)
        elementwise = self.elementwise[:, np.newaxis]
        orders = np.arange(1, TERMS + 1)
        powers = np.where(elementwise[..., np.newaxis] > 0, c[..., np.newaxis] ** orders, c[..., np.newaxis])
        powers[..., 0] *= np.where(elementwise > 0, free, 1.0)
        if second is not None:
            powers[..., 1] = np.where(elementwise > 0, second, powers[..., 1])
        series = np.einsum("qin,qjn,qpn->qpij", terms, terms, powers[..., :-1])
        return series + powers[..., -1, np.newaxis, np.newaxis] * rest[:, np.newaxis]

    def slope(self, c: FloatArray) -> FloatArray:
        """d/dc of E phi(u) phi(v) / M2, (layers, pairs)."""
        squares = np.square(self.coefficients[:, 0, 1:])
        rest = self.covariance[:, 0, 0] - squares.sum(axis=1)
        orders = np.arange(1, TERMS)
        series = np.einsum("qn,n,qpn->qp", squares, orders, c[..., np.newaxis] ** (orders - 1))
        whole = series + TERMS * c ** (TERMS - 1) * rest[:, np.newaxis]
        return np.where(self.elementwise[:, np.newaxis] > 0, whole, self.covariance[:, 0, 0, np.newaxis])


def expansion(layers: Layers, q: FloatArray) -> Expansion:
    """The series of every layer at its q, (layers,)."""
    laws = [(*at_infinite_width(run.activation, run.alpha), q[run.rows]) for run in layers.runs]
    table = np.concatenate([_table(activation, alpha)(part) for activation, alpha, part in laws])
    kinds = [np.full(len(part), float(activation.elementwise)) for activation, alpha, part in laws]
    split = 3 * TERMS
    return Expansion(table[:, :split].reshape(-1, 3, TERMS), table[:, split:].reshape(-1, 3, 3), np.concatenate(kinds))


@lru_cache(maxsize=64)
def _table(activation: Activation, alpha: float) -> Octaves:
    compute = _elementwise if activation.elementwise else _selection
    return Octaves(lambda q: compute(activation, alpha, q), 3 * (TERMS + 3), low=-40, high=60, rounding=ROUNDING)


def _elementwise(activation: Activation, alpha: float, q: FloatArray) -> FloatArray:
    """Coefficients and covariances of the three functions, (len(q), 3 * TERMS + 9)."""
    q = effective(activation, q)
    root = np.sqrt(q)[:, np.newaxis]
    z, weights = panels(edges(bends(activation, alpha, REACH * float(root.max())) / root))
    phi, slope = activation.phi(root * z, alpha), activation.dphi(root * z, alpha)
    coefficients, covariance = _projected(np.stack([phi, np.square(phi), np.square(slope)], axis=1), z, weights)
    return np.concatenate([coefficients.reshape(len(q), -1), covariance.reshape(len(q), -1)], axis=1)


def _selection(activation: Activation, alpha: float, q: FloatArray) -> FloatArray:
    """One of some N(0, q) grows like sqrt(q), its square like q: that gives the even orders used."""
    z, weights = selected(activation, alpha)
    functions = np.stack([z, z**2, np.ones_like(z)])[np.newaxis]
    coefficients, covariance = _projected(functions, z[np.newaxis], weights[np.newaxis])
    mean = coefficients[0, :, 0]
    coefficients[..., 1:] = 0
    powers = np.array([0.5, 1.0, 0.0])
    coefficients[..., 2] = np.sqrt(2) * powers * mean
    coefficients[..., 4] = 4 / np.sqrt(24) * powers * (powers - 1) * mean
    row = np.concatenate([coefficients.reshape(1, -1), covariance.reshape(1, -1)], axis=1)
    return np.repeat(row, q.size, axis=0)


def _projected(functions: FloatArray, z: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """functions: (q, 3, nodes); the first is made to have mean square 1, the others mean 1."""
    size = np.einsum("qfn,qn->qf", np.concatenate([functions[:, :1] ** 2, functions[:, 1:]], axis=1), weights)
    size[:, 0] = np.sqrt(size[:, 0])
    functions = functions / size[..., np.newaxis]
    weighted = functions * weights[:, np.newaxis]
    coefficients = np.zeros((*functions.shape[:2], TERMS))
    for n, polynomial in enumerate(hermite(z, TERMS)):
        coefficients[..., n] = np.einsum("qfn,qn->qf", weighted, polynomial)
    mean = coefficients[..., 0]
    covariance = np.einsum("qfn,qgn->qfg", weighted, functions) - mean[..., np.newaxis] * mean[:, np.newaxis]
    return coefficients, covariance
