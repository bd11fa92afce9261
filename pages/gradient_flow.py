"""Gradient flow: which layers still learn?"""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from initviz.catalogue import Catalogue
from initviz.fields import Choice
from initviz.figures import gradients, layers, signal
from initviz.figures.axes import AXES
from initviz.figures.rows import QUANTITIES
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.measure.propagation import Propagation
from initviz.ui import chain, layer_tables, parts, sentences
from initviz.ui.cache import diagnosed
from initviz.ui.page import open_page, theme
from initviz.ui.runs import COMPARISON, RUNS, remark, runs_of
from initviz.ui.state import Option, Visit

OF = Catalogue("gradient", [QUANTITIES[id] for id in ("grad_h", "grad_z", "grad_w")])
AXES_OF_SIZES = Catalogue("axis", [AXES[id] for id in ("shared", "own")])
OPTIONS = (
    {
        "view": Option(Choice("View", "How the sizes are drawn.", layers.VIEWS), "ridges"),
        "of": Option(Choice("Of", "Which gradient.", OF), "grad_h"),
        "axis": Option(Choice("Axis", "One for all layers, or each its own.", AXES_OF_SIZES), "shared"),
    }
    | chain.OPTIONS
    | COMPARISON
)
COLUMNS = ("layer", "grad_h_std", "grad_z_std", "grad_w_std", "grad_w_norm", "grad_w_ratio", "zero", "dead")


def draw(current: Visit, one: Propagation, runs: Sequence[Run], look: Theme) -> None:
    """Sizes and factors by depth, distributions of sizes, silent units, the table; each drawn again when what it
    follows from changes."""
    chosen, about = current.options, current.about(*RUNS)
    left, right = st.columns(2, gap="medium")
    with left:
        sizes = partial(gradients.gradient_by_depth, runs, theme=look)
        parts.drawn(about, "gradient", "Size of the gradient", sizes)
    with right:
        parts.drawn(about, "factors", "Factor per layer", partial(gradients.factors_by_depth, runs, theme=look))
    remark(current)
    how = {name: chosen[option] for name, option in (("view", "view"), ("quantity", "of"), ("axis", "axis"))}
    figure = partial(layers.distributions, one, **how, theme=look)
    parts.drawn(current.about("view", "of", "axis"), "sizes", f"{OF[chosen['of']].name}, layer by layer", figure)
    parts.drawn(about, "shares", "Silent units", partial(signal.shares_by_depth, runs, theme=look))
    layer_tables.layer_table(current.about(), COLUMNS, one)


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
    with charts:
        draw(current, propagation, shown, theme())
        layer_tables.download(propagation)
chain.calculator(OPTIONS, current, propagation, theme())
