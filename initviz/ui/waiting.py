"""Answers for pages: from the memo, or computed while the page shows how far it is or how long the queue.

Whatever takes long goes through one `Jobs` of the process. The script's thread polls instead of blocking, because
Streamlit can end a superseded or abandoned run only where the script touches the session: then the ticket is given
back, and a job that nobody waits for any more makes room for the others.
"""

import sys
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from initviz.progress import Report
from initviz.serving.cluster import Cluster
from initviz.serving.jobs import Jobs, Ticket
from initviz.serving.limits import Limits
from initviz.serving.memo import ABSENT, Memo
from initviz.ui import operator

T = TypeVar("T")

QUIET = 0.3
"""Seconds before the page says that it waits: shorter waits would only flicker."""

FIRST_PAUSE, LONGEST_PAUSE = 0.02, 0.25
"""Seconds between two looks at whether this run has been superseded; an answer ends a pause at once."""


SWITCH_INTERVAL = 0.0005
"""Seconds for which a thread keeps Python's lock while another wants it. A simulation takes it briefly many times: with
Python's own 5 ms it took 5.5 times as long beside a busy thread as alone, with these 3.6; a small one 3.8 and 2."""


@st.cache_resource(show_spinner=False, on_release=Jobs.close)
def jobs() -> Jobs:
    """The one service of this process, with the limits that the environment sets."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    limits, memo = Limits.from_environment(), Memo(round(Limits.from_environment().cache_mib * 2**20))
    service = Jobs(limits.running, limits.memory_mib, memo, cluster=Cluster.from_environment())
    operator.open_log()
    operator.show_counters(service.counters)
    return service


def answer(
    doing: str,
    key: Hashable,
    work: Callable[[Report], T],
    *,
    gflop: float = 0.0,
    mib: float = 1.0,
    show: Callable[[Any], None] | None = None,
) -> T:
    """What `work` returns, remembered under (doing, key); raises what it raises. While it takes long, a bar says so.

    `doing` is the word on the bar, such as "Simulating". `work` is handed a function to call with the share done: as
    often as it can, since that is also where it stops when its visitor has left. `gflop` and `mib` say what it takes.
    It runs in another thread, or on the cluster where it is a `partial` of a module's function: no Streamlit inside.
    `show` draws the partial results that it reports, the latest each time; where the visitor stops the run, by whatever
    control, `stopped` has the last one.
    """
    place = st.empty()  # always there: elements that come and go would make those below them jump
    started, outcome = time.monotonic(), "left"
    with jobs().ask((doing, key), work, gflop=gflop, mib=mib) as ticket:
        try:
            _wait(ticket, doing, place, show)
            outcome = "failed" if ticket.state == "failed" else ticket.origin
            return ticket.result()
        finally:
            if outcome == "left" and ticket.partial is not None:
                jobs().memo.keep(("stopped", doing, key), ticket.partial)
            operator.note(doing, outcome, time.monotonic() - started, gflop)


def stopped(doing: str, key: Hashable) -> Any:
    """How far a run of this work was when its visitor stopped it; None where nobody did."""
    partial = jobs().memo.get(("stopped", doing, key))
    return None if partial is ABSENT else partial


def known(doing: str, key: Hashable) -> Any:
    """The answer that is kept of this work; None where there is none."""
    kept = jobs().memo.get((doing, key))
    return None if kept is ABSENT else kept


def remembered(key: Hashable, compute: Callable[[], T]) -> T:
    """What `compute` returns, computed once while it is kept under the key, in this very thread.

    For what takes milliseconds: tables, a diagnosis, a sentence. The key is a value and says all that the answer
    depends on. Everyone gets the same object: do not change it.
    """
    return jobs().memo(key, compute)


def _wait(ticket: Ticket[T], doing: str, place: DeltaGenerator, show: Callable[[Any], None] | None) -> None:
    pause, shown, drawn = FIRST_PAUSE, "", None
    started = time.monotonic()
    while not ticket.wait(pause):
        _let_go_if_superseded()
        if show and ticket.partial is not drawn:
            drawn = ticket.partial
            show(drawn)
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
    cluster = jobs().cluster
    where = " here, as the cluster does not answer" if cluster and not cluster.workers else ""
    return f"{doing}{where} … {ticket.progress:.0%}"
