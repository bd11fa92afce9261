"""Inside a network: what shorter floats lose of it layer by layer, and singular values of its matrices and Jacobian."""

from collections.abc import Mapping
from math import sqrt
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.depth import by_depth
from initviz.figures.runs import Series
from initviz.figures.scales import compact, log_axis
from initviz.figures.theme import LIGHT, Theme, depth_colour, figure, layout
from initviz.measure.precision import FORMATS, Precision
from initviz.measure.spectra import Spectra
from initviz.text import show

MOST_POINTS = 200
"""Singular values of a matrix that are drawn, evenly chosen."""


def lost_by_depth(
    precision: Precision, direction: Literal["forward", "backward"], *, theme: Theme = LIGHT
) -> go.Figure:
    """Share of the values that each format makes 0 or no number, in per cent."""
    losses = precision.forward if direction == "forward" else precision.backward
    what = "h" if direction == "forward" else "dL/dh"
    drawn = [
        Series(FORMATS[id].name, range(len(one.lost)), 100 * one.lost, role=role)
        for role, (id, one) in enumerate(losses.items())
    ]
    return by_depth(drawn, y_title=f"lost values of {what} in %", theme=theme, y_range=(-3, 103))


def weight_spectra(spectra: Spectra, expected: Mapping[int, FloatArray], *, theme: Theme = LIGHT) -> go.Figure:
    """Singular values of some layers' matrices, largest first, against their rank; expected ones dashed, by layer."""
    depth = max(spectra.weights, default=1)
    traces = [
        _curve(f"layer {layer}", values, {"color": depth_colour(theme, layer, depth), "width": 2.5})
        for layer, values in spectra.weights.items()
    ]
    dashed = {"color": theme.text, "width": 2, "dash": "dash"}
    traces += [
        {**_curve("predicted", values, dashed), "showlegend": number == 0, "legendgroup": "predicted"}
        for number, values in enumerate(expected.values())
    ]
    ends = [f"layer {layer} from {_ends(values)}" for layer, values in spectra.weights.items()]
    return _ranked(traces, [*spectra.weights.values(), *expected.values()], "singular value of W", ends, theme)


def jacobian_spectrum(spectra: Spectra, predicted_rms: float | None, *, theme: Theme = LIGHT) -> go.Figure:
    """Singular values of the input-output Jacobian, largest first; dashed: their root mean square by theory."""
    values = spectra.jacobian
    traces = [_curve("measured", values, {"color": theme.colour(0), "width": 3})]
    seen = [values]
    if predicted_rms:
        level = np.array([predicted_rms, predicted_rms])
        traces.append(_curve("predicted root mean square", level, {"color": theme.text, "width": 2, "dash": "dash"}))
        seen.append(level)
    return _ranked(traces, seen, "singular value of dh/dx", [f"from {_ends(values)}"], theme)


def expected_rms(factors: FloatArray, features: int, outputs: int) -> float:
    """Root mean square of the Jacobian's min(features, outputs) singular values, from the predicted factors chi on a
    squared gradient: N(0, 1) gradients of the outputs have that sum of squares at the inputs."""
    return sqrt(features * float(np.prod(factors)) / min(features, outputs))


def _curve(name: str, values: FloatArray, line: Mapping[str, Any]) -> dict[str, Any]:
    order = np.unique(np.linspace(0, max(len(values) - 1, 0), min(len(values), MOST_POINTS)).astype(int))
    y = values[order]
    shares = 100 * order / max(len(values) - 1, 1)
    return {
        "type": "scatter",
        "name": name,
        "mode": "lines",
        "x": compact(shares, 4),
        "y": [value if value > 0 else None for value in compact(y, 4)],
        "line": dict(line),
        "hovertemplate": f"%{{y:.3~g}}<extra>{name}</extra>",
    }


def _ends(values: FloatArray) -> str:
    return f"{show(float(values[0]))} down to {show(float(values[-1]))}" if len(values) else "nowhere finite"


def _ranked(
    traces: list[dict[str, Any]], seen: list[FloatArray], title: str, ends: list[str], theme: Theme
) -> go.Figure:
    positive = [float(value) for values in seen for value in values if value > 0]
    return figure(
        traces,
        layout(
            theme,
            alt=f"{title}, sorted: {'; '.join(ends)}.",
            xaxis={"title": {"text": "rank in % (largest first)"}, "range": [-2, 102]},
            yaxis={"title": {"text": title}, **log_axis(positive)},
            height=360,
            showlegend=len(traces) > 1,
        ),
    )
