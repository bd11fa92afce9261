"""The charts of the Overview."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from initviz.advice.findings import Finding
from initviz.fields import Choice
from initviz.figures import gradients, layers, signal
from initviz.figures.axes import AXES
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.measure.propagation import Propagation
from initviz.ui import layer_tables, parts, pin, sentences
from initviz.ui.runs import RUNS, pinned_run
from initviz.ui.state import Option, Visit
from initviz.ui.widgets import option

COLUMNS = ("layer", "mean", "std", "saturated", "zero", "dead", "cosine", "grad_h_std", "grad_w_std")

LOW, TALL = 214, 452  # pixels: the tall chart stands beside two low ones, all on the first screen of a laptop
AXIS = Choice("Axis", "One for all layers, to compare sizes; in decades; or each its own, to compare shapes.", AXES)
OPTIONS = {"axis": Option(AXIS, "shared")}


def draw(current: Visit, one: Propagation, runs: Sequence[Run], findings: Sequence[Finding], look: Theme) -> None:
    """The distributions with the two charts beside them, and below what matters less."""
    about = current.about(*RUNS)
    left, right = st.columns(2, gap="medium")
    with left:
        ridges = partial(
            layers.distributions, one, axis=current.options["axis"], theme=look, play=True, beside=pinned_run(current)
        )
        parts.drawn(current.about("axis", pin.NAME), "ridges", "h, layer by layer", ridges, TALL)
        option("axis", OPTIONS)
    with right:
        parts.drawn(about, "std", "Size of the signal", partial(signal.std_by_depth, runs, theme=look), LOW)
        sizes = partial(gradients.gradient_by_depth, runs, compact=True, theme=look)
        parts.drawn(about, "gradient", "Size of the gradient", sizes, LOW)
    plain = [run for run in runs if run.kind == "measured"]
    left, right = st.columns(2, gap="medium")
    with left:
        parts.drawn(about, "mean", "Mean of h", partial(signal.mean_by_depth, plain, theme=look), LOW)
    with right:
        parts.drawn(about, "cosine", "Likeness of two inputs", partial(signal.cosine_by_depth, plain, theme=look), LOW)
    sentences.more(findings)
    layer_tables.layer_table(current.about(), COLUMNS, one)
