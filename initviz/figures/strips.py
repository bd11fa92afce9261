"""Ridges and violins: one filled shape per layer, the input on top."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.picture import Picture, right_margin
from initviz.figures.rows import Row, middles
from initviz.figures.scales import compact
from initviz.figures.theme import figure, layout

RIDGE, LOW_RIDGE = 1.5, 0.95
"""Height of a ridge on its own axis: rows stand 1 apart, so they overlap a little and small shapes stay visible. On a
shared axis a spike must not run into the row above."""
LOWEST = 0.004
"""Predicted heights below this would only dash the baseline."""
DIGITS = 7
"""Of horizontal coordinates: as many as float32 has."""
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
    """One shape per layer mirrored about its baseline."""
    shapes = [_shape(row, _mirrored(row, -place, picture), picture) for place, row in enumerate(shown)]
    return _strip(shapes, shown, picture, VIOLIN, top=0.6)


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
            showlegend=expected,
        ),
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


def _steps(row: Row, base: float, height: float, picture: Picture) -> Outline:
    """The outline of the bars on a baseline; where ridges overlap, its own line parts it from the one behind."""
    edges = picture.edges(row)
    y = base + height * np.concatenate([[0.0], row.heights, [0.0]])
    colour = picture.colour(row) if picture.shared_axis else picture.theme.background
    return np.concatenate([edges[:1], edges]), y, {"shape": "hv", "color": colour}


def _mirrored(row: Row, base: float, picture: Picture) -> Outline:
    """Heights to both sides of the baseline, from bin centre to bin centre."""
    edges = picture.edges(row)
    x = np.concatenate([edges[:1], middles(edges), edges[-1:]])
    heights = VIOLIN * np.concatenate([[0.0], row.heights, [0.0]])
    return (
        np.concatenate([x, x[::-1]]),
        np.concatenate([base + heights, base - heights[::-1]]),
        {"color": picture.colour(row)},
    )


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
