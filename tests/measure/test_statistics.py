"""Statistics of arrays against exact or naive computations, over the whole range of both dtypes."""

from collections.abc import Iterator
from math import fsum, isnan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from initviz.arrays import FloatArray
from initviz.measure.statistics import (
    BLOCK,
    SUBSAMPLE,
    RunningStatistics,
    Seen,
    distinct_columns,
    flush,
    gradient,
    merge,
    row_blocks,
    signal,
)

DTYPES = (np.float32, np.float64)
Dtype = type[np.float32] | type[np.float64]


def seen(x: FloatArray, cosine: bool = False, chunks: int = 1, limits: tuple[float, float] | None = None) -> Seen:
    """All of x, in so many parts, each by blocks."""
    parts = []
    for chunk in range(chunks):
        rows = slice(len(x) * chunk // chunks, len(x) * (chunk + 1) // chunks)
        parts.append(RunningStatistics(x, rows, cosine=cosine))
        if limits:
            parts[-1].watch(*limits)
        for block in row_blocks(rows, x.shape[1]):
            parts[-1].update(x[block])
    return merge(x, parts)


@pytest.fixture(autouse=True)
def overflow_is_no_accident() -> Iterator[None]:
    """As `simulate` does for all of its work: squares may overflow before anyone notices that care is needed."""
    with np.errstate(all="ignore"):
        yield


def tolerance(dtype: Dtype) -> float:
    """Relative error of a sum over one row of 500: its rounding errors add up like a random walk of a few eps; 50 eps
    leaves room for a row where they all point one way."""
    return 50 * float(np.finfo(dtype).eps)


def normal(dtype: Dtype, scale: float = 1.0, shape: tuple[int, int] = (300, 500)) -> FloatArray:
    return (np.random.default_rng(5).standard_normal(shape) * scale).astype(dtype)


def exact(x: FloatArray) -> tuple[float, float, float]:
    """Mean, std, rms by exactly rounded sums, after an exact scaling by a power of two."""
    unit = 2.0 ** np.floor(np.log2(np.abs(x[x != 0]).max().astype(np.longdouble)))
    values = [float(v) for v in (x.astype(np.longdouble) / unit).ravel()]
    mean = fsum(values) / len(values)
    std = sqrt(fsum((v - mean) ** 2 for v in values) / len(values))
    rms = sqrt(fsum(v * v for v in values) / len(values))
    return float(mean * unit), float(std * unit), float(rms * unit)


# --- moments ---


@pytest.mark.parametrize(
    ("dtype", "scale"),
    [
        *((np.float64, scale) for scale in (1e-300, 1e-160, 1e-8, 1.0, 1e8, 1e160, 1e300)),
        *((np.float32, scale) for scale in (1e-37, 1e-20, 1e-8, 1.0, 1e8, 1e20, 1e37)),
    ],
)
def test_moments_hold_over_the_whole_range(dtype: Dtype, scale: float) -> None:
    x = normal(dtype, scale, (60, 500))
    s = seen(x).moments
    mean, std, rms = exact(x)
    assert s.std == pytest.approx(std, rel=tolerance(dtype))
    assert s.rms == pytest.approx(rms, rel=tolerance(dtype))
    assert s.mean == pytest.approx(mean, abs=tolerance(dtype) * rms)
    assert (s.low, s.high) == (x.min(), x.max())


@pytest.mark.parametrize(("dtype", "unit"), [(np.float32, 1e-43), (np.float64, 1e-321)])
def test_moments_of_subnormal_values(dtype: Dtype, unit: float) -> None:
    x = np.array([[1, -1, 3, 5]], dtype) * np.asarray(unit, dtype)
    s = seen(x).moments
    mean, std, rms = exact(x)
    smallest = float(np.finfo(dtype).smallest_subnormal)  # nothing can be told more exactly than this
    assert s.mean == pytest.approx(mean, abs=smallest)
    assert s.std == pytest.approx(std, abs=smallest)
    assert s.rms == pytest.approx(rms, abs=smallest)
    assert s.std > 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_moments_of_the_largest_numbers(dtype: Dtype) -> None:
    largest = float(np.finfo(dtype).max)
    s = seen(np.array([[largest, -largest], [largest, -largest]], dtype)).moments
    assert s.mean == 0
    assert (s.std, s.rms) == pytest.approx((largest, largest))


@pytest.mark.parametrize("spread", [1e-3, 1e-5])
def test_spread_around_a_distant_mean(spread: float) -> None:
    """What sigmoid layers look like: 0.5 +- 1e-5 in float32, where 0.5 is 17,000 times its own resolution."""
    x = (0.5 + normal(np.float64, spread)).astype(np.float32)
    mean, std, _ = exact(x)
    s = seen(x).moments
    assert s.std == pytest.approx(std, rel=tolerance(np.float32))
    assert s.mean == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_constant_and_zero_arrays(dtype: Dtype) -> None:
    s = seen(np.full((7, 9), 0.3, dtype)).moments
    assert s.std == pytest.approx(0, abs=1e-7 * 0.3)
    assert s.mean == pytest.approx(0.3, rel=1e-6)
    zero = seen(np.zeros((7, 9), dtype)).moments
    assert (zero.mean, zero.std, zero.rms, zero.low, zero.high, zero.nonfinite) == (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nonfinite_values_only_count_as_such(dtype: Dtype) -> None:
    x = normal(dtype, 1e30)
    x[3, 4], x[200, 1], x[-1, -1] = np.nan, np.inf, -np.inf
    finite = x[np.isfinite(x)]
    s, shown = seen(x).moments, signal(seen(x))
    mean, std, rms = exact(finite)
    assert s.nonfinite == pytest.approx(3 / x.size)
    assert s.std == pytest.approx(std, rel=1e-6)
    assert s.rms == pytest.approx(rms, rel=1e-6)
    assert s.mean == pytest.approx(mean, abs=1e-6 * rms)
    assert (s.low, s.high) == (finite.min(), finite.max())
    assert shown.histogram.total <= finite.size
    assert shown.float16_overflow == pytest.approx(np.mean(~np.isfinite(x.astype(np.float16))))


def test_nothing_finite() -> None:
    s = signal(seen(np.full((3, 4), np.nan, np.float32)))
    g = gradient(seen(np.full((3, 4), np.inf, np.float32)), 5)
    assert isnan(s.mean) and isnan(s.std) and isnan(g.median)
    assert s.nonfinite == g.nonfinite == 1
    assert s.histogram.total == g.histogram.total == 0


# --- counts ---


@pytest.mark.parametrize("scale", [1e-9, 1e-7, 1e-3, 1.0, 1e4, 1e6])
@pytest.mark.parametrize("dtype", DTYPES)
def test_float16_shares_are_what_a_conversion_does(dtype: Dtype, scale: float) -> None:
    x = normal(dtype, scale)
    x[::7] = 0
    half = x.astype(np.float16)
    found = seen(x)
    assert found.zeros == np.count_nonzero(x == 0)
    assert found.float16_zeros == np.count_nonzero((half == 0) & (x != 0))
    assert found.float16_overflows == np.count_nonzero(np.isinf(half))


@pytest.mark.parametrize("value", [2.0**-25, 65504.0, 65519.99, 65520.0])
def test_float16_limits_themselves(value: float) -> None:
    x = np.array([[value, -value, 1.0]])
    half = x.astype(np.float16)
    found = seen(x)
    assert found.float16_zeros == np.count_nonzero(half == 0)
    assert found.float16_overflows == np.count_nonzero(np.isinf(half))


# --- cosine ---


def naive_cosine(x: FloatArray) -> float:
    """By all pairs, in float64."""
    rows = [row / np.abs(row).max() for row in x.astype(np.float64) if np.isfinite(row).all() and row.any()]
    units = [row / np.linalg.norm(row) for row in rows]
    pairs = [float(a @ b) for i, a in enumerate(units) for b in units[:i]]
    return fsum(pairs) / len(pairs)


@pytest.mark.parametrize("offset", [0.0, 0.3, 5.0])
@pytest.mark.parametrize(
    ("dtype", "scale"),
    [(np.float32, 1.0), (np.float32, 1e-30), (np.float32, 1e30), (np.float64, 1e-300), (np.float64, 1e300)],
)
def test_cosine_is_that_of_all_pairs(dtype: Dtype, scale: float, offset: float) -> None:
    x = (normal(np.float64, shape=(40, 30)) + offset).astype(dtype) * np.asarray(scale, dtype)
    assert seen(x, cosine=True).mean_cosine == pytest.approx(naive_cosine(x), abs=tolerance(dtype))


def test_cosine_leaves_out_rows_that_have_no_direction() -> None:
    x = normal(np.float32, shape=(20, 30))
    x[3], x[5, 2], x[6, 1], x[7] = 0, np.nan, np.inf, x[7] * np.float32(1e-30)
    assert seen(x, cosine=True).mean_cosine == pytest.approx(naive_cosine(x), abs=1e-6)
    assert isnan(seen(x[:1], cosine=True).mean_cosine)
    assert isnan(seen(np.zeros((5, 4)), cosine=True).mean_cosine)


# --- what else one pass finds ---


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_of_one_sign_saturated_values_and_live_columns(dtype: Dtype) -> None:
    """As NumPy says in one line each; -0 is 0, nan has no sign, and a row of zeros has both signs."""
    x = normal(dtype, shape=(40, 6))
    x[:10] = np.abs(x[:10])
    x[10:15] = -np.abs(x[10:15])
    x[3, 2], x[12, 1], x[:, 4], x[5] = -0.0, 0.0, 0.0, 0.0
    x[7, 0], x[8, 0], x[13, 5] = np.nan, np.inf, -np.inf
    found = seen(x, limits=(-1.0, 1.0), chunks=3)
    assert found.one_sign == np.count_nonzero((x >= 0).all(axis=1) | (x <= 0).all(axis=1)) > 10
    assert found.saturated == np.count_nonzero((x < -1) | (x > 1))
    assert found.live.tolist() == (x != 0).any(axis=0).tolist()


@pytest.mark.parametrize("dtype", DTYPES)
def test_negligible_are_subnormal_values_beside_large_ones(dtype: Dtype) -> None:
    tiny = float(np.finfo(dtype).tiny)
    for values, negligible in (([tiny / 4, 1.0], True), ([tiny / 4, tiny], False), ([0.0, 1.0], False)):
        x: FloatArray = np.array([values], dtype)
        part = RunningStatistics(x, slice(0, 1))
        part.update(x)
        assert part.negligible == negligible
    few: FloatArray = np.array([[tiny / 4, -tiny / 4, tiny, 1.0, np.inf]], dtype)
    flush(few)
    assert few.tolist() == [[0, 0, tiny, 1, np.inf]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_distinct_columns_are_counted_exactly(dtype: Dtype) -> None:
    x = normal(dtype, shape=(9, 50))
    assert distinct_columns(x) == 50
    x[:, 10:] = x[:, :1]
    assert distinct_columns(x) == 10
    x[8, 30:40] += 1  # told apart by the last row only
    assert distinct_columns(x) == 11
    x[:] = 0
    x[:, 3] = -0.0
    assert distinct_columns(x) == 1


# --- one pass, in parts ---


@pytest.mark.parametrize("shape", [(3, 3), (3, 70_000), (1000, 500), (1797, 64)])
def test_blocks_cover_every_row_once_and_parts_merge_to_the_whole(shape: tuple[int, int]) -> None:
    x = normal(np.float32, shape=shape)
    blocks = list(row_blocks(slice(0, len(x)), shape[1]))
    assert [row for block in blocks for row in range(block.start, block.stop)] == list(range(len(x)))
    assert all((block.stop - block.start) * shape[1] <= max(BLOCK, shape[1]) for block in blocks)
    whole, thirds = seen(x, cosine=True), seen(x, cosine=True, chunks=3)
    assert np.array_equal(whole.sample, thirds.sample)
    assert (whole.low, whole.high, whole.zeros) == (thirds.low, thirds.high, thirds.zeros)
    assert thirds.squares == pytest.approx(whole.squares, rel=1e-12)


def test_arrays_that_cannot_be_written_or_lie_by_columns_are_seen_alike() -> None:
    x = normal(np.float64, shape=(50, 40))
    expected = signal(seen(x))
    locked = x.copy()
    locked.flags.writeable = False
    for other in (locked, np.asfortranarray(x)):
        assert signal(seen(other)).std == expected.std


@pytest.mark.parametrize(
    "shape", [(30, 40), (1000, 500), (1000, 512), (999, 77), (500, 500), (10_000, 2), (1000, 210), (2000, 420)]
)
def test_the_sample_is_large_and_even(shape: tuple[int, int]) -> None:
    """Every row and column gives its share, give or take one value for where the steps fall; no sample is far larger
    than was asked for, whatever divides the width."""
    index = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    sample = seen(index).sample
    assert min(SUBSAMPLE, index.size) <= sample.size <= max(4 * SUBSAMPLE, 1)
    rows, columns = np.divmod(sample.astype(np.int64), shape[1])
    for places, length in ((rows, shape[0]), (columns, shape[1])):
        counts = np.bincount(places, minlength=length)
        assert counts.max() - counts.min() <= 1


# --- everything together ---


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.floats(width=32),
    )
)
def test_any_array_has_statistics_that_fit_together(x: FloatArray) -> None:
    """Infinities and nan included: finite values always give finite numbers, and shares are shares."""
    s, g = signal(seen(x)), gradient(seen(x), 8)
    cosine = seen(x, cosine=True).mean_cosine
    finite = x[np.isfinite(x)].astype(np.float64)
    assert s.nonfinite == g.nonfinite == pytest.approx(1 - finite.size / x.size)
    assert s.histogram.total == g.histogram.total == finite.size
    assert g.histogram.below == np.count_nonzero(finite == 0)
    for share in (s.zero, s.float16_zero, s.float16_overflow, s.nonfinite):
        assert 0 <= share <= 1
    assert isnan(cosine) or -1 - 1e-5 <= cosine <= 1 + 1e-5
    if not finite.size:
        return
    slack = 1 + 1e-5
    assert s.min == finite.min() and s.max == finite.max()
    assert g.median == pytest.approx(np.median(np.abs(finite)))
    assert 0 <= s.std <= s.rms * slack
    assert s.rms <= max(-s.min, s.max) * slack
    assert abs(s.mean) <= s.rms * slack
    assert np.isfinite(s.histogram.edges).all() and (np.diff(s.histogram.edges) >= 0).all()
