"""Distributions, as data: the shapes are the histograms, deep networks show an even choice, nothing is silent."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz.catalogue import UnknownChoice
from initviz.figures.axes import AXES, OWN_BINS, SHARED_BINS
from initviz.figures.layers import VIEWS, distributions
from initviz.figures.rows import QUANTITIES, Row, even_choice, rows
from initviz.figures.runs import PINNED, PINNED_NAME
from initviz.figures.theme import LIGHT, depth_colour
from initviz.measure.propagation import FINE, Bins, Propagation
from tests.figures.conftest import run
from tests.figures.test_valid import check


def drawn_rows(
    of: Propagation, quantity: str, axis: str = "own", limit: int = 99, bins: Bins | None = None
) -> list[Row]:
    shown, _ = rows(of, QUANTITIES[quantity], axis=axis, limit=limit, bins=bins)
    return shown


def shapes(figure: go.Figure) -> list[go.Scatter]:
    return [trace for trace in figure.data if trace.fill]


@given(count=st.integers(1, 200), limit=st.integers(2, 120))
def test_even_choice(count: int, limit: int) -> None:
    chosen = even_choice(count, limit)
    assert len(chosen) <= limit
    assert chosen[0] == 0
    assert chosen[-1] == count - 1
    assert len({b - a for a, b in pairwise(chosen[:-1])}) <= 1
    assert chosen == list(range(count)) or count > limit


def test_panels_are_the_histograms() -> None:
    lecture = run("lecture")
    figure = distributions(lecture, view="histograms", axis="own")
    assert len(figure.data) == len(lecture)
    for layer, trace in zip(lecture, figure.data, strict=True):
        histogram, edges = layer.h.histogram, np.array(trace.x)
        # Drawn with five digits of the largest share and seven of the largest edge; 0 is in the middle.
        assert edges[0] == -edges[-1] == pytest.approx(-abs(histogram.edges).max(), rel=1e-6)
        fine = layer.h.fine.histogram(Bins(FINE))
        expected = fine.rebinned(np.linspace(edges[0], edges[-1], len(edges))) / fine.total
        np.testing.assert_allclose(trace.y[:-1], expected, rtol=0, atol=1e-5)


def test_a_fixed_axis_has_the_given_bins() -> None:
    figure = distributions(run("digits"), axis="fixed", bins=Bins(30, -1, 1))
    assert tuple(figure.layout.xaxis.range) == (-1, 1)
    assert len(drawn_rows(run("digits"), "z", "fixed", bins=Bins(30, -1, 1))[0].shares) == 30


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_heat_map_holds_every_layer_and_value(quantity: str) -> None:
    deep = run("deep")
    cells = distributions(deep, view="heat_map", quantity=quantity, axis="shared").data[0]
    having = [layer.layer for layer in deep if QUANTITIES[quantity].of(layer) is not None]
    assert list(cells.y) == having
    # Two digits of the exponent: each cell within 10^0.005 - 1 = 1.2 %.
    sums = [sum(10**z for z in row if z is not None) for row in cells.z]
    # Besides, a thousandth may lie beyond either end of the shared axis.
    np.testing.assert_allclose(sums, 1, rtol=0.012 + 0.002)


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("view", ["ridges", "violins"])
def test_strips_have_one_shape_a_layer_dark_to_light(view: str, axis: str) -> None:
    drawn = shapes(distributions(run("lecture"), view=view, axis=axis))
    assert [shape.fillcolor for shape in drawn] == [depth_colour(LIGHT, layer, 10) for layer in range(11)]
    for place, shape in enumerate(drawn):
        upper = max(shape.y) + place
        ridge = 1.5 if axis == "own" else 0.95  # those on a shared axis must not run into each other
        assert upper == pytest.approx(ridge if view == "ridges" else 0.46, abs=1e-3)
        if view == "violins":
            assert min(shape.y) + place == pytest.approx(-upper, abs=1e-3)


def test_each_layer_fills_its_own_axis_however_small_its_values() -> None:
    for shape in shapes(distributions(run("lecture"), axis="own")):
        wide = [x for x, y in zip(shape.x, shape.y, strict=True) if y > min(shape.y) + 0.15]
        assert max(wide) - min(wide) > 0.25
    text = " ".join(
        word for trace in distributions(run("lecture"), axis="own").data if trace.mode == "text" for word in trace.text
    )
    assert all(f"{row.span}" in text for row in drawn_rows(run("lecture"), "h"))


def wide(shape: go.Scatter) -> float:
    """How much of the axis a shape takes, where it is not flat."""
    bottom, top = min(shape.y), max(shape.y)
    inside = [x for x, y in zip(shape.x, shape.y, strict=True) if y > bottom + 0.1 * (top - bottom)]
    return float(max(inside) - min(inside))


def test_a_shared_axis_is_the_default_and_shows_the_shrinking() -> None:
    figure = distributions(run("lecture"))
    assert figure == distributions(run("lecture"), axis="shared")
    low, high = figure.layout.xaxis.range
    drawn = shapes(figure)
    assert wide(drawn[0]) > 0.5 * (high - low)
    assert all(wide(after) <= wide(before) for before, after in pairwise(drawn))
    assert wide(drawn[-1]) < 0.03 * (high - low)  # the spike at 0
    for layer, row in zip(run("lecture"), drawn_rows(run("lecture"), "h", axis="shared"), strict=True):
        # All but a thousandth on either side are in view.
        assert 0.998 <= row.shares.sum() <= 1 + 1e-12, layer.layer


def test_a_shared_axis_shows_the_horns_of_tanh() -> None:
    (row, *_) = drawn_rows(run("horns"), "h", axis="shared")[-1:]
    centres = (row.edges[1:] + row.edges[:-1]) / 2
    assert row.shares[np.abs(np.abs(centres) - 1) < 0.1].sum() > 0.7


def test_a_logarithmic_axis_shows_every_decade() -> None:
    figure = distributions(run("lecture"), axis="log")
    drawn = shapes(figure)
    steps = [wide(before) - wide(after) for before, after in pairwise(drawn)]
    std = run("lecture").column("std")
    # Each ridge ends about its decades further inside, on either side: log10 of the factor, to a bin or 20 % of it;
    # the last one ends near the linear part.
    np.testing.assert_allclose(steps[1:-1], 2 * -np.log10(std[2:-1] / std[1:-2]), rtol=0.2)
    ticks = figure.layout.xaxis.ticktext
    assert "0" in ticks
    assert list(figure.layout.xaxis.tickvals) == sorted(figure.layout.xaxis.tickvals)


def test_zeros_stay_at_0_on_a_logarithmic_axis() -> None:
    for axis in ("log", "shared"):
        for layer, row in zip(run("relu"), drawn_rows(run("relu"), "h", axis=axis), strict=True):
            zero = int(np.searchsorted(row.edges, 0.0, "right")) - 1
            assert row.shares[zero] >= layer.h.zero - 0.01


def test_the_zero_mark_does_not_jitter() -> None:
    """Layers that reach about as far to both sides have their 0 in the very middle of their own axis."""
    assert {row.zero_at for row in drawn_rows(run("lecture"), "h")} == {0.5}


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.id)
def test_deep_networks_show_a_choice_and_say_so(view: object) -> None:
    how = VIEWS[getattr(view, "id")]  # noqa: B009
    shown = drawn_rows(run("deep"), "h", limit=how.most)
    assert (shown[0].layer, shown[-1].layer) == (0, 100)
    assert len(shown) <= how.most
    figure = distributions(run("deep"), view=how.id, axis="own")
    title = str(figure.layout.yaxis.title.text or "") + " ".join(note.text for note in figure.layout.annotations)
    if how.id == "histograms":
        assert all(f"layer {row.layer}" in title for row in shown)
    else:
        assert ("of 101 shown" in title) is (len(shown) < 101)


def test_overflow_zeros_and_outsiders_are_named() -> None:
    def notes(run_: Propagation, quantity: str) -> list[str]:
        return [row.note for row in drawn_rows(run_, quantity, limit=101)]

    overflow = run("overflow")
    assert [bool(lost) for lost in overflow.column("nonfinite")] == [
        "overflow" in note for note in notes(overflow, "h")
    ]
    assert notes(run("zeros"), "grad_w") == ["100 % exactly 0"] * 10
    text = distributions(overflow, view="ridges").data
    red = [colour for trace in text if trace.mode == "text" for colour in np.atleast_1d(trace.textfont.color)]
    assert LIGHT.wrong in red


def test_values_outside_a_fixed_range_are_counted() -> None:
    z, bins = run("digits").layers[1].z, Bins(count=300, low=-1.0, high=1.0)
    assert z is not None
    histogram = z.fine.histogram(bins)
    outside = histogram.below + histogram.above
    assert outside > 0
    (first, *_) = drawn_rows(run("digits"), "z", "fixed", bins=bins)
    assert first.shares.sum() == pytest.approx(1 - outside / histogram.total, abs=1e-3)  # within a fine bin
    assert "outside" in first.note
    assert first.edges == pytest.approx(np.linspace(-1, 1, OWN_BINS + 1))


def test_the_number_of_bins_is_that_of_the_picture_only() -> None:
    for quantity, bins in (("h", 20), ("z", 20), ("grad_h", 60)):
        (row, *_) = drawn_rows(run("lecture"), quantity, bins=Bins(20))
        assert len(row.shares) == bins
    assert distributions(run("lecture"), bins=Bins(20)) != distributions(run("lecture"))


def test_violins_are_smooth_and_show_the_median() -> None:
    drawn = distributions(run("lecture"), view="violins")
    rough = distributions(run("lecture"), view="ridges")
    for violin, ridge in list(zip(shapes(drawn), shapes(rough), strict=True))[:2]:
        smooth, steps = np.array(violin.y[: len(violin.y) // 2])[1:-1], np.array(ridge.y)[1:-1]
        bends = [np.abs(np.diff(one / np.ptp(one), 2)).sum() for one in (smooth, steps)]
        assert bends[0] < bends[1]
        assert (min(violin.x), max(violin.x)) == (min(ridge.x), max(ridge.x))  # nothing is smeared beyond the values
    (medians,) = (trace for trace in drawn.data if trace.name == "median")
    bin_width = np.ptp(drawn.layout.xaxis.range) / SHARED_BINS
    assert all(abs(x) < bin_width for x in medians.x if x is not None)  # tanh of centred values
    assert len(medians.x) == 3 * len(run("lecture"))


def test_constant_layers_are_one_value() -> None:
    assert [row.span for row in drawn_rows(run("zeros"), "h")][1:] == ["all 0"] * 10


def test_a_towering_bin_is_cut_and_named() -> None:
    row = drawn_rows(run("relu"), "h")[5]
    ordered = np.sort(row.shares)
    assert row.peak == pytest.approx(3 * ordered[-2])
    assert row.cut == ordered[-1] > 0.4
    assert "the bar at 0 is cut" in distributions(run("relu")).layout.xaxis.title.text
    assert "cut" not in distributions(run("lecture")).layout.xaxis.title.text  # its spikes are the story


def test_predicted_is_dashed_and_on_the_measured_scale() -> None:
    lecture = run("lecture")
    fine = lecture.layers[1].h.fine.histogram(Bins(FINE))
    exact = {1: (fine.edges, fine.counts / fine.total)}
    (line,) = (trace for trace in distributions(lecture, axis="own", predicted=exact).data if trace.name == "predicted")
    assert line.line.dash == "dash"
    assert max(y for y in line.y if y is not None) == pytest.approx(-1 + 1.5, abs=2e-3)
    panels = distributions(lecture, view="histograms", predicted=exact)
    assert [trace.name for trace in panels.data if trace.showlegend] == ["predicted"]


def test_gradient_histograms_share_a_log_axis() -> None:
    figure = distributions(run("lecture"), quantity="grad_h")
    assert "1e-4" in figure.layout.xaxis.ticktext
    assert -4.0 in figure.layout.xaxis.tickvals


def test_unknown_names_are_errors() -> None:
    with pytest.raises(UnknownChoice, match="Did you mean 'ridges'"):
        distributions(run("lecture"), view="ridge")
    with pytest.raises(UnknownChoice, match="Available: shared, log, own"):
        distributions(run("lecture"), axis="both")
    with pytest.raises(UnknownChoice, match="Available: h, z"):
        distributions(run("lecture"), quantity="weights")


@pytest.mark.parametrize("view", ["ridges", "violins", "histograms"])
@pytest.mark.parametrize("axis", ["shared", "own"])
def test_a_pinned_network_is_outlined_over_its_layers(view: str, axis: str) -> None:
    """Its peak lies where most of its own values are, and no other trace changes on own axes."""
    one, other = run("horns"), run("lecture")
    figure = distributions(one, view=view, axis=axis, beside=other)
    outlines = [trace for trace in figure.data if trace.name == PINNED_NAME]
    assert outlines
    assert {trace.line.color for trace in outlines} == {LIGHT.colour(PINNED)}
    if view == "histograms" and axis == "shared":
        last = outlines[-1]
        highest = last.x[int(np.nanargmax(np.array(last.y, dtype=float)))]
        assert abs(highest) < 0.05 < np.abs(one.layers[-1].h.std)
    if axis == "own":
        plain = distributions(one, view=view, axis=axis)
        assert len(figure.data) == len(plain.data) + len(outlines)
    check(figure)
