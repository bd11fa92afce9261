"""Initialization: does the signal survive?"""

import streamlit as st

from initviz.catalogue import Catalogue
from initviz.fields import Choice, Number, Switch
from initviz.figures import layers
from initviz.figures.axes import AXES, FIXED
from initviz.ui import layer_tables, multiples, parts, sentences, walk_parts
from initviz.ui.cache import diagnosed
from initviz.ui.initialization_charts import OF, draw
from initviz.ui.page import open_page, theme
from initviz.ui.runs import COMPARISON, runs_of
from initviz.ui.state import Option

LIMITS = Catalogue("axis", [*AXES.values(), FIXED])
OPTIONS = (
    {
        "view": Option(Choice("View", "How the distributions are drawn.", layers.VIEWS), "histograms"),
        "of": Option(Choice("Of", "Outputs h or pre-activations z.", OF), "h"),
        "axis": Option(Choice("Axis", "One for all layers, in decades, each its own, or fixed.", LIMITS), "shared"),
        "low": Option(Number("from", "Lower end of the fixed axis.", -1000, 1000, 0.5), -1.0),
        "high": Option(Number("to", "Upper end of the fixed axis.", -1000, 1000, 0.5), 1.0),
        "bins": Option(
            Number("bins", "Of each histogram.", 10, 120, integer=True, marks=(10, 20, 30, 60, 90, 120)), 60
        ),
        "layer": Option(Number("weights of layer", "Whose weights are shown.", 1, 100, integer=True, until="depth"), 1),
        "log": Option(Switch("log axis", "For the std by depth."), True),
    }
    | multiples.OPTIONS
    | COMPARISON
)
current = open_page("initialization", OPTIONS)
chosen = current.options
verdict = st.container()
limits = ("low", "high") if chosen["axis"] == "fixed" else ()
parts.options_row(OPTIONS, "view", "of", "axis", folded=("theory", "seeds", *limits, "bins", "layer", "log"))
charts = st.container()
with parts.waiting(charts, current, 700):
    with verdict:  # where a wait is seen
        propagation = parts.run(current.experiment)
        shown = runs_of(current, propagation)
        findings = diagnosed(current.experiment, propagation)
        sentences.sentence(sentences.first(findings, "forward", propagation))
    with charts:
        draw(current, propagation, shown, theme())
        walk_parts.invitation(current)
        layer_tables.download(propagation)
layer_tables.convolution(current.experiment)
