"""Each compiled pass against the plain definition in its docstring, on any numbers there are."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from initviz.arrays import FloatArray
from initviz.measure import passes
from initviz.measure.propagation import even_edges
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment

ANY = hnp.arrays(
    st.sampled_from([np.float32, np.float64]),
    st.tuples(st.integers(1, 9), st.integers(1, 40)),
    elements=st.one_of(
        st.floats(width=32),
        st.sampled_from([0.0, -0.0, 2.0**-25, -(2.0**-25), 65504.0, 65520.0, -65520.0, 1e-45, -1e-39, float("-inf")]),
    ),
)


class Run:
    """`see_rows` over all of x, from nothing."""

    def __init__(self, x: FloatArray, sampling: tuple[int, int, int] = (0, 1, 1)) -> None:
        seen = np.zeros(1, passes.SEEN)
        seen["low"], seen["high"] = np.inf, -np.inf
        self.sample = np.empty(x.size, x.dtype)
        self.direction, self.live = np.zeros(x.shape[1]), np.zeros(x.shape[1], np.uint8)
        out = seen, self.sample, self.direction, self.live
        with np.errstate(all="ignore"):
            passes.see_rows(x, x.view(f"i{x.itemsize}"), sampling, np.array([-0.5, 2.0], x.dtype), *out)
        self.seen = {name: seen[name][0].item() for name in passes.SEEN.names or ()}


@given(ANY)
def test_counts_are_what_their_names_say(x: FloatArray) -> None:
    run = Run(x)
    with np.errstate(all="ignore"):
        half = x.astype(np.float16)
    tiny, none = np.finfo(x.dtype).tiny, np.isnan(x).any()
    assert (np.isnan(run.seen["low"]) or np.isnan(run.seen["high"])) == none
    assert none or (run.seen["low"], run.seen["high"]) == (x.min(), x.max())
    assert run.seen["zeros"] == np.count_nonzero(x == 0)
    assert run.seen["subnormals"] == np.count_nonzero((x != 0) & (np.abs(x) < tiny))
    assert run.seen["float16_zeros"] == np.count_nonzero((half == 0) & (x != 0))
    assert run.seen["float16_overflows"] == np.count_nonzero(~np.isfinite(half))
    assert run.seen["saturated"] == np.count_nonzero((x < -0.5) | (x > 2))
    assert run.seen["one_sign"] == np.count_nonzero((x >= 0).all(axis=1) | (x <= 0).all(axis=1))
    assert run.live.tolist() == (x != 0).any(axis=0).tolist()


@given(ANY, st.integers(1, 7), st.integers(0, 50), st.integers(0, 50))
def test_the_sample_is_every_stride_th_value_shifted_by_row(x: FloatArray, stride: int, shift: int, first: int) -> None:
    run = Run(x, (first, stride, shift))
    rows, columns = np.indices(x.shape)
    chosen = (columns + shift * (first + rows)) % stride == 0
    assert run.seen["sampled"] == np.count_nonzero(chosen)
    assert np.array_equal(run.sample[: run.seen["sampled"]], x[chosen], equal_nan=True)


@given(ANY)
def test_sums_and_directions_have_the_errors_of_a_row(x: FloatArray) -> None:
    """A sum of n rounded terms is off by n eps of their sizes at most, and so is a row's length; rows whose square is
    near the limit of exactness may fall on either side."""
    wide = x.astype(np.longdouble)
    squares = np.square(wide).sum(axis=1)
    if not np.isfinite(x).all() or squares.max() > np.finfo(x.dtype).max / 2:
        return
    run, error = Run(x), x.shape[1] * float(np.finfo(x.dtype).eps)
    least = float(np.finfo(x.dtype).tiny) * 2.0**30
    assert run.seen["total"] == pytest.approx(float(wide.sum()), abs=error * float(np.abs(wide).sum()))
    assert run.seen["squares"] == pytest.approx(float(squares.sum()), rel=error, abs=least)
    assert np.count_nonzero(squares < least / 2) <= run.seen["inexact"] <= np.count_nonzero(squares < 2 * least)
    used = squares > least
    if run.seen["inexact"] == np.count_nonzero(~used):
        expected = (wide[used] / np.sqrt(squares[used, np.newaxis])).sum(axis=0)
        np.testing.assert_allclose(run.direction, expected.astype(float), atol=2 * len(x) * error)


@given(ANY, st.sampled_from([1.0, 2.0**-60, 2.0**60]), st.floats(-3, 3))
def test_finite_sums_leave_out_the_rest(x: FloatArray, unit: float, centre: float) -> None:
    count, low, high, total, squares = passes.finite_sums(x, unit, centre)
    values = x[np.isfinite(x)].astype(np.longdouble)
    centred = values / unit - centre
    assert count == values.size
    if count:
        assert (low, high) == (values.min(), values.max())
        assert total == pytest.approx(float(centred.sum()), rel=1e-9, abs=1e-13 * float(np.abs(centred).sum()))
        assert squares == pytest.approx(float(np.square(centred).sum()), rel=1e-12)


ENDS = st.one_of(st.floats(-3, 3, width=32), st.sampled_from([1.0, 1.0 + 2.0**-23, 1.0 + 2.0**-21, -1e38, 1e38, 1e-45]))


@given(ANY, ENDS, ENDS, st.integers(1, 40))
def test_linear_counts_are_those_between_the_edges(x: FloatArray, low: float, high: float, bins: int) -> None:
    """Also where edges lie closer together than numbers, and the bin that arithmetic expects is not the right one."""
    values = np.concatenate([x[np.isfinite(x)], np.linspace(low, high, 7).astype(x.dtype)])
    edges, counts = passes.linear_counts(values, min(low, high), max(low, high), bins)
    assert np.array_equal(edges, even_edges(min(low, high), max(low, high), bins))
    limits = edges.astype(x.dtype)
    expected = [np.count_nonzero(values < limit) for limit in limits[:-1]] + [np.count_nonzero(values <= limits[-1])]
    assert np.cumsum(counts).tolist() == [*expected, values.size]


@given(ANY, st.integers(1, 30))
def test_log_counts_are_those_of_the_sizes(x: FloatArray, bins: int) -> None:
    """Ten to the power of an edge is rounded, so a size may lie an eps or so beyond the edge of its bin."""
    values = x[np.isfinite(x)]
    edges, counts, zeros, median = passes.log_counts(values, values.view(f"i{x.itemsize}"), bins)
    sizes = np.abs(values.astype(np.longdouble))
    positive = np.sort(sizes[sizes > 0])
    assert zeros == np.count_nonzero(values == 0) and counts.sum() == positive.size
    assert np.array_equal(median, np.median(sizes) if sizes.size else np.nan, equal_nan=True)
    ends, slack = np.cumsum(counts), 1e-6 + 20 * float(np.finfo(x.dtype).eps)
    for edge, end in zip(edges[1:], ends, strict=True):
        room = slack * max(1.0, float(np.finfo(x.dtype).smallest_subnormal) / 10.0 ** float(edge) / slack)
        with np.errstate(over="ignore"):  # an edge far below the smallest number may lie anywhere
            low, high = np.longdouble(10) ** (edge - room), np.longdouble(10) ** (edge + room)
        assert np.count_nonzero(positive < low) <= end <= np.count_nonzero(positive <= high)


@given(ANY)
def test_equal_columns_have_equal_hashes_and_others_have_not(x: FloatArray) -> None:
    columns = np.concatenate([x, x[:, :1], -x], axis=1)
    hashes = passes.column_hashes(columns, columns.view(f"i{x.itemsize}"))
    for i, a in enumerate(columns.T):
        for j, b in enumerate(columns.T[:i]):
            same = bool(((a == b) | (a.view(f"i{x.itemsize}") == b.view(f"i{x.itemsize}"))).all())
            assert (hashes[i] == hashes[j]) == same


def test_after_compile_all_nothing_is_left_to_compile() -> None:
    shares: list[float] = []
    passes.compile_all(shares.append)
    assert shares == sorted(shares) and shares[-1] == 1
    before = signatures()
    for dtype in ("float32", "float64"):
        simulate(Experiment(depth=2, width=30, samples=20, dtype=dtype, std=100.0, input_std=1e6))
        simulate(Experiment(activation="relu", initializer="zeros", depth=2, width=30, samples=20, dtype=dtype))
    assert signatures() == before and all(len(each) >= 2 for each in before)  # other tests may have compiled more


def signatures() -> list[list[object]]:
    kernels: dict[str, Any] = {name: each for name, each in vars(passes).items() if hasattr(each, "signatures")}
    return [list(kernel.signatures) for name, kernel in kernels.items() if not name.startswith("_")]


def test_a_cache_that_cannot_be_written_is_done_without() -> None:
    script = """
import numba.core.caching as caching
for place in caching.CacheImpl._locator_classes: place.from_function = classmethod(lambda *arguments: None)
from initviz.measure.passes import column_hashes
import numpy
x = numpy.ones((2, 2))
assert len(set(column_hashes(x, x.view("i8")).tolist())) == 1
"""
    subprocess.run([sys.executable, "-c", script], check=True, cwd=Path(__file__).parents[2])
