"""Where a lesson stands: lesson, step, prediction and what a teacher has set, all of it in the link."""

from collections.abc import Mapping

import streamlit as st

from initviz.fields import Choice, Number, Switch
from initviz.lessons.catalogue import LESSONS
from initviz.lessons.lesson import Lesson, Step
from initviz.network.experiment import FIELDS
from initviz.ui.page import BARE
from initviz.ui.state import Option, Visit, is_here, key, load

FIRST = next(iter(LESSONS))

LEFT = "lesson-left"
"""In the session: the step that was seen last."""

MOST_STEPS = max(len(lesson.steps) for lesson in LESSONS.values())

OPTIONS = {
    "lesson": Option(Choice("Lesson", "Each takes five to ten minutes.", LESSONS), FIRST),
    "step": Option(Number("step", "Of the lesson.", 1, MOST_STEPS, integer=True), 1),
    "guess": Option(Number("prediction", "What you have set.", -1e15, 1e15), 0.0),
    "shown": Option(Switch("truth", "Whether the truth is shown."), False),
    BARE: Option(Switch("hide controls", "Only the control of the step is left, in the step itself."), False),
    "projector": Option(Switch("enlarge", "Larger letters and charts, for a projector."), False),
    "frozen": Option(Switch("freeze the seed", "Everybody sees the lesson's own draw, whatever seed is set."), False),
}


def arrive() -> None:
    """What a link leaves open: a teacher's names lesson and step alone and gets their experiment; who comes from
    another page brings one along, and finds the step that was left."""
    query = st.query_params.to_dict()
    if is_here("lessons"):
        return
    asked = (st.session_state.get(LEFT, {}) if "lesson" not in query else {}) | query
    lesson, number = asked.get("lesson", FIRST), asked.get("step", "1")
    if lesson not in LESSONS or not number.isdecimal():
        return
    step = _step(LESSONS[lesson], int(number))
    if step.question:
        asked = {"guess": f"{step.question.start:.6g}"} | asked
    if not any(name in FIELDS for name in query):
        asked = step.start.to_query() | asked
    if asked != query:
        st.query_params.from_dict(asked)


def where(current: Visit) -> tuple[Lesson, Step, int]:
    """The lesson, its step and the step's number, from 1."""
    lesson = LESSONS[current.options["lesson"]]
    number = min(current.options["step"], len(lesson.steps))
    st.session_state[LEFT] = {"lesson": lesson.id, "step": str(number)}
    return lesson, _step(lesson, number), number


def _step(lesson: Lesson, number: int) -> Step:
    return lesson.steps[min(max(number, 1), len(lesson.steps)) - 1]


def go(lesson: str, number: int) -> None:
    """Callback: to a step, with its experiment, nothing predicted and nothing shown."""
    step = _step(LESSONS[lesson], number)
    load(step.start)
    values: Mapping[str, object] = {"lesson": lesson, "step": number, "shown": False}
    for name, value in values.items():
        st.session_state[key(name)] = value
    if step.question:
        st.session_state[key("guess")] = step.question.start


def chosen() -> None:
    """Callback of the box of lessons."""
    go(st.session_state[key("lesson")], 1)


def show_truth() -> None:
    """Callback: what was predicted stands, and the truth comes beside it."""
    st.session_state[key("shown")] = True
