"""The chart of a lesson: what the learner set, then the truth beside it with the gap."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.scales import compact, linear_axis, log_axis
from initviz.figures.theme import LIGHT, Theme, figure, layout
from initviz.lessons.lesson import Curve, Question
from initviz.text import show


def watched(curve: Curve, *, theme: Theme = LIGHT, enlarged: bool = False) -> go.Figure:
    """The curve of the experiment as it is now."""
    look = _look(curve, curve.y.tolist(), theme, enlarged)
    return figure([_truth(curve, theme, "now")], layout(theme, alt=f"{curve.y_title} over {curve.x_title}.", **look))


def asked(
    curve: Curve, question: Question, guess: float, shown: bool, *, theme: Theme = LIGHT, enlarged: bool = False
) -> go.Figure:
    """The learner's point or line; the truth only when it is `shown`, and the gap between them in words."""
    line = _line(curve, guess) if question.line else np.array([guess])
    x = curve.x if question.line else np.array([question.at])
    # The axis is that of what can be set, so that it tells nothing before, and nothing jumps after.
    reach = [*line.tolist(), *(_ends(curve, question))]
    traces: list[dict[str, Any]] = [_set(x, line, theme)]
    alt = f"Your prediction: {show(guess)}."
    notes: list[dict[str, Any]] = []
    if shown:
        truth = question.truth(curve)
        reach += curve.y[np.isfinite(curve.y)].tolist()
        traces = [_truth(curve, theme, "measured"), *traces]
        alt += f" Measured: {show(truth)}, {question.gap(guess, truth)}."
        if not question.line:
            traces.append(_gap(question.at, guess, truth, theme))
        notes = [_words(f"you {show(guess)}, measured {show(truth)}: {question.gap(guess, truth)}", theme)]
    return figure(traces, layout(theme, alt=alt, annotations=notes, **_look(curve, reach, theme, enlarged)))


def _line(curve: Curve, factor: float) -> FloatArray:
    """From the curve's first point on, by this factor from each point to the next."""
    return curve.y[0] * factor ** np.arange(len(curve.x))


def _ends(curve: Curve, question: Question) -> list[float]:
    if question.line:
        return [float(_line(curve, end)[-1]) for end in (question.answer.low, question.answer.high)]
    return [question.answer.low, question.answer.high]


def _look(curve: Curve, reach: list[float], theme: Theme, enlarged: bool) -> dict[str, Any]:
    vertical = log_axis(reach) if curve.log else linear_axis(reach)
    steps = {"dtick": 1} if len(curve.x) <= 12 else {}
    first, last = float(curve.x[0]), float(curve.x[-1])
    return {
        "xaxis": {"title": {"text": curve.x_title}, "range": [first - 0.4, last + 0.4], **steps},
        "yaxis": {"title": {"text": curve.y_title}, **vertical},
        "height": 420 if enlarged else 300,
        "showlegend": True,
        **({"font": {"size": 24}} if enlarged else {}),
    }


def _truth(curve: Curve, theme: Theme, name: str) -> dict[str, Any]:
    values = curve.y if curve.log else np.array(compact(curve.y, 4))
    few = len(curve.x) <= 101
    return {
        "type": "scatter",
        "name": name,
        "x": curve.x.tolist(),
        "y": [float(f"{value:.4g}") if np.isfinite(value) else None for value in values],
        "mode": "lines+markers" if few else "lines",
        "line": {"color": theme.colour(0), "width": 3},
        "marker": {"color": theme.colour(0), "size": 8},
        "hovertemplate": f"{curve.x_title} %{{x}}: %{{y:.3g}}<extra></extra>",
    }


def _set(x: FloatArray, y: FloatArray, theme: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "your prediction",
        "x": x.tolist(),
        "y": y.tolist(),
        "mode": "lines+markers" if len(x) > 1 else "markers",
        "line": {"color": theme.colour(1), "width": 3, "dash": "dash"},
        "marker": {"color": theme.colour(1), "size": 16 if len(x) == 1 else 8, "symbol": "diamond"},
        "hovertemplate": "%{y:.3g}<extra>your prediction</extra>",
    }


def _gap(x: float, guess: float, truth: float, theme: Theme) -> dict[str, Any]:
    return {
        "type": "scatter",
        "name": "gap",
        "x": [x, x],
        "y": [guess, truth],
        "mode": "lines",
        "line": {"color": theme.muted, "width": 2, "dash": "dot"},
        "hoverinfo": "skip",
    }


def _words(text: str, theme: Theme) -> dict[str, Any]:
    place = {"x": 0.5, "y": 1.0, "xref": "paper", "yref": "paper", "xanchor": "center", "yanchor": "top"}
    return {"text": f"<b>{text}</b>", **place, "showarrow": False, "bgcolor": theme.background}
