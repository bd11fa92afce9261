"""Histograms and medians by counting instead of sorting. Values are finite, their order does not matter."""

from math import isfinite
from typing import TypeVar

import numpy as np

from initviz.arrays import CountArray, FloatArray, as_integers
from initviz.measure.passes import linear_counts, log_counts
from initviz.measure.propagation import FINE, FineCounts, Histogram

AnyArray = TypeVar("AnyArray", FloatArray, CountArray)


def histogram(values: FloatArray, low: float, high: float, bins: int) -> Histogram:
    """Counts over low..high; the last bin includes its upper edge."""
    edges, counts = linear_counts(*_over(values, low, high), bins)
    return _histogram(edges, counts[1:-1], int(counts[0]), int(counts[-1]))


def fine_counts(values: FloatArray, low: float, high: float) -> FineCounts:
    """Counts over low..high, the values' own range, from which any histogram follows."""
    values, low, high = _over(values, low, high)
    counts = linear_counts(values, low, high, FINE)[1][1:-1].astype(np.int32)
    counts.flags.writeable = False
    return FineCounts(low, high, counts)


def _over(values: FloatArray, low: float, high: float) -> tuple[FloatArray, float, float]:
    """The same; without a finite range no values, over 0..1."""
    return (values, low, high) if isfinite(low) and isfinite(high) else (values[:0], 0.0, 1.0)


def median_and_log_histogram(values: FloatArray, bins: int) -> tuple[float, Histogram]:
    """(median of the sizes |x|, counts of their log10, where `below` counts the zeros); nan without any value."""
    edges, counts, zeros, median = log_counts(values, as_integers(values), bins)
    return median, _histogram(edges, counts, zeros)


def _histogram(edges: FloatArray, counts: CountArray, below: int, above: int = 0) -> Histogram:
    edges, counts = _own(edges), _own(counts)
    for array in (edges, counts):
        array.flags.writeable = False
    return Histogram(edges, counts, below, above)


def _own(array: AnyArray) -> AnyArray:
    """The same in memory of its own, that the cache can count: not part of a larger array, nor a kernel's."""
    return array if array.flags.owndata else array.copy()
