"""Plain figures are sent as Plotly would send them, without being made."""

import copy
import json

import plotly.graph_objects as go
import plotly.io
import pytest

from initviz.figures.plain import PlainFigure
from initviz.figures.theme import LIGHT, THEMES, Theme, alt_text
from tests.figures.conftest import run
from tests.figures.test_valid import DRAWN, _without_run


def sent(figure: go.Figure) -> object:
    return json.loads(plotly.io.to_json(figure, validate=False))


def check(figure: go.Figure) -> None:
    """What is sent untouched is what Plotly's own object sends, and both have the description."""
    made = copy.deepcopy(figure)
    assert isinstance(made, go.Figure)
    assert len(made.data) == len(figure.to_dict()["data"])  # asks for Plotly's parts
    assert made.layout.meta["alt"] == alt_text(figure)
    assert sent(figure) == sent(made)


def test_every_figure_is_sent_as_plotly_would() -> None:
    for draw in DRAWN.values():
        check(draw(run("overflow"), LIGHT))


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)
def test_figures_without_a_run_too(theme: Theme) -> None:
    for figure in _without_run(theme):
        check(figure)


def test_sending_makes_no_parts_and_asking_does() -> None:
    figure = DRAWN["std_by_depth"](run("overflow"), LIGHT)
    assert isinstance(figure, PlainFigure)
    sent(figure)
    alt_text(figure)
    assert figure._plain is not None
    assert figure.data[0].type == "scatter"
    assert figure._plain is None
    figure.update_layout(height=123)
    assert figure.to_dict()["layout"]["height"] == 123
    with pytest.raises(AttributeError):
        figure.no_such_part  # noqa: B018
