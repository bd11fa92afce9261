"""Shares of values in bins: over other edges, and how high they are drawn."""

from dataclasses import replace

import numpy as np

from initviz.arrays import FloatArray
from initviz.measure.propagation import Histogram


def peak_of(shares: FloatArray, zeros: float) -> float:
    """The largest share. A bin of zeros that towers over all others (relu's) is cut off at three times the next one,
    because otherwise nothing but it would be seen."""
    ordered = np.sort(shares)
    highest = float(ordered[-1])
    if zeros > highest / 2:
        return min(highest, 3 * float(ordered[-2])) or highest or 1.0
    return highest or 1.0


def shares_over(histogram: Histogram, zero: float, edges: FloatArray) -> FloatArray:
    """Share of the values in each bin of other edges. Those that are exactly 0 go to the bin that holds 0, whole."""
    if edges is histogram.edges:
        return histogram.counts / max(histogram.total, 1)
    old, new = (int(np.searchsorted(these, 0.0, "right")) - 1 for these in (histogram.edges, edges))
    inside = 0 <= old < len(histogram.counts) and 0 <= new < len(edges) - 1
    zeros = min(round(zero * histogram.total), int(histogram.counts[old])) if inside else 0
    counts = histogram.counts.copy()
    if zeros:
        counts[old] -= zeros
    shares = replace(histogram, counts=counts).rebinned(edges)
    if zeros:
        shares[new] += zeros
    return shares / max(histogram.total, 1)


def rebinned(old_edges: FloatArray, masses: FloatArray, edges: FloatArray) -> FloatArray:
    """Masses over other edges, each spread evenly over its bin."""
    return np.diff(np.interp(edges, old_edges, np.concatenate([[0.0], np.cumsum(masses)])))
