"""The charts of the Activations page."""

from math import isfinite, isnan

import numpy as np
import streamlit as st

from initviz.activations import ACTIVATIONS
from initviz.figures.activation import curves
from initviz.figures.gallery import gallery
from initviz.figures.neuron import neuron
from initviz.figures.slopes import secants, slope_shares, tanh_as_sigmoid
from initviz.figures.theme import Theme
from initviz.gaussian.properties import secant_slopes
from initviz.measure.linear import is_linear
from initviz.measure.propagation import Layer
from initviz.measure.slopes import slopes_at
from initviz.network.experiment import Experiment
from initviz.text import counted, show
from initviz.ui import activation_tables, parts, pin
from initviz.ui.cache import collapsed
from initviz.ui.state import Visit

POINTS = (-10.0, 0.0, 10.0)
STEEP, STEEP_THERE = (-3.0, 3.0), ("sigmoid", "tanh")
"""The range that the articles call steep, and of which functions."""

SECANTS = (-4.0, -2.0, 0.0, 2.0, 4.0)
"""Through the curve at these points go the secants."""


@parts.cached_drawing
def draw(key: str, _current: Visit, _layer: Layer, _look: Theme) -> None:
    """The curves over the layer's own z, and their values at a few points."""
    experiment, x = _current.experiment, _current.options["x"]
    held = pin.pinned(_current)
    chosen = [(ACTIVATIONS[id], ACTIVATIONS[id].alpha(None)) for id in _current.options["compare"]]
    beside = [(held.phi, held.phi_alpha)] if held else []
    own = (experiment.phi, experiment.phi_alpha)
    others = [one for one in dict.fromkeys([*beside, *chosen]) if one != own]
    items = [own, *others]
    density = _layer.z.histogram if _layer.z else None
    reach = 3 * _layer.z.std if _layer.z and isfinite(_layer.z.std) else 0.0
    wide = (-max(6.0, reach), max(6.0, reach))
    probe = () if others else (x,)
    shade = STEEP if experiment.activation in STEEP_THERE and not others else None
    left, right = st.columns(2, gap="medium")
    with left:
        figure = curves(items, slopes=False, z_range=wide, theme=_look, density=density, probe=probe, shade=shade)
        parts.chart(figure, "values", f"The function, over the z of layer {_layer.layer}")
    with right:
        figure = curves(items, values=False, z_range=wide, theme=_look, density=density, probe=probe, shade=shade)
        parts.chart(figure, "slopes", "Its slope")
    if experiment.phi.layer and not others:
        st.caption(experiment.phi.layer.caption)
    if shade:
        st.caption(f"Shaded: z from {shade[0]:g} to {shade[1]:g}, where {experiment.phi.name} is steep.")
    activation_tables.probe(items, (*POINTS, x))
    _how_steep(_current, _layer, _look)


def _how_steep(current: Visit, layer: Layer, look: Theme) -> None:
    """The slopes at the layer's own z, secants, what z and h are, and that tanh is a sigmoid."""
    spec = current.experiment.spec().layers[layer.layer - 1]
    slopes = slopes_at(spec.activation, spec.alpha, layer.z.fine) if layer.z else None
    left, right = st.columns(2, gap="medium")
    with left:
        if slopes is not None:
            title = f"Slopes of {spec.activation.name} at the z of layer {layer.layer}"
            parts.chart(slope_shares(slopes, theme=look), "slope-shares", title)
        parts.chart(neuron(spec.activation.name, theme=look), "neuron", "One unit: z and h")
    with right:
        experiment, points = current.experiment, np.array(SECANTS)
        figure = secants(experiment.phi, experiment.phi_alpha, points, theme=look)
        parts.chart(figure, "secants", "Linear or not: slopes between points")
        st.caption(_secant_sentence(secant_slopes(experiment.phi, experiment.phi_alpha, points).tolist()))
        if experiment.activation in ("tanh", "sigmoid"):
            parts.chart(tanh_as_sigmoid(look), "tanh-as-sigmoid", "tanh is a stretched and shifted sigmoid")


def one_matrix(experiment: Experiment) -> None:
    """That all layers of a linear network are one matrix, with the difference that rounding leaves."""
    if is_linear(experiment) and not isnan(error := collapsed(experiment)):
        st.markdown(
            f"**{counted(experiment.depth, 'linear layer')}, one matrix:** with the weights of all layers multiplied to"
            f" one matrix, the outputs of this network differ by at most **{show(error)}** of the largest. Depth adds"
            " nothing without a function that bends."
        )


def _secant_sentence(slopes: list[float]) -> str:
    low, high = show(min(slopes)), show(max(slopes))
    if low == high:
        return f"All secants have the slope {low}: the function is linear here, and layers of it add nothing new."
    return f"The secants' slopes lie between {low} and {high}: a linear function has one slope."


@parts.cached_drawing
def draw_gallery(about: str, _look: Theme) -> None:
    """Every function, then every derivative."""
    parts.chart(gallery(slopes=False, theme=_look), "functions", "All functions", general=True)
    parts.chart(gallery(slopes=True, theme=_look), "derivatives", "All derivatives", general=True)
    st.caption("Vertical axes differ: each panel has the tightest of four that holds its curve.")
