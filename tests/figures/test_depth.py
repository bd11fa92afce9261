"""Charts over layers, as data: their points are the columns of the table, and nothing is dropped without a word."""

from collections.abc import Callable
from itertools import combinations
from math import inf, log10, nan

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.figures import gradients, signal
from initviz.figures.depth import by_depth
from initviz.figures.labels import FLOAT_LIMITS, LETTER, LINE, Box, ReferenceLine
from initviz.figures.runs import PINNED, Run, Series
from initviz.figures.theme import DARK, LIGHT, alt_text
from initviz.measure.ensemble import repeat
from initviz.measure.propagation import Propagation
from initviz.theory.prediction import predict
from tests.figures.conftest import EXPERIMENTS, alone, run


def points(trace: go.Scatter) -> np.ndarray:
    return np.array([nan if y is None else y for y in trace.y], dtype=float)


def drawable(values: np.ndarray, log: bool = False) -> np.ndarray:
    return np.where(np.isfinite(values) & ((values > 0) | (not log)), values, nan)


def words(figure: go.Figure) -> list[str]:
    names = (LIGHT.muted, DARK.muted)  # of lines
    return [annotation.text for annotation in figure.layout.annotations if annotation.font.color not in names]


def test_points_are_the_columns_of_the_table(any_run: Propagation) -> None:
    overflowed = any_run.column("nonfinite")[1:] > 0
    columns = {
        signal.std_by_depth: [("std", 0, 1, True)],
        signal.mean_by_depth: [("mean", 0, 1, False)],
        signal.cosine_by_depth: [("cosine", 0, 1, False)],
        signal.shares_by_depth: [(name, 1, 100, False) for name in ("saturated", "zero", "dead")],
        gradients.gradient_by_depth: [("grad_h_std", 0, 1, True), ("grad_w_std", 1, 1, True)],
    }
    for draw, expected in columns.items():
        figure = draw([Run("measured", any_run)])
        assert len(figure.data) == len(expected)
        for trace, (name, first, unit, log) in zip(figure.data, expected, strict=True):
            np.testing.assert_array_equal(trace.x, np.arange(first, len(any_run)))
            values = unit * any_run.column(name)[first:]
            if draw is signal.shares_by_depth:
                values[overflowed] = nan
            np.testing.assert_array_equal(points(trace), drawable(values, log))
            assert (figure.layout.yaxis.type == "log") is log


def test_factors_multiply_up_to_the_whole_change() -> None:
    lecture = run("lecture")
    forward, backward = (points(trace) for trace in gradients.factors_by_depth(alone("lecture")).data)
    std, gradient = lecture.column("std"), lecture.column("grad_h_std")
    # Ten rounded divisions and nine products: relative error below 20 times half an ulp.
    assert np.prod(forward) == pytest.approx(std[-1] / std[0], rel=20 * 2**-53)
    assert np.prod(backward) == pytest.approx(gradient[0] / gradient[-1], rel=20 * 2**-53)


def test_chain_product() -> None:
    (trace,) = gradients.chain_product({"a quarter": 0.25}, 50).data
    np.testing.assert_array_equal(points(trace), [0.25**n for n in range(51)])


def test_overflow_is_named_and_red() -> None:
    overflow = run("overflow")
    lost = np.flatnonzero(overflow.column("nonfinite"))
    for theme in (LIGHT, DARK):
        figure = signal.std_by_depth(alone("overflow"), theme=theme)
        assert f"layers {lost[0]}-{lost[-1]}" in words(figure)[-1]
        assert "overflow" in words(figure)[-1]
        assert figure.layout.annotations[-1].font.color == theme.wrong
        assert (figure.layout.shapes[-1].x0, figure.layout.shapes[-1].x1) == (lost[0] - 0.4, lost[-1] + 0.4)
        assert "overflow" in alt_text(figure)


def test_zero_on_a_log_axis_is_named() -> None:
    assert words(signal.std_by_depth(alone("zeros"))) == ["measured: exactly 0, layers 1-10"]
    assert not words(signal.std_by_depth(alone("zeros"), log=False))


def test_undefined_is_not_called_overflow() -> None:
    figure = signal.cosine_by_depth(alone("zeros"))  # outputs of length zero have no direction
    assert words(figure) == ["measured: undefined, layers 1-10"]
    assert "overflow" not in alt_text(figure)


def test_healthy_runs_need_no_words() -> None:
    for draw in (signal.std_by_depth, signal.mean_by_depth, gradients.gradient_by_depth, gradients.factors_by_depth):
        assert not words(draw(alone("relu")))


def test_separate_gaps_are_separate_and_their_number_is_bounded() -> None:
    values = np.array([1, inf, 1, nan, 1, 0, 0, 1.0])
    figure = by_depth([Series("x", range(8), values)], y_title="", log=True)
    assert [word.split("x: ")[1] for word in words(figure)] == [
        "overflow, layer 1",
        "undefined, layer 3",
        "exactly 0, layers 5-6",
    ]
    alternating = np.array([1, inf] * 10)
    many = words(by_depth([Series("x", range(20), alternating)], y_title=""))
    assert len(many) == 4
    assert "6 more" in many[-1]


def test_predicted_is_dashed_and_measured_solid() -> None:
    figure = signal.std_by_depth(alone("lecture", theory=True))
    band, measured, predicted = figure.data
    assert (measured.line.dash, predicted.line.dash) == ("solid", "dash")
    assert (measured.name, predicted.name) == ("measured", "predicted (95 %)")
    assert band.fill == "toself"
    low, high = predict(EXPERIMENTS["lecture"]).band("std")
    np.testing.assert_array_equal(band.y, [*low, *high[::-1]])


def test_what_is_not_predicted_is_no_gap_and_no_band() -> None:
    line = Series("theory", [0, 1, 2], np.array([1, 0.5, nan]), "predicted", low=np.array([0.9, 0.0, nan]),
                  high=np.array([1.1, 0.6, nan]))  # fmt: skip
    figure = by_depth([line], y_title="", log=True)
    assert set(figure.data[0].x) == {0}  # a band down to 0 has no place on a log axis
    assert not words(figure)  # no prediction is nothing to warn about
    unknown = predict(EXPERIMENTS["lecture"].changed(initializer="lsuv"))
    figure = signal.std_by_depth([*alone("lecture"), Run("predicted", unknown, "predicted")])
    assert [trace.name for trace in figure.data] == ["measured"]


def test_a_pinned_run_leaves_the_present_one_its_colour() -> None:
    pinned = Run("A: measured", run("relu"), role=PINNED)
    figure = signal.std_by_depth([Run("B: measured", run("lecture")), pinned])
    assert [trace.name for trace in figure.data] == ["B: measured", "A: measured"]
    assert [trace.line.color for trace in figure.data] == [LIGHT.colour(0), LIGHT.colour(PINNED)]
    assert signal.std_by_depth(alone("lecture")).data[0].line.color == LIGHT.colour(0)
    np.testing.assert_array_equal(points(figure.data[1]), run("relu").column("std"))


def test_pinned_columns_keep_their_colours_and_are_hollow() -> None:
    figure = signal.shares_by_depth([Run("B", run("lecture")), Run("A", run("relu"), role=PINNED)])
    own, pinned = figure.data[:3], figure.data[3:]
    assert [trace.line.color for trace in own] == [trace.line.color for trace in pinned]
    assert all(f"{trace.marker.symbol}-open" == other.marker.symbol for trace, other in zip(own, pinned, strict=True))
    assert pinned[0].name == "A saturated"


def test_compared_gradients_are_those_of_h_and_a_compact_chart_predicts_no_more() -> None:
    pinned = Run("A", run("relu"), role=PINNED)

    def names(runs: list[Run], compact: bool = False) -> list[str]:
        return [trace.name for trace in gradients.gradient_by_depth(runs, compact=compact).data if trace.name]

    assert names([*alone("lecture"), pinned]) == ["measured", "A"]
    full, compact = (names(alone("lecture", theory=True), one) for one in (False, True))
    assert full[:3] == compact == ["dL/dh", "dL/dW", "predicted dL/dh (95 %)"]
    assert full[3:] == ["predicted dL/dW"]


def test_float_limits_are_those_of_the_formats() -> None:
    assert [(line.label, line.value) for line in FLOAT_LIMITS] == [
        ("smallest float16", 2.0**-24),
        ("largest float16", 65504.0),
        ("smallest float32", 2.0**-149),
        ("largest float32", (2 - 2.0**-23) * 2.0**127),
    ]


@pytest.mark.parametrize(("std", "drawn"), [(1e-7, ["smallest float16"]), (1.0, []), (1e4, ["largest float16"])])
def test_limits_are_drawn_where_the_data_come_near(std: float, drawn: list[str]) -> None:
    series = [Series("x", [0, 1], np.array([std, std]))]
    figure = by_depth(series, y_title="", log=True, reference_lines=FLOAT_LIMITS)
    assert [name.text for name in figure.layout.annotations] == drawn
    low, high = figure.layout.yaxis.range
    for shape, name in zip(figure.layout.shapes, figure.layout.annotations, strict=True):
        assert low < log10(shape.y0) == name.y < high


def boxes(figure: go.Figure) -> list[Box]:
    """Where the names of lines stand, in parts of the plot."""
    low, high = figure.layout.yaxis.range
    first, last = figure.layout.xaxis.range
    found = []
    for note in figure.layout.annotations:
        x = note.x if note.xref == "paper" else (note.x - first) / (last - first)
        y = note.y if note.yref == "paper" else (note.y - low) / (high - low)
        width = LETTER * len(note.text)
        left = x - width * {"left": 0, "center": 0.5, "right": 1}[note.xanchor]
        bottom = y - LINE * {"bottom": 0, None: 0.5, "top": 1}[note.yanchor]
        found.append(Box(left, left + width, bottom, bottom + LINE))
    return found


@pytest.mark.parametrize("shape", [lambda x: x, lambda x: 1 - x, lambda x: 0 * x, lambda x: 0 * x + 1, np.abs])
@pytest.mark.parametrize("decades", [3, 8])
def test_names_of_lines_lie_neither_on_curves_nor_on_each_other(
    shape: Callable[[np.ndarray], np.ndarray], decades: int
) -> None:
    values = 10 ** (-9 + decades * shape(np.linspace(0, 1, 11)))
    one = Series("x", range(11), values)
    figure = by_depth([one], y_title="", log=True, reference_lines=FLOAT_LIMITS, mark_first_layer=True)
    names = boxes(figure)
    assert names
    assert not any(first.meets(second) for first, second in combinations(names, 2))
    (low, high), (left, right) = figure.layout.yaxis.range, figure.layout.xaxis.range
    across, heights = (np.arange(11) - left) / (right - left), (np.log10(values) - low) / (high - low)
    for box in names:
        x = np.linspace(box.left, box.right, 9)[1:-1]
        y = np.interp(x, across, heights)
        assert not ((box.bottom < y) & (y < box.top)).any(), box


def test_variance_has_the_line_at_1() -> None:
    figure = signal.variance_by_depth(alone("relu", theory=True))
    np.testing.assert_array_equal(points(figure.data[1]), run("relu").column("std") ** 2)
    assert 1.0 in [shape.y0 for shape in figure.layout.shapes]


def test_shares_have_gaps_after_an_overflow() -> None:
    lost = run("overflow").column("nonfinite")[1:] > 0
    assert 0 < lost.sum() < lost.size
    for trace in signal.shares_by_depth(alone("overflow")).data:
        np.testing.assert_array_equal(np.isnan(points(trace)), lost)


def test_bands_of_measurement_and_prediction_differ() -> None:
    ensemble = repeat(EXPERIMENTS["one layer"], 3)
    figure = signal.std_by_depth(
        [Run("median of 3 networks", ensemble, coverage=0.9), *alone("one layer", theory=True)[1:]]
    )
    measured, predicted, *_ = figure.data
    assert measured.fillcolor != predicted.fillcolor
    assert (measured.line.width, predicted.line.dash) == (0, "dot")
    assert [trace.name for trace in figure.data[2:]] == ["median of 3 networks (90 %)", "predicted (95 %)"]


def test_a_kept_line_stays_in_view() -> None:
    figure = by_depth(
        [Series("x", [0], np.array([1e-9]))], y_title="", log=True, reference_lines=[ReferenceLine(1, "")]
    )
    low, high = figure.layout.yaxis.range
    assert low < -9 < 0 < high


def test_nothing_to_draw_is_still_a_figure() -> None:
    assert not by_depth([], y_title="", log=True).data
    assert by_depth([Series("x", [0], np.array([nan]))], y_title="", log=True).layout.yaxis.range


def test_weight_histogram_is_the_density() -> None:
    weights = run("lecture").layers[3].weights
    assert weights is not None
    figure = gradients.weight_histogram(run("lecture"), 3, density=(np.array([0.0]), np.array([40.0])))
    np.testing.assert_array_equal(figure.data[0].y[:-1], weights.histogram.density())
    assert figure.data[1].line.dash == "dash"
