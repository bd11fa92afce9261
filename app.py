"""Overview: the experiment at a glance. Start with `streamlit run app.py`."""

import streamlit as st

from initviz.diagnosis import diagnose
from initviz.figures import gradients, layers
from initviz.ui import parts
from initviz.ui.page import PAGES, open_page, theme

COLUMNS = ("layer", "mean", "std", "saturated", "zero", "dead", "cosine", "grad_h_std", "grad_w_std")

current = open_page("overview")
experiment = current.experiment
parts.header(current, PAGES["overview"].question)

verdict, charts = st.container(), st.container()
with charts.skeleton(height=600):
    propagation = parts.run(experiment)
    findings = diagnose(experiment, propagation)
    with verdict:
        parts.sentence(findings[0])
    with charts:
        left, right = st.columns(2, gap="medium")
        with left:
            parts.chart(
                layers.distributions(propagation, view="ridges", quantity="h", shared_axis=False, theme=theme()),
                "overview-h",
                "Distribution of h in every layer",
            )
            parts.chart(
                gradients.gradient_by_depth(propagation, theme=theme()), "overview-gradient", "Gradient by depth"
            )
        with right:
            parts.chart(layers.std_by_depth(propagation, theme=theme()), "overview-std", "Standard deviation by depth")
            parts.layer_table(propagation, COLUMNS, "overview-table")
        parts.more(findings[1:])
