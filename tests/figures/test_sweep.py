"""Sweeps drawn: numbers in colour or a word, one marker a cell to choose it by, lines with what their seeds spread."""

from itertools import product
from math import inf, nan

import numpy as np
import pytest

from initviz.figures.sweep import ALONE, FULL_ERRORS, Side, heat, side
from initviz.figures.sweep_lines import lines
from initviz.figures.theme import THEMES, Theme
from tests.figures.test_valid import check

Y = side("activation", ["tanh", "relu"])
X = side("width", [10, 100, 1000])
GAPS = np.full((2, 3), "undefined")


def test_sides_are_called_as_on_the_sidebar() -> None:
    assert Side("Activation", ("Tanh", "ReLU")) == Y
    assert Side("width", ("10", "100", "1000"), (10, 100, 1000)) == X
    assert (X.said(1), Y.said(1)) == ("width 100", "ReLU")


def test_sizes_over_decades_are_coloured_by_their_logarithm() -> None:
    cells, choices = heat(np.array([[1.0, 0.1, 1e-4], [0.0, nan, inf]]), GAPS, Y, X, title="std").data
    assert [list(row) for row in cells.z] == [[0, -1, -4], [None, None, None]]
    assert [list(row) for row in cells.text] == [["1", "0.1", "0.0001"], ["0", "undefined", "overflow"]]
    assert list(choices.text) == ["", "", "", "0", "undefined", "overflow"]
    assert cells.colorbar.ticktext[0] == "1e-4"


def test_sizes_of_one_kind_and_shares_are_linear() -> None:
    values = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 0.5]])
    assert heat(values, GAPS, Y, X, title="std").data[0].zmax == 5
    values[1, 2] = 1e-3
    assert heat(values, GAPS, Y, X, title="std").data[0].zmax == pytest.approx(np.log10(5), rel=1e-3)
    assert heat(values, GAPS, Y, X, title="std", kind="share").data[0].zmax == 5


def test_factors_and_errors_lie_about_what_changes_nothing() -> None:
    (cells, _) = heat(np.array([[0.01, 1.0, 10.0]]), GAPS[:1], ALONE, X, title="chi", kind="factor").data
    assert (cells.zmin, cells.zmax) == (-2, 2)
    (cells, _) = heat(np.array([[-90.0, 0.5, 2.0]]), GAPS[:1], ALONE, X, title="difference", kind="errors").data
    assert list(cells.z[0]) == [-FULL_ERRORS, 0.5, 2.0]
    assert cells.text[0][0] == "-90"


def test_a_marker_in_every_cell_says_which() -> None:
    choices = heat(np.ones((2, 3)), GAPS, Y, X, title="std").data[1]
    assert list(zip(choices.y, choices.x, strict=True)) == list(product(range(2), range(3)))
    assert choices.customdata[4][0] == "ReLU, width 100"
    assert choices.marker.opacity == 0


def test_words_only_where_they_fit() -> None:
    many = Side("width", tuple(str(place) for place in range(12)))
    gaps = np.full((1, 12), "undefined")
    assert set(heat(np.full((1, 12), nan), gaps, ALONE, many, title="std").data[1].text) == {"–"}


def test_lines_with_their_band_and_prediction() -> None:
    values = np.array([[[1.0, 3.0, 2.0], [2.0, 2.0, 2.0], [nan, nan, inf]], [[4.0, 4.0, 7.0]] * 3])
    predicted = np.array([[1.5, 2.5, nan], [nan] * 3])
    figure = lines(values, predicted, Y, X, title="std")
    band, line, dashed, _, other = figure.data
    assert list(line.y) == [2, 2, None]
    assert list(band.y) == [3, 2, 2, 1]
    assert list(band.x) == [10, 100, 100, 10]
    assert list(dashed.y) == [1.5, 2.5, None]
    assert dashed.line.dash == "dash"
    assert list(other.y) == [4, 4, 4]
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.yaxis.type != "log"


def test_what_falls_as_one_over_root_n_lies_on_its_line() -> None:
    widths = np.array([10.0, 100.0, 1000.0])
    figure = lines((3 / np.sqrt(widths))[None, :, None], None, ALONE, X, title="spread", root=True)
    np.testing.assert_allclose(figure.data[1].y, figure.data[0].y, rtol=1e-3)
    assert figure.layout.yaxis.type == "log"


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)
def test_they_are_valid(theme: Theme) -> None:
    values = np.array([[1.0, 0.1, 1e-4], [0.0, nan, inf]])
    for kind in ("size", "share", "factor", "errors"):
        check(heat(values, GAPS, Y, X, title="std of h", kind=kind, theme=theme))
        check(heat(np.full((2, 3), nan), GAPS, Y, X, title="std of h", kind=kind, theme=theme))
    for root in (False, True):
        check(lines(values[..., None], values, Y, X, title="std of h", root=root, theme=theme))
        check(lines(np.full((2, 3, 4), nan), None, Y, X, title="std of h", root=root, theme=theme))
