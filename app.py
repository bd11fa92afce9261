"""Overview: the experiment at a glance. Start with `streamlit run app.py`."""

import streamlit as st

from initviz.advice.findings import Finding, is_healthy
from initviz.advice.fix import Fix
from initviz.figures import gradients, layers, signal
from initviz.figures.predicted import after_fix, lines
from initviz.figures.theme import Theme
from initviz.measure.propagation import Propagation
from initviz.network.experiment import Experiment
from initviz.ui import parts
from initviz.ui.cache import diagnosed, predicted, proposed
from initviz.ui.page import open_page, theme

COLUMNS = ("layer", "mean", "std", "saturated", "zero", "dead", "cosine", "grad_h_std", "grad_w_std")

LOW, TALL = 236, 530  # pixels: the tall chart stands beside two low ones, all on the first screen of a laptop


@parts.cached_drawing
def draw(
    key: str,
    _experiment: Experiment,
    _run: Propagation,
    _pinned: Propagation | None,
    _findings: tuple[Finding, ...],
    _fix: Fix | None,
    _look: Theme,
) -> None:
    """Everything below the verdict."""
    prediction = predicted(_experiment)
    size, back = lines(prediction, "std"), lines(prediction, "grad_h_std")
    if _fix:
        size += after_fix(_fix.prediction, "std")
        back += after_fix(_fix.prediction, "grad_h_std")
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(layers.distributions(_run, theme=_look), "ridges", "h, layer by layer", height=TALL)
    with right:
        figure = signal.std_by_depth(_run, predicted=size, pinned=_pinned, theme=_look)
        parts.chart(figure, "std", "Size of the signal", height=LOW)
        figure = gradients.gradient_by_depth(_run, predicted=back, pinned=_pinned, theme=_look)
        parts.chart(figure, "gradient", "Size of the gradient", height=LOW)
    left, right = st.columns(2, gap="medium")
    with left:
        figure = signal.mean_by_depth(_run, pinned=_pinned, theme=_look)
        parts.chart(figure, "mean", "Mean of h", height=LOW)
    with right:
        figure = signal.cosine_by_depth(_run, pinned=_pinned, theme=_look)
        parts.chart(figure, "cosine", "Likeness of two inputs", height=LOW)
    parts.more(_findings)
    parts.layer_table(_run, COLUMNS)


current = open_page("overview")
verdict, charts = st.container(), st.container()
with charts.skeleton(height=700):
    with verdict:  # where a wait is seen
        propagation, pinned = parts.run(current.experiment), parts.pinned(current)
        findings = diagnosed(current.experiment, propagation)
        fix = None if is_healthy(findings) else proposed(current.experiment)
        parts.sentence(findings[0])
        parts.remedy(fix, findings)
    with charts:
        draw(current.key, current.experiment, propagation, pinned, findings, fix, theme())
        parts.download(propagation)
