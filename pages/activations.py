"""Activations: what does this function do to a signal and its gradient?"""

import streamlit as st

from initviz.activations import ACTIVATIONS
from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice, Number, Several
from initviz.figures import activation as figures
from initviz.ui import activation_tables, parts
from initviz.ui.page import PAGES, open_page, theme
from initviz.ui.state import Option
from initviz.ui.widgets import option

VIEWS = Catalogue(
    "view",
    [
        Named("curves", "Curves"),
        Named("gallery", "All functions"),
        Named("table", "Table"),
        Named("cost", "Cost"),
        Named("accuracy", "CIFAR-10"),
    ],
)
OPTIONS = {
    "show": Option(Choice("Show", "What the page shows.", VIEWS), "curves"),
    "compare": Option(Several("Compare with", "More functions in the same chart.", ACTIVATIONS), []),
    "layer": Option(Number("z of layer", "Whose pre-activations lie under the curve.", 1, 100, integer=True), 1),
    "x": Option(Number("probe at x", "Value and slope at this point.", -1000, 1000, 0.5), 3.0),
}

current = open_page("activations", OPTIONS)
experiment, options = current.experiment, current.options
parts.header(current, PAGES["activations"].question)
option("show", OPTIONS)

match options["show"]:
    case "gallery":
        for slopes, title in ((False, "phi(z)"), (True, "phi'(z)")):
            parts.chart(
                figures.gallery(slopes=slopes, theme=theme()), f"gallery-{slopes}", f"{title} of every activation"
            )
    case "table":
        activation_tables.properties()
    case "cost":
        activation_tables.costs()
    case "accuracy":
        activation_tables.accuracy()
    case _:
        propagation = parts.run(experiment)
        layer = min(options["layer"], experiment.depth)
        items = [(experiment.phi, experiment.phi_alpha)]
        items += [
            (ACTIVATIONS[id], ACTIVATIONS[id].alpha(None)) for id in options["compare"] if id != experiment.activation
        ]
        z = propagation.layers[layer].z
        st.markdown(activation_tables.slope_sentence(experiment, propagation.layers[layer]))
        controls = st.columns(3)
        for column, name in zip(controls, ("compare", "layer", "x"), strict=True):
            with column:
                option(name, OPTIONS)
        left, right = st.columns(2, gap="medium")
        density = z.histogram if z else None
        probe = (-10.0, 0.0, 10.0, options["x"])
        for column, slopes in ((left, False), (right, True)):
            with column:
                parts.chart(
                    figures.curves(items, slopes=slopes, theme=theme(), density=density, probe=probe),
                    f"curves-{slopes}",
                    "Slope of the activation" if slopes else "The activation",
                )
        activation_tables.probe(items, probe)
