"""Gradient flow: which layers still learn?"""

import streamlit as st

from initviz.catalogue import Catalogue
from initviz.fields import Choice, Number
from initviz.figures import gradients, layers, signal
from initviz.figures.rows import QUANTITIES
from initviz.figures.signal import Run
from initviz.figures.theme import Theme
from initviz.measure.propagation import Propagation
from initviz.ui import chain, parts
from initviz.ui.cache import diagnosed
from initviz.ui.page import open_page, theme
from initviz.ui.state import Option, Visit

OF = Catalogue("gradient", [QUANTITIES[id] for id in ("grad_h", "grad_z", "grad_w")])
OPTIONS = {
    "view": Option(Choice("View", "How the sizes are drawn.", layers.VIEWS), "ridges"),
    "of": Option(Choice("Of", "Which gradient.", OF), "grad_h"),
    "factor": Option(Number("factor", "Per layer; 0.25 is the largest slope of the sigmoid.", 0, 100, 0.01), 0.25),
    "layers": Option(Number("layers", "How many factors are multiplied.", 1, 200, integer=True), 100),
} | parts.COMPARISON
COLUMNS = ("layer", "grad_h_std", "grad_z_std", "grad_w_std", "grad_w_norm", "grad_w_ratio", "zero", "dead")


@parts.cached_drawing
def draw(key: str, _current: Visit, _one: Propagation, _run: Run, _pinned: Run | None, _look: Theme) -> None:
    """Sizes and factors by depth, distributions of sizes, silent units, the table."""
    chosen = _current.options
    theory = parts.Theory(_current.experiment, chosen["theory"])
    expected = theory.lines("grad_h_std", name="predicted dL/dh")
    expected += theory.lines("grad_w_std", name="predicted dL/dW", role=1)
    left, right = st.columns(2, gap="medium")
    with left:
        figure = gradients.gradient_by_depth(_run, pinned=_pinned, predicted=expected, theme=_look)
        parts.chart(figure, "gradient", "Size of the gradient")
    with right:
        parts.chart(gradients.factors_by_depth(_run, theme=_look), "factors", "Factor per layer")
    theory.remark()
    figure = layers.distributions(_one, view=chosen["view"], quantity=chosen["of"], theme=_look)
    parts.chart(figure, "sizes", f"{OF[chosen['of']].name}, layer by layer")
    parts.chart(signal.shares_by_depth(_run, predicted=theory.shares(), theme=_look), "shares", "Silent units")
    parts.layer_table(_one, COLUMNS)


current = open_page("gradient_flow", OPTIONS)
verdict = st.container()
parts.options_row(OPTIONS, "view", "of", folded=("theory", "seeds"))
charts = st.container()
with charts.skeleton(height=700):
    with verdict:  # where a wait is seen
        propagation, pinned = parts.run(current.experiment), parts.pinned(current)
        run = parts.runs(current.experiment, propagation, current.options["seeds"])
        findings = diagnosed(current.experiment, propagation)
        parts.sentence(parts.first(findings, "backward", propagation))
    with charts:
        draw(current.key, current, propagation, run, pinned, theme())
        parts.download(propagation)
chain.calculator(OPTIONS, current, propagation, theme())
