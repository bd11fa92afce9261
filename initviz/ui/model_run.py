"""What a model of one's own does when it runs: the function between its layers, charts, diagnosis, fix, and inside."""

import streamlit as st

from initviz.activations import ACTIVATIONS, Activation
from initviz.advice.findings import is_healthy
from initviz.figures import gradients, signal
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.model.chain import ChainRun
from initviz.model.remedy import WeightsFix
from initviz.theory.prediction import COVERAGE
from initviz.ui import parts, sentences
from initviz.ui.inside import INSIDE, About, draw
from initviz.ui.model_cache import Own, formats_of_own, singular_of_own
from initviz.ui.page import plain


def activation() -> Activation:
    """The function between the layers, which a file does not say."""
    single = [id for id, one in ACTIVATIONS.items() if one.pieces(one.alpha(None)) == 1]
    said = "Function between the layers (the file does not say)"
    first = single.index("relu")
    chosen = st.selectbox(said, single, first, lambda id: ACTIVATIONS[id].name, "between", width=360)
    return ACTIVATIONS[chosen]


def chain(run: ChainRun, fix: WeightsFix | None, look: Theme) -> None:
    """The diagnosis, and sizes by depth, measured beside predicted."""
    sentences.sentence(run.findings[0])
    sentences.more(run.findings)
    if fix is not None and not is_healthy(run.findings):
        st.markdown(f":material/healing: **Fix:** {plain(fix.sentence)}")
        with st.expander("The fix as code"):
            st.code(fix.torch, language="python")
            st.caption("For a module in PyTorch, before it is trained; or with NumPy, from this file to another:")
            st.code(fix.numpy, language="python")
    runs = [Run("measured", run.measured), Run("predicted", run.predicted, "predicted", coverage=COVERAGE)]
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(signal.std_by_depth(runs, theme=look), "model-std", "Standard deviation of h")
    with right:
        parts.chart(gradients.gradient_by_depth(runs, theme=look), "model-gradient", "Size of the gradient")
    st.caption(
        f"Hidden layers 1 to {len(run.measured) - 1}, {run.measured.samples} samples, gradients from N(0, 1) at the"
        " last hidden layer; the matrix that makes the outputs is left out. Predicted: random weights of the measured"
        " sizes."
    )
    if said := run.predicted.reason or run.predicted.note:
        st.caption(f":material/info: {plain(said)}")


def inside(own: Own, between: Activation, run: ChainRun, look: Theme) -> None:
    """Number formats and singular values, computed when they are asked for."""
    chosen = st.segmented_control(
        "Look inside",
        list(INSIDE),
        default="nothing",
        required=True,
        key="look",
        format_func=lambda id: INSIDE[id].name,
    )
    about = About(run.predicted.spec.layers, run.predicted, look)
    draw(chosen, lambda: formats_of_own(own, between), lambda: singular_of_own(own, between), about)
