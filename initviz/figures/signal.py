"""What the forward pass does, layer by layer: size, mean, shares and cosine of h."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go

from initviz.figures.depth import by_depth
from initviz.figures.labels import ReferenceLine
from initviz.figures.runs import Line, Run, Series, known, series
from initviz.figures.theme import LIGHT, Theme

SILENT = (
    Line("saturated", "saturated", role=0, first=1, scale=100),
    Line("zero", "zero", role=1, first=1, scale=100),
    Line("dead", "dead units", role=3, first=1, scale=100),
)


def std_by_depth(runs: Sequence[Run], *, log: bool = True, theme: Theme = LIGHT) -> go.Figure:
    """Standard deviation of h over layers."""
    return by_depth(series(runs, Line("std")), y_title="std of h", log=log, theme=theme)


def variance_by_depth(runs: Sequence[Run], *, log: bool = True, theme: Theme = LIGHT) -> go.Figure:
    """Variance of h over layers, with a line at 1: what every layer should have."""
    variances = [_squared(one) for one in series(runs, Line("std"))]
    one = [ReferenceLine(1.0, "1: wanted in every layer")]
    return by_depth(variances, y_title="variance of h", log=log, theme=theme, reference_lines=one)


def _squared(sizes: Series) -> Series:
    with np.errstate(all="ignore"):
        low, high = (None if part is None else part**2 for part in (sizes.low, sizes.high))
        return replace(sizes, values=sizes.values**2, low=low, high=high)


def mean_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Mean of h over layers, with a line at 0."""
    zero = [ReferenceLine(0.0, "")]
    return by_depth(series(runs, Line("mean")), y_title="mean of h", theme=theme, reference_lines=zero)


def shares_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Saturated values, zero values and dead units in per cent, for the hidden layers."""
    shares = [known(one) for one in series(runs, *SILENT)]
    shares = [replace(one, name="predicted") if one.kind == "predicted" else one for one in shares]
    return by_depth(shares, y_title="share in %", theme=theme, x_title="hidden layer", y_range=(-3, 103))


def cosine_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Mean cosine between two samples' h over layers: 1 means that the network cannot tell its inputs apart."""
    alike = [ReferenceLine(1.0, "all inputs alike")]
    return by_depth(series(runs, Line("cosine")), y_title="mean cosine of two h", theme=theme, reference_lines=alike)
