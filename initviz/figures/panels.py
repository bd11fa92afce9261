"""Small histograms side by side, one panel per layer, as in the lecture."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.figures.picture import Picture
from initviz.figures.rows import Row
from initviz.figures.theme import Theme, layout, log_ticks

COLUMNS = 4
"""As many as fit side by side on a phone."""


def grid(count: int, *, columns: int, row_height: int, gap: float = 0.05) -> tuple[list[dict[str, Any]], int]:
    """(one {"x": domain, "y": domain, "axis": suffix} per panel, figure height in pixels).

    Panels fill rows from the top; each leaves 62 pixels above and below it for its title and its axis.
    """
    lines = -(-count // columns)
    height = lines * row_height + 40
    share, band = (1 + gap) / columns, 1 / lines
    top, bottom = 30 / row_height * band, 32 / row_height * band
    cells = []
    for index in range(count):
        line, column = divmod(index, columns)
        ceiling = 1 - line * band
        cells.append(
            {
                "x": [column * share, min(column * share + share - gap, 1.0)],
                "y": [max(ceiling - band + bottom, 0.0), ceiling - top],
                "axis": str(index + 1) if index else "",
            }
        )
    return cells, height


def panel_title(cell: dict[str, Any], text: str, theme: Theme) -> dict[str, Any]:
    """Text over the left end of a panel."""
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": cell["x"][0],
        "y": cell["y"][1],
        "xanchor": "left",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 14, "color": theme.text},
    }


def histograms(shown: Sequence[Row], picture: Picture) -> go.Figure:
    """One histogram per layer; a bin that towers over all others leaves its panel at the top and is named."""
    cells, height = grid(len(shown), columns=COLUMNS, row_height=150)
    traces: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for row, cell in zip(shown, cells, strict=True):
        axis = cell["axis"]
        traces += _bars(row, axis, picture)
        axes[f"xaxis{axis}"] = {"domain": cell["x"], "anchor": f"y{axis}", **_panel_axis(row, picture)}
        axes[f"yaxis{axis}"] = {
            "domain": cell["y"],
            "anchor": f"x{axis}",
            "range": [0, 1.1 * row.peak],
            "showticklabels": False,
            "ticks": "",
            "showgrid": False,
        }
    titles = [
        panel_title(cell, ": ".join(part for part in (f"layer {row.layer}", row.note) if part), picture.theme)
        for row, cell in zip(shown, cells, strict=True)
    ]
    return go.Figure(
        traces,
        layout(picture.theme, alt=picture.alt(shown), annotations=titles, height=height, showlegend=False, **axes),
    )


def _panel_axis(row: Row, picture: Picture) -> dict[str, Any]:
    low, high = float(row.edges[0]), float(row.edges[-1])
    axis: dict[str, Any] = {"range": [low, high], "showgrid": False, "zeroline": False}
    if not picture.shared_axis:
        zero = {"tickmode": "array", "tickvals": [0.0], "ticktext": [""]}
        return {**axis, **zero, "title": {"text": row.span, "font": {"size": 14}, "standoff": 4}}
    return {**axis, **(log_ticks(low, high, most=3) if picture.what.log else {"nticks": 4}), "tickangle": 0}


def _bars(row: Row, axis: str, picture: Picture) -> list[dict[str, Any]]:
    """The outline of the bars, and the expected shares dashed over them."""
    colour = picture.colour(row)
    common = {"type": "scatter", "xaxis": f"x{axis}", "yaxis": f"y{axis}", "showlegend": False}
    bars = {
        **common,
        "x": [float(f"{edge:.7g}") for edge in row.edges],
        "y": [*(float(f"{share:.4g}") for share in row.shares), 0.0],
        "mode": "lines",
        "line": {"shape": "hv", "width": 1, "color": colour},
        "fill": "tozeroy",
        "fillcolor": colour,
        "hovertemplate": f"layer {row.layer}, from %{{x:.3~g}}: %{{y:.2%}} of the values<extra></extra>",
    }
    if row.expected is None:
        return [bars]
    dashed = {
        **common,
        "x": [float(f"{centre:.7g}") for centre in row.centres],
        "y": np.round(row.expected, 6).tolist(),
        "mode": "lines",
        "line": {"color": picture.theme.text, "width": 1.5, "dash": "dash"},
        "hoverinfo": "skip",
    }
    return [bars, dashed]
