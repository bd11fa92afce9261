"""The charts of the Activations page."""

from math import isfinite

import streamlit as st

from initviz.activations import ACTIVATIONS
from initviz.figures.activation import curves
from initviz.figures.gallery import gallery
from initviz.figures.theme import Theme
from initviz.measure.propagation import Layer
from initviz.ui import activation_tables, parts
from initviz.ui.state import Visit

POINTS = (-10.0, 0.0, 10.0)
STEEP, STEEP_THERE = (-3.0, 3.0), ("sigmoid", "tanh")
"""The range that the articles call steep, and of which functions."""


@parts.cached_drawing
def draw(key: str, _current: Visit, _layer: Layer, _look: Theme) -> None:
    """The curves over the layer's own z, and their values at a few points."""
    experiment, x = _current.experiment, _current.options["x"]
    others = [ACTIVATIONS[id] for id in _current.options["compare"] if id != experiment.activation]
    items = [(experiment.phi, experiment.phi_alpha), *((other, other.alpha(None)) for other in others)]
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


@parts.cached_drawing
def draw_gallery(theme_id: str, _look: Theme) -> None:
    """Every function, then every derivative."""
    parts.chart(gallery(slopes=False, theme=_look), "functions", "All functions")
    parts.chart(gallery(slopes=True, theme=_look), "derivatives", "All derivatives")
    st.caption("Vertical axes differ: each panel has the tightest of four that holds its curve.")
