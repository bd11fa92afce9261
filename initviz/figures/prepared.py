"""Data in panels: clouds of prepared points with the way of two weights below, mean images, parts of a split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.scales import compact
from initviz.figures.theme import LIGHT, Theme, figure, layout

DRAWN = 150
"""Points of a cloud that are drawn."""

MARGIN = {"l": 34, "r": 34, "t": 6, "b": 28}

LEVELS = (0.04, 0.3, 1.0)
"""Lines of equal loss, as shares of the loss at the start."""


@dataclass(frozen=True)
class Panel:
    """One preparation. points: (n, 2); path: (steps + 1, 2) weights; goal: (2,), where the loss is 0."""

    name: str
    points: FloatArray
    path: FloatArray
    goal: FloatArray
    steps: int
    """Until the goal counts as reached."""


def panels(shown: Sequence[Panel], *, theme: Theme = LIGHT) -> go.Figure:
    """One column a preparation: the points above, the lines of equal loss and the way of two weights below."""
    traces: list[dict[str, Any]] = []
    look: dict[str, Any] = {"annotations": []}
    width = 1 / len(shown)
    for number, panel in enumerate(shown):
        place = [width * (number + 0.08), width * (number + 0.96)]
        reach = 1.1 * float(np.abs(panel.points).max())
        upper, lower = f"{2 * number + 1}", f"{2 * number + 2}"
        traces += [_points(panel, upper, theme), *_contours(panel, lower, theme)]
        traces += [_path(panel, lower, theme), _goal(panel, lower, theme)]
        look |= _axes(upper, place, [0.58, 0.94], (-reach, reach), (-reach, reach))
        look |= _axes(lower, place, [0.0, 0.4], (-0.6, 2.2), (-2.2, 0.6))
        look["annotations"] += [
            _label(f"<b>{panel.name}</b>", sum(place) / 2, 0.95),
            _label("1 step" if panel.steps == 1 else f"{panel.steps:,} steps", sum(place) / 2, 0.41),
        ]
    said = "; ".join(f"{panel.name} {panel.steps} steps" for panel in shown)
    alt = f"Two features prepared in {len(shown)} ways, and the way of two weights to the goal: {said}."
    return figure(traces, layout(theme, alt=alt, height=410, showlegend=False, margin=MARGIN, **look))


def _label(text: str, x: float, y: float) -> dict[str, Any]:
    place = {"x": x, "y": y, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "bottom"}
    return {"text": text, **place, "showarrow": False, "font": {"size": 15}}


def _axes(
    number: str, across: list[float], up: list[float], x_range: tuple[float, float], y_range: tuple[float, float]
) -> dict[str, Any]:
    end = "" if number == "1" else number
    common = {"zeroline": True, "zerolinewidth": 2, "nticks": 4, "tickfont": {"size": 14}, "automargin": False}
    return {
        f"xaxis{end}": {**common, "domain": across, "anchor": f"y{end}", "range": list(x_range)},
        f"yaxis{end}": {**common, "domain": up, "anchor": f"x{end}", "range": list(y_range)},
    }


def _on(number: str) -> dict[str, str]:
    end = "" if number == "1" else number
    return {"xaxis": f"x{end}", "yaxis": f"y{end}"}


def _points(panel: Panel, axis: str, theme: Theme) -> dict[str, Any]:
    points = panel.points[:DRAWN]
    return {
        "type": "scatter",
        "mode": "markers",
        "x": compact(points[:, 0], 3),
        "y": compact(points[:, 1], 3),
        "marker": {"size": 4, "color": theme.colour(0), "opacity": 0.6},
        "hoverinfo": "skip",
        **_on(axis),
    }


def _contours(panel: Panel, axis: str, theme: Theme) -> list[dict[str, Any]]:
    """Ellipses on which the loss is a share of that at the start."""
    values, vectors = np.linalg.eigh(panel.points.T @ panel.points / len(panel.points))
    start = np.square(vectors.T @ panel.goal) @ values
    angle = np.linspace(0, 2 * np.pi, 61)
    circle = np.stack([np.cos(angle), np.sin(angle)])
    drawn = []
    for level in LEVELS:
        ring = panel.goal[:, np.newaxis] + vectors @ (np.sqrt(level * start / values)[:, np.newaxis] * circle)
        line = {"color": theme.muted, "width": 1}
        shape = {"type": "scatter", "mode": "lines", "x": compact(ring[0], 4), "y": compact(ring[1], 4), "line": line}
        drawn.append({**shape, "hoverinfo": "skip", **_on(axis)})
    return drawn


def _path(panel: Panel, axis: str, theme: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "x": compact(panel.path[:, 0], 3),
        "y": compact(panel.path[:, 1], 3),
        "line": {"color": theme.colour(1), "width": 2},
        "marker": {"color": theme.colour(1), "size": 5},
        "hovertemplate": "w₁ %{x:.2f}, w₂ %{y:.2f}<extra></extra>",
        **_on(axis),
    }


def _goal(panel: Panel, axis: str, theme: Theme) -> dict[str, Any]:
    star = {"color": theme.text, "size": 12, "symbol": "star"}
    place = {"x": [float(panel.goal[0])], "y": [float(panel.goal[1])]}
    return {"type": "scatter", "mode": "markers", **place, "marker": star, "hoverinfo": "skip", **_on(axis)}


def image(pixels: FloatArray, name: str, *, theme: Theme = LIGHT) -> go.Figure:
    """An image (side, side) of one channel, dark for little."""
    cells = {
        "type": "heatmap",
        "z": [compact(row, 3) for row in pixels],
        "colorscale": [list(stop) for stop in theme.heat],
        "zmin": 0,
        "zmax": 1,
        "showscale": False,
        "hovertemplate": "row %{y}, column %{x}: %{z:.2f}<extra></extra>",
    }
    hidden = {"visible": False}
    flipped = {"visible": False, "autorange": "reversed", "scaleanchor": "x"}
    alt = f"{name}: {len(pixels)} by {pixels.shape[1]} pixels from {pixels.min():.2g} to {pixels.max():.2g}."
    return figure([cells], layout(theme, alt=alt, height=280, xaxis=hidden, yaxis=flipped))


def parts_of(rows: Sequence[tuple[str, Sequence[tuple[str, int]]]], *, theme: Theme = LIGHT) -> go.Figure:
    """Splits as bars over all examples: for each row its name, and name and count of its parts; from the top."""
    kinds = ("train", "validation", "test")
    traces = []
    for name, parts in rows:
        for part, count in parts:
            kind = kinds.index(part) if part in kinds else 0
            colour = theme.colour((0, 1, 3)[kind])
            traces.append(
                {
                    "type": "bar",
                    "orientation": "h",
                    "y": [name],
                    "x": [count],
                    "marker": {"color": colour, "line": {"color": theme.background, "width": 2}},
                    "text": f"{part}<br>{count:,}",
                    "textposition": "inside",
                    "insidetextanchor": "middle",
                    "textangle": 0,
                    "textfont": {"size": 14, "color": theme.background},
                    "hovertemplate": f"{part}: {count:,}<extra></extra>",
                }
            )
    total = sum(count for _, count in rows[0][1])
    alt = "; ".join(f"{name}: {', '.join(f'{part} {count:,}' for part, count in parts)}" for name, parts in rows)
    axes = {
        "xaxis": {"title": {"text": "examples"}, "range": [0, total], "tickformat": ",d", "nticks": 7},
        "yaxis": {"autorange": "reversed", "tickfont": {"size": 15}},
    }
    return figure(
        traces, layout(theme, alt=f"{alt}.", height=90 + 54 * len(rows), barmode="stack", showlegend=False, **axes)
    )
