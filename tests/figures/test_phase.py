"""The phase diagram and the table of pairs, as data."""

from functools import cache
from itertools import pairwise
from math import sqrt
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from initviz.activations import ACTIVATIONS
from initviz.advice.phase_point import SIGMA_B, SIGMA_W
from initviz.figures.pairs import DIRECTIONS, cell_colour, ink, pair_table, short
from initviz.figures.phase import COLOURINGS, phase_diagram
from initviz.figures.phase_marks import ENDLESS
from initviz.figures.theme import DARK, LIGHT, THEMES, Theme, alt_text
from initviz.gaussian.moments import critical_point, edge_of_chaos
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.theory.phase import PairGrowth, PhaseMap, pair_growth, phase_map
from tests.figures.test_theme import contrast
from tests.figures.test_valid import check

EVERY = tuple(INITIALIZERS)


@cache
def the_map(id: str) -> PhaseMap:
    return phase_map(ACTIVATIONS[id], None, SIGMA_W, SIGMA_B)


def diagram(id: str, **options: Any) -> go.Figure:
    return phase_diagram(the_map(id), edge_of_chaos(ACTIVATIONS[id]), critical_point(ACTIVATIONS[id]), **options)


def trace(figure: go.Figure, name: str) -> Any:
    return next(one for one in figure.data if (one.name or "").startswith(name))


def names(figure: go.Figure) -> list[str]:
    return [one.name for one in figure.data if one.name]


def choices(figure: go.Figure) -> Any:
    return trace(figure, "choices")


@pytest.mark.parametrize("id", ACTIVATIONS)
def test_maps_are_valid_small_and_described(id: str) -> None:
    check(diagram(id, here=(0.2, 0.1)))


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)
@pytest.mark.parametrize("colouring", COLOURINGS)
def test_both_colourings_on_both_pages(colouring: str, theme: Theme) -> None:
    check(diagram("gelu", here=(1e3, 5.0), colouring=colouring, theme=theme))


def test_every_cell_can_be_chosen_where_it_is_coloured() -> None:
    figure = diagram("tanh")
    cells, points = figure.data[0], choices(figure)
    assert {(x, y) for x, y in zip(points.x, points.y, strict=True)} == {(w, b) for w in SIGMA_W for b in SIGMA_B}
    for borders, centres in ((cells.x, SIGMA_W), (cells.y, SIGMA_B)):
        assert all(low < centre < high for (low, high), centre in zip(pairwise(borders), centres, strict=True))
    assert np.shape(cells.z) == (len(SIGMA_B), len(SIGMA_W))
    assert figure.data[0].hoverinfo == "skip"  # or the map would hide the markers from the mouse


def test_colours_part_at_the_edge() -> None:
    cells = diagram("tanh").data[0]
    assert cells.zmin == -cells.zmax
    assert cells.colorscale[1] == (0.5, LIGHT.background)
    at_zero_bias = np.array(cells.z)[0]
    np.testing.assert_array_equal(at_zero_bias < 0, np.array(SIGMA_W) < 1)  # tanh without biases: sigma_w = 1


def test_the_edge_of_tanh_is_drawn_from_its_critical_point() -> None:
    line = trace(diagram("tanh"), "edge of chaos")
    assert (line.x[0], line.y[0]) == (1.0, 0.0)
    assert line.y[-1] > SIGMA_B[-1]
    assert line.line.dash == "solid"


def test_what_the_variance_leaves_is_dotted() -> None:
    relu, gelu, sigmoid = (names(diagram(id)) for id in ("relu", "gelu", "sigmoid"))
    runaway = "χ₁ = 1, the variance runs away"
    assert runaway in relu
    assert "edge of chaos" not in relu
    assert {runaway, "edge of chaos"} <= set(gelu)
    assert runaway not in sigmoid
    border = trace(diagram("relu"), runaway)
    np.testing.assert_allclose(border.x, sqrt(2), rtol=1e-4)  # chi_1 = sw^2/2 is straight in log-log; five digits drawn


def test_the_edge_is_not_drawn_across_where_it_is_unstable() -> None:
    line = trace(diagram("gelu"), "edge of chaos")
    point = critical_point(ACTIVATIONS["gelu"])
    assert point.sigma_b2 is not None
    assert min(line.y) >= sqrt(point.sigma_b2)  # below it only (2, 0) is stable


def test_names_stand_once_in_the_legend() -> None:
    for id in ACTIVATIONS:
        shown = [one.name for one in diagram(id).data if one.type == "scatter" and one.showlegend is not False]
        assert len(set(shown)) == len(shown)


def test_the_critical_point_by_its_kind() -> None:
    star = trace(diagram("gelu"), "critical point")
    point = critical_point(ACTIVATIONS["gelu"])
    assert point.sigma_w2 is not None
    assert (star.x[0] ** 2, star.marker.symbol) == (pytest.approx(point.sigma_w2), "star")
    assert trace(diagram("sigmoid"), "least forgetful").marker.symbol == "star-open"
    softplus = diagram("softplus")
    assert not any("critical" in name for name in names(softplus))
    assert "no critical point" in [note.text for note in softplus.layout.annotations]
    assert "no critical point" in alt_text(softplus)


def test_both_sides_are_named_where_they_are() -> None:
    notes = {note.text.split("<br>")[0]: note for note in diagram("tanh").layout.annotations}
    edge = edge_of_chaos(ACTIVATIONS["tanh"])
    ordered, chaotic = notes["<b>ordered</b>"], notes["<b>chaotic</b>"]
    at = np.sqrt(np.interp(ordered.y**2, edge.sigma_b2, edge.sigma_w2))
    assert 10**ordered.x < at < 10**chaotic.x


def test_you_are_here() -> None:
    inside = trace(diagram("tanh", here=(0.5, 0.2)), "you are here")
    assert (inside.x[0], inside.y[0], inside.marker.symbol) == (0.5, 0.2, "circle")
    outside = trace(diagram("tanh", here=(1000.0, 0.2)), "you are here")
    assert outside.marker.symbol == "triangle-right"
    assert "out of view" in outside.name
    assert outside.x[0] == diagram("tanh").data[0].x[-1]
    assert not any(name.startswith("you are here") for name in names(diagram("tanh")))


def test_words_stand_for_numbers_that_json_does_not_have() -> None:
    scales = [data[1] for data in choices(diagram("linear")).customdata]
    where = [scale > ENDLESS for scale in the_map("linear").depth_scale.ravel()]
    assert any(where)
    assert [scale == "∞" for scale in scales] == where


# --- pairs ---------------------------------------------------------------------------------------------------------


@cache
def growth() -> PairGrowth:
    return pair_growth(Experiment(width=100, samples=50))


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)
@pytest.mark.parametrize("direction", DIRECTIONS)
def test_tables_of_pairs_are_valid(direction: str, theme: Theme) -> None:
    check(pair_table(growth(), direction, EVERY, here=("relu", "he_normal"), theme=theme))


def test_a_number_in_every_cell_and_what_it_loads() -> None:
    some = EVERY[8:16]
    cells, numbers = pair_table(growth(), "backward", some).data
    assert [tuple(pair) for pair in numbers.customdata] == [(row, column) for row in ACTIVATIONS for column in some]
    place = list(ACTIVATIONS).index("relu"), some.index("torch_default")
    value = growth().backward[place[0], EVERY.index("torch_default")]
    assert numbers.text[place[0] * len(some) + place[1]] == short(value)
    assert (numbers.y[place[0] * len(some)], numbers.x[place[1]]) == place
    assert cells.z[place[0]][place[1]] == pytest.approx(max(np.log10(value), cells.zmin), abs=5e-4)  # three decimals


def test_columns_without_a_prediction_say_so() -> None:
    unpredictable = [id for id in EVERY if INITIALIZERS[id].unpredictable]
    figure = pair_table(growth(), "forward", EVERY)
    notes = figure.layout.annotations
    assert [note.x for note in notes] == [EVERY.index(id) for id in unpredictable]
    assert {note.text for note in notes} == {"no prediction"}
    assert all(row[notes[0].x] is None for row in figure.data[0].z)


def test_the_present_pair_is_framed_in_its_own_table_only() -> None:
    here = ("gelu", EVERY[9])
    (frame,) = pair_table(growth(), "forward", EVERY[8:16], here=here).layout.shapes
    assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (1, list(ACTIVATIONS).index("gelu"))
    assert not pair_table(growth(), "forward", EVERY[:8], here=here).layout.shapes


@pytest.mark.parametrize("theme", (LIGHT, DARK), ids=lambda theme: theme.id)
def test_numbers_can_be_read_on_every_colour(theme: Theme) -> None:
    """WCAG 2.1, 1.4.3: 4.5 to 1. Black or white is always enough: sqrt(21) = 4.58 is the worst there is."""
    colours = [cell_colour(factor, theme) for factor in np.geomspace(0.3, 3, 201)] + [cell_colour(np.nan, theme)]
    assert len(set(colours)) > 100
    assert min(contrast(colour, ink(colour)) for colour in colours) >= 4.5
    assert cell_colour(1.0, theme) == theme.background
    assert (cell_colour(0.1, theme), cell_colour(10.0, theme)) == (theme.colour(0), theme.colour(1))


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.2236, ".22"), (0.996, "1"), (1.0, "1"), (1.414, "1.4"), (45.2, "45"), (3e-5, "3e-5"), (0.0, "0"), (2e3, "2e3")],
)
def test_factors_are_short(number: float, text: str) -> None:
    assert short(number) == text
    assert short(np.nan) == ""
