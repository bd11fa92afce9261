"""Differences at the level of rounding are 0: what cancels exactly on paper must not look like a small signal."""

import numpy as np

from initviz.arrays import FloatArray

PROBED = 8
"""Entries of a product whose rounding is bounded one by one; nearly always they settle the question."""


def drop_rounding(product: FloatArray, left: FloatArray, right: FloatArray) -> None:
    """Set product = left right to 0 where all of it may be rounding.

    The sum of n products a b of floats is off by at most n eps |a| |b| (Higham 2002, section 3.1), with room for a
    rounding of the terms themselves. Sums of that size everywhere mean that all of them cancel.
    """
    bound = len(right) * float(np.finfo(product.dtype).eps)
    probed = bound * (np.abs(left[0]) @ np.abs(right[:, :PROBED]))
    if (np.abs(product[0, :PROBED]) > probed).any():
        return
    if _largest(product) <= bound * _largest(left) * _largest(right):
        product[...] = 0


def _largest(x: FloatArray) -> float:
    return max(-float(x.min()), float(x.max()))
