"""Compiled passes over arrays: what NumPy would need many passes, or a sort, for. Nothing else is compiled.

Each kernel says first what it computes, as a textbook would; the tests compare it with just that. Kernels run without
Python's lock, take float32 and float64, and treat nan, infinity and subnormal numbers as what they are. Sums over a row
run in the row's precision and in any order, sums over rows in float64.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from initviz.arrays import CountArray, FloatArray
from initviz.measure.propagation import even_edges
from initviz.progress import Progress

F = TypeVar("F", bound=Callable[..., Any])

_PASSES: list[Any] = []

FLOAT16_ZERO = 2.0**-25
"""Sizes up to this round to 0 in float16."""
FLOAT16_OVERFLOW = 65520.0
"""Sizes from this on round to infinity in float16; its largest number is 65504."""

CELLS = 2048
"""Into so many equal parts a range of integers is divided, to find the bin of one by looking it up."""

SEEN = np.dtype(
    [(name, "f8") for name in ("total", "squares", "low", "high")]
    + [(name, "i8") for name in ("zeros", "subnormals", "float16_zeros", "float16_overflows")]
    + [(name, "i8") for name in ("inexact", "saturated", "one_sign", "sampled")]
)
"""What `see_rows` counts. `inexact`: rows whose length is 0, not finite or of few digits."""


def compiled(function: F, freedom: frozenset[str] = frozenset({"reassoc", "contract", "nsz"})) -> F:
    """Compile at the first call for each type of arguments; keep the machine code where a folder can be written.

    `freedom`: what LLVM may do that rounds otherwise than it is written.
    """
    dispatcher = njit(function, nogil=True, error_model="numpy", fastmath=set(freedom))
    with suppress(RuntimeError):  # nowhere to write: compiled anew in every process
        dispatcher.enable_caching()
    _PASSES.append(dispatcher)
    return dispatcher


# --- one row -------------------------------------------------------------------------------------------------------


@compiled
def _sums(row: FloatArray) -> tuple[Any, Any]:
    """Sum of x, sum of x^2."""
    total = squares = row.dtype.type(0)
    for j in range(row.size):
        total += row[j]
        squares += row[j] * row[j]
    return total, squares


@compiled
def _extremes(bits: CountArray) -> tuple[Any, Any, Any]:
    """Lowest x, highest x, lowest |x|, as places in the order of all numbers; nan is beyond infinity.

    `bits` are the numbers read as integers: of one sign, they are ordered by size. Turning the bits of the negative
    ones around, all but the sign, orders them all; -0 comes just below 0.
    """
    integer, others, sign = bits.dtype.type, np.iinfo(bits.dtype).max, 8 * bits.itemsize - 1
    low, high, size = integer(others), integer(-others - 1), integer(others)
    for j in range(bits.size):
        place = integer(bits[j] ^ ((bits[j] >> sign) & others))
        low = min(low, place)
        high = max(high, place)
        size = min(size, integer(bits[j] & others))
    return low, high, size


@compiled
def _counts(row: FloatArray) -> tuple[Any, Any, Any, Any]:
    """Numbers of x = 0, of |x| below the smallest normal number, of |x| <= 2^-25, and of those not below 65520."""
    number, count = row.dtype.type, np.int32
    tiny, small, large = np.finfo(row.dtype).tiny, number(FLOAT16_ZERO), number(FLOAT16_OVERFLOW)
    zeros = subnormals = smalls = larges = count(0)
    for j in range(row.size):
        size = abs(row[j])
        zeros = count(zeros + (size == 0))
        subnormals = count(subnormals + (size < tiny))
        smalls = count(smalls + (size <= small))
        larges = count(larges + (not size < large))
    return zeros, subnormals, smalls, larges


@compiled
def _count_beyond(row: FloatArray, low: float, high: float) -> Any:
    """Number of x < low or x > high."""
    count = np.int32(0)
    for j in range(row.size):
        count = np.int32(count + (row[j] < low) + (row[j] > high))
    return count


@compiled
def _add_counts(row: FloatArray, part: Any) -> None:
    """Count zeros, subnormal numbers, and what float16 makes 0 or infinite."""
    zeros, subnormals, smalls, larges = _counts(row)
    part.zeros += zeros
    part.subnormals += subnormals - zeros
    part.float16_zeros += smalls - zeros
    part.float16_overflows += larges


@compiled
def _add_direction(row: FloatArray, squares: float, along: FloatArray) -> bool:
    """Add x / |x| to `along`, or nothing and True where |x|, of this square, is 0, not finite, or has few digits."""
    number = row.dtype.type
    if not (squares > np.finfo(row.dtype).tiny * number(2.0**30) and squares < np.inf):
        return True
    weight = number(1) / np.sqrt(squares)
    for j in range(row.size):
        along[j] += weight * row[j]
    return False


@compiled
def _mark_live(row: FloatArray, live: NDArray[np.uint8]) -> None:
    """live = 1 where x is not 0."""
    for j in range(live.size):
        live[j] |= np.uint8(row[j] != 0)


@compiled
def _take_sample(row: FloatArray, i: int, sampling: tuple[int, int, int], sample: FloatArray, taken: int) -> int:
    """Append the values of columns j with (shift (first + i) + j) divisible by the stride; how many are taken now."""
    first, stride, shift = sampling
    for j in range(-(shift * (first + i)) % stride, row.size, stride):
        sample[taken] = row[j]
        taken += 1
    return taken


# --- whole arrays --------------------------------------------------------------------------------------------------


@compiled
def see_rows(
    x: FloatArray,
    bits: CountArray,
    sampling: tuple[int, int, int],
    limits: FloatArray,
    seen: NDArray[np.void],
    sample: FloatArray,
    direction: FloatArray,
    live: NDArray[np.uint8],
) -> None:
    """Count some rows of an array in: x (rows, columns), and `bits`, the same read as integers.

    sampling: (first, stride, shift) for `_take_sample`, first being the number of x's first row in its array.
    limits: (low, high), beyond which values are saturated. seen: one record of SEEN. direction (columns,): grows by
    each row divided by its length. live (columns,): becomes 1 for columns with a value other than 0. limits, direction
    and live may be empty.
    """
    places = np.empty(3, bits.dtype)
    numbers = places.view(x.dtype)
    lowest, highest = places.dtype.type(np.iinfo(bits.dtype).max), places.dtype.type(np.iinfo(bits.dtype).min)
    along = np.zeros(direction.size, x.dtype)
    part = seen[0]
    for i in range(len(x)):
        total, squares = _sums(x[i])
        part.total += total
        part.squares += squares
        low, high, places[2] = _extremes(bits[i])
        places[0], places[1] = _bits_at(low), _bits_at(high)
        lowest, highest = min(lowest, low), max(highest, high)
        low, high, size = numbers
        part.one_sign += (low >= 0 and high <= np.inf) or (high <= 0 and low >= -np.inf)
        if not (size > FLOAT16_ZERO and low > -FLOAT16_OVERFLOW and high < FLOAT16_OVERFLOW):
            _add_counts(x[i], part)
        if direction.size:
            part.inexact += _add_direction(x[i], squares, along)
        if limits.size and not (low >= limits[0] and high <= limits[1]):
            part.saturated += _count_beyond(x[i], limits[0], limits[1])
        _mark_live(x[i], live)
        part.sampled = _take_sample(x[i], i, sampling, sample, part.sampled)
    for j in range(direction.size):
        direction[j] += along[j]
    places[0], places[1] = _bits_at(lowest), _bits_at(highest)
    part.low = _least_or_nan(part.low, numbers[0])
    part.high = -_least_or_nan(-part.high, -numbers[1])


@compiled
def _bits_at(place: Any) -> Any:
    """The bits of the number at this place in the order of all numbers, as `_extremes` has it."""
    return place if place >= 0 else place ^ np.iinfo(place).max


@compiled
def _least_or_nan(a: float, b: float) -> float:
    """The smaller one, or nan if either is."""
    return a if a <= b or np.isnan(a) else b


@compiled
def finite_sums(x: FloatArray, unit: float, centre: float) -> tuple[int, float, float, float, float]:
    """Of all finite x: their number, lowest, highest, and the sums of (x / unit - centre) and of its square."""
    count, low, high, total, squares = 0, np.inf, -np.inf, 0.0, 0.0
    for number in x.flat:
        value = float(number)
        if np.isfinite(value):
            count += 1
            low, high = min(low, value), max(high, value)
            centred = value / unit - centre
            total += centred
            squares += centred * centred
    return count, low, high, total, squares


_even_edges = compiled(even_edges, frozenset())


@compiled
def _count_between(values: FloatArray, limits: FloatArray, first: float, scale: float) -> CountArray:
    """Numbers of values below limits[0], in limits[k] <= x < limits[k + 1], and above the last limit, which itself
    belongs to the last bin: bins + 2 counts. There must be no nan.

    (x - first) * scale is the bin of x, give or take a few.
    """
    bins, one = limits.size - 1, np.uint64(1)  # unsigned places need no look at whether they count from the end
    bounds = np.empty(bins + 3, limits.dtype)
    bounds[0], bounds[-1] = -np.inf, np.inf
    bounds[1:-1] = limits
    bounds[bins + 1] = np.nextafter(limits[bins], limits.dtype.type(np.inf))
    counts = np.zeros(bins + 2, np.int64)
    for k in range(values.size):
        guess = (values[k] - first) * scale + 1.0
        guess = guess if guess > 0.0 else 0.0  # nan too
        place = np.uint64(guess if guess < bins + 1.0 else bins + 1.0)
        while values[k] < bounds[place]:
            place -= one
        while values[k] >= bounds[place + one]:
            place += one
        counts[place] += 1
    return counts


@compiled
def linear_counts(values: FloatArray, low: float, high: float, bins: int) -> tuple[FloatArray, CountArray]:
    """Equal bins of low..high, as (bins + 1,) edges, and the numbers of values below, in each, and above."""
    edges = _even_edges(low, high, bins)
    scale = bins / (edges[-1] - edges[0])
    scale = scale if scale < np.inf else 0.0
    return edges, _count_between(values, edges.astype(values.dtype), edges[0], scale)


@compiled
def log_counts(values: FloatArray, bits: CountArray, bins: int) -> tuple[FloatArray, CountArray, int, float]:
    """Equal bins of log10 |x| over all x other than 0, as (bins + 1,) edges; the number of x in each, and of zeros; the
    median of |x|. There must be no nan and no infinity.

    Everything is done with `bits`, the values read as integers, which are ordered as the sizes once the sign is gone.
    """
    sizes, lowest, highest = _sizes(bits)
    if not highest:
        return _even_edges(0.0, 1.0, bins), np.zeros(bins, np.int64), sizes.size, 0.0 if sizes.size else np.nan
    ends = np.array([lowest, highest], sizes.dtype).view(values.dtype)
    edges = _even_edges(np.log10(np.float64(ends[0])), np.log10(np.float64(ends[1])), bins)
    limits = (10.0**edges).astype(values.dtype).view(sizes.dtype)
    limits[0], limits[-1] = max(min(limits[0], lowest), 1), max(limits[-1], highest)  # in spite of rounding
    counts = _count_integers(sizes, limits)
    ends[0], ends[1] = 0, 0
    middle = ends.view(sizes.dtype)
    middle[0], middle[1] = _middle(sizes, limits, counts)
    return edges, counts, sizes.size - counts.sum(), ends[0] + (ends[1] - ends[0]) / 2


@compiled
def _sizes(bits: CountArray) -> tuple[CountArray, Any, Any]:
    """Bits without the sign; the lowest ones that are not 0, and the highest ones, 0 where there are none."""
    integer, others = bits.dtype.type, np.iinfo(bits.dtype).max
    sizes = np.empty_like(bits)
    lowest, highest = integer(others), integer(0)
    for k in range(bits.size):
        sizes[k] = bits[k] & others
        lowest = min(lowest, integer((sizes[k] - 1) & others))  # 0 becomes the largest integer
        highest = max(highest, sizes[k])
    return sizes, integer(lowest + 1), highest


@compiled
def _count_integers(sizes: CountArray, limits: CountArray) -> CountArray:
    """Numbers of sizes in limits[k] <= x < limits[k + 1], of which the last is included; below lies only 0, and nothing
    above.

    Their first bits say which bin they are in, or which ones.
    """
    bins, lowest, shift = limits.size - 1, limits[0], 0
    while (limits[bins] - lowest) >> shift >= CELLS:
        shift += 1
    firsts = np.empty(CELLS, np.uint16)
    place = 0
    for cell in range(CELLS):
        while place < bins - 1 and lowest + (cell << shift) >= limits[place + 1]:
            place += 1
        firsts[cell] = place
    steps = np.uint64(shift)  # unsigned places need no look at whether they count from the end
    bounds = limits.copy()
    bounds[bins] = np.iinfo(limits.dtype).max
    counts = np.zeros(bins, np.int64)
    for k in range(sizes.size):
        place = firsts[np.uint64(max(sizes[k], lowest) - lowest) >> steps]  # 0 is counted too: a branch would cost more
        while sizes[k] >= bounds[place + 1]:
            place += 1
        counts[place] += 1
    counts[firsts[0]] -= _count_up_to(sizes, 0)
    return counts


@compiled
def _middle(sizes: CountArray, limits: CountArray, counts: CountArray) -> tuple[Any, Any]:
    """The sizes of rank (n - 1) // 2 and n // 2, counted from 0, by halving the range that they must lie in."""
    integer, rank = sizes.dtype.type, (sizes.size - 1) // 2
    below = sizes.size - counts.sum()
    low, high, place = integer(0), limits[0], 0
    while below <= rank:
        low, high = limits[place], limits[place + 1]
        below += counts[place]
        place += 1
    while low < high:
        middle = integer(low + ((high - low) >> 1))
        if _count_up_to(sizes, middle) > rank:
            high = middle
        else:
            low = integer(middle + 1)
    return low, low if _count_up_to(sizes, low) > sizes.size // 2 else _least_above(sizes, low)


@compiled
def _count_up_to(sizes: CountArray, most: Any) -> Any:
    """Number of x <= most."""
    count = np.int32(0)
    for k in range(sizes.size):
        count = np.int32(count + (sizes[k] <= most))
    return count


@compiled
def _least_above(sizes: CountArray, most: Any) -> Any:
    """Lowest x > most."""
    integer, others = sizes.dtype.type, np.iinfo(sizes.dtype).max
    least = integer(others)
    for k in range(sizes.size):
        least = min(least, sizes[k] if sizes[k] > most else integer(others))
    return least


@compiled
def column_hashes(x: FloatArray, bits: CountArray) -> NDArray[np.uint64]:
    """One number for each column of x (rows, columns), equal for equal columns; -0 equals 0."""
    hashes = np.zeros(x.shape[1], np.uint64)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            word = np.uint64(bits[i, j]) if x[i, j] != 0 else np.uint64(0)
            hashes[j] = (hashes[j] ^ word) * np.uint64(0x9E3779B97F4A7C15)
            hashes[j] ^= hashes[j] >> np.uint64(29)
    return hashes


def compile_all(progress: Progress | None = None) -> int:
    """Compile every pass for float32 and float64, or load what was compiled before; `progress` is told the share done.

    Returns how many passes this process has compiled instead of loading them. Some 15 s of work on a first start, a
    fraction of a second afterwards.
    """
    calls = [call for number in (np.float32, np.float64) for call in _smallest_calls(np.ones((1, 1), number))]
    for done, call in enumerate(calls, 1):
        call()
        if progress:
            progress(done / len(calls))
    return sum(sum(one.stats.cache_misses.values()) for one in _PASSES)


def _smallest_calls(x: FloatArray) -> list[Callable[[], object]]:
    """Each pass on one number, with arguments of the types that it is always called with."""
    bits, row, seen = x.view(f"i{x.itemsize}"), x[0].copy(), np.zeros(1, SEEN)
    return [
        lambda: see_rows(x, bits, (0, 1, 1), row[:0], seen, row, np.zeros(0), np.zeros(0, np.uint8)),
        lambda: finite_sums(x, 1.0, 0.0),
        lambda: linear_counts(row, 0.0, 1.0, 1),
        lambda: log_counts(row, bits[0].copy(), 1),
        lambda: column_hashes(x, bits),
    ]
