"""Training over its steps: loss and accuracy of one run or several.

Axes are fixed by the task and in whole decades, so that a chart that grows does not jump.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10
from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.scales import log_ticks
from initviz.figures.theme import LIGHT, Role, Theme, faded, figure, layout, symbol
from initviz.learn.history import COLUMNS, History
from initviz.text import show

HEIGHT = 300

FLOOR, CEILING = -8, 8
"""Powers of ten between which a loss is drawn."""


@dataclass(frozen=True)
class Course:
    """One start in the charts: its history, and those of the same start from other seeds for a band."""

    name: str
    history: History
    role: Role = 0
    others: tuple[History, ...] = ()


def courses(
    shown: Sequence[Course], column: str, *, total: int, theme: Theme = LIGHT, line: float | None = None, name: str = ""
) -> go.Figure:
    """A column of the training part as lines, the same of the test part dotted; `line` is a level with a name."""
    log = column == "loss"
    pairs = [(one, part) for one in shown for part in (column, f"test_{column}") if one.history.has(part)]
    traces = [_band(one, column, log, theme) for one in shown if one.others]
    traces += [_course(one, part, log, theme, several=len(shown) > 1) for one, part in pairs]
    values = [one.history.column(part) for one, part in pairs]
    vertical = _loss_axis(values) if log else {"range": [-0.02, 1.02], "tickformat": ".0%"}
    overrides: dict[str, Any] = {"shapes": [], "annotations": []}
    if line is not None:
        overrides = level(line, name, log, theme)
    return figure(
        traces,
        layout(
            theme,
            alt=_told(shown, column),
            xaxis={"title": {"text": "step"}, "range": [-0.01 * total, 1.01 * max(total, 1)], "zeroline": False},
            yaxis={"title": {"text": COLUMNS[column].name}, "zeroline": False, **vertical},
            height=HEIGHT,
            showlegend=True,
            **overrides,
        ),
    )


def _course(one: Course, part: str, log: bool, theme: Theme, *, several: bool) -> dict[str, Any]:
    test, colour = part.startswith("test_"), theme.colour(one.role)
    words = "test" if test else "training"
    name = f"{one.name}: {words}" if several else words
    steps, values = one.history.steps, one.history.column(part)
    return {
        "type": "scatter",
        "name": name,
        "x": steps.tolist(),
        "y": _drawable(values, log),
        "mode": "lines+markers" if len(steps) < 3 else "lines",
        "line": {"color": colour, "width": 2 if test else 3, "dash": "dot" if test else "solid"},
        "marker": {"color": colour, "size": 8, "symbol": symbol(one.role)},
        "hovertemplate": f"step %{{x}}: %{{y:.3~g}}<extra>{name}</extra>",
    }


def _drawable(values: FloatArray, log: bool) -> list[float | None]:
    low, high = (10.0**FLOOR, 10.0**CEILING) if log else (-np.inf, np.inf)
    return [float(f"{min(max(value, low), high):.4g}") if isfinite(value) else None for value in values]


def _loss_axis(values: Sequence[FloatArray]) -> dict[str, Any]:
    """Whole decades around what was seen, from 0.01 to 10 at least."""
    sizes = [value for column in values for value in column if isfinite(value) and value > 0]
    low = max(min([floor(log10(size)) for size in sizes], default=-2), FLOOR)
    high = min(max([ceil(log10(size)) for size in sizes], default=1), CEILING)
    low, high = min(low, -2), max(high, 1)
    ticks = log_ticks(low, high)
    return {"type": "log", "range": [low, high], **ticks, "tickvals": [10.0**place for place in ticks["tickvals"]]}


def level(value: float, name: str, log: bool, theme: Theme) -> dict[str, Any]:
    """A dotted line at a value, with its name: shapes and annotations of a layout."""
    line = {"color": theme.muted, "width": 1.5, "dash": "dot"}
    shape = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value, "line": line}
    words = {
        "text": name,
        "xref": "paper",
        "x": 1,
        "xanchor": "right",
        "y": log10(value) if log else value,
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 14, "color": theme.muted},
    }
    return {"shapes": [shape], "annotations": [words]}


def _band(one: Course, column: str, log: bool, theme: Theme) -> dict[str, Any]:
    """Lowest to highest of all seeds, at the steps of the first."""
    steps = one.history.steps
    rows = [np.interp(steps, other.steps, other.column(column)) for other in (one.history, *one.others)]
    known = np.isfinite(rows).all(axis=0)
    low, high = (getattr(np.array(rows)[:, known], end)(axis=0) for end in ("min", "max"))
    inside = steps[known]
    return {
        "type": "scatter",
        "x": [*inside.tolist(), *inside[::-1].tolist()],
        "y": [*_drawable(low, log), *_drawable(high[::-1], log)],
        "mode": "lines",
        "line": {"width": 0},
        "fill": "toself",
        "fillcolor": faded(theme.colour(one.role), 0.2),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _told(shown: Sequence[Course], column: str) -> str:
    ends = [
        f"{one.name}: from {show(float(values[0]))} to {show(float(values[-1]))} at step {int(one.history.steps[-1])}."
        for one in shown
        if len(values := one.history.column(column))
    ]
    return f"{COLUMNS[column].name} over the steps of training. " + " ".join(ends)
