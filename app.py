"""Overview: the experiment at a glance. Start with `streamlit run app.py`."""

import streamlit as st

from initviz.diagnosis import diagnose, is_healthy
from initviz.figures import gradients, layers, signal
from initviz.figures.predicted import after_fix, lines
from initviz.ui import parts
from initviz.ui.cache import predicted, proposed
from initviz.ui.page import PAGES, open_page, theme

COLUMNS = ("layer", "mean", "std", "saturated", "zero", "dead", "cosine", "grad_h_std", "grad_w_std")

current = open_page("overview")
experiment, look = current.experiment, theme()
parts.header(current, PAGES["overview"].question)

verdict, charts = st.container(), st.container()
with charts.skeleton(height=700):
    propagation = parts.run(experiment)
    findings = diagnose(experiment, propagation)
    prediction = predicted(experiment)
    fix = None if is_healthy(findings) else proposed(experiment)
    with verdict:
        parts.sentence(findings[0])
        parts.remedy(fix, findings)
    size, back = lines(prediction, "std"), lines(prediction, "grad_h_std")
    if fix:
        size += after_fix(fix.prediction, "std")
        back += after_fix(fix.prediction, "grad_h_std")
    with charts:
        left, right = st.columns(2, gap="medium")
        with left:
            parts.chart(layers.distributions(propagation, theme=look), "ridges", "h, layer by layer")
            parts.chart(signal.mean_by_depth(propagation, theme=look), "mean", "Mean of h")
        with right:
            parts.chart(signal.std_by_depth(propagation, predicted=size, theme=look), "std", "Size of the signal")
            parts.chart(
                gradients.gradient_by_depth(propagation, predicted=back, theme=look), "gradient", "Size of the gradient"
            )
        parts.more(findings[1:])
        parts.layer_table(propagation, COLUMNS, "table")
