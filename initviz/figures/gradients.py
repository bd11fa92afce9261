"""What the backward pass does, layer by layer: sizes of gradients, factors per layer, the chain product."""

from collections.abc import Mapping, Sequence
from math import nan

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.depth import FLOAT_LIMITS, ReferenceLine, by_depth
from initviz.figures.series import Series
from initviz.figures.signal import Run, measured, runs
from initviz.figures.theme import LIGHT, Theme, faded, figure, layout
from initviz.measure.propagation import Propagation
from initviz.text import show

ONE = ReferenceLine(1.0, "1: size is kept")


def gradient_by_depth(
    run: Run,
    *,
    predicted: Sequence[Series] = (),
    pinned: Run | None = None,
    theme: Theme = LIGHT,
) -> go.Figure:
    """Standard deviation of dL/dh and dL/dW over layers on a log axis, float16 and float32 limits where they are near.

    With a pinned run only dL/dh of both: pinned is A, the present run B.
    """
    if pinned is None:
        series = [
            measured(run, "dL/dh", "grad_h_std", role=0, nonfinite="grad_h_nonfinite"),
            measured(run, "dL/dW", "grad_w_std", role=1, nonfinite="grad_w_nonfinite", first=1),
        ]
    else:
        series = runs(run, pinned, "grad_h_std", name="dL/dh", nonfinite="grad_h_nonfinite")
    return by_depth(
        [*series, *predicted],
        y_title="std of the gradient",
        log=True,
        theme=theme,
        reference_lines=FLOAT_LIMITS,
        mark_first_layer=True,
    )


def factors_by_depth(run: Run, *, predicted: Sequence[Series] = (), theme: Theme = LIGHT) -> go.Figure:
    """Factor by which each hidden layer multiplies the std of h (forward) and of dL/dh (backward)."""
    forward, backward = run.column("std"), run.column("grad_h_std")
    layers = range(1, len(forward))
    series = [
        Series("forward", layers, _ratios(forward[1:], forward[:-1]), role=0),
        Series("backward", layers, _ratios(backward[:-1], backward[1:]), role=1),
    ]
    return by_depth(
        [*series, *predicted],
        y_title="std out / std in",
        log=True,
        theme=theme,
        reference_lines=[ONE],
        x_title="hidden layer",
    )


def _ratios(after: FloatArray, before: FloatArray) -> FloatArray:
    """after / before, nan where there is nothing to divide by."""
    with np.errstate(all="ignore"):
        return np.where(before > 0, after / before, nan)


def chain_product(factors: Mapping[str, float], depth: int, *, theme: Theme = LIGHT) -> go.Figure:
    """factor^n for n = 0..depth on a log axis: what a constant factor per layer adds up to."""
    layers = range(depth + 1)
    with np.errstate(all="ignore"):
        series = [
            Series(name, layers, np.float64(factor) ** np.arange(depth + 1), role=role)
            for role, (name, factor) in enumerate(factors.items())
        ]
    return by_depth(
        series,
        y_title="product of the factors",
        log=True,
        theme=theme,
        reference_lines=[ONE, *FLOAT_LIMITS],
        x_title="number of layers",
    )


def weight_histogram(
    propagation: Propagation,
    layer: int,
    *,
    theme: Theme = LIGHT,
    density: tuple[FloatArray, FloatArray] | None = None,
) -> go.Figure:
    """The weights of hidden layer 1..depth as they were drawn; `density`: (values, predicted density), dashed."""
    weights = propagation.layers[layer].weights
    assert weights is not None, "the input has no weights"
    histogram = weights.histogram
    colour = theme.colour(0)
    traces = [
        {
            "type": "scatter",
            "name": "drawn",
            "x": histogram.edges.tolist(),
            "y": [*histogram.density().tolist(), 0.0],
            "mode": "lines",
            "line": {"shape": "hv", "width": 1, "color": colour},
            "fill": "tozeroy",
            "fillcolor": faded(colour, 0.5),
            "hovertemplate": "from %{x:.3~g}: density %{y:.3~g}<extra></extra>",
        }
    ]
    if density is not None:
        line = {"color": theme.text, "width": 2, "dash": "dash"}
        x, y = (part.tolist() for part in density)
        traces.append({"type": "scatter", "name": "predicted", "x": x, "y": y, "mode": "lines", "line": line})
    alt = f"Weights of layer {layer}: mean {show(weights.mean)}, standard deviation {show(weights.std)}."
    axes = {"xaxis": {"title": {"text": f"weights of layer {layer}"}}, "yaxis": {"title": {"text": "density"}}}
    return figure(traces, layout(theme, alt=alt, height=320, showlegend=density is not None, **axes))
