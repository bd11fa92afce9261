"""What a claim is: a sentence that somebody makes, the experiments that test it, and the verdict their numbers give.

A claim is tested in one or more *cases*, each with its own experiments and checks. It holds where it holds in every
case, does not where it holds in none, and otherwise holds only if the conditions of some cases are met. No verdict is
written down anywhere.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from math import inf, isfinite
from typing import Any, Literal, TypeAlias

import numpy as np

from initviz.catalogue import InputError
from initviz.learn.run import train
from initviz.learn.settings import Training
from initviz.measure.simulate import simulate
from initviz.measure.threads import own_threads
from initviz.network.experiment import Experiment
from initviz.progress import Progress
from initviz.theory.prediction import predict

Word: TypeAlias = Literal["holds", "holds only if", "does not hold"]

SEEDS, TRAINED_SEEDS = 5, 3
"""Networks that are drawn of every experiment, and that are trained; their seeds follow each other."""


# --- the parts of a claim ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trial:
    """One experiment. `measure` turns it into what the checks look at; with a training, the network is trained.

    foresee: the same from theory; None where there is nothing to compare.
    """

    experiment: Experiment
    training: Training | None = None
    measure: Callable[[Experiment], Any] = simulate
    foresee: Callable[[Experiment], Any] | None = predict

    @property
    def seeds(self) -> int:
        """How many networks are drawn."""
        return SEEDS if self.training is None else TRAINED_SEEDS

    def evidence(self, seed: int, index: int) -> Any:
        """What the experiment yields with the seed that is so many places behind `seed`: a `Propagation`, a `Trained`,
        or what `measure` returns."""
        experiment = self.experiment.changed(seed=seed).redrawn(index)
        return self.measure(experiment) if self.training is None else train(experiment, self.training)

    def expectation(self) -> Any:
        """What theory has of it, None where it has nothing."""
        if self.training is not None or self.foresee is None:
            return None
        try:
            return self.foresee(self.experiment)
        except InputError:
            return None


@dataclass(frozen=True)
class Check:
    """A number that must lie between `low` and `high` for the claim to be true.

    of: the evidence of one seed, one argument a trial -> the number. expected: what theory says; where it is not given,
    `of` is asked of the predictions.
    """

    name: str
    of: Callable[..., float]
    low: float = -inf
    high: float = inf
    expected: float | Callable[[], float] | None = None

    def predicted(self, trials: tuple[Trial, ...]) -> float | None:
        """The number that theory gives; None where it gives none."""
        if self.expected is not None:
            return self.expected() if callable(self.expected) else self.expected
        expectations = [trial.expectation() for trial in trials]
        if not trials or any(one is None for one in expectations):
            return None
        try:
            with np.errstate(all="ignore"):
                value = float(self.of(*expectations))
        except (KeyError, AttributeError, IndexError):  # a number that only a measurement has
            return None
        return value if isfinite(value) else None


@dataclass(frozen=True)
class Case:
    """Circumstances under which the claim is tested. `condition` reads behind "holds only if"."""

    condition: str
    checks: tuple[Check, ...]
    trials: tuple[Trial, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What one check found: one number a seed, or a single one where nothing is drawn."""

    case: Case
    check: Check
    predicted: float | None
    measured: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median over the seeds, nan where one of them has no number."""
        return float(np.median(self.measured))

    @property
    def drawn(self) -> bool:
        """Whether there is one number a seed."""
        return len(self.measured) > 1

    @property
    def passed(self) -> bool:
        """Whether the median lies where the claim needs it."""
        return self.check.low <= self.median <= self.check.high

    @property
    def name(self) -> str:
        """The number, and its case where it has a condition."""
        return f"{self.check.name} (if {self.case.condition})" if self.case.condition else self.check.name


def _either(conditions: Sequence[str]) -> str:
    """Conditions joined by "or"; the words that all begin with are said once."""
    words = [condition.split() for condition in conditions]
    common = sum(1 for _ in takewhile(lambda said: len(set(said)) == 1, zip(*words, strict=False)))
    return " ".join([*words[0][:common], " or ".join(" ".join(one[common:]) for one in words)])


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds, and the numbers that say so."""

    outcomes: tuple[Outcome, ...]

    @cached_property
    def _met(self) -> dict[str, bool]:
        met: dict[str, bool] = {}
        for outcome in self.outcomes:
            met[outcome.case.condition] = met.get(outcome.case.condition, True) and outcome.passed
        return met

    @property
    def word(self) -> Word:
        """The verdict in two or three words."""
        return "holds" if all(self._met.values()) else "holds only if" if any(self._met.values()) else "does not hold"

    @property
    def condition(self) -> str:
        """Under which conditions it holds, where it does so in some cases only."""
        partly = self.word == "holds only if"
        return _either([condition for condition, met in self._met.items() if met]) if partly else ""

    @property
    def sentence(self) -> str:
        """The verdict with its condition."""
        return f"{self.word} {self.condition}".rstrip()

    @property
    def predicted(self) -> dict[str, float | None]:
        """What theory says, by the name of the number."""
        return {outcome.name: outcome.predicted for outcome in self.outcomes}

    @property
    def measured(self) -> dict[str, dict[str, float]]:
        """Median, smallest and largest of the seeds, by the name of the number."""
        return {
            outcome.name: {
                "median": outcome.median,
                "low": min(outcome.measured),
                "high": max(outcome.measured),
                "seeds": len(outcome.measured),
            }
            for outcome in self.outcomes
        }


@dataclass(frozen=True)
class Claim:
    """A sentence that textbooks, lectures, posts or documentations make, in our words."""

    id: str
    topic: str
    sentence: str
    said_by: str
    """Who says it."""
    cases: tuple[Case, ...]
    rows: tuple[str, ...] = ()
    """The rows of the source material that say it."""
    activation: str = ""
    """The function that it is about, where no network is drawn."""
    learn: str = ""
    """What is behind it, in a sentence without numbers."""

    @property
    def name(self) -> str:
        """The sentence: what catalogues show."""
        return self.sentence

    @property
    def source(self) -> str:
        """Who says it, with the rows of the source material."""
        return f"{self.said_by} ({', '.join(self.rows)})" if self.rows else self.said_by

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All experiments that test it, each once."""
        return tuple(dict.fromkeys(trial for case in self.cases for trial in case.trials))

    def holds(self, results: "Results") -> Verdict:
        """The verdict that the results give."""
        return Verdict(
            tuple(
                Outcome(case, check, check.predicted(case.trials), results.numbers(check, case.trials))
                for case in self.cases
                for check in case.checks
            )
        )


# --- testing it ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Results:
    """The evidence of some trials, one for each seed."""

    evidence: Mapping[Trial, tuple[Any, ...]] = field(default_factory=dict)

    def numbers(self, check: Check, trials: tuple[Trial, ...]) -> tuple[float, ...]:
        """The check's number for each seed; nan where a measurement has no such number."""
        if not trials:
            return (float(check.of()),)
        seeds = zip(*(self.evidence[trial] for trial in trials), strict=True)
        with np.errstate(all="ignore"):
            return tuple(float(check.of(*one)) for one in seeds)


def collect(claims: Iterable[Claim], seed: int = 0, progress: Progress | None = None) -> Results:
    """Run what the claims need, each experiment once, with several seeds from `seed` on. Raises InputError."""
    trials = dict.fromkeys(trial for claim in claims for trial in claim.trials)
    evidence: dict[Trial, tuple[Any, ...]] = {}
    with own_threads():
        for trial in trials:
            yielded: list[Any] = []
            for index in range(trial.seeds):
                yielded.append(trial.evidence(seed, index))
                if progress:
                    progress((len(evidence) + len(yielded) / trial.seeds) / len(trials))
            evidence[trial] = tuple(yielded)
    return Results(evidence)


def judge(claim: Claim, seed: int = 0, progress: Progress | None = None) -> Verdict:
    """One claim put to the test: what page, command line and tests call."""
    return claim.holds(collect([claim], seed, progress))
