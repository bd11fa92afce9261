"""Gradient flow: which layers still learn?"""

import streamlit as st

from initviz.advice.sentences import learning
from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice
from initviz.figures import layers
from initviz.figures.axes import AXES
from initviz.ui import chain, flow_charts, layer_tables, multiples, parts, sentences
from initviz.ui.cache import diagnosed
from initviz.ui.inside import INSIDE
from initviz.ui.page import open_page, theme
from initviz.ui.runs import COMPARISON, runs_of
from initviz.ui.state import Option

SHORT = {"grad_h": "dL/dh", "grad_z": "dL/dz", "grad_w": "dL/dW"}
OF = Catalogue("gradient", [Named(id, name) for id, name in SHORT.items()])
AXES_OF_SIZES = Catalogue("axis", [AXES[id] for id in ("shared", "own")])
OPTIONS = (
    {
        "view": Option(Choice("View", "How the sizes are drawn.", layers.VIEWS), "ridges"),
        "of": Option(Choice("Of", "Which gradient.", OF), "grad_h"),
        "axis": Option(Choice("Axis", "One for all layers, or each its own.", AXES_OF_SIZES), "shared"),
        "inside": Option(Choice("Look inside", "Singular values, or what shorter floats lose.", INSIDE), "nothing"),
    }
    | multiples.OPTIONS
    | chain.OPTIONS
    | COMPARISON
)


current = open_page("gradient_flow", OPTIONS)
verdict = st.container()
parts.options_row(OPTIONS, "view", "of", "axis", folded=("theory", "seeds"))
charts = st.container()
with parts.waiting(charts, current, 700):
    with verdict:  # where a wait is seen
        propagation = parts.run(current.experiment)
        shown = runs_of(current, propagation)
        findings = diagnosed(current.experiment, propagation)
        sentences.sentence(sentences.first(findings, "backward", propagation))
        st.markdown(f":material/school: {learning(propagation).sentence}")
    with charts:
        flow_charts.draw(current, propagation, shown, theme())
        layer_tables.download(propagation)
chain.calculator(OPTIONS, current, propagation, theme())
parts.options_row(OPTIONS, "inside")
with parts.refusals_told(current.experiment):
    flow_charts.inside(current, theme())
