"""What the backward pass does, layer by layer: sizes of gradients, factors per layer, the chain product."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import nan

import numpy as np
import plotly.graph_objects as go

from initviz.arrays import FloatArray
from initviz.figures.depth import by_depth
from initviz.figures.labels import FLOAT_LIMITS, ReferenceLine
from initviz.figures.runs import Line, Run, Series, series
from initviz.figures.scales import log_ticks
from initviz.figures.theme import LIGHT, Theme, faded, figure, layout
from initviz.measure.propagation import Propagation
from initviz.text import show

ONE = ReferenceLine(1.0, "1: size is kept")


GRADIENTS = (
    Line("grad_h_std", "dL/dh", role=0, lost="grad_h_nonfinite"),
    Line("grad_w_std", "dL/dW", role=1, first=1, lost="grad_w_nonfinite"),
)
FORWARD = Line("std", "forward", role=0)
BACKWARD = Line("grad_h_std", "backward", role=1, lost="grad_h_nonfinite")


def gradient_by_depth(runs: Sequence[Run], *, compact: bool = False, theme: Theme = LIGHT) -> go.Figure:
    """Standard deviation of dL/dh and dL/dW over layers on a log axis, float16 and float32 limits where they are near.

    Several measured runs are compared by dL/dh alone. compact: for a low chart, dL/dW,
    which begins at layer 1, of measured runs only.
    """
    compared = sum(run.kind == "measured" for run in runs) > 1
    drawn = series(runs, *GRADIENTS[:1]) if compared else series(runs, *GRADIENTS)
    drawn = [one for one in drawn if not (compact and one.kind != "measured" and one.layers[0] > 0)]
    chart = by_depth(
        [replace(one, zero="std exactly 0") for one in drawn],  # entries that are all equal may be large
        y_title="std of dL/dh" if all(one.layers[0] == 0 for one in drawn) else "std of the gradient",
        log=True,
        theme=theme,
        reference_lines=FLOAT_LIMITS,
        mark_first_layer=True,
    )
    if compact:
        low, high = chart.layout.yaxis.range
        ticks = log_ticks(low, high, most=4)
        chart.layout.yaxis.update(ticks | {"tickvals": [10.0**place for place in ticks["tickvals"]]})
    return chart


def factors_by_depth(runs: Sequence[Run], *, marks: Sequence[ReferenceLine] = (), theme: Theme = LIGHT) -> go.Figure:
    """Factor by which each hidden layer multiplies the std of h (forward) and of dL/dh (backward); `marks`: lines."""
    return by_depth(
        [_factors(one) for one in series(runs, FORWARD, BACKWARD, bands=False)],
        y_title="std out / std in",
        log=True,
        theme=theme,
        reference_lines=[ONE, *marks],
        x_title="hidden layer",
    )


def _factors(sizes: Series) -> Series:
    """From the sizes at the layers 0..depth to the factor of each hidden layer, nan where nothing enters it."""
    low, high = sizes.values[:-1], sizes.values[1:]
    before, after = (low, high) if sizes.role == FORWARD.role else (high, low)
    with np.errstate(all="ignore"):
        values = np.where(before > 0, after / before, nan)
    lost = None if sizes.nonfinite is None else sizes.nonfinite[1:]
    return replace(sizes, layers=sizes.layers[1:], values=values, nonfinite=lost)


def chain_product(factors: Mapping[str, float], depth: int, *, theme: Theme = LIGHT) -> go.Figure:
    """factor^n for n = 0..depth on a log axis: what a constant factor per layer adds up to."""
    layers = range(depth + 1)
    with np.errstate(all="ignore"):
        products = [
            Series(name, layers, np.float64(factor) ** np.arange(depth + 1), role=role)
            for role, (name, factor) in enumerate(factors.items())
        ]
    return by_depth(
        products,
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
