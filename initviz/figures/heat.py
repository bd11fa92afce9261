"""Heat map: layer x value, coloured by the logarithm of the share of values."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.figures.picture import Picture, right_margin
from initviz.figures.rows import Row, even_choice, middles
from initviz.figures.theme import figure, layout
from initviz.text import percent

MOST_LABELS = 12
"""Ranges beside the rows; more would overlap."""


def heat_map(shown: Sequence[Row], picture: Picture) -> go.Figure:
    """One line of cells per layer, the input on top; empty cells stay empty."""
    layers = [row.layer for row in shown]
    labelled = [shown[index] for index in even_choice(len(shown), MOST_LABELS)]
    texts = [
        ", ".join(part for part in ("" if picture.shared_axis else row.span, row.note) if part) for row in labelled
    ]
    cells = {
        "type": "heatmap",
        "x": middles(picture.edges(shown[0])).tolist(),
        "y": layers,
        "z": [_log_shares(row) for row in shown],
        "colorscale": [list(stop) for stop in picture.theme.heat],
        "zmin": -5,
        "zmax": 0,
        "colorbar": {
            "title": {"text": "share of values per cell", "side": "top"},
            "orientation": "h",
            "y": 1.0,
            "yanchor": "bottom",
            "thickness": 12,
            "tickvals": [-4, -2, 0],
            "ticktext": [percent(10.0**power) for power in (-4, -2, 0)],
        },
        "hovertemplate": "layer %{y}: 10^%{z:.1f} of the values<extra></extra>",
    }
    return figure(
        [cells, picture.beside(labelled, [row.layer for row in labelled], texts)],
        layout(
            picture.theme,
            alt=picture.alt(shown),
            xaxis=_value_axis(shown, picture),
            yaxis={"title": {"text": picture.layer_title(shown)}, "range": [layers[-1] + 0.5, layers[0] - 0.5]},
            margin={"r": right_margin(texts), "t": 90, "b": 60},
            height=480,
        ),
    )


def _value_axis(shown: Sequence[Row], picture: Picture) -> dict[str, Any]:
    """Beside a colour bar Plotly sets the title of an axis with two ticks only into the plot: make it a tick."""
    if picture.shared_axis:
        return picture.value_axis(shown, picture.what.name)
    ticks = {"tickvals": [0, 0.5, 1], "ticktext": ["lowest", picture.what.name, "highest"]}
    return {**picture.value_axis(shown, ""), **ticks}


def _log_shares(row: Row) -> list[float | None]:
    filled = row.shares > 0
    logs = np.log10(row.shares, where=filled, out=np.zeros_like(row.shares))
    return [round(float(value), 2) if some else None for value, some in zip(logs, filled, strict=True)]
