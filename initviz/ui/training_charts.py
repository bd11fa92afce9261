"""What is drawn of a training: verdicts, curves, answers, layers."""

import streamlit as st

from initviz.figures import answers as pictures
from initviz.figures import training as figures
from initviz.figures import training_layers as by_layer
from initviz.figures.recorded import recorded
from initviz.figures.theme import Theme
from initviz.learn.history import COLUMNS
from initviz.learn.pictures import Answers, Curve, Plane
from initviz.text import say
from initviz.ui import parts
from initviz.ui.scrubber import scrubber
from initviz.ui.training_view import View

_BOXES = {"learns": st.success, "hardly": st.warning, "not": st.error, "diverged": st.error}
_ICONS = {
    "learns": ":material/check_circle:",
    "hardly": ":material/warning:",
    "not": ":material/error:",
    "diverged": ":material/error:",
}


def sentences(view: View) -> None:
    """What became of each start, and what was known before the first step."""
    for shown in view.runs:
        name = f"**{shown.start.name}.** " if len(view.runs) > 1 else ""
        if view.step:
            _BOXES[shown.verdict.outcome](name + shown.verdict.sentence, icon=_ICONS[shown.verdict.outcome])
    if not view.step:
        st.info(f"Ready. {view.first_loss}", icon=":material/play_circle:")
    st.caption(
        f"Step {view.step:,} of {view.total:,}, {say(view.seconds)} s of work. :material/speed: {view.limit}"
        + (f" {view.first_loss}" if view.step else "")
    )


def curves(view: View, look: Theme) -> None:
    """Loss and accuracy of every start."""
    courses = [
        figures.Course(shown.start.name, shown.history, role, shown.others) for role, shown in enumerate(view.runs)
    ]
    columns = [name for name in ("loss", "accuracy") if view.runs[0].history.has(name)]
    for place, name in zip(st.columns(len(columns) + 1, gap="medium"), [*columns, ""], strict=True):
        with place:
            if not name:
                answered(view, look)
                continue
            level = (view.reference, "constant answer") if name == "loss" else (None, "")
            figure = figures.courses(courses, name, total=view.total, theme=look, line=level[0], name=level[1])
            parts.chart(figure, name, COLUMNS[name].name.capitalize())


def answered(view: View, look: Theme) -> None:
    """What the first start's network answers now."""
    picture = view.picture
    if isinstance(picture, Curve):
        parts.chart(pictures.regression(picture, theme=look), "curve", "The curve it has learnt")
    elif isinstance(picture, Answers):
        parts.chart(pictures.confusion(picture, theme=look), "confusion", "Which digit is taken for which")
    else:
        parts.chart(pictures.decision(picture, theme=look), "plane", "What it says where (open: test)")


def layers(view: View, column: str, look: Theme) -> None:
    """One column by layer over time."""
    figure = by_layer.layer_lines(view.runs[0].history, column, total=view.total, theme=look)
    parts.chart(figure, "layer-lines", f"{COLUMNS[column].name.capitalize()}, a line for each layer")


def details(view: View, column: str, look: Theme) -> None:
    """What needs no redrawing while it runs: layers as a heat map, the first step, units of the plane, digits."""
    history = view.runs[0].history
    left, right = st.columns(2, gap="medium")
    with left:
        figure = by_layer.layer_heat(history, column, theme=look)
        parts.chart(figure, "layer-heat", f"{COLUMNS[column].name.capitalize()}, layer by layer")
    with right:
        parts.chart(by_layer.first_step(history, column, theme=look), "first-step", "What did step 1 change?")
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown(f"**{COLUMNS[column].name.capitalize()}, step by step**")
        scrubber(recorded(history, column, look), "scrubber")
    with right:
        if isinstance(view.picture, Answers):
            parts.chart(pictures.digits(view.picture, theme=look), "digits", "Some test digits, wrong ones first")
        elif isinstance(view.picture, Plane):
            parts.chart(pictures.units(view.picture, theme=look), "units", "What single units of layer 1 see")
