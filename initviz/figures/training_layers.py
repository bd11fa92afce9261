"""What happens in each layer over the steps of a training."""

from math import ceil, floor, isfinite
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.scales import log_ticks
from initviz.figures.theme import LIGHT, Theme, depth_colour, figure, layout, symbol
from initviz.figures.training import HEIGHT, level
from initviz.learn.history import COLUMNS, History
from initviz.text import show


def _values(history: History, column: str) -> tuple[FloatArray, bool]:
    """(records, layers) as it is drawn, and whether that is the logarithm."""
    values, log = history.column(column), COLUMNS[column].log
    if log:
        values = np.log10(values, out=np.full_like(values, np.nan), where=values > 0)
    return np.where(np.isfinite(values), values, np.nan), log


def _plain(row: FloatArray) -> list[float | None]:
    return [float(f"{value:.4g}") if isfinite(value) else None for value in row]


def layer_lines(history: History, column: str, *, total: int, theme: Theme = LIGHT) -> go.Figure:
    """A column by layer over the steps: one line a layer, dark to light by depth."""
    values, log = _values(history, column)
    steps, layers = history.steps.tolist(), history.layers
    traces = [
        {
            "type": "scatter",
            "name": f"{layer + 1}" if layer + 1 < layers else "output",
            "x": steps,
            "y": _plain(values[:, layer]),
            "mode": "lines+markers" if len(steps) < 3 else "lines",
            "line": {"color": depth_colour(theme, layer + 1, layers), "width": 2},
            "hovertemplate": f"layer {layer + 1}, step %{{x}}: %{{y:.3~g}}<extra></extra>",
        }
        for layer in range(layers)
    ]
    seen = values[np.isfinite(values)]
    low, high = (floor(seen.min()), ceil(seen.max())) if seen.size and log else (None, None)
    vertical: dict[str, Any] = {"title": {"text": COLUMNS[column].name}, "zeroline": False}
    if low is not None and high is not None:
        high = max(high, low + 1)
        vertical |= {"range": [low, high], **log_ticks(low, high)}
    overrides = level(-3, "usual: -3", False, theme) if column == "update_ratio" else {}
    return figure(
        traces,
        layout(
            theme,
            alt=_layers_told(history, column),
            xaxis={"title": {"text": "step"}, "range": [-0.01 * total, 1.01 * max(total, 1)], "zeroline": False},
            yaxis=vertical,
            height=HEIGHT,
            showlegend=layers <= 8,
            **overrides,
        ),
    )


def layer_heat(history: History, column: str, *, theme: Theme = LIGHT) -> go.Figure:
    """A column as cells: recorded steps across, layers down."""
    values, log = _values(history, column)
    title = COLUMNS[column].name + (" (log10)" if log else "")
    cells = {
        "type": "heatmap",
        "x": history.steps.tolist(),
        "y": list(range(1, history.layers + 1)),
        "z": [_plain(row) for row in values.T],
        "colorscale": [list(stop) for stop in theme.heat],
        "colorbar": {
            "title": {"text": title, "side": "top"},
            "orientation": "h",
            "y": 1.0,
            "yanchor": "bottom",
            "thickness": 12,
        },
        "hovertemplate": "layer %{y}, step %{x}: %{z:.3~g}<extra></extra>",
    }
    return figure(
        [cells],
        layout(
            theme,
            alt=_layers_told(history, column),
            xaxis={"title": {"text": "step"}},
            yaxis={
                "title": {"text": "layer"},
                "range": [history.layers + 0.5, 0.5],
                "dtick": ceil(history.layers / 8),
            },
            margin={"t": 80, "b": 60},
            height=HEIGHT,
        ),
    )


def _layers_told(history: History, column: str) -> str:
    last = history.column(column)[-1] if len(history) else np.empty(0)
    said = ", ".join(f"layer {index + 1} {show(float(last[index]))}" for index in {0, history.layers - 1} if last.size)
    return f"{COLUMNS[column].name} in each layer over the steps of training; at the end {said}."


def first_step(history: History, column: str, *, theme: Theme = LIGHT) -> go.Figure:
    """A column by layer before and after step 1."""
    values, log = _values(history, column)
    layers = list(range(1, history.layers + 1))
    traces = [
        {
            "type": "scatter",
            "name": name,
            "x": layers,
            "y": _plain(values[index]),
            "mode": "lines+markers",
            "line": {"color": theme.colour(role), "width": 3, "dash": dash},
            "marker": {"color": theme.colour(role), "size": 8, "symbol": symbol(role)},
            "hovertemplate": f"layer %{{x}}: %{{y:.3~g}}<extra>{name}</extra>",
        }
        for index, name, role, dash in ((0, "at the start", 0, "solid"), (1, "after step 1", 1, "dot"))
        if index < len(values)
    ]
    title = COLUMNS[column].name + (" (log10)" if log else "")
    return figure(
        traces,
        layout(
            theme,
            alt=f"{title} in each layer at the start and after step 1.",
            xaxis={"title": {"text": "layer (last = output)"}, "dtick": max(1, history.layers // 10)},
            yaxis={"title": {"text": title}, "zeroline": False},
            height=HEIGHT,
            showlegend=True,
        ),
    )
