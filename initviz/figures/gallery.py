"""All activation functions side by side."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from initviz.activations import ACTIVATIONS
from initviz.arrays import FloatArray
from initviz.figures.activation import curve, line
from initviz.figures.panels import grid, panel_title
from initviz.figures.theme import LIGHT, Theme, figure, layout

GALLERY_RANGE = (-4.0, 4.0)
GALLERY_POINTS = 81
VALUE_RANGES = ((-0.05, 1.05), (-1.15, 1.15), (-2.0, 4.3), (-4.3, 4.3))
SLOPE_RANGES = ((-0.02, 0.27), (-0.15, 1.2), (-0.7, 1.9), (-1.2, 1.9))
"""Vertical axes of the panels, the tightest first."""


def tightest(y: FloatArray, ranges: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The first range that holds all of y, else the last."""
    return next((one for one in ranges if one[0] <= y.min() and y.max() <= one[1]), ranges[-1])


def gallery(*, slopes: bool = False, theme: Theme = LIGHT, columns: int = 4) -> go.Figure:
    """phi of every activation at its default parameter, or phi' of every one.

    Each panel has the tightest of a few vertical axes: small functions are seen, and like ones can be compared.
    """
    entries = list(ACTIVATIONS.values())
    cells, height = grid(len(entries), columns=columns, row_height=165)
    low, high = GALLERY_RANGE
    drawn = [curve(entry, entry.alpha(None), low, high, GALLERY_POINTS) for entry in entries]
    curves_y = [dphi if slopes else phi for _, phi, dphi in drawn]
    ranges = SLOPE_RANGES if slopes else VALUE_RANGES
    traces: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for entry, (z, _, _), y, cell in zip(entries, drawn, curves_y, cells, strict=True):
        axis = cell["axis"]
        name = f"φ' of {entry.name}" if slopes else entry.name
        drawn_line = line(z, y, name, theme.colour(1 if slopes else 0), "solid")
        traces.append({**drawn_line, "xaxis": f"x{axis}", "yaxis": f"y{axis}"})
        axes[f"xaxis{axis}"] = {"domain": cell["x"], "anchor": f"y{axis}", "range": [low, high], "dtick": 4}
        axes[f"yaxis{axis}"] = {
            "domain": cell["y"],
            "anchor": f"x{axis}",
            "range": list(tightest(y, ranges)),
            "nticks": 4,
        }
    titles = [panel_title(cell, entry.name, theme) for entry, cell in zip(entries, cells, strict=True)]
    alt = f"{'Derivatives' if slopes else 'Curves'} of {len(entries)} activation functions: {', '.join(ACTIVATIONS)}."
    return figure(traces, layout(theme, alt=alt, annotations=titles, height=height, showlegend=False, **axes))
