"""Gradient flow: which layers still learn?"""

import streamlit as st

from initviz.catalogue import Catalogue
from initviz.diagnosis import diagnose
from initviz.fields import Choice, Number
from initviz.figures import gradients, layers, signal
from initviz.figures.rows import QUANTITIES
from initviz.ui import chain, parts
from initviz.ui.page import PAGES, open_page, theme
from initviz.ui.state import Option

OF = Catalogue("gradient", [QUANTITIES[id] for id in ("grad_h", "grad_z", "grad_w")])
OPTIONS = {
    "view": Option(Choice("View", "How the sizes are drawn.", layers.VIEWS), "ridges"),
    "of": Option(Choice("Of", "Which gradient.", OF), "grad_h"),
    "factor": Option(Number("factor", "Per layer; 0.25 is the largest slope of the sigmoid.", 0, 100, 0.01), 0.25),
    "layers": Option(Number("layers", "How many factors are multiplied.", 1, 200, integer=True), 100),
} | parts.COMPARISON
COLUMNS = ("layer", "grad_h_std", "grad_z_std", "grad_w_std", "grad_w_norm", "grad_w_ratio", "zero", "dead")

current = open_page("gradient_flow", OPTIONS)
experiment, chosen, look = current.experiment, current.options, theme()
parts.header(current, PAGES["gradient_flow"].question)

verdict = st.container()
parts.options_row(OPTIONS, "view", "of", "theory", "seeds")
charts = st.container()
with charts.skeleton(height=700):
    propagation = parts.run(experiment)
    run = parts.runs(experiment, propagation, chosen["seeds"])
    theory = parts.Theory(experiment, chosen["theory"])
    with verdict:
        parts.sentence(parts.first(diagnose(experiment, propagation), "backward"))
    with charts:
        left, right = st.columns(2, gap="medium")
        with left:
            expected = theory.lines("grad_h_std", name="predicted dL/dh")
            expected += theory.lines("grad_w_std", name="predicted dL/dW", role=1)
            parts.chart(
                gradients.gradient_by_depth(run, predicted=expected, theme=look), "gradient", "Size of the gradient"
            )
        with right:
            parts.chart(gradients.factors_by_depth(run, theme=look), "factors", "Factor per layer")
        theory.remark()
        figure = layers.distributions(propagation, view=chosen["view"], quantity=chosen["of"], theme=look)
        parts.chart(figure, "sizes", f"{OF[chosen['of']].name}, layer by layer")
        left, right = st.columns(2, gap="medium")
        with left:
            chain.calculator(OPTIONS, chosen, propagation, look)
        with right:
            parts.chart(
                signal.shares_by_depth(run, predicted=theory.shares(), theme=look), "shares", "Saturated, zero and dead"
            )
        parts.layer_table(propagation, COLUMNS, "table")
