"""One chart for everything that has a value per layer."""

from collections.abc import Sequence
from math import isfinite, isnan
from typing import Any

import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.gaps import Gap, find_gaps, gap_words, shading
from initviz.figures.labels import (
    LETTER,
    LINE,
    Box,
    Plot,
    ReferenceLine,
    first_layer,
    first_layer_name,
    in_view,
    line_name,
    line_shape,
)
from initviz.figures.runs import Series
from initviz.figures.scales import layer_axis, linear_axis, log_axis
from initviz.figures.theme import LIGHT, Theme, faded, figure, layout, symbol
from initviz.text import show


def by_depth(
    series: Sequence[Series],
    *,
    y_title: str,
    log: bool = False,
    theme: Theme = LIGHT,
    reference_lines: Sequence[ReferenceLine] = (),
    mark_first_layer: bool = False,
    x_title: str = "layer (0 = input)",
    y_range: tuple[float, float] | None = None,
) -> go.Figure:
    """Lines over layers. A layer that overflowed, or is exactly zero on a log axis, is shaded and named in words."""
    seen = [value for one in series for part in (one.values, one.low, one.high) if part is not None for value in part]
    lines = in_view(reference_lines, seen, log)
    layers = [layer for one in series for layer in one.layers]
    gaps = find_gaps(series, log)
    first, last = min(layers, default=0), max(layers, default=1)
    horizontal = layer_axis(first, last, x_title)
    inside = [*seen, *(line.value for line in lines)]
    vertical = {"range": list(y_range)} if y_range else log_axis(inside) if log else linear_axis(inside)
    notes = gap_words(gaps, first, last, theme)
    plot = Plot(series, horizontal["range"], vertical["range"], log)
    plot.taken += [_box(note, row) for row, note in enumerate(notes)]
    overrides: dict[str, Any] = {
        "xaxis": horizontal,
        "yaxis": {"title": {"text": y_title}, **vertical},
        "shapes": [line_shape(line, theme) for line in lines] + [shading(gap, theme) for gap in gaps],
        "annotations": [line_name(line, plot, theme) for line in lines if line.label],
        "height": 360,
        "showlegend": len(series) > 1,
    }
    if mark_first_layer:
        overrides["shapes"].append(first_layer(theme))
        overrides["annotations"].append(first_layer_name(plot, theme))
    overrides["annotations"] += notes
    traces = [_band(one, log, theme) for one in series if one.low is not None]
    names = [one.name for one in series]
    traces += [
        _line(one, log, theme) | {"showlegend": one.name not in names[:number]} for number, one in enumerate(series)
    ]
    return figure(traces, layout(theme, alt=_alt(y_title, series, gaps), **overrides))


def _box(note: dict[str, Any], row: int) -> Box:
    """What the words about a gap take."""
    width, top = LETTER * len(note["text"]), 1 - row * LINE
    left = 0.0 if note["x"] == 0 else 1 - width
    return Box(left, left + width, top - LINE, top)


# --- traces --------------------------------------------------------------------------------------------------------


DASHES: dict[str, dict[str, Any]] = {
    "measured": {"width": 3, "dash": "solid"},
    "predicted": {"width": 2, "dash": "dash"},
    "proposed": {"width": 3, "dash": "longdashdot"},
}
MOST_DOTS = 60
"""More dots than this would melt into a thick line."""


def _drawable(values: FloatArray, log: bool) -> list[float | None]:
    """Plain numbers, None where the axis has no place for the value."""
    return [float(value) if isfinite(value) and (value > 0 or not log) else None for value in values]


def _line(one: Series, log: bool, theme: Theme) -> dict[str, Any]:
    predicted = one.kind == "predicted"
    colour = theme.text if predicted else theme.colour(one.role)  # or a good prediction would hide in its own line
    return {
        "type": "scatter",
        "name": one.name,
        "x": [int(layer) for layer in one.layers],
        "y": _drawable(one.values, log),
        "mode": _mode(one),
        "line": {"color": colour, **DASHES[one.kind]},
        "marker": {"color": colour, "size": 8, "symbol": symbol(one.role) + ("-open" if one.hollow else "")},
        "hovertemplate": f"layer %{{x}}: %{{y:.3~g}}<extra>{one.name}</extra>",
    }


def _mode(one: Series) -> str:
    """Dots for what was measured, as long as they stand apart; a single point always has one."""
    dots = len(one.layers) == 1 or (one.kind == "measured" and len(one.layers) <= MOST_DOTS)
    return "lines+markers" if dots else "lines"


def _band(one: Series, log: bool, theme: Theme) -> dict[str, Any]:
    """Between low and high: measured ones in the line's colour, predicted ones in grey between dotted limits.

    On a log axis only where both ends are positive.
    """
    assert one.low is not None and one.high is not None, f"the band of '{one.name}' has one end only"
    limits = zip(_drawable(one.low, log), _drawable(one.high, log), strict=True)
    inside = [
        (int(layer), low, high)
        for layer, (low, high) in zip(one.layers, limits, strict=True)
        if low is not None and high is not None
    ]
    predicted = one.kind == "predicted"
    edge = {"width": 1, "dash": "dot", "color": theme.muted} if predicted else {"width": 0}
    return {
        "type": "scatter",
        "x": [layer for layer, _, _ in inside] + [layer for layer, _, _ in reversed(inside)],
        "y": [low for _, low, _ in inside] + [high for _, _, high in reversed(inside)],
        "mode": "lines",
        "line": edge,
        "fill": "toself",
        "fillcolor": faded(theme.muted, 0.14) if predicted else faded(theme.colour(one.role), 0.3),
        "hoverinfo": "skip",
        "showlegend": False,
    }


# --- in words ---------------------------------------------------------------------------------------------------


def _say(value: float) -> str:
    return "undefined" if isnan(value) else show(value)


def _alt(what: str, series: Sequence[Series], gaps: Sequence[Gap]) -> str:
    """The chart in words: the ends of every line, and what is missing."""
    ends = [
        f"{one.name} ({one.kind}): {_say(one.values[0])} at layer {one.layers[0]}, "
        f"{_say(one.values[-1])} at layer {one.layers[-1]}"
        for one in series
        if len(one.layers)
    ]
    return ". ".join([f"{what} by layer", *ends, *(gap.text() for gap in gaps)]) + "."
