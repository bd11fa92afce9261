"""Overview: the experiment at a glance. Start with `streamlit run app.py`."""

import streamlit as st

from initviz.diagnosis import diagnose, is_healthy
from initviz.figures import gradients, layers, signal
from initviz.figures.predicted import after_fix, lines
from initviz.ui import parts
from initviz.ui.cache import predicted, proposed
from initviz.ui.page import PAGES, open_page, theme

COLUMNS = ("layer", "mean", "std", "saturated", "zero", "dead", "cosine", "grad_h_std", "grad_w_std")

LOW, TALL = 270, 600
"""Heights in pixels: the tall chart stands beside two low ones, all on the first screen of a laptop."""

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
            parts.chart(layers.distributions(propagation, theme=look), "ridges", "h, layer by layer", height=TALL)
            parts.chart(signal.mean_by_depth(propagation, theme=look), "mean", "Mean of h", height=LOW)
        with right:
            figure = signal.std_by_depth(propagation, predicted=size, theme=look)
            parts.chart(figure, "std", "Size of the signal", height=LOW)
            figure = gradients.gradient_by_depth(propagation, predicted=back, theme=look)
            parts.chart(figure, "gradient", "Size of the gradient", height=LOW)
            parts.chart(signal.cosine_by_depth(propagation, theme=look), "cosine", "Likeness of two inputs", height=LOW)
        parts.more(findings[1:])
        parts.layer_table(propagation, COLUMNS, "table")
