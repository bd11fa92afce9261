"""Exact statistics of large arrays in one pass over them, by blocks of rows.

Moments, shares and counts use every value; medians and histograms an even subsample. Arrays whose squares would leave
the dtype's range are scaled first, and values that lie far from 0 compared with their spread are centred, so that
results hold from 1e-300 to 1e300 in float64 and over all of float32, subnormal numbers included.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import frexp, gcd, isfinite, isnan, ldexp, nan, sqrt

import numpy as np
from numpy.typing import NDArray

from initviz.arrays import FloatArray, as_integers, mean_pair_cosine
from initviz.measure import passes
from initviz.measure.histograms import fine_counts, median_and_log_histogram
from initviz.measure.propagation import Gradient, Signal

SUBSAMPLE = 50_000
"""Medians and histograms use about so many values or more (all, if there are fewer)."""

BLOCK = 2**16
"""Values that are worked on at a time, so that what follows finds them in the processor's cache."""


def row_blocks(rows: slice, columns: int, values: int = BLOCK) -> Iterator[slice]:
    """The range of rows in pieces of about so many values."""
    step = max(values // columns, 1)
    return (slice(first, min(first + step, rows.stop)) for first in range(rows.start, rows.stop, step))


_NOTHING_SEEN = np.zeros(1, passes.SEEN)
_NOTHING_SEEN["low"], _NOTHING_SEEN["high"] = np.inf, -np.inf


class RunningStatistics:
    """What is known of some neighbouring rows of a 2-D array: `update` counts rows in, `merge` puts parts together."""

    def __init__(self, x: FloatArray, rows: slice, *, cosine: bool = False) -> None:
        """For these rows of x; `cosine` where the mean cosine is wanted."""
        columns = self._columns = x.shape[1]
        self._next = rows.start
        self._stride, self._shift = _even_steps(x.size, columns)
        self.seen = _NOTHING_SEEN.copy()
        self.sample = np.empty((rows.stop - rows.start) * -(-columns // self._stride), x.dtype)
        self.direction = np.zeros(columns if cosine else 0)
        self.live = np.zeros(0, np.uint8)
        self._limits = self.sample[:0]

    def watch(self, low: float, high: float) -> None:
        """Count values beyond low..high, and note which columns have a value other than 0."""
        self._limits = np.array([low, high], self.sample.dtype)
        self.live = np.zeros(self._columns, np.uint8)

    def update(self, block: FloatArray) -> None:
        """Count the next rows in."""
        if not block.flags.carray:
            block = block.copy()
        sampling = self._next, self._stride, self._shift
        wanted = self.seen, self.sample, self.direction, self.live
        passes.see_rows(block, as_integers(block), sampling, self._limits, *wanted)
        self._next += len(block)

    @property
    def negligible(self) -> bool:
        """Whether there are subnormal values, and beside them some so large that no sum could tell these from 0."""
        if not self.seen["subnormals"][0]:
            return False
        info = np.finfo(self.sample.dtype)
        return self.largest > float(info.tiny) / float(info.eps) ** 2

    @property
    def largest(self) -> float:
        """Largest size of a value."""
        return max(-float(self.seen["low"][0]), float(self.seen["high"][0]))


@lru_cache(maxsize=1000)
def _even_steps(size: int, columns: int) -> tuple[int, int]:
    """(stride, shift) of a subsample of about SUBSAMPLE values that meets every column alike.

    Every stride-th value of a row is taken, beginning `shift` values earlier from row to row.
    The rows one after another make such a pattern where the stride has no factor in common with their length. Where
    that would leave hardly any step, as for 210 columns, a shift of 1 does.
    """
    wanted = max(size // SUBSAMPLE, 1)
    stride = next(step for step in range(wanted, 0, -1) if gcd(step, columns) == 1)
    return (stride, columns) if 2 * stride >= wanted else (wanted, 1)


@dataclass(frozen=True)
class Seen:
    """What is known of a whole 2-D array x. It must still be there when `moments` or `mean_cosine` is asked for: where
    values are so large, so small or so far from 0 that they need more care, they go over it again."""

    x: FloatArray
    live: NDArray[np.uint8]
    """1 for columns with a value other than 0; empty where nobody watched."""
    direction: FloatArray
    """Sum of the rows, each divided by its length."""
    samples: tuple[FloatArray, ...]
    """Of each part."""
    total: float
    squares: float
    low: float
    high: float
    """Extremes; nan where there is one."""
    zeros: int
    subnormals: int
    float16_zeros: int
    float16_overflows: int
    inexact: int
    """Rows that `direction` is without."""
    saturated: int
    one_sign: int
    """Rows whose values are all >= 0 or all <= 0."""

    @property
    def sample(self) -> FloatArray:
        """An even subsample; finite values only."""
        sample = np.concatenate(self.samples) if len(self.samples) > 1 else self.samples[0]
        return sample if isfinite(self.low) and isfinite(self.high) else sample[np.isfinite(sample)]

    @property
    def moments(self) -> "Moments":
        """Mean, spread and range of the finite values."""
        return _moments(self)

    @property
    def mean_cosine(self) -> float:
        """Mean cosine between two different rows; nan with fewer than two finite, non-zero rows."""
        return _mean_cosine(self)

    @property
    def largest(self) -> float:
        """Largest size of a value; nan where there is one."""
        return max(-self.low, self.high)

    def share(self, count: int) -> float:
        """A count as a share of all values."""
        return count / self.x.size


def merge(x: FloatArray, parts: Sequence[RunningStatistics]) -> Seen:
    """What is known of x, from the parts that have seen all of its rows, in order."""
    first = parts[0]
    live, direction = first.live, first.direction
    total, squares, low, high, *counts, taken = first.seen.item()
    lost, samples = isnan(low) or isnan(high), [first.sample[:taken]]
    for part in parts[1:]:
        more_total, more_squares, lowest, highest, *more, taken = part.seen.item()
        total, squares, low, high = total + more_total, squares + more_squares, min(low, lowest), max(high, highest)
        counts, lost = [a + b for a, b in zip(counts, more, strict=True)], lost or isnan(lowest) or isnan(highest)
        live, direction = live | part.live, direction + part.direction
        samples.append(part.sample[:taken])
    low, high = (nan, nan) if lost else (low + 0.0, high + 0.0)  # -0 becomes 0
    return Seen(x, live, direction, tuple(samples), total, squares, low, high, *counts)


def flush(x: FloatArray) -> None:
    """Set subnormal values to 0: a product with 3 % of them takes ten times as long."""
    x *= np.abs(x) >= np.finfo(x.dtype).tiny


# --- moments -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Moments:
    """Moments of all finite values of an array; nan when there are none."""

    mean: float
    std: float
    rms: float
    low: float
    high: float
    nonfinite: float
    """Share of values that are not finite."""


def _moments(seen: Seen) -> Moments:
    low, high, size = seen.low, seen.high, seen.x.size
    if not (isfinite(low) and isfinite(high)):
        return _careful_moments(seen.x)
    mean, square = seen.total / size, seen.squares / size
    if _unit(max(-low, high), seen.x.dtype) != 1 or mean**2 > 0.9 * square:
        return _careful_moments(seen.x)
    return Moments(mean, sqrt(square - mean**2), sqrt(square), low, high, 0.0)


def _careful_moments(x: FloatArray) -> Moments:
    """In float64, in three passes: find the range, scale by it, take squares from the mean."""
    x = np.require(x, requirements=("C", "W"))
    count, low, high, *_ = passes.finite_sums(x, 1.0, 0.0)
    if not count:
        return Moments(nan, nan, nan, nan, nan, 1.0)
    unit = _unit(max(-low, high), np.dtype(np.float64))
    *_, total, _ = passes.finite_sums(x, unit, 0.0)
    mean = total / count
    *_, remainder, squares = passes.finite_sums(x, unit, mean)
    variance = max(squares / count - (remainder / count) ** 2, 0.0) if low < high else 0.0
    rms = sqrt(variance + mean**2)
    return Moments(mean * unit, sqrt(variance) * unit, rms * unit, low + 0.0, high + 0.0, 1 - count / x.size)


def _unit(largest: float, dtype: np.dtype[np.floating]) -> float:
    """A power of two to divide by where squares would overflow, or lose the small values; else 1."""
    limit = 2.0**40 if dtype == np.float32 else 2.0**400
    return 1.0 if largest == 0 or 1 / limit < largest < limit else ldexp(0.5, frexp(largest)[1])


def _mean_cosine(seen: Seen) -> float:
    """Of all rows that are finite and not zero."""
    count, total = len(seen.x), seen.direction
    if seen.inexact:
        rows = _rows_of_size_one(seen.x)
        count, total = len(rows), (1 / np.sqrt(np.vecdot(rows, rows)) @ rows).astype(np.float64)
    return mean_pair_cosine(total, count)


def _rows_of_size_one(x: FloatArray) -> FloatArray:
    """The finite, non-zero rows, each divided by its largest size."""
    largest = np.maximum(x.max(axis=1), -x.min(axis=1))
    used = (largest > 0) & (largest < np.inf)
    return x[used] / largest[used, np.newaxis]


def distinct_columns(x: FloatArray) -> int:
    """Number of different columns; all of them are only compared where the first row leaves a doubt."""
    if len({value for value in x[0].tolist() if not isnan(value)}) == x.shape[1]:
        return x.shape[1]
    return int(np.unique(passes.column_hashes(x, as_integers(x))).size)


# --- the statistics of one array -----------------------------------------------------------------------------------


def signal(seen: Seen) -> Signal:
    """Statistics of z or h, shape (samples, units)."""
    m = seen.moments
    return Signal(
        m.mean,
        m.std,
        m.rms,
        m.low,
        m.high,
        zero=seen.share(seen.zeros),
        nonfinite=m.nonfinite,
        float16_zero=seen.share(seen.float16_zeros),
        float16_overflow=seen.share(seen.float16_overflows),
        fine=fine_counts(seen.sample, m.low, m.high),
    )


def gradient(seen: Seen, bins: int) -> Gradient:
    """Statistics of a gradient array; the histogram is of log10 of the sizes."""
    m = seen.moments
    median, counted = median_and_log_histogram(seen.sample, bins)
    return Gradient(
        m.std,
        m.rms,
        median,
        nonfinite=m.nonfinite,
        float16_zero=seen.share(seen.float16_zeros),
        float16_overflow=seen.share(seen.float16_overflows),
        histogram=counted,
    )
