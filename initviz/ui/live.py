"""A training that is watched: it belongs to one session, which has it work a slice at a time and draws what it sees.

Each slice is a job like a simulation, so that many who train at once each get their turn. Between slices nothing runs:
a closed tab costs no work. What is drawn is a `View`, which no later slice changes.
"""

from collections.abc import Callable, Sequence
from itertools import count
from threading import Lock
from time import perf_counter

import streamlit as st

from initviz.learn.limit import own_limit, rate_limit
from initviz.learn.run import learning_rate
from initviz.learn.start import task_data
from initviz.learn.trainer import Trainer
from initviz.learn.verdict import constant_loss, first_loss, verdict
from initviz.learn.weights import weights_file
from initviz.network.budget import cost
from initviz.progress import Report
from initviz.ui.abandoned import hold
from initviz.ui.training_view import Shown, Start, View, pictured
from initviz.ui.waiting import answer, jobs

TICK = 0.4
"""Seconds between two slices."""

SLICE = 0.3
"""Seconds a slice works at most: a click on Stop waits no longer."""

CROWD = 10
"""So many who wait halve it, and so on: each gets a shorter turn, but gets it sooner."""

GFLOP = 1.0
"""What a slice counts for in the queue: as much as a core does in that time, and still a small job."""

COPIES = 4
"""Memory of a training in units of a simulation's: gradients and the optimizer's memory come on top."""

_numbers = count()


class Live:
    """The trainers of one session, for one set of starts. `on` says whether the next tick goes on."""

    def __init__(self, starts: Sequence[Start], seeds: int) -> None:
        self.starts, self.seeds = tuple(starts), seeds
        self.on = False
        self.steps_wanted = 0
        """Single steps that were asked for and not yet done."""
        self.view: View | None = None
        self._number = next(_numbers)
        self._slices = count()
        self._lock = Lock()
        self._trainers: list[list[Trainer]] = []
        self._limit = ""

    def prepare(self) -> None:
        """Draw the networks, unless that has been done. Raises InputError when a task's data cannot be read."""
        if not self._trainers:
            self._ask("Preparing", self._prepare)

    def advance(self, steps: int | None = None) -> None:
        """Work for a slice, or so many steps."""
        seconds = SLICE / (1 + jobs().counters().queued / CROWD)
        self._ask("Training", lambda: self._advance(seconds, steps))
        self.on &= not (self.view is None or self.view.finished)

    def release(self) -> None:
        """Let the networks go: what comes next begins at the start."""
        with self._lock:
            self._trainers, self.view, self.on = [], None, False

    def prolong(self) -> None:
        """As many epochs again."""
        for start, trainers in zip(self.starts, self._trainers, strict=True):
            for trainer in trainers:
                trainer.prolong(start.training.epochs)

    def weights(self) -> bytes:
        """The first network as a safetensors file."""
        with self._lock:
            trainer = self._trainers[0][0]
            return weights_file(trainer.network, trainer.data.train_x)

    # --- in the job ---

    def _ask(self, doing: str, work: Callable[[], None]) -> None:
        hold(self)
        mib = min(COPIES * sum(cost(start.experiment).mib for start in self.starts), jobs().largest_mib)

        def locked(report: Report) -> None:
            with self._lock:  # a slice that nobody waits for any more may still be at work
                work()

        answer(doing, (self._number, next(self._slices)), locked, gflop=GFLOP, mib=mib)

    def _prepare(self) -> None:
        trainers = []
        for start in self.starts:
            data = task_data(start.experiment, start.training)
            limit = rate_limit(start.experiment, start.training, data)
            rate = learning_rate(start.training, limit)
            seeds = [start.experiment.redrawn(more) for more in range(self.seeds)]
            trainers.append([Trainer(one, start.training, data, rate) for one in seeds])
            if not self._limit:
                own = own_limit(trainers[0][0].network, start.experiment, start.training, data)
                self._limit = limit.sentence(own)
        self._trainers = trainers
        self._advance(0.0, 0)

    def _advance(self, seconds: float, steps: int | None) -> None:
        everyone = [trainer for trainers in self._trainers for trainer in trainers]
        end, left = perf_counter() + seconds, steps
        while True:
            for trainer in everyone:
                trainer.run(steps=0 if left == 0 else 1)
            left = left and left - 1
            if left == 0 or all(trainer.finished for trainer in everyone) or perf_counter() >= end:
                break
        self.view = self._look()

    def _look(self) -> View:
        first = self._trainers[0][0]
        everyone = [trainer for trainers in self._trainers for trainer in trainers]
        return View(
            tuple(
                Shown(start, own.history.snapshot(), tuple(one.history.snapshot() for one in others), verdict(own))
                for start, (own, *others) in zip(self.starts, self._trainers, strict=True)
            ),
            max(trainer.step for trainer in everyone),
            max(trainer.total for trainer in everyone),
            sum(trainer.seconds for trainer in everyone),
            all(trainer.finished for trainer in everyone),
            pictured(first),
            first_loss(first).sentence,
            self._limit,
            constant_loss(first.data, first.training),
        )


def live(starts: Sequence[Start], seeds: int) -> Live:
    """The session's training of these starts: a new one, not begun, when they have changed."""
    held: Live | None = st.session_state.get("live")
    if held is None or (held.starts, held.seeds) != (tuple(starts), seeds):
        held = st.session_state["live"] = Live(starts, seeds)
    return held
