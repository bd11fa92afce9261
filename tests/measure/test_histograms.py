"""Histograms and medians by counting, against NumPy's by sorting, over the whole range of both dtypes."""

from collections.abc import Iterator
from math import isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from initviz.arrays import FloatArray
from initviz.measure.histograms import fine_counts, histogram, median_and_log_histogram
from initviz.measure.propagation import FINE, Bins, even_edges

DTYPES = (np.float32, np.float64)
Dtype = type[np.float32] | type[np.float64]


@pytest.fixture(autouse=True)
def overflow_is_no_accident() -> Iterator[None]:
    with np.errstate(all="ignore"):
        yield


def normal(dtype: Dtype, size: int = 150_000) -> FloatArray:
    return np.random.default_rng(5).standard_normal(size).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("low", "high"), [(-1.0, 1.0), (-0.3, 2.0), (None, None)])
def test_histogram_counts_like_numpy(dtype: Dtype, low: float | None, high: float | None) -> None:
    values = normal(dtype)
    low, high = float(values.min()) if low is None else low, float(values.max()) if high is None else high
    counted = histogram(values, low, high, 30)
    assert np.array_equal(counted.counts, np.histogram(values, counted.edges.astype(dtype))[0])
    assert counted.edges == pytest.approx(np.linspace(low, high, 31), abs=1e-14)
    assert counted.below == np.count_nonzero(values < dtype(low))
    assert counted.total == values.size


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1e-300, 1.0, 1e300, 1.7e308])
def test_histogram_over_the_whole_range(scale: float) -> None:
    values = np.array([0.25, -1.0, 1.0, -0.5, 0.0]) * scale
    counted = histogram(values, float(values.min()), float(values.max()), 4)
    assert counted.total == counted.counts.sum() == 5
    assert np.isfinite(counted.edges).all()
    if scale > 1e-320:  # below, the edges themselves cannot be told apart
        assert counted.counts.tolist() == [1, 1, 2, 1]


def test_equal_values_get_a_range_around_them() -> None:
    for value in (0.0, 3.0, -1e-300):
        counted = histogram(np.full(9, value), value, value, 6)
        assert counted.counts.sum() == 9
        assert counted.edges[0] < value < counted.edges[-1]


# --- fine counts, and other bins from them ---


@pytest.mark.parametrize("bins", [10, 20, 30, 60, 90, 120])
@pytest.mark.parametrize("dtype", DTYPES)
def test_other_bins_follow_exactly_over_the_own_range(dtype: Dtype, bins: int) -> None:
    """Edges agree up to rounding, so at most a value that lies on one may be counted beside it."""
    values = normal(dtype)
    low, high = float(values.min()), float(values.max())
    counted = fine_counts(values, low, high).histogram(Bins(bins))
    direct = histogram(values, low, high, bins)
    assert counted.edges == pytest.approx(direct.edges)
    assert np.abs(counted.counts - direct.counts).max() <= 1
    assert counted.total == values.size


@pytest.mark.parametrize("bins", [Bins(30, -1.0, 1.0), Bins(7), Bins(50, 0.5, None), Bins(40, -100.0, 100.0)])
def test_other_limits_are_off_by_no_more_than_a_fine_bin(bins: Bins) -> None:
    values = normal(np.float32)
    fine = fine_counts(values, float(values.min()), float(values.max()))
    counted = fine.histogram(bins)
    direct = histogram(values, counted.edges[0], counted.edges[-1], bins.count)
    most = fine.counts.max()
    assert np.abs(np.cumsum(counted.counts) - np.cumsum(direct.counts)).max() <= most
    assert abs(counted.below - direct.below) <= most and abs(counted.above - direct.above) <= most
    assert counted.total == values.size


def test_nothing_finite_has_empty_bins() -> None:
    counted = fine_counts(np.zeros(0), np.nan, np.nan).histogram(Bins())
    assert counted.total == 0 and len(counted.edges) == 61


def test_equal_values_fill_one_bin_of_any_number() -> None:
    for value in (0.0, 3.0):
        counted = fine_counts(np.full(9, value), value, value).histogram(Bins(30))
        assert sorted(counted.counts.tolist())[-2:] == [0, 9]


# --- sizes ---


@given(
    hnp.arrays(st.sampled_from([np.float32, np.float64]), st.integers(0, 60), elements=st.floats(-1e9, 1e9, width=32)),
    st.integers(1, 40),
)
def test_log_histogram_counts_every_size(values: FloatArray, bins: int) -> None:
    median, counted = median_and_log_histogram(values, bins)
    sizes = np.abs(values)
    positive = sizes[sizes > 0]
    assert counted.below == sizes.size - positive.size
    assert counted.counts.sum() == positive.size
    assert (np.diff(counted.edges) > 0).all()
    assert isnan(median) if not sizes.size else median == pytest.approx(float(np.median(sizes)), rel=1e-6)
    if positive.size:
        assert counted.edges[0] <= np.log10(positive.astype(float)).min() + 1e-12
        assert counted.edges[-1] >= np.log10(positive.astype(float)).max() - 1e-12


@pytest.mark.parametrize("dtype", DTYPES)
def test_log_histogram_counts_like_numpy(dtype: Dtype) -> None:
    """Within a value per bin: a size on an edge may fall on either side, as its logarithm is rounded."""
    values = normal(dtype)
    median, counted = median_and_log_histogram(values, 60)
    expected = np.histogram(np.log10(np.abs(values).astype(float)), counted.edges)[0]
    assert np.abs(counted.counts - expected).max() <= 1
    assert median == np.median(np.abs(values))


def test_log_histogram_puts_decades_where_they_belong() -> None:
    median, counted = median_and_log_histogram(np.array([1.0, 0.0, -1e-4, 2e-4, 0.0, 3e-2, -0.5]), 4)
    assert counted.edges == pytest.approx([-4, -3, -2, -1, 0])
    assert (counted.below, counted.counts.tolist()) == (2, [2, 0, 1, 2])
    assert median == 2e-4


@given(hnp.arrays(np.float64, st.integers(1, 50), elements=st.floats(-1e308, 1e308)))
def test_median_over_the_whole_range(values: FloatArray) -> None:
    """Middle values of opposite extremes: their sum would overflow."""
    expected = np.median(np.abs(values).astype(np.longdouble))
    assert median_and_log_histogram(values, 20)[0] == pytest.approx(float(expected), rel=1e-12, abs=1e-300)


def test_histograms_cannot_be_written_to() -> None:
    values = np.arange(5.0)
    fine = fine_counts(values, 0, 4)
    for counted in (histogram(values, 0, 4, 4), fine.histogram(Bins())):
        for array in (counted.edges, counted.counts, fine.counts):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1


def test_the_bins_on_offer_divide_the_fine_ones() -> None:
    assert all(FINE % bins == 0 for bins in (10, 20, 30, 60, 90, 120))
    assert len(even_edges(0, 1, FINE)) == FINE + 1
