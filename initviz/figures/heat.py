"""Heat map: layer x value, coloured by the logarithm of the share of values."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from initviz.figures.picture import Picture
from initviz.figures.rows import Row, even_choice
from initviz.figures.theme import layout
from initviz.wording import percent

MOST_LABELS = 20
"""Ranges beside the rows; more would overlap."""


def heat_map(shown: Sequence[Row], picture: Picture) -> go.Figure:
    """One line of cells per layer, the input on top; empty cells stay empty."""
    layers = [row.layer for row in shown]
    labelled = [shown[index] for index in even_choice(len(shown), MOST_LABELS)]
    cells = {
        "type": "heatmap",
        "x": picture.places(shown[0]).tolist(),
        "y": layers,
        "z": [_log_shares(row) for row in shown],
        "colorscale": list(picture.theme.heat),
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
    return go.Figure(
        [cells, *picture.labels(labelled, [row.layer for row in labelled])],
        layout(
            picture.theme,
            alt=picture.alt(shown),
            xaxis=picture.value_axis(shown),
            yaxis={"title": {"text": picture.layer_title(shown)}, "range": [layers[-1] + 0.5, layers[0] - 0.5]},
            margin={"r": picture.right_margin(labelled)},
            height=480,
        ),
    )


def _log_shares(row: Row) -> list[float | None]:
    filled = row.shares > 0
    logs = np.log10(row.shares, where=filled, out=np.zeros_like(row.shares))
    return [round(float(value), 2) if some else None for value, some in zip(logs, filled, strict=True)]
