"""How a training is steered: its options, its buttons, its slices, what can be taken away."""

from collections.abc import ItemsView
from typing import Any

import pandas as pd
import streamlit as st

from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice, Number
from initviz.learn.history import COLUMNS
from initviz.learn.lessons import LESSONS, Lesson
from initviz.learn.settings import TRAINING_DEFAULTS, TRAINING_FIELDS
from initviz.text import say
from initviz.ui import parts, shown, starts
from initviz.ui.live import Live
from initviz.ui.state import Option, Visit, key, load, put
from initviz.ui.training_view import View

FOLLOWED = Catalogue("column", [column for column in COLUMNS.values() if column.by_layer])
SPEEDS = Catalogue("speed", [Named("slow", "a step at a time"), Named("fast", "as fast as it goes")])

OPTIONS = {name: Option(spec, TRAINING_DEFAULTS[name]) for name, spec in TRAINING_FIELDS.items()} | {
    "follow": Option(Choice("Follow", "Which number of the layers is drawn.", FOLLOWED), "std"),
    "speed": Option(Choice("Speed", "How much a look at it waits for.", SPEEDS), "fast"),
    "seeds": Option(Number("networks", "Train so many of each start: band.", 1, 5, integer=True), 1),
    "reach": Option(Number("race to loss", "Steps to this loss are compared.", 1e-3, 10, log=True), 0.3),
    **starts.OPTION,
}
SHOWN = ("task", "optimizer", "learning_rate", "batch", "epochs", "follow")
FOLDED = (*(name for name in TRAINING_FIELDS if name not in SHOWN), "speed", "seeds")


def lessons(current: Visit) -> Lesson | None:
    """Experiments to load, and the question of the one that is loaded, which is returned."""
    matching = next((lesson.id for lesson in LESSONS.values() if _values(lesson).items() <= _present(current)), None)
    put("lesson", matching)
    with st.container(width=400):
        st.selectbox(
            "Load an experiment",
            list(LESSONS),
            format_func=lambda id: LESSONS[id].name,
            key="lesson",
            placeholder="your own",
            on_change=_load_lesson,
        )
    if matching is None:
        return None
    st.markdown(f":material/help: {LESSONS[matching].question}")
    return LESSONS[matching]


def _values(lesson: Lesson) -> dict[str, Any]:
    """The experiment, and every option of the page that a lesson decides."""
    experiment, training = lesson.starts[0]
    own = {name: getattr(training, name) for name in TRAINING_FIELDS}
    return {
        "experiment": experiment,
        **own,
        "follow": lesson.follow,
        "seeds": 1,
        starts.NAME: starts.spelt(lesson.starts[1:]),
    }


def _present(current: Visit) -> ItemsView[str, Any]:
    return ({"experiment": current.experiment} | dict(current.options)).items()


def _load_lesson() -> None:
    if (chosen := st.session_state["lesson"]) is not None:
        values = _values(LESSONS[chosen])
        load(values.pop("experiment"))
        for name, value in values.items():
            st.session_state[key(name)] = value


def controls(live: Live) -> None:
    """Start, stop, go on, one step, from the beginning."""
    view = live.view
    begun, finished = view is not None and view.step > 0, view is not None and view.finished
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        label = "Stop" if live.on else "More epochs" if finished else "Continue" if begun else "Start"
        icon = ":material/pause:" if live.on else ":material/play_arrow:"
        st.button(label, icon=icon, type=parts.weight(), on_click=_toggle, args=(live,), key="go")
        st.button("Step", icon=":material/skip_next:", on_click=_step, args=(live,), disabled=live.on, key="step")
        st.button("From the start", icon=":material/replay:", on_click=_forget, disabled=not begun, key="again")


def _toggle(live: Live) -> None:
    if not live.on and live.view is not None and live.view.finished:
        live.prolong()
    live.on = not live.on


def _step(live: Live) -> None:
    live.steps_wanted += 1


def _forget() -> None:
    st.session_state.pop("live", None)


def work(live: Live, speed: str) -> None:
    """One slice, if the training is on or a step is wanted."""
    if live.steps_wanted:
        live.advance(steps=live.steps_wanted)
        live.steps_wanted = 0
    elif live.on:
        live.advance(steps=1 if speed == "slow" else None)
        if not live.on:
            st.rerun()  # the whole page: it ended, and says so in buttons and tables


def race(view: View, loss: float) -> None:
    """Steps that each start took to reach a loss, and the ratio to the first."""
    steps = [shown.history.first_step_at(loss) for shown in view.runs]
    rows = {
        "start": [shown.start.name for shown in view.runs],
        f"steps to loss {loss:g}": [say(step) for step in steps],
        "ratio to A": [say(step / steps[0]) if steps[0] else say(float("nan")) for step in steps],
        "loss at the end": [say(shown.history[-1].loss) for shown in view.runs],
        "test accuracy": [say(shown.history[-1].test_accuracy) for shown in view.runs],
    }
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="race", alt="How fast each start learns")


def take_away(live: Live, view: View) -> None:
    """The history as a table, the weights as a file."""
    with st.container(horizontal=True, gap="small"):
        history = view.runs[0].history
        shown.table(lambda: history.to_frame().to_csv(index=False))
        st.download_button(
            "History as CSV",
            lambda: history.to_frame().to_csv(index=False),
            "initviz-history.csv",
            "text/csv",
            on_click="ignore",
            icon=":material/download:",
            key="history-csv",
        )
        st.download_button(
            "Weights as safetensors",
            live.weights,
            "initviz-weights.safetensors",
            "application/octet-stream",
            on_click="ignore",
            icon=":material/download:",
            key="weights",
        )
