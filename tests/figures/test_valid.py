"""Every kind of figure, for every kind of run, on both pages: valid Plotly, small, legible, described."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from math import isfinite
from typing import Any

import plotly.graph_objects as go
import pytest

from initviz.activations import ACTIVATIONS
from initviz.figures import activation, gradients, learning, signal
from initviz.figures.axes import AXES, FIXED
from initviz.figures.gallery import gallery
from initviz.figures.layers import VIEWS, distributions
from initviz.figures.rows import QUANTITIES
from initviz.figures.runs import Run
from initviz.figures.theme import DARK, LIGHT, THEMES, Theme, alt_text
from initviz.learn.one_unit import GOAL, descent
from initviz.measure.propagation import Propagation
from tests.figures.conftest import run

MOST_BYTES = 100_000
LEAST_FONT = 14

Draw = Callable[[Propagation, Theme], go.Figure]


def _draw(draw: Callable[..., go.Figure], names: list[str], table: Propagation, theme: Theme) -> go.Figure:
    return draw([Run(name, table, role=role) for role, name in enumerate(names)], theme=theme)


def _by_depth() -> Iterator[tuple[str, Draw]]:
    for draw in (
        signal.std_by_depth,
        signal.variance_by_depth,
        signal.mean_by_depth,
        signal.shares_by_depth,
        signal.cosine_by_depth,
        gradients.gradient_by_depth,
        gradients.factors_by_depth,
        learning.same_sign_by_depth,
        learning.distinct_by_depth,
        learning.ratio_by_depth,
    ):
        yield draw.__name__, partial(_draw, draw, ["measured"])
    for draw in (signal.std_by_depth, gradients.gradient_by_depth):
        yield f"{draw.__name__} pinned", partial(_draw, draw, ["B", "A"])
    yield "weights", lambda run, theme: gradients.weight_histogram(run, 1, theme=theme)


def _expected(run: Propagation, quantity: str) -> dict[int, Any]:
    data = {layer.layer: QUANTITIES[quantity].of(layer) for layer in run}
    return {
        layer: (one.histogram.edges, one.histogram.counts / max(one.histogram.total, 1))
        for layer, one in data.items()
        if one is not None
    }


def _distributions() -> Iterator[tuple[str, Draw]]:
    for view in VIEWS:
        for quantity in QUANTITIES:
            for axis in (*AXES, FIXED.id):
                yield (
                    f"{view} {quantity} {axis}",
                    lambda run, theme, view=view, quantity=quantity, axis=axis: distributions(  # type: ignore[misc]
                        run,
                        view=view,
                        quantity=quantity,
                        axis=axis,
                        theme=theme,
                        predicted=_expected(run, quantity),
                    ),
                )


DRAWN = dict([*_by_depth(), *_distributions()])


def _without_run(theme: Theme) -> list[go.Figure]:
    every = [(one, one.alpha(None)) for one in ACTIVATIONS.values()]
    return [gallery(slopes=slopes, theme=theme) for slopes in (False, True)] + [
        activation.curves(every, theme=theme, probe=[-10, 0, 1], shade=(-3, 3)),
        activation.curves([], theme=theme),
        learning.paths({"a walk": descent(1.0)}, GOAL, theme=theme),
        gradients.chain_product({"a quarter": 0.25, "two": 2.0, "none": 0.0}, 100, theme=theme),
    ]


def _sizes_of_fonts(node: Any, inside_font: bool = False) -> Iterator[float]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if inside_font and key == "size":
                yield value
            else:
                yield from _sizes_of_fonts(value, key.endswith("font"))
    elif isinstance(node, list):
        for value in node:
            yield from _sizes_of_fonts(value)


def _numbers(node: Any) -> Iterator[float]:
    if isinstance(node, float):
        yield node
    elif isinstance(node, Mapping):
        for value in node.values():
            yield from _numbers(value)
    elif isinstance(node, list | tuple):
        for value in node:
            yield from _numbers(value)


def check(figure: go.Figure) -> None:
    text = figure.to_json()
    assert len(text) < MOST_BYTES
    # The figures skip Plotly's validation; the validated figure must be the very same, or a coercion was relied upon.
    assert json.loads(go.Figure(figure.to_dict()).to_json()) == json.loads(text)
    plain = figure.to_plotly_json()
    assert all(isfinite(number) for number in _numbers(plain))
    sizes = list(_sizes_of_fonts(plain["layout"] | {"data": plain["data"]}))
    assert sizes
    assert min(sizes) >= LEAST_FONT
    assert figure.layout.template.layout.paper_bgcolor == "rgba(0,0,0,0)"
    assert len(alt_text(figure)) > 20
    assert figure.layout.height


def test_figures_of_runs(any_run: Propagation) -> None:
    for draw in DRAWN.values():
        check(draw(any_run, LIGHT))


def test_figures_of_runs_in_the_dark() -> None:
    for draw in DRAWN.values():
        check(draw(run("overflow"), DARK))  # has every colour: depth, series, wrong, muted


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)
def test_figures_without_a_run(theme: Theme) -> None:
    for figure in _without_run(theme):
        check(figure)


def test_a_wrong_property_would_be_found() -> None:
    wrong = go.Figure([{"type": "scatter", "colour": "red"}], _validate=False)
    with pytest.raises(ValueError, match="colour"):
        go.Figure(wrong.to_dict())
