"""Distributions, as data: the shapes are the histograms, deep networks show an even choice, nothing is silent."""

from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz.catalogue import UnknownChoice
from initviz.figures.layers import VIEWS, distributions
from initviz.figures.rows import MOST_BINS, QUANTITIES, even_choice, rows
from initviz.figures.theme import LIGHT, depth_colour
from initviz.measure.propagation import Bins, Propagation
from tests.figures.conftest import run


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
    figure = distributions(lecture, view="histograms")
    assert len(figure.data) == len(lecture)
    for layer, trace in zip(lecture, figure.data, strict=True):
        histogram = layer.h.histogram
        # Drawn with five digits of the largest share and seven of the largest edge.
        np.testing.assert_allclose(trace.y[:-1], histogram.counts / histogram.total, rtol=0, atol=1e-5)
        np.testing.assert_allclose(trace.x, histogram.edges, rtol=0, atol=1e-6 * abs(histogram.edges).max())


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_heat_map_holds_every_layer_and_value(quantity: str) -> None:
    deep = run("deep")
    cells = distributions(deep, view="heat_map", quantity=quantity, shared_axis=True).data[0]
    having = [layer.layer for layer in deep if QUANTITIES[quantity].of(layer) is not None]
    assert list(cells.y) == having
    # Two digits of the exponent: each cell within 10^0.005 - 1 = 1.2 %.
    sums = [sum(10**z for z in row if z is not None) for row in cells.z]
    np.testing.assert_allclose(sums, 1, rtol=0.012)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("view", ["ridges", "violins"])
def test_strips_have_one_shape_a_layer_dark_to_light(view: str, shared: bool) -> None:
    drawn = shapes(distributions(run("lecture"), view=view, shared_axis=shared))
    assert [shape.fillcolor for shape in drawn] == [depth_colour(LIGHT, layer, 10) for layer in range(11)]
    for place, shape in enumerate(drawn):
        upper = max(shape.y) + place
        assert upper == pytest.approx(1.5 if view == "ridges" else 0.46, abs=1e-3)
        if view == "violins":
            assert min(shape.y) + place == pytest.approx(-upper, abs=1e-3)


def test_each_layer_fills_its_own_axis_however_small_its_values() -> None:
    for shape in shapes(distributions(run("lecture"))):
        wide = [x for x, y in zip(shape.x, shape.y, strict=True) if y > min(shape.y) + 0.15]
        assert max(wide) - min(wide) > 0.3
    text = " ".join(word for trace in distributions(run("lecture")).data if trace.mode == "text" for word in trace.text)
    assert all(f"{row.span}" in text for row in rows(run("lecture"), QUANTITIES["h"], shared_axis=False, limit=99))


def test_a_shared_axis_covers_all_layers_and_shows_the_shrinking() -> None:
    figure = distributions(run("lecture"), shared_axis=True)
    h = [layer.h for layer in run("lecture")]
    assert tuple(figure.layout.xaxis.range) == (min(one.min for one in h), max(one.max for one in h))
    widths = [sum(y > min(shape.y) + 0.15 for y in shape.y) for shape in shapes(figure)]
    assert widths[-1] <= 3 < widths[0]


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.id)
def test_deep_networks_show_a_choice_and_say_so(view: object) -> None:
    how = VIEWS[getattr(view, "id")]  # noqa: B009
    shown = rows(run("deep"), QUANTITIES["h"], shared_axis=False, limit=how.most)
    assert (shown[0].layer, shown[-1].layer) == (0, 100)
    assert len(shown) <= how.most
    figure = distributions(run("deep"), view=how.id)
    title = str(figure.layout.yaxis.title.text or "") + " ".join(note.text for note in figure.layout.annotations)
    if how.id == "histograms":
        assert all(f"layer {row.layer}" in title for row in shown)
    else:
        assert ("of 101 shown" in title) is (len(shown) < 101)


def test_overflow_zeros_and_outsiders_are_named() -> None:
    def notes(run_: Propagation, quantity: str) -> list[str]:
        return [row.note for row in rows(run_, QUANTITIES[quantity], shared_axis=False, limit=101)]

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
    (first, *_) = rows(run("digits"), QUANTITIES["z"], shared_axis=False, limit=99, bins=bins)
    assert first.shares.sum() == pytest.approx(1 - outside / histogram.total)
    assert "outside" in first.note
    assert first.edges == pytest.approx(np.linspace(-1, 1, MOST_BINS + 1))


def test_the_number_of_bins_is_that_of_the_picture_only() -> None:
    for quantity, bins in (("h", 20), ("z", 20), ("grad_h", 60)):
        (row, *_) = rows(run("lecture"), QUANTITIES[quantity], shared_axis=False, limit=99, bins=Bins(20))
        assert len(row.shares) == bins
    assert distributions(run("lecture"), bins=Bins(20)) != distributions(run("lecture"))


def test_constant_layers_are_one_value() -> None:
    assert [row.span for row in rows(run("zeros"), QUANTITIES["h"], shared_axis=False, limit=99)][1:] == ["all 0"] * 10


def test_a_towering_bin_is_cut_and_named() -> None:
    row = rows(run("relu"), QUANTITIES["h"], shared_axis=False, limit=99)[5]
    ordered = np.sort(row.shares)
    assert row.peak == pytest.approx(3 * ordered[-2])
    assert row.cut == ordered[-1] > 0.4
    assert "cut off" in distributions(run("relu")).layout.xaxis.title.text
    assert "cut off" not in distributions(run("lecture")).layout.xaxis.title.text


def test_predicted_is_dashed_and_on_the_measured_scale() -> None:
    lecture = run("lecture")
    exact = {1: (lecture.layers[1].h.histogram.edges, lecture.layers[1].h.histogram.counts / 2400)}
    (line,) = (trace for trace in distributions(lecture, predicted=exact).data if trace.name == "predicted")
    assert line.line.dash == "dash"
    assert max(y for y in line.y if y is not None) == pytest.approx(-1 + 1.5)
    panels = distributions(lecture, view="histograms", predicted=exact)
    assert [trace.name for trace in panels.data if trace.showlegend] == ["predicted"]


def test_gradient_histograms_share_a_log_axis() -> None:
    figure = distributions(run("lecture"), quantity="grad_h", shared_axis=True)
    assert "1e-4" in figure.layout.xaxis.ticktext
    assert -4.0 in figure.layout.xaxis.tickvals


def test_unknown_names_are_errors() -> None:
    with pytest.raises(UnknownChoice, match="Did you mean 'ridges'"):
        distributions(run("lecture"), view="ridge")
    with pytest.raises(UnknownChoice, match="Available: h, z"):
        distributions(run("lecture"), quantity="weights")
