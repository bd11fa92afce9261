"""Statistics of arrays against exact or naive computations, over the whole range of both dtypes."""

from collections.abc import Iterator
from math import fsum, isnan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from initviz.arrays import FloatArray
from initviz.measure.propagation import Bins, Histogram
from initviz.measure.statistics import (
    BLOCK,
    SUBSAMPLE,
    Survey,
    gradient,
    histogram,
    joined,
    log_histogram,
    mean_cosine,
    median,
    row_blocks,
    signal,
    survey_rows,
)

DTYPES = (np.float32, np.float64)
Dtype = type[np.float32] | type[np.float64]


def survey(x: FloatArray, cosine: bool = False) -> Survey:
    return survey_rows(x, slice(0, len(x)), cosine)


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
    s = survey(x).sums
    mean, std, rms = exact(x)
    assert s.std == pytest.approx(std, rel=tolerance(dtype))
    assert s.rms == pytest.approx(rms, rel=tolerance(dtype))
    assert s.mean == pytest.approx(mean, abs=tolerance(dtype) * rms)
    assert (s.low, s.high) == (x.min(), x.max())


@pytest.mark.parametrize(("dtype", "unit"), [(np.float32, 1e-43), (np.float64, 1e-321)])
def test_moments_of_subnormal_values(dtype: Dtype, unit: float) -> None:
    x = np.array([[1, -1, 3, 5]], dtype) * np.asarray(unit, dtype)
    s = survey(x).sums
    mean, std, rms = exact(x)
    smallest = float(np.finfo(dtype).smallest_subnormal)  # nothing can be told more exactly than this
    assert s.mean == pytest.approx(mean, abs=smallest)
    assert s.std == pytest.approx(std, abs=smallest)
    assert s.rms == pytest.approx(rms, abs=smallest)
    assert s.std > 0


@pytest.mark.parametrize("dtype", DTYPES)
def test_moments_of_the_largest_numbers(dtype: Dtype) -> None:
    largest = float(np.finfo(dtype).max)
    s = survey(np.array([[largest, -largest], [largest, -largest]], dtype)).sums
    assert s.mean == 0
    assert (s.std, s.rms) == pytest.approx((largest, largest))


@pytest.mark.parametrize("spread", [1e-3, 1e-5])
def test_spread_around_a_distant_mean(spread: float) -> None:
    """What sigmoid layers look like: 0.5 +- 1e-5 in float32, where 0.5 is 17,000 times its own resolution."""
    x = (0.5 + normal(np.float64, spread)).astype(np.float32)
    mean, std, _ = exact(x)
    s = survey(x).sums
    assert s.std == pytest.approx(std, rel=tolerance(np.float32))
    assert s.mean == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("dtype", DTYPES)
def test_constant_and_zero_arrays(dtype: Dtype) -> None:
    s = survey(np.full((7, 9), 0.3, dtype)).sums
    assert s.std == pytest.approx(0, abs=1e-7 * 0.3)
    assert s.mean == pytest.approx(0.3, rel=1e-6)
    zero = survey(np.zeros((7, 9), dtype)).sums
    assert (zero.mean, zero.std, zero.rms, zero.low, zero.high, zero.nonfinite) == (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_nonfinite_values_only_count_as_such(dtype: Dtype) -> None:
    x = normal(dtype, 1e30)
    x[3, 4], x[200, 1], x[-1, -1] = np.nan, np.inf, -np.inf
    finite = x[np.isfinite(x)]
    s, shown = survey(x).sums, signal(survey(x), Bins())
    mean, std, rms = exact(finite)
    assert s.nonfinite == pytest.approx(3 / x.size)
    assert s.std == pytest.approx(std, rel=1e-6)
    assert s.rms == pytest.approx(rms, rel=1e-6)
    assert s.mean == pytest.approx(mean, abs=1e-6 * rms)
    assert (s.low, s.high) == (finite.min(), finite.max())
    assert shown.histogram.total <= finite.size
    assert shown.float16_overflow == pytest.approx(np.mean(~np.isfinite(x.astype(np.float16))))


def test_nothing_finite() -> None:
    s = signal(survey(np.full((3, 4), np.nan, np.float32)), Bins())
    g = gradient(survey(np.full((3, 4), np.inf, np.float32)), 5)
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
    seen = survey(x)
    assert seen.zeros == np.count_nonzero(x == 0)
    assert seen.float16_zeros == np.count_nonzero((half == 0) & (x != 0))
    assert seen.float16_overflows == np.count_nonzero(np.isinf(half))


@pytest.mark.parametrize("value", [2.0**-25, 65504.0, 65519.99, 65520.0])
def test_float16_limits_themselves(value: float) -> None:
    x = np.array([[value, -value, 1.0]])
    half = x.astype(np.float16)
    seen = survey(x)
    assert seen.float16_zeros == np.count_nonzero(half == 0)
    assert seen.float16_overflows == np.count_nonzero(np.isinf(half))


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
    assert mean_cosine(survey(x, cosine=True)) == pytest.approx(naive_cosine(x), abs=tolerance(dtype))


def test_cosine_leaves_out_rows_that_have_no_direction() -> None:
    x = normal(np.float32, shape=(20, 30))
    x[3], x[5, 2], x[6, 1], x[7] = 0, np.nan, np.inf, x[7] * np.float32(1e-30)
    assert mean_cosine(survey(x, cosine=True)) == pytest.approx(naive_cosine(x), abs=1e-6)
    assert isnan(mean_cosine(survey(x[:1], cosine=True)))
    assert isnan(mean_cosine(survey(np.zeros((5, 4)), cosine=True)))


# --- one pass, in parts ---


@pytest.mark.parametrize("shape", [(1, 3), (2, 70_000), (1000, 500), (1797, 64)])
def test_blocks_cover_every_row_once_and_parts_join_to_the_whole(shape: tuple[int, int]) -> None:
    x = normal(np.float32, shape=shape)
    parts = []
    for rows in (slice(0, len(x) // 3), slice(len(x) // 3, len(x))):
        parts.append(Survey(x, cosine=True))
        for block in row_blocks(rows, x.shape[1]):
            assert (block.stop - block.start) * x.shape[1] <= max(BLOCK, x.shape[1])
            parts[-1].see(block)
    whole, halves = survey(x, cosine=True), joined(parts)
    assert np.array_equal(whole.sample(), halves.sample())
    assert (whole.low, whole.high, whole.zeros) == (halves.low, halves.high, halves.zeros)
    assert halves.squares == pytest.approx(whole.squares, rel=1e-12)


@pytest.mark.parametrize("shape", [(30, 40), (1000, 500), (1000, 512), (999, 77), (500, 500), (10_000, 2)])
def test_the_sample_is_large_and_even(shape: tuple[int, int]) -> None:
    """Every row and column gives its share, give or take one value for where the steps fall."""
    index = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    sample = survey(index).sample()
    assert sample.size >= min(SUBSAMPLE, index.size)
    rows, columns = np.divmod(sample.astype(np.int64), shape[1])
    for places, length in ((rows, shape[0]), (columns, shape[1])):
        counts = np.bincount(places, minlength=length)
        assert counts.max() - counts.min() <= 1


# --- histograms and medians ---


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-0.3, 2.0), (None, None)])
def test_histogram_counts_like_numpy(dtype: Dtype, low: float | None, high: float | None) -> None:
    values = np.sort(normal(dtype).ravel())
    low, high = float(values[0]) if low is None else low, float(values[-1]) if high is None else high
    counted = histogram(values, low, high, 30)
    assert np.array_equal(counted.counts, np.histogram(values, counted.edges.astype(dtype))[0])
    assert counted.edges == pytest.approx(np.linspace(low, high, 31), abs=1e-14)
    assert counted.below == np.count_nonzero(values < dtype(low))
    assert counted.total == values.size


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-300, 1.0, 1e300, 1.7e308])
def test_histogram_over_the_whole_range(scale: float) -> None:
    values = np.array([-1.0, -0.5, 0.0, 0.25, 1.0]) * scale
    values.sort()
    counted = histogram(values, float(values[0]), float(values[-1]), 4)
    assert counted.total == counted.counts.sum() == 5
    assert np.isfinite(counted.edges).all()
    if scale > 1e-320:  # below, the edges themselves cannot be told apart
        assert counted.counts.tolist() == [1, 1, 2, 1]


def test_equal_values_get_a_range_around_them() -> None:
    for value in (0.0, 3.0, -1e-300):
        counted = histogram(np.full(9, value), value, value, 6)
        assert counted.counts.sum() == 9
        assert counted.edges[0] < value < counted.edges[-1]


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.integers(0, 60),
        elements=st.floats(0, 2.0**100, width=32),
    ),
    st.integers(1, 40),
)
def test_log_histogram_counts_every_value(sizes: FloatArray, bins: int) -> None:
    counted = log_histogram(np.sort(sizes), bins)
    positive = sizes[sizes > 0]
    assert counted.below == sizes.size - positive.size
    assert counted.counts.sum() == positive.size
    assert (np.diff(counted.edges) > 0).all()
    if positive.size:
        assert counted.edges[0] <= np.log10(positive.astype(float)).min() + 1e-12
        assert counted.edges[-1] >= np.log10(positive.astype(float)).max() - 1e-12


def test_log_histogram_puts_decades_where_they_belong() -> None:
    counted = log_histogram(np.array([0.0, 0.0, 1e-4, 2e-4, 3e-2, 0.5, 1.0]), 4)
    assert counted.edges == pytest.approx([-4, -3, -2, -1, 0])
    assert (counted.below, counted.counts.tolist()) == (2, [2, 0, 1, 2])


@given(hnp.arrays(np.float64, st.integers(1, 50), elements=st.floats(-1e308, 1e308)))
def test_median(values: FloatArray) -> None:
    ordered = np.sort(values)
    expected = np.median(values.astype(np.longdouble))
    assert median(ordered) == pytest.approx(float(expected), rel=1e-12, abs=1e-300)


@given(
    hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        st.tuples(st.integers(1, 12), st.integers(1, 12)),
        elements=st.floats(width=32),
    )
)
def test_any_array_has_statistics_that_fit_together(x: FloatArray) -> None:
    """Infinities and nan included: finite values always give finite numbers, and shares are shares."""
    s, g = signal(survey(x), Bins()), gradient(survey(x), 8)
    cosine = mean_cosine(survey(x, cosine=True))
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


def test_histograms_cannot_be_written_to() -> None:
    counted: Histogram = histogram(np.arange(5.0), 0, 4, 4)
    for array in (counted.edges, counted.counts):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
