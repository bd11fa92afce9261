"""A sweep as lines over one field of the experiment."""

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.scales import linear_axis, log_axis
from initviz.figures.sweep import DECADES, Side, spans_decades
from initviz.figures.theme import LIGHT, Theme, faded, figure, layout, symbol


def lines(
    values: FloatArray,
    predicted: FloatArray | None,
    y: Side,
    x: Side,
    *,
    title: str,
    root: bool = False,
    theme: Theme = LIGHT,
) -> go.Figure:
    """A line over x for each y: values (y, x, seeds), their median with a band from lowest to highest.

    predicted: (y, x), dashed. root: also what falls as 1/sqrt(x), through the middle of the first line.
    """
    places = x.values or tuple(float(index) for index in range(len(x.names)))
    traces: list[dict[str, Any]] = []
    drawn: list[float] = []
    for role in range(len(y.names)):
        name = y.said(role)
        middle, low, high = (_over(values[role], share) for share in (0.5, 0.0, 1.0))
        dashed = predicted[role].tolist() if predicted is not None else []
        drawn += [*low, *high, *(one for one in dashed if isfinite(one))]
        if values.shape[-1] > 1:
            traces.append(_band(places, low, high, theme.colour(role)))
        traces.append(_line(places, middle, name or "measured", role, theme, "solid"))
        if any(map(isfinite, dashed)):
            traces.append(_line(places, dashed, f"{name} predicted".strip(), role, theme, "dash"))
    if root and x.values:
        traces.append(_root(places, traces[0]["y"] if values.shape[-1] == 1 else traces[1]["y"], theme))
    log_y = spans_decades(np.array([one for one in drawn if isfinite(one)])) or root
    yaxis = log_axis(drawn) if log_y else linear_axis(drawn)
    xaxis: dict[str, Any] = {"title": {"text": x.title}, "tickvals": list(places), "ticktext": list(x.names)}
    if x.values and min(places) > 0 and max(places) / min(places) >= 10**DECADES:
        xaxis["type"] = "log"
    alt = f"{title} over {x.title.lower()}, a line for each of: {', '.join(y.names)}."
    both = {"xaxis": xaxis, "yaxis": yaxis | {"title": {"text": title}}}
    return figure(traces, layout(theme, alt=alt, height=400, showlegend=True, **both))


def _over(values: FloatArray, share: float) -> list[float]:
    """(x,): quantile over the seeds that have a finite number, nan where none has."""
    kept = [row[np.isfinite(row)] for row in values]
    return [float(np.quantile(row, share)) if row.size else float("nan") for row in kept]


def _json(values: Sequence[float]) -> list[float | None]:
    return [float(f"{one:.5g}") if isfinite(one) else None for one in values]


def _line(x: Sequence[float], y: Sequence[float], name: str, role: int, theme: Theme, dash: str) -> dict[str, Any]:
    colour = theme.colour(role)
    return {
        "type": "scatter",
        "name": name,
        "x": list(x),
        "y": _json(y),
        "mode": "lines+markers" if dash == "solid" else "lines",
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"size": 8, "symbol": symbol(role)},
        "showlegend": dash == "solid",
        "hovertemplate": f"{name}, %{{x}}: %{{y:.3g}}<extra></extra>",
    }


def _band(x: Sequence[float], low: Sequence[float], high: Sequence[float], colour: str) -> dict[str, Any]:
    known = [index for index in range(len(x)) if isfinite(low[index])]
    around = [*known, *known[::-1]]
    return {
        "type": "scatter",
        "x": [x[index] for index in around],
        "y": _json([*(high[index] for index in known), *(low[index] for index in known[::-1])]),
        "fill": "toself",
        "fillcolor": faded(colour, 0.15),
        "line": {"width": 0},
        "mode": "lines",
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _root(x: Sequence[float], y: Sequence[float | None], theme: Theme) -> dict[str, Any]:
    known = [(place, value) for place, value in zip(x, y, strict=True) if value]
    height = float(np.exp(np.mean([np.log(value * place**0.5) for place, value in known]))) if known else 0.0
    course = _json([height / place**0.5 for place in x])
    dashes = {"color": theme.muted, "width": 2, "dash": "dot"}
    return {"type": "scatter", "name": "∝ 1/√n", "x": list(x), "y": course, "mode": "lines", "line": dashes}
