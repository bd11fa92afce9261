"""How a layer's weights would learn: one sign or both, all alike or each its own, how large a step."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.depth import by_depth
from initviz.figures.labels import ReferenceLine
from initviz.figures.runs import Line, Run, known, series
from initviz.figures.scales import compact
from initviz.figures.theme import LIGHT, Theme, figure, layout, symbol

ALIKE = (ReferenceLine(1.0, "1: all units learn the same"),)
RATIO = (
    Line("grad_w_ratio", "dL/dW : W", role=1, first=1, lost="grad_w_nonfinite"),
    Line("grad_h_std", "dL/dh", role=0, lost="grad_h_nonfinite"),
)


def same_sign_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Share of the samples whose gradient has one sign over all weights of a unit, in per cent."""
    shares = series(runs, Line("grad_w_same_sign", first=1, scale=100, lost="grad_w_nonfinite"))
    shares = [known(one) for one in shares]
    return by_depth(shares, y_title="samples in %", theme=theme, x_title="hidden layer", y_range=(-3, 103))


def distinct_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Distinct columns of dL/dW on a log axis: one for each unit that learns something of its own."""
    counts = series(runs, Line("grad_w_unique_columns", first=1, lost="grad_w_nonfinite"))
    return by_depth(
        [known(one) for one in counts],
        y_title="distinct columns",
        log=True,
        theme=theme,
        reference_lines=ALIKE,
        x_title="hidden layer",
    )


def ratio_by_depth(runs: Sequence[Run], *, theme: Theme = LIGHT) -> go.Figure:
    """Size of the update against that of the weights, and dL/dh, over layers on a log axis.

    Steps of gradient descent are the rate times dL/dW, so a layer moves by the rate times this ratio.
    """
    measured = [run for run in runs if run.kind == "measured"]
    return by_depth(series(measured, *RATIO), y_title="ratio; std of dL/dh", log=True, theme=theme)


def paths(walks: Mapping[str, FloatArray], goal: FloatArray, *, theme: Theme = LIGHT) -> go.Figure:
    """Two weights on their way to the goal (2,), one path (steps + 1, 2) for each name."""
    traces: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "name": name,
            "x": compact(walk[:, 0], 4),
            "y": compact(walk[:, 1], 4),
            "mode": "lines+markers",
            "line": {"color": theme.colour(role), "width": 2},
            "marker": {"color": theme.colour(role), "size": 7, "symbol": symbol(role)},
            "hovertemplate": "w₁ %{x:.2f}, w₂ %{y:.2f}<extra></extra>",
        }
        for role, (name, walk) in enumerate(walks.items())
    ]
    ends: dict[str, Any] = {"x": [0.0, float(goal[0])], "y": [0.0, float(goal[1])], "text": ["start", "goal"]}
    star = {"color": theme.text, "size": 12, "symbol": "star"}
    traces.append(
        {
            **ends,
            "type": "scatter",
            "mode": "markers+text",
            "marker": star,
            "textposition": ["middle left", "middle right"],
            "textfont": {"size": 14, "color": theme.text},
            "hoverinfo": "skip",
            "showlegend": False,
        }
    )
    axes = {
        "xaxis": {"title": {"text": "weight w₁"}, "range": [-0.35, 1.45]},
        "yaxis": {"title": {"text": "weight w₂"}, "range": [-1.3, 0.5]},
    }
    alt = f"Two weights learn sample by sample: {'; '.join(walks)}."
    return figure(traces, layout(theme, alt=alt, height=360, showlegend=True, **axes))
