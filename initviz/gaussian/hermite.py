"""Hermite polynomials that are orthonormal under the standard normal distribution.

Public: hermite.
"""

from collections.abc import Iterator
from math import sqrt

import numpy as np

from initviz.arrays import FloatArray


def hermite(z: FloatArray, terms: int) -> Iterator[FloatArray]:
    """He_n(z) / sqrt(n!) for n = 0, 1, ..., terms - 1, each in the shape of z.

    E f(Z) He_n(Z) / sqrt(n!) is the n-th coefficient a_n of f; E f(U) g(V) is the sum of a_n b_n c^n for unit normals
    of correlation c (Mehler 1866).
    """
    before, this = np.zeros_like(z), np.ones_like(z)
    for n in range(terms):
        yield this
        before, this = this, (z * this - sqrt(n) * before) / sqrt(n + 1)
