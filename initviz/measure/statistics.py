"""Exact statistics of large arrays in a few passes, and the histograms that stand for them afterwards.

Moments, shares and counts use every value; medians and histograms an even subsample. Sums run in the array's own
precision within a row and in float64 over the rows; arrays whose squares would leave the dtype's range are rescaled
first, so that results hold from 1e-300 to 1e300 in float64 and over all of float32, subnormal numbers included.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from math import frexp, gcd, inf, isfinite, isnan, ldexp, nan, sqrt
from operator import add

import numpy as np

from initviz.arrays import FloatArray
from initviz.measure.propagation import Bins, Gradient, Histogram, Signal

SUBSAMPLE = 50_000
"""Medians and histograms use at least so many values (or all, if there are fewer)."""

BLOCK = 2**18
"""Values that are worked on at a time, so that what follows finds them in the processor's cache."""

FLOAT16_ZERO = 2.0**-25
"""Sizes up to this round to 0 in float16."""
FLOAT16_OVERFLOW = 65520.0
"""Sizes from this on round to infinity in float16; its largest number is 65504."""


@dataclass(frozen=True)
class Sums:
    """Moments of all finite values of an array; nan when there are none."""

    mean: float
    std: float
    rms: float
    low: float
    high: float
    nonfinite: float
    """Share of values that are not finite."""


def row_blocks(rows: slice, columns: int) -> Iterator[slice]:
    """The range of rows in pieces of about BLOCK values."""
    step = max(BLOCK // columns, 1)
    return (slice(first, min(first + step, rows.stop)) for first in range(rows.start, rows.stop, step))


class Survey:
    """What one pass over a 2-D array finds out, a few rows at a time: `see` rows in order, `+` joins two surveys.

    Where values are so large, so small or so far from 0 that they need more care, `sums` and `mean_cosine` notice and
    go over the array again; everything else needs the array no longer.
    """

    def __init__(self, x: FloatArray, cosine: bool = False) -> None:
        self.x = x
        self.low, self.high = inf, -inf
        self.total = self.squares = 0.0
        self.zeros = self.subnormals = self.float16_zeros = self.float16_overflows = 0
        self.samples: list[FloatArray] = []
        self.direction = np.zeros(x.shape[1]) if cosine else None
        """Sum of the rows, each at length 1; lost (None) when a row is zero or needs more care."""
        self._ones = np.ones(x.shape[1], x.dtype)
        self._stride = _stride(x)

    def see(self, rows: slice) -> None:
        """Count these rows in."""
        block = self.x[rows]
        squares = np.einsum("ij,ij->i", block, block)  # it and dot free Python's lock; vecdot and @ not up to 500 rows
        self.total += float(np.add.reduce(np.dot(block, self._ones), dtype=np.float64))
        self.squares += float(np.add.reduce(squares, dtype=np.float64))
        low, high, smallest = _extremes(block)
        self.low, self.high = _lower(self.low, low), -_lower(-self.high, -high)
        self._count_sizes(block, max(-low, high), smallest)
        skipped = -rows.start * block.shape[1] % self._stride
        self.samples.append(block.reshape(-1)[skipped :: self._stride].copy())
        if self.direction is not None:
            if _squares_are_exact(squares):
                self.direction += np.dot(1 / np.sqrt(squares), block)
            else:
                self.direction = None

    def _count_sizes(self, block: FloatArray, largest: float, smallest: float) -> None:
        """Counting is only needed where the extremes leave a doubt (as nan does)."""
        if not smallest > FLOAT16_ZERO:
            self.float16_zeros += _count_below(block, float(np.nextafter(FLOAT16_ZERO, 1, dtype=block.dtype)))
        if not smallest >= np.finfo(block.dtype).tiny:
            zeros = int(np.count_nonzero(block == 0))
            self.zeros += zeros
            self.float16_zeros -= zeros
            self.subnormals += _count_below(block, float(np.finfo(block.dtype).tiny)) - zeros
        if not largest < FLOAT16_OVERFLOW:
            self.float16_overflows += block.size - _count_below(block, FLOAT16_OVERFLOW)

    def __add__(self, after: "Survey") -> "Survey":
        joined = Survey(self.x)
        joined.low, joined.high = _lower(self.low, after.low), -_lower(-self.high, -after.high)
        for name in ("total", "squares", "zeros", "subnormals", "float16_zeros", "float16_overflows", "samples"):
            setattr(joined, name, getattr(self, name) + getattr(after, name))
        if self.direction is not None and after.direction is not None:
            joined.direction = self.direction + after.direction
        return joined

    @cached_property
    def sums(self) -> Sums:
        """Moments, once all rows are seen."""
        return _sums(self)

    @property
    def negligible(self) -> bool:
        """Whether there are subnormal values, and beside them some so large that no sum could tell these from 0."""
        info = np.finfo(self.x.dtype)
        return self.subnormals > 0 and max(-self.low, self.high) > float(info.tiny) / float(info.eps) ** 2

    def share(self, count: int) -> float:
        """A count as a share of all values."""
        return count / self.x.size

    def sample(self) -> FloatArray:
        """At least SUBSAMPLE values spread evenly over rows and columns (all, if there are fewer); finite ones only."""
        values = np.concatenate(self.samples)
        return values if isfinite(self.low) and isfinite(self.high) else values[np.isfinite(values)]


def _extremes(block: FloatArray) -> tuple[float, float, float]:
    """(lowest, highest, smallest size); nan where there is one.

    Read as integers, numbers of one sign are ordered by size: all three are among the extremes of the signed and of the
    unsigned reading, which need no array of sizes.
    """
    signed, unsigned = (block.reshape(-1).view(f"{kind}{block.itemsize}") for kind in "iu")
    lowest, highest = np.minimum.reduce, np.maximum.reduce  # quicker than the methods
    ends = lowest(unsigned), highest(unsigned), lowest(signed), highest(signed)
    values = [float(end.view(block.dtype)) + 0.0 for end in ends]  # -0 becomes 0
    if any(isnan(value) for value in values):
        return nan, nan, nan
    return min(values), max(values), min(abs(value) for value in values)


def _count_below(block: FloatArray, size: float) -> int:
    """How many values are smaller than `size` in absolute value; nan is not."""
    return int(np.count_nonzero(block < size)) - int(np.count_nonzero(block <= -size))


def _lower(a: float, b: float) -> float:
    """The smaller one, or nan if either is."""
    return a if a <= b or isnan(a) else b


def _stride(x: FloatArray) -> int:
    stride = max(x.size // SUBSAMPLE, 1)
    while gcd(stride, x.shape[1]) > 1:  # a stride that divides the width would see a few units only
        stride -= 1
    return stride


def _squares_are_exact(squares: FloatArray) -> bool:
    """Whether sums of squares, one per row, are neither infinite nor so small that digits are lost."""
    return bool(squares.min() > np.finfo(squares.dtype).tiny * 2**30 and squares.max() < np.inf)


def survey_rows(x: FloatArray, rows: slice, cosine: bool = False) -> Survey:
    """A survey of some rows, block by block."""
    seen = Survey(x, cosine)
    for block in row_blocks(rows, x.shape[1]):
        seen.see(block)
    return seen


def joined(parts: Iterable[Survey]) -> Survey:
    """The survey of a whole array from the surveys of its parts, in order."""
    return reduce(add, parts)


def flush(x: FloatArray) -> None:
    """Set negligible values (see Survey) to 0: a product with 3 % of subnormal numbers takes ten times as long."""
    for rows in row_blocks(slice(0, len(x)), x.shape[1]):
        x[rows] *= np.abs(x[rows]) >= np.finfo(x.dtype).tiny


# --- moments -------------------------------------------------------------------------------------------------------


def _sums(seen: Survey) -> Sums:
    """Moments of a fully surveyed array."""
    x, low, high = seen.x, seen.low, seen.high
    if not (isfinite(low) and isfinite(high)):
        return _finite_sums(x)
    mean, square, unit = seen.total / x.size, seen.squares / x.size, _unit(max(-low, high), x.dtype)
    if unit != 1:
        x = x / x.dtype.type(unit)
        mean, square = _mean(x), _mean_square(x)
    variance = square - mean**2 if mean**2 < 0.9 * square else _centred_variance(x, mean)
    return Sums(mean * unit, sqrt(max(variance, 0.0)) * unit, sqrt(square) * unit, low, high, 0.0)


def _mean(x: FloatArray) -> float:
    return float(np.vecdot(x, np.ones(x.shape[1], x.dtype)).sum(dtype=np.float64)) / x.size


def _mean_square(x: FloatArray) -> float:
    return float(np.vecdot(x, x).sum(dtype=np.float64)) / x.size


def _centred_variance(x: FloatArray, mean: float) -> float:
    """Variance about the mean, for values that lie far from 0 compared with their spread."""
    centred = x - x.dtype.type(mean)
    return _mean_square(centred) - _mean(centred) ** 2


def _unit(largest: float, dtype: np.dtype[np.floating]) -> float:
    """A power of two to divide by where squares would overflow, or lose the small values; else 1."""
    limit = 2.0**40 if dtype == np.float32 else 2.0**400
    return 1.0 if largest == 0 or 1 / limit < largest < limit else ldexp(0.5, frexp(largest)[1])


def _finite_sums(x: FloatArray) -> Sums:
    """The same for what is left when some values are not finite; rare, so the plain formulas in float64 will do."""
    values = x[np.isfinite(x)].astype(np.float64)
    nonfinite = 1 - values.size / x.size
    if values.size == 0:
        return Sums(nan, nan, nan, nan, nan, nonfinite)
    low, high = float(values.min()), float(values.max())
    unit = _unit(max(-low, high), values.dtype)
    values /= unit
    rms = sqrt(np.square(values).mean())
    return Sums(float(values.mean()) * unit, float(values.std()) * unit, rms * unit, low, high, nonfinite)


def mean_cosine(seen: Survey) -> float:
    """Mean cosine between two different rows; nan with fewer than two finite, non-zero rows.

    The sum over all pairs of unit vectors is the squared length of their sum, less the diagonal.
    """
    count, total = len(seen.x), seen.direction
    if total is None:
        rows = _rows_of_size_one(seen.x)
        count, total = len(rows), (1 / np.sqrt(np.vecdot(rows, rows)) @ rows).astype(np.float64)
    if count < 2:
        return nan
    return (float(total @ total) - count) / (count * (count - 1))


def _rows_of_size_one(x: FloatArray) -> FloatArray:
    """The finite, non-zero rows, each divided by its largest size."""
    largest = np.maximum(x.max(axis=1), -x.min(axis=1))
    used = (largest > 0) & (largest < np.inf)
    return x[used] / largest[used, np.newaxis]


# --- histograms ----------------------------------------------------------------------------------------------------


def median(ordered: FloatArray) -> float:
    """Median of sorted values; nan when there are none."""
    if not ordered.size:
        return nan
    low, high = ordered[(ordered.size - 1) // 2].item(), ordered[ordered.size // 2].item()
    return low + (high - low) / 2


def histogram(ordered: FloatArray, low: float, high: float, bins: int) -> Histogram:
    """Counts of sorted values over low..high; the last bin includes its upper edge."""
    if not (isfinite(low) and isfinite(high)):
        low, high, ordered = 0.0, 1.0, ordered[:0]
    edges = _edges(*_widened(low, high), bins)
    return _counted(ordered, edges.astype(ordered.dtype), edges)


def log_histogram(ordered: FloatArray, bins: int) -> Histogram:
    """Counts of log10 of sorted, non-negative values; `below` counts the zeros."""
    zeros = int(np.searchsorted(ordered, ordered.dtype.type(0), "right"))
    positive = ordered[zeros:]
    if not positive.size:
        return replace(histogram(positive, nan, nan, bins), below=zeros)
    low, high = np.log10(positive[[0, -1]].astype(np.float64)).tolist()
    edges = _edges(*_widened(low, high), bins)
    limits = np.power(10, edges).astype(ordered.dtype)
    limits[0], limits[-1] = min(limits[0], positive[0]), max(limits[-1], positive[-1])  # in spite of rounding
    return replace(_counted(positive, limits, edges), below=zeros)


def _counted(ordered: FloatArray, limits: FloatArray, edges: FloatArray) -> Histogram:
    """Counts of sorted values between limits; `edges` are what the histogram calls them."""
    places = np.searchsorted(ordered, limits)
    places[-1] = np.searchsorted(ordered, limits[-1], "right")
    counts = np.diff(places)
    for array in (edges, counts):
        array.flags.writeable = False
    return Histogram(edges, counts, below=int(places[0]), above=int(ordered.size - places[-1]))


def _edges(low: float, high: float, bins: int) -> FloatArray:
    """Equal bins; scaled while they are computed, because high - low may overflow and its parts may underflow."""
    exponent = frexp(max(-low, high))[1] + 1
    first, last = ldexp(low, -exponent), ldexp(high, -exponent)
    edges = np.ldexp(first + (last - first) / bins * np.arange(bins + 1), exponent)
    edges[-1] = high
    return edges


def _widened(low: float, high: float) -> tuple[float, float]:
    """The range itself, or one around values that are all the same."""
    if low < high:
        return low, high
    margin = abs(low) / 2 or 0.5
    return low - margin, low + margin


# --- the statistics of one array -----------------------------------------------------------------------------------


def signal(seen: Survey, bins: Bins) -> Signal:
    """Statistics of z or h, shape (samples, units)."""
    s = seen.sums
    low = s.low if bins.low is None else bins.low
    high = s.high if bins.high is None else bins.high
    return Signal(
        s.mean,
        s.std,
        s.rms,
        s.low,
        s.high,
        zero=seen.share(seen.zeros),
        nonfinite=s.nonfinite,
        float16_zero=seen.share(seen.float16_zeros),
        float16_overflow=seen.share(seen.float16_overflows),
        histogram=histogram(np.sort(seen.sample()), low, high, bins.count),
    )


def gradient(seen: Survey, bins: int) -> Gradient:
    """Statistics of a gradient array; the histogram is of log10 of the sizes."""
    s = seen.sums
    ordered = np.sort(np.abs(seen.sample()))
    return Gradient(
        s.std,
        s.rms,
        median(ordered),
        nonfinite=s.nonfinite,
        float16_zero=seen.share(seen.float16_zeros),
        float16_overflow=seen.share(seen.float16_overflows),
        histogram=log_histogram(ordered, bins),
    )
