"""Results for pages: from the memo, or computed while the page shows how far it is or how long the queue.

Whatever takes long goes through one `Jobs` of the process. The script's thread polls instead of blocking, because
Streamlit can end a superseded or abandoned run only where the script touches the session: then the ticket is given
back, and a job that nobody waits for any more makes room for the others. Results and what is built from them are known
by value (an experiment, and what else was asked), and together bounded in bytes.
"""

import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import partial
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from initviz.activations import ACTIVATIONS
from initviz.advice.diagnosis import Finding, diagnose
from initviz.advice.fix import Fix, propose
from initviz.advice.phase_point import SIGMA_B, SIGMA_W
from initviz.measure.ensemble import Ensemble, check_seeds, repeat
from initviz.measure.propagation import Bins, Propagation
from initviz.measure.simulate import simulate
from initviz.network.budget import Budget, cost
from initviz.network.experiment import Experiment
from initviz.progress import Progress, Report
from initviz.serving.jobs import Jobs, Ticket
from initviz.serving.limits import Limits
from initviz.serving.memo import Memo
from initviz.theory.phase import PairGrowth, PhaseMap, pair_growth, phase_map
from initviz.theory.prediction import Prediction, predict
from initviz.ui import operator

T = TypeVar("T")

PROPOSAL_GFLOP, PROPOSAL_MIB = 0.1, 8.0
"""What the search for a fix takes: for each layer the time of so many GFLOP, some hundredth of a second at most."""

QUIET = 0.3
"""Seconds before the page says that it waits: shorter waits would only flicker."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
"""Seconds between two looks at whether this run has been superseded; an answer ends a pause at once."""


@st.cache_resource(show_spinner=False, on_release=Jobs.close)
def jobs() -> Jobs:
    """The one service of this process, with the limits that the environment sets."""
    limits = Limits.from_environment()
    service = Jobs(limits.running, limits.memory_mib, Memo(round(limits.cache_mib * 2**20)))
    operator.open_log()
    operator.show_counters(service.counters)
    return service


def simulated(experiment: Experiment, bins: Bins | None = None) -> Propagation:
    """The experiment's propagation; shared by everyone who asks for the same. Raises OverBudget and InputError."""
    bins = bins or Bins()
    budget = _budget()
    budget.check(experiment)

    def work(progress: Progress) -> Propagation:
        return simulate(experiment, bins, progress, budget)

    needed = cost(experiment)
    return answer("Simulating", (experiment, bins), work, gflop=needed.gflop, mib=needed.mib)


def repeated(experiment: Experiment, seeds: int) -> Ensemble:
    """Many networks of the experiment, one after another in one job. Raises OverBudget and InputError."""
    budget = _budget()
    check_seeds(experiment, seeds, budget)

    def work(progress: Progress) -> Ensemble:
        return repeat(experiment, seeds, progress, budget)

    needed = cost(experiment)
    return answer("Drawing networks", (experiment, seeds), work, gflop=seeds * needed.gflop, mib=needed.mib)


def answer(doing: str, key: Hashable, work: Callable[[Report], T], *, gflop: float = 0.0, mib: float = 1.0) -> T:
    """What `work` returns, remembered under (doing, key); raises what it raises. While it takes long, a bar says so.

    `doing` is the word on the bar, such as "Simulating". `work` is handed a function to call with the share done: as
    often as it can, since that is also where it stops when its visitor has left. `gflop` and `mib` say what it takes.
    It runs in another thread: no Streamlit inside.
    """
    place = st.empty()  # always there: elements that come and go would make those below them jump
    started, outcome = time.monotonic(), "left"
    with jobs().ask((doing, key), work, gflop=gflop, mib=mib) as ticket:
        try:
            _wait(ticket, doing, place)
            outcome = "failed" if ticket.state == "failed" else ticket.origin
            return ticket.result()
        finally:
            operator.note(doing, outcome, time.monotonic() - started, gflop)


def remembered(key: Hashable, compute: Callable[[], T]) -> T:
    """What `compute` returns, computed once while it is kept under the key, in this very thread.

    For what takes milliseconds: tables, a diagnosis, a sentence. The key is a value and says all that the answer
    depends on. Everyone gets the same object: do not change it.
    """
    return jobs().memo(key, compute)


def _budget() -> Budget:
    budget = Budget.from_environment()
    return replace(budget, mib=min(budget.mib, jobs().largest_mib))


def _wait(ticket: Ticket[T], doing: str, place: DeltaGenerator) -> None:
    pause, shown = FIRST_PAUSE, ""
    started = time.monotonic()
    while not ticket.wait(pause):
        _let_go_if_superseded()
        if time.monotonic() - started > QUIET:
            text = _status(ticket, doing)
            if text != shown:
                place.progress(ticket.progress, text)
                shown = text
        pause = min(1.5 * pause, LONGEST_PAUSE)
    if shown:
        place.empty()


def _let_go_if_superseded() -> None:
    """Streamlit ends a run that a newer one replaces, or whose visitor has left, when it reads the session's state."""
    st.session_state.get("any key")


def _status(ticket: Ticket[T], doing: str) -> str:
    before = ticket.position
    if before:
        return f"Waiting: {before} ahead" if before > 1 else "Waiting: next in line"
    return f"{doing} … {ticket.progress:.0%}"


def predicted(experiment: Experiment) -> Prediction:
    """What theory says of the experiment."""
    return remembered(("prediction", experiment), partial(predict, experiment))


def proposed(experiment: Experiment) -> Fix | None:
    """The fix theory finds for the experiment. Raises InputError without the inputs."""

    def work(progress: Progress) -> Fix | None:
        return propose(experiment)

    return answer("Looking for a fix", experiment, work, gflop=PROPOSAL_GFLOP * experiment.depth, mib=PROPOSAL_MIB)


def diagnosed(experiment: Experiment, propagation: Propagation) -> tuple[Finding, ...]:
    """The findings about the experiment's propagation; histograms and their bins say nothing about them."""
    return remembered(("findings", experiment), lambda: tuple(diagnose(experiment, propagation)))


def mapped(activation: str, alpha: float) -> PhaseMap:
    """The phase diagram of an activation on the grid that the page offers."""
    compute = partial(phase_map, ACTIVATIONS[activation], alpha, SIGMA_W, SIGMA_B)
    return remembered(("map", activation, alpha), compute)


def growth_of_pairs(experiment: Experiment) -> PairGrowth:
    """Growth per layer of every activation with every initializer. Raises InputError without the inputs."""
    return answer("Predicting", experiment, partial(pair_growth, experiment))
