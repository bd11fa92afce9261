"""Activations: what does this function do to a signal and its gradient?"""

from math import isfinite

import streamlit as st

from initviz.activations import ACTIVATIONS
from initviz.advice.sentences import slope_sentence
from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice, Number, Several
from initviz.figures.activation import curves, gallery
from initviz.figures.theme import Theme
from initviz.measure.propagation import Layer
from initviz.ui import activation_tables, measured_tables, parts
from initviz.ui.page import open_page, theme
from initviz.ui.state import Option, Visit

VIEWS = Catalogue(
    "view",
    [
        Named("curves", "Curves"),
        Named("gallery", "All functions"),
        Named("table", "Table"),
        Named("gains", "Gains"),
        Named("cost", "Cost"),
        Named("accuracy", "CIFAR-10"),
    ],
)
OPTIONS = {
    "show": Option(Choice("Show", "What the page shows.", VIEWS), "curves"),
    "compare": Option(Several("Compare with", "More functions in the same chart.", ACTIVATIONS), []),
    "layer": Option(Number("z of layer", "Whose z lie under the curve.", 1, 100, integer=True, until="depth"), 1),
    "x": Option(Number("probe at x", "Value and slope at this point.", -1000, 1000, 0.5, typed=True), 3.0),
}
POINTS = (-10.0, 0.0, 10.0)


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
    left, right = st.columns(2, gap="medium")
    with left:
        figure = curves(items, slopes=False, z_range=wide, theme=_look, density=density, probe=probe)
        parts.chart(figure, "values", f"The function, over the z of layer {_layer.layer}")
    with right:
        figure = curves(items, values=False, z_range=wide, theme=_look, density=density, probe=probe)
        parts.chart(figure, "slopes", "Its slope")
    activation_tables.probe(items, (*POINTS, x))


@parts.cached_drawing
def draw_gallery(theme_id: str, _look: Theme) -> None:
    """Every function, then every derivative."""
    parts.chart(gallery(slopes=False, theme=_look), "functions", "All functions")
    parts.chart(gallery(slopes=True, theme=_look), "derivatives", "All derivatives")


current, look = open_page("activations", OPTIONS), theme()
parts.options_row(OPTIONS, "show")
match current.options["show"]:
    case "gallery":
        draw_gallery(look.id, look)
    case "table":
        activation_tables.properties_table()
    case "gains":
        activation_tables.gain_table()
    case "cost":
        measured_tables.costs()
    case "accuracy":
        measured_tables.accuracy()
    case _:
        sentence = st.container()
        parts.options_row(OPTIONS, "compare", "layer", "x")
        charts = st.container()
        with parts.waiting(charts, current, 500):
            with sentence:  # where a wait is seen
                propagation = parts.run(current.experiment)
                layer = propagation.layers[min(current.options["layer"], current.experiment.depth)]
                st.markdown(slope_sentence(current.experiment, layer))
            with charts:
                draw(current.key, current, layer, look)
