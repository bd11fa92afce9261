"""How steep an activation is: at a layer's own z, and between points of its curve; and tanh as a sigmoid."""

from typing import Any

import numpy as np
import plotly.graph_objects as go

from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray
from initviz.figures.activation import POINTS, curve, line
from initviz.figures.scales import compact
from initviz.figures.theme import LIGHT, Theme, faded, figure, layout
from initviz.gaussian.properties import secant_slopes, tanh_from_sigmoid
from initviz.measure.slopes import Slopes
from initviz.text import show

HEIGHT = 300
REACH = 6.0
"""Curves without data are drawn from -REACH to REACH."""


def slope_shares(slopes: Slopes, *, theme: Theme = LIGHT) -> go.Figure:
    """Which share of the values of z meets which slope, from the least slope there is to the largest, and the mean."""
    mean, low, high = slopes.mean, float(slopes.edges[0]), float(slopes.edges[-1])
    bars = {
        "type": "scatter",
        "x": compact(slopes.edges, 6),
        "y": [*compact(100 * slopes.shares, 5), 0.0],
        "mode": "lines",
        "line": {"shape": "hv", "width": 1, "color": theme.colour(0)},
        "fill": "tozeroy",
        "fillcolor": faded(theme.colour(0), 0.5),
        "hovertemplate": "slope from %{x:.3~g}: %{y:.3~g} % of the values<extra></extra>",
    }
    mark = {"type": "line", "x0": mean, "x1": mean, "yref": "paper", "y0": 0, "y1": 1}
    name: dict[str, Any] = {"text": f"mean {show(mean)}", "x": mean, "yref": "paper", "y": 1, "showarrow": False}
    beside = {"xanchor": "left", "xshift": 6} if mean < (low + high) / 2 else {"xanchor": "right", "xshift": -6}
    name |= {**beside, "yanchor": "top"}
    return figure(
        [bars],
        layout(
            theme,
            alt=f"Distribution of the slope φ'(z) over the values of z, between {show(low)} and {show(high)};"
            f" its mean is {show(mean)}.",
            xaxis={"title": {"text": "slope φ'(z)"}, "range": [low, high]},
            yaxis={"title": {"text": "share in %"}, "rangemode": "tozero"},
            shapes=[{**mark, "line": {"color": theme.text, "width": 2, "dash": "dash"}}],
            annotations=[name | {"bgcolor": faded(theme.background, 0.85)}],
            height=HEIGHT,
            showlegend=False,
        ),
    )


def secants(activation: Activation, alpha: float, z: FloatArray, *, theme: Theme = LIGHT) -> go.Figure:
    """The curve, and the lines through neighbouring points at ascending z, each with its slope."""
    places, phi, _ = curve(activation, alpha, -REACH, REACH, POINTS)
    at, slopes = activation.phi(z.copy(), alpha), secant_slopes(activation, alpha, z)
    chords = {
        **line(z, at, "secants", theme.colour(1), "solid"),
        "mode": "lines+markers",
        "marker": {"size": 8},
    }
    middles, heights = (z[1:] + z[:-1]) / 2, (at[1:] + at[:-1]) / 2
    names = [
        {"text": show(slope), "x": x, "y": y, "showarrow": False, "yshift": 14 * (-1) ** place}
        for place, (x, y, slope) in enumerate(zip(middles.tolist(), heights.tolist(), slopes.tolist(), strict=True))
    ]
    said = ", ".join(show(slope) for slope in slopes.tolist())
    return figure(
        [line(places, phi, activation.name, theme.colour(0), "solid"), chords],
        layout(
            theme,
            alt=f"{activation.name} with the lines through neighbouring points; their slopes are {said}.",
            xaxis={"title": {"text": "pre-activation z"}, "range": [-REACH, REACH]},
            yaxis={"title": {"text": "φ(z)"}},
            annotations=[{**name, "bgcolor": faded(theme.background, 0.85)} for name in names],
            height=HEIGHT,
            showlegend=True,
        ),
    )


def tanh_as_sigmoid(theme: Theme = LIGHT) -> go.Figure:
    """tanh z and 2 sigmoid(2 z) - 1 over each other, and their difference."""
    z = np.linspace(-REACH, REACH, POINTS)
    twin, largest = tanh_from_sigmoid(z)
    tanh = ACTIVATIONS["tanh"].phi(z.copy(), 0.0)
    below = line(z, tanh, "tanh z", theme.colour(0), "solid")
    below["line"] = {**below["line"], "width": 8, "color": faded(theme.colour(0), 0.5)}
    return figure(
        [
            below,
            line(z, twin, "2 σ(2z) − 1", theme.colour(1), "dash"),
            line(z, twin - tanh, f"difference, at most {show(largest)}", theme.text, "dot"),
        ],
        layout(
            theme,
            alt=f"tanh z and 2 sigmoid(2 z) - 1 are the same curve: they differ by at most {show(largest)}.",
            xaxis={"title": {"text": "z"}, "range": [-REACH, REACH]},
            height=HEIGHT,
            showlegend=True,
        ),
    )
