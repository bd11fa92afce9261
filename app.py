"""Overview: the experiment at a glance. Start with `streamlit run app.py`."""

from collections.abc import Sequence

import streamlit as st

from initviz.advice.findings import Finding, is_healthy
from initviz.fields import Choice
from initviz.figures import gradients, layers, signal
from initviz.figures.axes import AXES
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.measure.propagation import Propagation
from initviz.ui import layer_tables, parts, sentences
from initviz.ui.cache import diagnosed, proposed
from initviz.ui.page import open_page, theme
from initviz.ui.runs import runs_of
from initviz.ui.state import Option
from initviz.ui.widgets import option

COLUMNS = ("layer", "mean", "std", "saturated", "zero", "dead", "cosine", "grad_h_std", "grad_w_std")

LOW, TALL = 236, 500  # pixels: the tall chart stands beside two low ones, all on the first screen of a laptop
AXIS = Choice("Axis", "One for all layers, to compare sizes; in decades; or each its own, to compare shapes.", AXES)
OPTIONS = {"axis": Option(AXIS, "shared")}


@parts.cached_drawing
def draw_ridges(key: str, _one: Propagation, _axis: str, _look: Theme) -> None:
    """The distributions."""
    parts.chart(layers.distributions(_one, axis=_axis, theme=_look), "ridges", "h, layer by layer", height=TALL)


@parts.cached_drawing
def draw_sizes(key: str, _runs: Sequence[Run], _look: Theme) -> None:
    """The two charts beside them."""
    parts.chart(signal.std_by_depth(_runs, theme=_look), "std", "Size of the signal", height=LOW)
    figure = gradients.gradient_by_depth(_runs, compact=True, theme=_look)
    parts.chart(figure, "gradient", "Size of the gradient", height=LOW)


@parts.cached_drawing
def draw_rest(key: str, _one: Propagation, _runs: Sequence[Run], _findings: tuple[Finding, ...], _look: Theme) -> None:
    """What matters less, below the fold."""
    plain = [run for run in _runs if run.kind == "measured"]
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(signal.mean_by_depth(plain, theme=_look), "mean", "Mean of h", height=LOW)
    with right:
        parts.chart(signal.cosine_by_depth(plain, theme=_look), "cosine", "Likeness of two inputs", height=LOW)
    sentences.more(_findings)
    layer_tables.layer_table(_one, COLUMNS)


current, look = open_page("overview", OPTIONS), theme()
verdict, charts = st.container(), st.container()
with charts.skeleton(height=700):
    with verdict:  # where a wait is seen
        propagation = parts.run(current.experiment)
        findings = diagnosed(current.experiment, propagation)
        fix = None if is_healthy(findings) else proposed(current.experiment)
        shown = runs_of(current, propagation, fix)
        sentences.sentence(findings[0])
        sentences.remedy(fix, findings)
    with charts:
        left, right = st.columns(2, gap="medium")
        with left:
            draw_ridges(current.key, propagation, current.options["axis"], look)
            option("axis", OPTIONS)
        with right:
            draw_sizes(current.key, shown, look)
        draw_rest(current.key, propagation, shown, findings, look)
        layer_tables.download(propagation)
