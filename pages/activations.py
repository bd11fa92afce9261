"""Activations: what does this function do to a signal and its gradient?"""

import streamlit as st

from initviz.activations import ACTIVATIONS
from initviz.advice.sentences import slope_sentence
from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice, Number, Several
from initviz.ui import activation_charts, activation_tables, measured_tables, parts
from initviz.ui.page import open_page, theme
from initviz.ui.state import Option

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

current, look = open_page("activations", OPTIONS), theme()
beside = ("compare", "layer", "x") if current.options["show"] == "curves" else ()
parts.options_row(OPTIONS, "show", *beside)
match current.options["show"]:
    case "gallery":
        activation_charts.draw_gallery(f"{look.id} {current.options['picture']}", look)
    case "table":
        activation_tables.properties_table()
    case "gains":
        activation_tables.gain_table()
    case "cost":
        measured_tables.costs()
    case "accuracy":
        measured_tables.accuracy()
    case _:
        sentence, charts = st.container(), st.container()
        with parts.waiting(charts, current, 500):
            with sentence:  # where a wait is seen
                propagation = parts.run(current.experiment)
                layer = propagation.layers[min(current.options["layer"], current.experiment.depth)]
                st.markdown(slope_sentence(current.experiment, layer))
                st.caption(activation_tables.rule_of_thumb(layer))
            with charts:
                activation_charts.draw(current.key, current, layer, look)
                activation_charts.one_matrix(current.experiment)
