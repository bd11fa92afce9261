"""One chart for everything that has a value per layer."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, isnan, log10
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.gaps import Gap, find_gaps, gap_words, shading
from initviz.figures.runs import Series
from initviz.figures.theme import LIGHT, Theme, faded, figure, layer_axis, layout, log_axis, symbol
from initviz.text import show


@dataclass(frozen=True)
class ReferenceLine:
    """A horizontal line with a name. `keep`: always in view; else only where the data come near."""

    value: float
    label: str
    keep: bool = True


def _float_limits() -> Iterator[ReferenceLine]:
    for dtype in (np.float16, np.float32):
        limits = np.finfo(dtype)
        for word, value in (("smallest", limits.smallest_subnormal), ("largest", limits.max)):
            yield ReferenceLine(float(value), f"{word} {limits.dtype}", keep=False)


FLOAT_LIMITS = tuple(_float_limits())
"""The smallest and largest positive numbers of float16 and float32."""

NEAR = 2.0
"""Decades from the data within which a line that need not be kept is still drawn."""


def by_depth(
    series: Sequence[Series],
    *,
    y_title: str,
    title: str = "",
    log: bool = False,
    theme: Theme = LIGHT,
    reference_lines: Sequence[ReferenceLine] = (),
    mark_first_layer: bool = False,
    x_title: str = "layer (0 = input)",
) -> go.Figure:
    """Lines over layers. A layer that overflowed, or is exactly zero on a log axis, is shaded and named in words."""
    seen = [value for one in series for part in (one.values, one.low, one.high) if part is not None for value in part]
    lines = _lines_in_view(reference_lines, seen, log)
    layers = [layer for one in series for layer in one.layers]
    gaps = find_gaps(series, log)
    first, last = min(layers, default=0), max(layers, default=1)
    inside = [*seen, *(line.value for line in lines)]
    height, vertical = _height_of(inside, log), log_axis(inside) if log else {}
    overrides: dict[str, Any] = {
        "xaxis": layer_axis(first, last, x_title),
        "yaxis": {"title": {"text": y_title}, **vertical},
        "shapes": [_line_shape(line, theme) for line in lines] + [shading(gap, theme) for gap in gaps],
        "annotations": [_line_name(line, height, log, theme) for line in lines if line.label],
        "height": 360,
        "showlegend": len(series) > 1,
    }
    if mark_first_layer:
        overrides["shapes"].append(_first_layer(theme))
        overrides["annotations"].append(_first_layer_name(series, lines, height, theme))
    overrides["annotations"] += gap_words(gaps, first, last, theme)
    if title:
        overrides |= {"title": {"text": title}, "margin": {"t": 72}}
    traces = [_band(one, log, theme) for one in series if one.low is not None]
    traces += [_line(one, log, theme) for one in series]
    return figure(traces, layout(theme, alt=_alt(title or y_title, series, gaps), **overrides))


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
    """The closed outline low..high as a filled shape; on a log axis only where both ends are positive."""
    assert one.low is not None and one.high is not None, f"the band of '{one.name}' has one end only"
    limits = zip(_drawable(one.low, log), _drawable(one.high, log), strict=True)
    inside = [
        (int(layer), low, high)
        for layer, (low, high) in zip(one.layers, limits, strict=True)
        if low is not None and high is not None
    ]
    return {
        "type": "scatter",
        "x": [layer for layer, _, _ in inside] + [layer for layer, _, _ in reversed(inside)],
        "y": [low for _, low, _ in inside] + [high for _, _, high in reversed(inside)],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": faded(theme.colour(one.role), 0.22),
        "hoverinfo": "skip",
        "showlegend": False,
    }


# --- beside the lines ----------------------------------------------------------------------------------------------


def _lines_in_view(lines: Sequence[ReferenceLine], seen: Sequence[float], log: bool) -> list[ReferenceLine]:
    sizes = [log10(value) for value in seen if isfinite(value) and value > 0] if log else []
    if not sizes:
        return [line for line in lines if line.keep]
    low, high = min(sizes) - NEAR, max(sizes) + NEAR
    return [line for line in lines if line.keep or low <= log10(line.value) <= high]


def _height_of(seen: Sequence[float], log: bool) -> Callable[[float], float]:
    """value -> where it stands between the lowest (0) and the highest (1) of those seen; 0 for what has no place."""
    places = [log10(value) if log else value for value in seen if isfinite(value) and (value > 0 or not log)]
    low, high = min(places, default=0.0), max(places, default=0.0)

    def height(value: float) -> float:
        if not isfinite(value) or (log and value <= 0) or low == high:
            return 0.0
        return ((log10(value) if log else value) - low) / (high - low)

    return height


def _line_shape(line: ReferenceLine, theme: Theme) -> dict[str, Any]:
    return {**_dotted(theme), "xref": "paper", "x0": 0, "x1": 1, "y0": line.value, "y1": line.value}


def _line_name(line: ReferenceLine, height: Callable[[float], float], log: bool, theme: Theme) -> dict[str, Any]:
    """Above the line, or below it at the top, where the axis would end."""
    return {
        **_name(line.label, theme),
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "y": log10(line.value) if log else line.value,  # so Plotly wants it, unlike a shape's
        "yanchor": "bottom" if height(line.value) < 0.9 else "top",
    }


def _first_layer(theme: Theme) -> dict[str, Any]:
    return {**_dotted(theme), "yref": "paper", "x0": 1, "x1": 1, "y0": 0, "y1": 1}


def _dotted(theme: Theme) -> dict[str, Any]:
    return {"type": "line", "line": {"color": theme.muted, "width": 1.5, "dash": "dot"}, "layer": "below"}


def _first_layer_name(
    series: Sequence[Series], lines: Sequence[ReferenceLine], height: Callable[[float], float], theme: Theme
) -> dict[str, Any]:
    """Beside the line where most is free, seen from the curves' first quarter."""
    first_quarter = [one.values[: max(len(one.values) // 4, 1)] for one in series]
    near = [value for values in first_quarter for value in values] + [line.value for line in lines]
    taken = sorted([0, 1, *map(height, near)])
    _, middle = max((above - below, (above + below) / 2) for below, above in pairwise(taken))
    return {**_name("earliest layer", theme), "x": 1, "xanchor": "left", "yref": "paper", "y": middle}


def _name(text: str, theme: Theme) -> dict[str, Any]:
    """Legible over curves, which shine through."""
    font = {"color": theme.muted, "size": 14}
    return {"text": text, "showarrow": False, "font": font, "bgcolor": faded(theme.background, 0.6)}


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
