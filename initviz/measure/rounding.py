"""Differences at the level of rounding are 0: what cancels exactly on paper must not look like a small signal."""

from math import isfinite

import numpy as np

from initviz.arrays import FloatArray


def drop_rounding(product: FloatArray, terms: int, size: float) -> None:
    """Set a matrix product to 0 where all of it may be rounding.

    The sum of n products a b of floats is off by at most n eps |a| |b| (Higham 2002, section 3.1), with room for a
    rounding of the terms themselves. Sums of that size everywhere mean that all of them cancel; nearly always the first
    one settles that they do not. `terms`: n. `size`: the largest |a| times the largest |b|.
    """
    bound = terms * float(np.finfo(product.dtype).eps) * size
    if isfinite(bound) and not abs(product[0, 0]) > bound and largest(product) <= bound:
        product[...] = 0


def largest(x: FloatArray) -> float:
    """Largest size |x|; nan where there is one."""
    return max(-float(x.min()), float(x.max()))
