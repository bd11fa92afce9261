"""Exact statistics of large arrays in one or two passes, and the histograms that stand for them afterwards.

Moments, shares and counts use every value; medians and histograms an even subsample. Sums run in the array's own
precision within a row and in float64 over the rows; arrays whose squares would leave the dtype's range are rescaled
first, so that results hold from 1e-300 to 1e300 in float64 and over all of float32.
"""

from dataclasses import dataclass
from math import gcd, isfinite, nan, sqrt

import numpy as np

from initviz.arrays import FloatArray
from initviz.propagation import Bins, Gradient, Histogram, Signal

SUBSAMPLE = 50_000
"""Medians and histograms use at least so many values (or all, if there are fewer)."""

FLOAT16_ZERO = 2.0**-25
"""Sizes up to this round to 0 in float16."""
FLOAT16_MAX = 65504.0
"""The largest float16."""


@dataclass(frozen=True)
class Sums:
    """Moments of all finite values of a 2-D array."""

    mean: float
    std: float
    rms: float
    low: float
    high: float
    nonfinite: float
    """Share of values that are not finite."""
    cosine: float
    """Mean cosine between two different rows; nan with fewer than two finite, non-zero rows."""


def sums(x: FloatArray) -> Sums:
    """Moments of x, shape (rows, columns)."""
    low, high = float(x.min()), float(x.max())
    if not (isfinite(low) and isfinite(high)):
        return _finite_sums(x)
    largest = max(-low, high)
    if largest == 0:
        return Sums(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, nan)
    unit = _unit(largest, x.dtype)
    if unit != 1:
        x = x / x.dtype.type(unit)
    row_squares = np.vecdot(x, x).astype(np.float64)
    mean = float((x @ np.ones(x.shape[1], x.dtype)).sum(dtype=np.float64)) / x.size
    square = float(row_squares.sum()) / x.size
    variance = square - mean**2 if mean**2 < 0.9 * square else _centred_variance(x, mean)
    cosine = _mean_cosine(x, row_squares)
    return Sums(mean * unit, sqrt(max(variance, 0.0)) * unit, sqrt(square) * unit, low, high, 0.0, cosine)


def _unit(largest: float, dtype: np.dtype[np.floating]) -> float:
    """A power of two to divide by where squares would overflow, or lose the small values; else 1."""
    limit = 2.0**40 if dtype == np.float32 else 2.0**400
    return 1.0 if 1 / limit < largest < limit else 2.0 ** round(np.log2(largest))


def _centred_variance(x: FloatArray, mean: float) -> float:
    """Variance about the mean, for values that lie far from 0 compared with their spread."""
    centred = x - x.dtype.type(mean)
    rest = float(centred.sum(axis=1).sum(dtype=np.float64)) / x.size
    return float(np.vecdot(centred, centred).sum(dtype=np.float64)) / x.size - rest**2


def _mean_cosine(x: FloatArray, row_squares: FloatArray) -> float:
    """The sum over all pairs of unit vectors is the squared length of their sum, less the diagonal."""
    used = row_squares > 0
    count = int(used.sum())
    if count < 2:
        return nan
    inverse = np.zeros(len(x), x.dtype)
    np.divide(1, np.sqrt(row_squares), out=inverse, where=used, casting="same_kind")
    total = (inverse @ x).astype(np.float64)
    return (float(total @ total) - count) / (count * (count - 1))


def _finite_sums(x: FloatArray) -> Sums:
    finite = x[np.isfinite(x)]
    share = 1 - finite.size / x.size
    if finite.size == 0:
        return Sums(nan, nan, nan, nan, nan, share, nan)
    rest = sums(finite.reshape(1, -1))
    return Sums(rest.mean, rest.std, rest.rms, rest.low, rest.high, share, nan)


def subsample(x: FloatArray) -> FloatArray:
    """At least SUBSAMPLE values spread evenly over rows and columns (all, if there are fewer)."""
    stride = max(x.size // SUBSAMPLE, 1)
    while gcd(stride, x.shape[-1]) > 1:  # a stride that divides the width would see a few units only
        stride -= 1
    return x.reshape(-1)[::stride]


def histogram(values: FloatArray, low: float, high: float, bins: int) -> Histogram:
    """Counts of finite values over low..high."""
    if not (isfinite(low) and isfinite(high)):
        low, high = 0.0, 1.0
        values = values[:0]
    if high <= low:
        low, high = _around(low)
    width = high / bins - low / bins
    position = np.floor((values.astype(np.float64) - low) / width) if width > 0 else np.zeros(values.size)
    index = np.clip(position, -1, bins).astype(np.int64)
    index[values == high] = bins - 1
    counts = np.bincount(index + 1, minlength=bins + 2)
    edges = np.linspace(low, high, bins + 1)
    for array in (edges, counts):
        array.flags.writeable = False
    return Histogram(edges, counts[1:-1], below=int(counts[0]), above=int(counts[-1]))


def _around(value: float) -> tuple[float, float]:
    """A range for values that are all the same."""
    margin = abs(value) / 2 or 0.5
    return value - margin, value + margin


def _float16_shares(x: FloatArray, largest: float) -> tuple[float, float]:
    """Shares of (non-zero values that become 0, values that overflow)."""
    size = np.abs(x)
    zeros = x.size - np.count_nonzero(x)
    tiny = np.count_nonzero(size <= FLOAT16_ZERO) - zeros
    over = 0 if largest <= FLOAT16_MAX else np.count_nonzero(size > FLOAT16_MAX)
    return tiny / x.size, over / x.size


def signal(x: FloatArray, bins: Bins) -> tuple[Signal, float]:
    """(statistics of z or h of shape (samples, units), mean cosine between samples)."""
    s = sums(x)
    values = subsample(x)
    if s.nonfinite:
        values = values[np.isfinite(values)]
    low = s.low if bins.low is None else bins.low
    high = s.high if bins.high is None else bins.high
    tiny, over = _float16_shares(x, max(-s.low, s.high))
    shape = histogram(values, low, high, bins.count)
    return Signal(s.mean, s.std, s.rms, s.low, s.high, s.nonfinite, tiny, over, shape), s.cosine


def gradient(x: FloatArray, bins: int) -> Gradient:
    """Statistics of a gradient array; the histogram is of log10 of the sizes."""
    s = sums(x)
    sizes = np.abs(subsample(x))
    if s.nonfinite:
        sizes = sizes[np.isfinite(sizes)]
    tiny, over = _float16_shares(x, max(-s.low, s.high))
    median = float(np.partition(sizes, sizes.size // 2)[sizes.size // 2]) if sizes.size else nan
    return Gradient(s.std, s.rms, median, s.nonfinite, tiny, over, log_histogram(sizes, bins))


def log_histogram(sizes: FloatArray, bins: int) -> Histogram:
    """Counts of log10 of non-negative sizes; `below` counts the zeros."""
    positive = sizes[sizes > 0]
    logs = np.log10(positive)
    low, high = (float(logs.min()), float(logs.max())) if logs.size else (nan, nan)
    counted = histogram(logs, low, high, bins)
    return Histogram(counted.edges, counted.counts, below=sizes.size - positive.size)
