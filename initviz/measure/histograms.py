"""Histograms and medians by counting instead of sorting. Values are finite, their order does not matter."""

from math import inf, isfinite, log10, nan

import numpy as np

from initviz.arrays import CountArray, FloatArray
from initviz.measure.passes import count_between, values_between
from initviz.measure.propagation import FINE, FineCounts, Histogram, even_edges

SMALLEST = float(np.finfo(np.float64).smallest_subnormal)


def histogram(values: FloatArray, low: float, high: float, bins: int) -> Histogram:
    """Counts over low..high; the last bin includes its upper edge."""
    if not (isfinite(low) and isfinite(high)):
        low, high, values = 0.0, 1.0, values[:0]
    edges = even_edges(low, high, bins)
    return _histogram(edges, _linear_counts(values, edges))


def fine_counts(values: FloatArray, low: float, high: float) -> FineCounts:
    """Counts over low..high, the values' own range, from which any histogram follows."""
    if not (isfinite(low) and isfinite(high)):
        low, high, values = 0.0, 1.0, values[:0]
    counts = _linear_counts(values, even_edges(low, high, FINE))[1:-1].astype(np.int32)
    counts.flags.writeable = False
    return FineCounts(low, high, counts)


def _linear_counts(values: FloatArray, edges: FloatArray) -> CountArray:
    """Below, in each bin, above."""
    limits = edges.astype(values.dtype)
    return count_between(values, values, limits, float(edges[0]), _per_bin(edges, len(edges) - 1))


def median_and_log_histogram(values: FloatArray, bins: int) -> tuple[float, Histogram]:
    """(median of the sizes |x|, counts of their log10, where `below` counts the zeros); nan without any value."""
    sizes = np.abs(values)
    positive = sizes if sizes.size and sizes.min() > 0 else values_between(sizes, SMALLEST, inf)
    zeros = sizes.size - positive.size
    if not positive.size:
        return 0.0 if zeros else nan, _histogram(even_edges(0, 1, bins), np.zeros(bins + 2, np.int64), zeros)
    lowest, highest = positive.min(), positive.max()
    edges = even_edges(log10(lowest), log10(highest), bins)
    limits = np.power(10, edges).astype(sizes.dtype)
    limits[0], limits[-1] = min(limits[0], lowest), max(limits[-1], highest)  # in spite of rounding
    counts = count_between(positive, np.log10(positive), limits, float(edges[0]), _per_bin(edges, bins))
    return _median(positive, zeros, limits, counts[1:-1]), _histogram(edges, counts, zeros)


def _per_bin(edges: FloatArray, bins: int) -> float:
    """Bins per unit of the axis; 0 where that is no number."""
    scale = bins / float(edges[-1] - edges[0])
    return scale if isfinite(scale) else 0.0


def _histogram(edges: FloatArray, counts: CountArray, zeros: int = 0) -> Histogram:
    inner = counts[1:-1].copy()  # memory of its own, that the cache can count
    for array in (edges, inner):
        array.flags.writeable = False
    return Histogram(edges, inner, below=int(counts[0]) + zeros, above=int(counts[-1]))


def _median(positive: FloatArray, zeros: int, limits: FloatArray, counts: CountArray) -> float:
    """Median of so many zeros and of positive values, whose counts between limits are known.

    Only the values of its bin, or of the two on whose border it lies, are put in order.
    """
    count = zeros + positive.size
    ranks = [rank for rank in ((count - 1) // 2 - zeros, count // 2 - zeros) if rank >= 0]
    if not ranks:
        return 0.0
    ends = np.cumsum(counts)
    first, last = np.searchsorted(ends, [ranks[0], ranks[-1]], "right")
    end = limits[last + 1] if last + 1 < len(counts) else inf  # the last bin has no end
    inside = values_between(positive, float(limits[first]), float(end))
    before = int(ends[first] - counts[first])
    places = [rank - before for rank in ranks]
    middle = np.partition(inside, places)[places].tolist()
    low, high = middle[0] if len(ranks) == 2 else 0.0, middle[-1]
    return low + (high - low) / 2
