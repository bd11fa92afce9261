"""What a lesson shows: the step, the chart to predict on, the control to move, and the way on."""

from functools import partial
from urllib.parse import urlencode

import streamlit as st

from initviz.figures import lesson as figures
from initviz.figures.theme import Theme
from initviz.lessons.catalogue import LESSONS
from initviz.lessons.lesson import Desk, Lesson, Step, words
from initviz.network.experiment import Experiment, field_of
from initviz.ui import lesson_state, parts
from initviz.ui.cache import simulated
from initviz.ui.lesson_state import OPTIONS
from initviz.ui.page import BARE
from initviz.ui.pages import PAGES
from initviz.ui.state import Visit, key, put
from initviz.ui.widgets import GROUPS, control, option

ENLARGED = "<style>html {font-size: 130%}</style>"


def top(lesson: Lesson, number: int) -> None:
    """Which lesson and step, and the teacher's switches."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        with st.container(width=360):
            st.selectbox(
                "Lesson",
                list(LESSONS),
                format_func=lambda id: f"{list(LESSONS).index(id) + 1}. {LESSONS[id].name}",
                key=key("lesson"),
                on_change=lesson_state.chosen,
            )
        st.caption(f"Step {number} of {len(lesson.steps)} · about {lesson.minutes} minutes · {', '.join(lesson.rows)}")
        with st.popover("For teachers", icon=":material/co_present:"):
            st.caption("All of it stands in the link: share it, and the room opens this very step.")
            for name in (BARE, "projector", "frozen"):
                option(name, OPTIONS)
            link = {"lesson": lesson.id, "step": number, BARE: 1, "projector": 1, "frozen": 1}
            st.code(f"lessons?{urlencode(link)}", language=None, wrap_lines=True)


def experiment_of(current: Visit, step: Step) -> Experiment:
    """The experiment on the page, with the lesson's own seed where that is frozen."""
    return current.experiment.changed(seed=step.start.seed) if current.options["frozen"] else current.experiment


def body(current: Visit, step: Step, look: Theme) -> bool:
    """The step; whether it is done."""
    if current.options["projector"]:
        st.html(ENLARGED)
    desk = Desk(experiment_of(current, step), simulated)
    st.header(step.title, anchor=False)
    st.markdown(step.words(step.text, simulated))
    with parts.refusals_told(current.experiment):
        if step.question:
            _question(current, step, look)
        else:
            _task(current, step, desk, look)
        done = step.is_done(desk, current.options["shown"])
    if done:
        st.success(step.words(step.told, simulated), icon=":material/check_circle:")
        if step.page:
            page = PAGES[step.page]
            query = desk.experiment.to_query()
            st.page_link(page.path, label=f"More of it: {page.title}", icon=page.icon, query_params=query)
    return done


def _question(current: Visit, step: Step, look: Theme) -> None:
    """The learner sets the point or the line; then the truth is drawn beside it. It is that of the step's own start."""
    question = step.question
    assert question is not None
    shown, enlarged = current.options["shown"], current.options["projector"]
    curve = question.curve(Desk(step.start, simulated))
    widget = key("guess")
    put(widget, question.answer.clamp(st.session_state[widget]))
    guess = float(st.session_state[widget])
    st.markdown(f":material/help: **{question.asked}**")
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        control("guess", widget, question.answer)
    right.button(
        "Show the truth",
        type="secondary" if shown else parts.weight(),
        disabled=shown,
        on_click=lesson_state.show_truth,
        key="show-truth",
        width="stretch",
    )
    figure = figures.asked(curve, question, guess, shown, theme=look, enlarged=enlarged)
    parts.chart(figure, "asked", "Your prediction, and what is measured" if shown else "Set it here")


def _task(current: Visit, step: Step, desk: Desk, look: Theme) -> None:
    """Where the control is, or the control itself where all others are hidden; and what comes of it."""
    name, experiment = step.control, current.experiment
    spec = field_of(name, experiment.activation)
    assert spec is not None
    if current.options[BARE]:
        control(name, key(name, experiment.activation), spec)
    else:
        fold = GROUPS[spec.group]
        inside = f", under **{fold}**" if fold else ""
        st.info(f"The control: **{spec.label}** at the side{inside}. It has a frame now.", icon=":material/ads_click:")
        st.html(f"<style>.st-key-{key(name, experiment.activation)} {{outline: 3px solid {look.colour(1)};"
                " outline-offset: 6px; border-radius: 6px}</style>")  # fmt: skip
    if step.watch:
        build = partial(figures.watched, step.watch(desk), theme=look, enlarged=current.options["projector"])
        parts.chart(build(), "watched", "The experiment as it is now")


def way_on(lesson: Lesson, number: int, done: bool) -> None:
    """Back and on; at the end the take-away with its source, and the next lesson."""
    back, skip, on = st.columns([1, 1, 1])
    if number > 1:
        back.button("Back", on_click=lesson_state.go, args=(lesson.id, number - 1), key="back", width="stretch")
    if number < len(lesson.steps):
        forward = lesson.id, number + 1
        if not done:
            skip.button("Skip", on_click=lesson_state.go, args=forward, key="skip", width="stretch")
        on.button(
            "Next step",
            type=parts.weight(),
            disabled=not done,
            on_click=lesson_state.go,
            args=forward,
            key="next",
            width="stretch",
        )
    elif done:
        _take_away(lesson)
        ids = list(LESSONS)
        following = ids[(ids.index(lesson.id) + 1) % len(ids)]
        on.button("Next lesson", on_click=lesson_state.go, args=(following, 1), key="next", width="stretch")


def _take_away(lesson: Lesson) -> None:
    known: dict[str, float | str] = {}
    for step in lesson.steps:
        known |= step.numbers(Desk(step.start, simulated))
    st.markdown(f":material/flag: **Take-away.** {words(lesson.take_away, known)} *{lesson.source}*")
