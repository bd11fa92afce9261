"""Ridges and violins: one filled shape per layer, the input on top."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.picture import Picture, right_margin
from initviz.figures.replay import button, frames
from initviz.figures.rows import Row, middles
from initviz.figures.runs import PINNED, PINNED_NAME
from initviz.figures.scales import compact
from initviz.figures.theme import figure, layout

RIDGE, LOW_RIDGE = 1.5, 0.95
"""Height of a ridge on its own axis: rows stand 1 apart, so they overlap a little and small shapes stay visible. On a
shared axis a spike must not run into the row above."""
LOWEST = 0.004
"""Predicted heights below this would only dash the baseline."""
DIGITS = 5
"""Of horizontal coordinates: finer than any screen."""
SMOOTH = 1.0
"""Standard deviation, in bins, of the normal kernel that smooths a violin."""
VIOLIN = 0.46
"""Half the width of a violin; they never touch."""


Outline: TypeAlias = tuple[FloatArray, FloatArray, dict[str, str]]
"""(x, y, how the line looks) of a closed shape."""


def ridges(shown: Sequence[Row], picture: Picture) -> go.Figure:
    """One histogram per layer standing on its baseline, dark to light by depth."""
    height = LOW_RIDGE if picture.shared_axis else RIDGE
    shapes = [_shape(row, _steps(row, -place, height, picture), picture) for place, row in enumerate(shown)]
    return _strip(shapes, shown, picture, height, top=height + 0.1)


def violins(shown: Sequence[Row], picture: Picture) -> go.Figure:
    """One smooth density per layer mirrored about its baseline, its width following the share of values there, with a
    line at the median."""
    return _strip(violin_shapes(shown, picture), shown, picture, VIOLIN, top=0.6)


def violin_shapes(shown: Sequence[Row], picture: Picture) -> list[dict[str, Any]]:
    """The traces of the violins and of their medians."""
    shapes = [_shape(row, _mirrored(row, -place, picture), picture) for place, row in enumerate(shown)]
    return [*shapes, _medians(shown, picture)]


def _strip(
    shapes: list[dict[str, Any]], shown: Sequence[Row], picture: Picture, height: float, top: float
) -> go.Figure:
    bases = [-float(place) for place in range(len(shown))]
    expected = any(row.expected is not None for row in shown)
    left = [float(row.edges[0]) if picture.shared_axis else 0.0 for row in shown]
    spans = [""] if picture.shared_axis else [row.span for row in shown]
    traces = [*shapes, picture.notes(left, bases, shown)]
    if expected:
        traces.append(_expected_outlines(shown, picture, height))
    traces += _pinned_outlines(shown, picture, height)
    if not picture.shared_axis:
        traces += [_zero_marks(shown, picture), picture.beside(shown, bases, spans)]
    rows = {"tickmode": "array", "tickvals": bases, "ticktext": [str(row.layer) for row in shown], "zeroline": False}
    return figure(
        traces,
        layout(
            picture.theme,
            alt=picture.alt(shown),
            xaxis=picture.value_axis(shown, picture.caption(shown, zero="\u25b2")),
            yaxis={"title": {"text": picture.layer_title(shown)}, "range": [1 - len(shown) - 0.6, top], **rows},
            margin={"r": right_margin(spans), "b": 60},
            height=150 + 27 * len(shown),
            showlegend=any(trace.get("name") for trace in traces),
            updatemenus=[button(picture.theme)] if picture.play else [],
        ),
        frames(shapes) if picture.play else (),
    )


def _shape(row: Row, outline: Outline, picture: Picture) -> dict[str, Any]:
    colour = picture.colour(row)
    x, y, line = outline
    return {
        "type": "scatter",
        "x": compact(x, DIGITS),
        "y": np.round(y, 3).tolist(),
        "mode": "lines",
        "line": {"width": 1, **line},
        "fill": "toself",
        "fillcolor": colour,
        "hoveron": "fills",
        "hoverinfo": "text",
        "text": f"layer {row.layer}: {', '.join(row.words) or 'no finite values'}",
        "showlegend": False,
    }


def _support(row: Row, picture: Picture) -> tuple[FloatArray, FloatArray]:
    """(edges, heights) from the first to the last bin that has values: a shape is no longer than its layer."""
    filled = np.flatnonzero(row.shares)
    first, last = (filled[0], filled[-1]) if filled.size else (0, 0)
    return picture.edges(row)[first : last + 2], row.heights[first : last + 1]


def _steps(row: Row, base: float, height: float, picture: Picture) -> Outline:
    """The outline of the bars on a baseline; where ridges overlap, its own line parts it from the one behind."""
    edges, heights = _support(row, picture)
    y = base + height * np.concatenate([[0.0], heights, [0.0]])
    colour = picture.colour(row) if picture.shared_axis else picture.theme.background
    return np.concatenate([edges[:1], edges]), y, {"shape": "hv", "color": colour}


def _mirrored(row: Row, base: float, picture: Picture) -> Outline:
    """Smoothed heights to both sides of the baseline, from bin centre to bin centre."""
    edges, heights = _support(row, picture)
    x = np.concatenate([edges[:1], middles(edges), edges[-1:]])
    smooth = VIOLIN * _smoothed(heights)[[0, *range(len(heights)), -1]]
    return (
        np.concatenate([x, x[::-1]]),
        np.concatenate([base + smooth, base - smooth[::-1]]),
        {"color": picture.colour(row)},
    )


def _smoothed(heights: FloatArray) -> FloatArray:
    """Heights under a normal kernel, as high as before; what would leave at either end is reflected."""
    reach = round(4 * SMOOTH)
    kernel = np.exp(-np.square(np.arange(-reach, reach + 1) / SMOOTH) / 2)
    smooth: FloatArray = np.convolve(np.pad(heights, reach, "symmetric"), kernel, "valid")
    return smooth * (heights.max() / (smooth.max() or 1.0))


def _medians(shown: Sequence[Row], picture: Picture) -> dict[str, Any]:
    """All medians as one line with gaps."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, row in enumerate(shown):
        if row.shares.any():
            shares = np.concatenate([[0.0], np.cumsum(row.shares)])
            bin, part = divmod(float(np.interp(shares[-1] / 2, shares, np.arange(len(shares)))), 1)
            low, high = picture.edges(row)[int(bin) :][:2]  # apart: their difference may overflow
            median = low * (1 - part) + high * part
            x += [*compact(np.array([median, median]), DIGITS), None]
            y += [-place - VIOLIN, -place + VIOLIN, None]
    line = {"color": picture.theme.text, "width": 2}
    return {"type": "scatter", "name": "median", "x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip"}


def _expected_outlines(shown: Sequence[Row], picture: Picture, height: float) -> dict[str, Any]:
    """All predicted shapes as one dashed line with gaps, on the scale of the measured ones."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, row in enumerate(shown):
        if row.expected is not None:
            x += [*compact(middles(picture.edges(row)), DIGITS), None]
            heights = np.minimum(row.expected / row.peak, 1.0)
            y += [round(height * share - place, 3) if share > LOWEST else None for share in heights.tolist()]
            y.append(None)
    line = {"color": picture.theme.text, "width": 1.5, "dash": "dash"}
    return {"type": "scatter", "name": "predicted", "x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip"}


def _pinned_outlines(shown: Sequence[Row], picture: Picture, height: float) -> list[dict[str, Any]]:
    """The pinned network's shapes as one line with gaps; empty where none is pinned."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, row in enumerate(shown):
        if row.pinned is not None:
            x += [*compact(middles(picture.edges(row)), DIGITS), None]
            y += [round(height * share - place, 3) if share > LOWEST else None for share in row.pinned.tolist()]
            y.append(None)
    line = {"color": picture.theme.colour(PINNED), "width": 2}
    named = {"type": "scatter", "name": PINNED_NAME, "mode": "lines", "line": line, "hoverinfo": "skip"}
    return [{**named, "x": x, "y": y}] if x else []


def _zero_marks(shown: Sequence[Row], picture: Picture) -> dict[str, Any]:
    """A small triangle under each baseline where the value 0 stands."""
    marked = [(row.zero_at, -place) for place, row in enumerate(shown) if row.zero_at is not None]
    return {
        "type": "scatter",
        "x": [x for x, _ in marked],
        "y": [y - 0.12 for _, y in marked],
        "mode": "markers",
        "marker": {
            "symbol": "triangle-up",
            "size": 9,
            "color": picture.theme.text,
            "line": {"width": 1, "color": picture.theme.background},
        },
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }
