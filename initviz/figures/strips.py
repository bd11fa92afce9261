"""Ridges and violins: one filled shape per layer, the input on top."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.figures.picture import Picture
from initviz.figures.rows import Row
from initviz.figures.theme import layout

RIDGE = 1.5
"""Height of a ridge; rows stand 1 apart, so they overlap a little and small shapes stay visible."""
VIOLIN = 0.46
"""Half the width of a violin; they never touch."""


def ridges(shown: Sequence[Row], picture: Picture) -> go.Figure:
    """One shape per layer standing on its baseline, dark to light by depth."""
    shapes = [_shape(row, -place, RIDGE, picture, mirrored=False) for place, row in enumerate(shown)]
    return _strip(shapes, shown, picture, RIDGE, top=RIDGE + 0.1)


def violins(shown: Sequence[Row], picture: Picture) -> go.Figure:
    """One shape per layer mirrored about its baseline."""
    shapes = [_shape(row, -place, VIOLIN, picture, mirrored=True) for place, row in enumerate(shown)]
    return _strip(shapes, shown, picture, VIOLIN, top=0.6)


def _strip(
    shapes: list[dict[str, Any]], shown: Sequence[Row], picture: Picture, height: float, top: float
) -> go.Figure:
    bases = [-float(place) for place in range(len(shown))]
    expected = any(row.expected is not None for row in shown)
    traces = [*shapes, *picture.labels(shown, bases)]
    if not picture.shared_axis:
        traces.append(_zero_marks(shown, picture))
    if expected:
        traces.append(_expected_outlines(shown, picture, height))
    rows = {"tickmode": "array", "tickvals": bases, "ticktext": [str(row.layer) for row in shown], "zeroline": False}
    return go.Figure(
        traces,
        layout(
            picture.theme,
            alt=picture.alt(shown),
            xaxis=picture.value_axis(shown),
            yaxis={"title": {"text": picture.layer_title(shown)}, "range": [1 - len(shown) - 0.6, top], **rows},
            margin={"r": picture.right_margin(shown)},
            height=min(150 + 30 * len(shown), 720),
            showlegend=expected,
        ),
    )


def _numbers(values: np.ndarray) -> list[float]:
    """Seven digits: enough for float32, and half the JSON."""
    return [float(f"{value:.7g}") for value in values]


def _shape(row: Row, base: int, height: float, picture: Picture, *, mirrored: bool) -> dict[str, Any]:
    heights = np.round(np.concatenate([[0.0], row.heights * height, [0.0]]), 3)
    centres = picture.places(row)
    ends = row.edges[[0, -1]] if picture.shared_axis else (0.0, 1.0)
    x = _numbers(np.concatenate([ends[:1], centres, ends[1:]]))
    colour = picture.colour(row)
    return {
        "type": "scatter",
        "x": x + x[::-1] if mirrored else x,
        "y": [*(base + heights).tolist(), *((base - heights)[::-1].tolist() if mirrored else [])],
        "mode": "lines",
        "line": {"color": colour if mirrored else picture.theme.background, "width": 1},
        "fill": "toself",
        "fillcolor": colour,
        "hoveron": "fills",
        "hoverinfo": "text",
        "text": f"layer {row.layer}: {', '.join(row.words) or 'no finite values'}",
        "showlegend": False,
    }


def _expected_outlines(shown: Sequence[Row], picture: Picture, height: float) -> dict[str, Any]:
    """All predicted shapes as one dashed line with gaps, on the scale of the measured ones."""
    x: list[float | None] = []
    y: list[float | None] = []
    for place, row in enumerate(shown):
        if row.expected is not None:
            x += [*_numbers(picture.places(row)), None]
            y += [*np.round(height * np.minimum(row.expected / row.peak, 1.0) - place, 3).tolist(), None]
    line = {"color": picture.theme.text, "width": 1.5, "dash": "dash"}
    return {"type": "scatter", "name": "predicted", "x": x, "y": y, "mode": "lines", "line": line, "hoverinfo": "skip"}


def _zero_marks(shown: Sequence[Row], picture: Picture) -> dict[str, Any]:
    """A short stroke on each baseline where the value 0 stands."""
    marked = [(row.zero_at, -place) for place, row in enumerate(shown) if row.zero_at is not None]
    return {
        "type": "scatter",
        "x": [x for x, _ in marked],
        "y": [y for _, y in marked],
        "mode": "markers",
        "marker": {"symbol": "line-ns", "size": 10, "line": {"width": 2, "color": picture.theme.text}},
        "cliponaxis": False,
        "hoverinfo": "skip",
        "showlegend": False,
    }
