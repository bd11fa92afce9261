"""Small histograms side by side, one panel per layer, as in the lecture."""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from initviz.figures.picture import Picture
from initviz.figures.rows import Row, even_choice, middles
from initviz.figures.runs import PINNED, PINNED_NAME
from initviz.figures.scales import compact
from initviz.figures.theme import Theme, figure, layout

COLUMNS = 4
"""As many as fit side by side on a phone."""


def grid(
    count: int, *, columns: int, row_height: int, top: int = 30, bottom: int = 32, gap: float = 0.05
) -> tuple[list[dict[str, Any]], int]:
    """(one {"x": domain, "y": domain, "axis": suffix} per panel, figure height in pixels).

    Panels fill rows from the top. Each row leaves `top` pixels for titles, and `bottom` below it for the axis.
    """
    lines = -(-count // columns)
    height = lines * row_height + 80
    share, band = (1 + gap) / columns, 1 / lines
    above, below = top / row_height * band, bottom / row_height * band
    cells = []
    for index in range(count):
        line, column = divmod(index, columns)
        ceiling = 1 - line * band
        cells.append(
            {
                "x": [column * share, min(column * share + share - gap, 1.0)],
                "y": [max(ceiling - band + below, 0.0), ceiling - above],
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
        "align": "left",
        "font": {"size": 14, "color": theme.text},
    }


def histograms(shown: Sequence[Row], picture: Picture) -> go.Figure:
    """One histogram per layer; a bin that towers over all others leaves its panel at the top and is named."""
    notes = any(row.note for row in shown)
    cells, height = grid(len(shown), columns=COLUMNS, row_height=170 if notes else 150, top=48 if notes else 30)
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
        panel_title(cell, "<br>".join(part for part in (f"layer {row.layer}", row.note) if part), picture.theme)
        for row, cell in zip(shown, cells, strict=True)
    ]
    named: dict[str, dict[str, Any]] = {}
    for trace in traces:
        if trace.get("name"):
            named.setdefault(trace["name"], trace)["showlegend"] = True
    return figure(
        traces,
        layout(
            picture.theme,
            alt=picture.alt(shown),
            annotations=[*titles, _caption(shown, picture)],
            height=height,
            showlegend=bool(named),
            margin={"b": 60},
            **axes,
        ),
    )


def _caption(shown: Sequence[Row], picture: Picture) -> dict[str, Any]:
    """Under all panels: what the values are."""
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0, "xanchor": "center", "yanchor": "top", "yshift": -4}
    return {"text": picture.caption(shown, zero="the tick"), "showarrow": False, "align": "center", **place}


def _panel_axis(row: Row, picture: Picture) -> dict[str, Any]:
    low, high = float(row.edges[0]), float(row.edges[-1])
    axis: dict[str, Any] = {"range": [low, high], "showgrid": False, "zeroline": False}
    if picture.axis is None:
        zero = {"tickmode": "array", "tickvals": [0.0], "ticktext": [""]}
        return {**axis, **zero, "title": {"text": row.span, "font": {"size": 14}, "standoff": 4}}
    return {**axis, **few_ticks(picture.axis.ticks), "tickangle": 0}


def few_ticks(ticks: dict[str, Any]) -> dict[str, Any]:
    """At most three of an axis's ticks, where they are listed: a panel is narrow."""
    if not ticks:
        return {"nticks": 4}
    kept = even_choice(len(ticks["tickvals"]), 3)
    return ticks | {name: [ticks[name][index] for index in kept] for name in ("tickvals", "ticktext")}


def _bars(row: Row, axis: str, picture: Picture) -> list[dict[str, Any]]:
    """The outline of the bars, the expected shares dashed over them, and the pinned network's, as high."""
    colour = picture.colour(row)
    common = {"type": "scatter", "xaxis": f"x{axis}", "yaxis": f"y{axis}", "showlegend": False}
    bars = {
        **common,
        "x": compact(row.edges, 7),
        "y": [*compact(row.shares, 5), 0.0],
        "mode": "lines",
        "line": {"shape": "hv", "width": 1, "color": colour},
        "fill": "tozeroy",
        "fillcolor": colour,
        "hovertemplate": f"layer {row.layer}: %{{y:.2%}} of the values<extra></extra>",
    }
    over = {**common, "x": compact(middles(row.edges), 7), "mode": "lines", "hoverinfo": "skip"}
    traces = [bars]
    if row.expected is not None:
        line = {"color": picture.theme.text, "width": 1.5, "dash": "dash"}
        traces.append({**over, "name": "predicted", "y": compact(row.expected, 5), "line": line})
    if row.pinned is not None:
        line = {"color": picture.theme.colour(PINNED), "width": 2}
        traces.append({**over, "name": PINNED_NAME, "y": compact(row.pinned * row.peak, 5), "line": line})
    return traces
