"""What stands beside a training: two weights on their way, and whether steps keep their size in a wider network."""

from functools import partial

import pandas as pd
import streamlit as st

from initviz.catalogue import InputError
from initviz.figures.theme import Theme
from initviz.learn.coordinates import CoordinateCheck, coordinate_check
from initviz.learn.lessons import Lesson
from initviz.learn.settings import Training
from initviz.network.budget import Budget, cost
from initviz.network.experiment import Experiment
from initviz.text import say
from initviz.ui import flow_charts, parts
from initviz.ui.live import COPIES
from initviz.ui.state import Visit
from initviz.ui.waiting import answer, jobs

WIDTHS, SEEDS = (64, 128, 256, 512), 2
"""Networks of the check: a factor of 8 in width, as the command line has it, and seconds of work."""

ASKED = "coordinates-of"
"""In the session: what the check was last asked about."""


def two_weights(current: Visit, lesson: Lesson | None, look: Theme) -> None:
    """The path of two weights, where the experiment that is loaded is about the sign of the inputs."""
    if lesson is not None and lesson.two_weights:
        build = partial(flow_charts.paths, look)
        parts.drawn(current.about(), "paths", "The same with two weights: what one sign does to their path", build)


def coordinates(experiment: Experiment, training: Training) -> None:
    """How far a step moves each layer as a power of the width, folded away and measured when asked for."""
    about = (experiment.changed(width=WIDTHS[0]), training)
    asked = st.session_state.get(ASKED) == about
    title = "Does the step keep its size when the network grows?"
    with st.expander(title, expanded=asked, icon=":material/straighten:"):
        st.caption(
            f"{SEEDS} networks of each width, {', '.join(map(str, WIDTHS))}, make one tiny step; the slope is the power"
            " of the width with which a layer's z moves by its own weights; derived: what the weights' law implies."
        )
        st.button("Measure", icon=":material/play_arrow:", on_click=_ask, args=(about,), key="coordinates")
        if asked:
            try:
                _table(_checked(*about))
            except InputError as error:
                st.error(str(error), icon=":material/error:")


def _ask(about: tuple[Experiment, Training]) -> None:
    st.session_state[ASKED] = about  # before the run, which unfolds the section then


def _checked(experiment: Experiment, training: Training) -> CoordinateCheck:
    widest = experiment.changed(width=WIDTHS[-1])
    Budget.from_environment().check(widest)
    needed = cost(widest)
    return answer(
        "Measuring steps",
        (experiment, training),
        lambda report: coordinate_check(experiment, training, widths=WIDTHS, seeds=SEEDS, progress=report),
        gflop=len(WIDTHS) * SEEDS * needed.gflop,
        mib=min(COPIES * needed.mib, jobs().largest_mib),
    )


def _table(checked: CoordinateCheck) -> None:
    names, verdicts = zip(*(sentence.split(": ", 1) for sentence in checked.sentences()), strict=True)
    rows = {
        "layer": names,
        "measured slope": [say(slope) for slope in checked.slopes.tolist()],
        "derived slope": [say(slope) for slope in checked.predicted.tolist()],
        "verdict": verdicts,
    }
    st.table(pd.DataFrame(rows).set_index("layer"))  # its cells wrap: a verdict is a sentence
    if remark := checked.remark():
        st.caption(remark)
