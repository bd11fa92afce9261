"""Differences at the level of rounding are 0: what cancels exactly on paper must not look like a small signal."""

import numpy as np

from initviz.arrays import FloatArray


def drop_rounding(product: FloatArray, left: FloatArray, right: FloatArray) -> None:
    """Set product = left right to 0 where all of it may be rounding.

    The sum of n products a b of floats is off by at most n eps |a| |b| (Higham 2002, section 3.1), with room for a
    rounding of the terms themselves. Sums of that size everywhere mean that all of them cancel; nearly always the first
    one settles that they do not.
    """
    bound = len(right) * float(np.finfo(product.dtype).eps)
    if abs(product[0, 0]) > bound * np.dot(np.abs(left[0]), np.abs(right[:, 0])):
        return
    if _largest(product) <= bound * _largest(left) * _largest(right):
        product[...] = 0


def _largest(x: FloatArray) -> float:
    return max(-float(x.min()), float(x.max()))
