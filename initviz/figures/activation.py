"""Curves of activation functions, one or several, with their derivatives."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.figures.scales import compact
from initviz.figures.theme import LIGHT, Theme, faded, figure, layout
from initviz.layer_forms import Curve
from initviz.measure.propagation import Histogram
from initviz.text import percent, say, show

POINTS = 121
"""Points of a curve, corners and jumps not counted."""
DENSITY_HEIGHT = 0.4
"""The density of z fills this part of the chart's height."""


def curve(activation: Activation, alpha: float, low: float, high: float, points: int) -> tuple[FloatArray, ...]:
    """(z, phi(z), phi'(z)) between low and high; at each kink both sides are there, so that jumps are upright."""
    sides = [kink + side for kink in activation.kinks for side in (-1e-9, 0.0, 1e-9) if low < kink < high]
    z = np.union1d(np.linspace(low, high, points), sides)
    with np.errstate(all="ignore"):  # exp of a far tail may underflow: that is its value
        return z, activation.phi(z.copy(), alpha), activation.dphi(z.copy(), alpha)


def _name(activation: Activation, alpha: float) -> str:
    return f"{activation.name} ({activation.param.name} {alpha:g})" if activation.param else activation.name


def curves(
    items: Sequence[tuple[Activation, float]],
    *,
    slopes: bool = True,
    values: bool = True,
    z_range: tuple[float, float] = (-6.0, 6.0),
    theme: Theme = LIGHT,
    density: Histogram | None = None,
    probe: Sequence[float] = (),
    shade: tuple[float, float] | None = None,
) -> go.Figure:
    """phi (solid, `values`) and phi' (dotted, `slopes`) of (activation, alpha) pairs over z.

    density: histogram of z, filled under the curves on its own scale. probe: points z marked on the first function with
    their value and slope. shade: a range of z set off in the background, such as where a sigmoid is steep.
    """
    low, high = z_range
    traces = [_density(density, low, high, theme)] if density is not None else []
    for role, (activation, alpha) in enumerate(items):
        z, phi, dphi = curve(activation, alpha, low, high, POINTS)
        name = _name(activation, alpha)
        if values:
            traces.append(line(z, phi, f"{name}: φ" if slopes else name, theme.colour(role), "solid"))
        if slopes:
            traces.append(line(z, dphi, f"{name}: φ'", theme.colour(role), "dot" if values else "solid"))
    if len(items) == 1 and values:
        traces += _parts(*items[0], low, high, theme)
    inside = [z for z in probe if low <= z <= high]
    marks, notes = _probes(*items[0], inside, slopes, values, high, theme) if items and inside else ([], [])
    traces += marks
    axes: dict[str, Any] = {
        "xaxis": {"title": {"text": "pre-activation z"}, "range": [low, high]},
        "yaxis": {"title": {"text": _y_title(slopes, values)}},
        "annotations": notes,
    }
    if density is not None:
        axes["yaxis2"] = {"overlaying": "y", "range": [0, 1 / DENSITY_HEIGHT], "visible": False, "fixedrange": True}
    if shade:
        axes["shapes"] = [_shading(*shade, theme)]
    return figure(traces, layout(theme, alt=_alt(items, probe), height=420, showlegend=True, **axes))


def _parts(activation: Activation, alpha: float, low: float, high: float, theme: Theme) -> list[dict[str, Any]]:
    """What a function of more than one number is made of, thin and dashed: maxout's lines, ABReLU's shifted copies."""
    z = np.linspace(low, high, POINTS)
    lines = activation.layer.shown(z, alpha) if activation.layer else {}
    return [
        {**line(z, y, name, theme.muted, "dash"), "line": {"color": theme.muted, "width": 1.5, "dash": "dash"}}
        for name, y in lines.items()
    ]


def _y_title(slopes: bool, values: bool) -> str:
    return " and ".join(text for text, shown in (("φ(z)", values), ("φ'(z)", slopes)) if shown)


def line(z: FloatArray, y: FloatArray, name: str, colour: str, dash: str) -> dict[str, Any]:
    """One curve over z."""
    return {
        "type": "scatter",
        "name": name,
        "x": compact(z, 12),
        "y": compact(y, 5),
        "mode": "lines",
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "hovertemplate": f"z = %{{x:.3~g}}: %{{y:.4~g}}<extra>{name}</extra>",
    }


def _density(histogram: Histogram, low: float, high: float, theme: Theme) -> dict[str, Any]:
    """The distribution of z, its peak at DENSITY_HEIGHT; the axis range does the scaling."""
    shares = histogram.counts / max(int(histogram.counts.max()), 1)
    outside = 1 - float(histogram.rebinned(np.array([low, high]))[0]) / max(histogram.total, 1)
    name = "density of z" + (f" ({percent(outside)} out of view)" if outside > 0.005 else "")
    return {
        "type": "scatter",
        "name": name,
        "yaxis": "y2",
        "x": compact(histogram.edges, 7),
        "y": [*compact(shares, 4), 0.0],
        "mode": "lines",
        "line": {"shape": "hv", "width": 0},
        "fill": "tozeroy",
        "fillcolor": faded(theme.muted, 0.35),
        "hoverinfo": "skip",
    }


def _probes(
    activation: Activation,
    alpha: float,
    points: Sequence[float],
    slopes: bool,
    values: bool,
    reach: float,
    theme: Theme,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(marked points, notes with their value and slope). `reach`: where the chart ends on either side."""
    z = np.array(points, dtype=float)
    phi, dphi = activation.phi(z.copy(), alpha), activation.dphi(z.copy(), alpha)
    shown = [y for y, wanted in ((phi, values), (dphi, slopes)) if wanted]
    left = _room_on_the_left(activation.phi if values else activation.dphi, z, alpha, reach)
    marker = {"color": theme.text, "size": 11, "symbol": "circle-open", "line": {"width": 3}}
    marks = {"type": "scatter", "mode": "markers", "marker": marker, "hoverinfo": "skip", "showlegend": False}
    notes = [
        {
            "x": float(point),
            "y": float(y),
            "text": _note(point, value if values else None, slope if slopes else None),
            **_beside(float(point), bool(to_left), reach),
            "ay": -30,
            "arrowcolor": theme.muted,
            "bgcolor": faded(theme.background, 0.85),
        }
        for point, to_left, y, value, slope in zip(z, left, shown[0], phi, dphi, strict=True)
    ]
    return [{**marks, "x": z.tolist(), "y": y.tolist(), "cliponaxis": False} for y in shown], notes


def _room_on_the_left(shown: Curve, z: FloatArray, alpha: float, reach: float) -> NDArray[np.bool_]:
    """Whether a note above the curve had better stand to the left of z: where the curve rises, or the chart ends."""
    step = reach / 60
    rises = shown(z + step, alpha) > shown(z - step, alpha)
    return np.where(np.abs(z) > reach / 2, z > 0, rises)


def _beside(point: float, to_left: bool, reach: float) -> dict[str, Any]:
    """Where a note's text stands; centred where it points out of the chart and, on a phone, would not fit."""
    centred = to_left == (point < 0) and abs(point) > reach / 3
    side = "right" if to_left else "left"
    return {"ax": (20 if centred else 30) * (-1 if to_left else 1), "xanchor": "center" if centred else side}


def _note(point: float, value: float | None, slope: float | None) -> str:
    """What is shown there of phi and phi'."""
    shown = (("φ", value), ("φ'", slope))
    return ", ".join(f"{name}({show(point)}) = {say(said)}" for name, said in shown if said is not None)


def _shading(low: float, high: float, theme: Theme) -> dict[str, Any]:
    colour = faded(theme.colour(0), 0.1)
    edges = {"type": "rect", "yref": "paper", "x0": low, "x1": high, "y0": 0, "y1": 1}
    return {**edges, "line": {"width": 0}, "fillcolor": colour, "layer": "below"}


def _alt(items: Sequence[tuple[Activation, float]], probe: Sequence[float]) -> str:
    names = ", ".join(_name(activation, alpha) for activation, alpha in items)
    marked = f" Points marked at z = {', '.join(show(z) for z in probe)}." if probe else ""
    return f"Curves over the pre-activation z of {names or 'no function'}.{marked}"
