"""What the forward pass does, layer by layer: size, mean, shares and cosine of h."""

from collections.abc import Sequence

import plotly.graph_objects as go

from initviz.figures.depth import ReferenceLine, by_depth
from initviz.figures.runs import Line, Run, series
from initviz.figures.theme import LIGHT, Theme

SILENT = (
    Line("saturated", "saturated values", role=0, first=1, scale=100),
    Line("zero", "zero values", role=1, first=1, scale=100),
    Line("dead", "dead units", role=3, first=1, scale=100),
)


def std_by_depth(runs: Sequence[Run], *, log: bool = True, theme: Theme = LIGHT) -> go.Figure:
    """Standard deviation of h over layers."""
    return by_depth(series(runs, Line("std")), y_title="std of h", log=log, theme=theme)


def mean_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Mean of h over layers, with a line at 0."""
    zero = [ReferenceLine(0.0, "")]
    return by_depth(series(runs, Line("mean")), y_title="mean of h", theme=theme, reference_lines=zero)


def shares_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Saturated values, zero values and dead units in per cent, for the hidden layers."""
    figure = by_depth(series(runs, *SILENT), y_title="share in %", theme=theme, x_title="hidden layer")
    figure.layout.yaxis.range = (-3, 103)
    return figure


def cosine_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Mean cosine between two samples' h over layers: 1 means that the network cannot tell its inputs apart."""
    alike = [ReferenceLine(1.0, "all inputs alike")]
    return by_depth(series(runs, Line("cosine")), y_title="mean cosine of two h", theme=theme, reference_lines=alike)
