"""What the forward pass does, layer by layer: size, mean, shares and cosine of h."""

from collections.abc import Callable, Sequence

import numpy as np
import plotly.graph_objects as go

from initviz.figures.depth import ReferenceLine, by_depth
from initviz.figures.series import Series
from initviz.figures.theme import LIGHT, Role, Theme
from initviz.propagation import Layer, Propagation


def measured(
    propagation: Propagation,
    name: str,
    value: Callable[[Layer], float],
    *,
    role: Role = 0,
    nonfinite: Callable[[Layer], float] = lambda layer: layer.h.nonfinite,
    first: int = 0,
) -> Series:
    """`value` of the layers first..depth as a measured line; `nonfinite` says which of them overflowed."""
    layers = propagation.layers[first:]
    return Series(
        name,
        [layer.layer for layer in layers],
        np.array([value(layer) for layer in layers], dtype=float),
        role=role,
        nonfinite=np.array([nonfinite(layer) for layer in layers], dtype=float),
    )


def runs(
    propagation: Propagation,
    pinned: Propagation | None,
    name: str,
    value: Callable[[Layer], float],
    *,
    first: int = 0,
    nonfinite: Callable[[Layer], float] = lambda layer: layer.h.nonfinite,
) -> list[Series]:
    """The run's line, and beside it that of a pinned run: pinned is A (first colour), the present one then B."""
    if pinned is None:
        return [measured(propagation, name, value, nonfinite=nonfinite, first=first)]
    return [
        measured(pinned, f"A: {name}", value, role=0, nonfinite=nonfinite, first=first),
        measured(propagation, f"B: {name}", value, role=1, nonfinite=nonfinite, first=first),
    ]


def std_by_depth(
    propagation: Propagation,
    *,
    predicted: Sequence[Series] = (),
    pinned: Propagation | None = None,
    log: bool = True,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Standard deviation of h over layers."""
    return by_depth(
        [*runs(propagation, pinned, "measured", lambda layer: layer.h.std), *predicted],
        y_title="standard deviation of h",
        log=log,
        theme=theme,
    )


def mean_by_depth(
    propagation: Propagation,
    *,
    predicted: Sequence[Series] = (),
    pinned: Propagation | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Mean of h over layers, with a line at 0."""
    return by_depth(
        [*runs(propagation, pinned, "measured", lambda layer: layer.h.mean), *predicted],
        y_title="mean of h",
        theme=theme,
        reference_lines=[ReferenceLine(0.0, "")],
    )


def shares_by_depth(propagation: Propagation, *, predicted: Sequence[Series] = (), theme: Theme = LIGHT) -> go.Figure:
    """Saturated values, zero values and dead units in per cent, for the hidden layers; predicted ones too."""
    series = [
        measured(propagation, "saturated values", lambda layer: 100 * layer.saturated, role=0, first=1),
        measured(propagation, "zero values", lambda layer: 100 * layer.zero, role=1, first=1),
        measured(propagation, "dead units", lambda layer: 100 * layer.dead, role=3, first=1),
    ]
    figure = by_depth([*series, *predicted], y_title="share in %", theme=theme, x_title="hidden layer")
    figure.layout.yaxis.range = (-3, 103)
    return figure


def cosine_by_depth(
    propagation: Propagation,
    *,
    predicted: Sequence[Series] = (),
    pinned: Propagation | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Mean cosine between two samples' h over layers: 1 means that the network cannot tell its inputs apart."""
    return by_depth(
        [*runs(propagation, pinned, "measured", lambda layer: layer.cosine), *predicted],
        y_title="mean cosine between two inputs' h",
        theme=theme,
        reference_lines=[ReferenceLine(1.0, "all inputs alike")],
    )
