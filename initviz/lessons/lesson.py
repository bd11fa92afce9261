"""What a lesson consists of: steps that ask before they show, and are done when the experiment says so.

Public: Lesson, Step, Question, Curve, Desk; layers, activation, words.

A step either asks (`question`: the learner sets a point or a line, then sees the truth) or wants something done
(`done`: a predicate on the experiment; `change` is one way to do it). Texts are Markdown; each {name} in them is filled
in from `numbers`, so that no measured number is written by hand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.fields import Number
from initviz.measure.propagation import Propagation
from initviz.network.columns import COLUMNS
from initviz.network.experiment import Experiment
from initviz.text import show

Simulate: TypeAlias = Callable[[Experiment], Propagation]


@dataclass(frozen=True)
class Desk:
    """What a step may look at: the experiment on the page, and whoever runs experiments."""

    experiment: Experiment
    simulate: Simulate

    def value(self, column: str, layer: int, **changes: Any) -> float:
        """A column at a layer (negative ones count from the end), of the experiment or of one with changes."""
        return float(self.simulate(self.experiment.changed(**changes)).column(column)[layer])

    def ratio(self, column: str, layer: int, to: int, **changes: Any) -> float:
        """A column at one layer over that at another."""
        return self.value(column, layer, **changes) / self.value(column, to, **changes)


@dataclass(frozen=True)
class Curve:
    """What is drawn: (n,) arrays and the names of the axes."""

    x: FloatArray
    y: FloatArray
    x_title: str
    y_title: str
    log: bool = False


Drawing: TypeAlias = Callable[[Desk], Curve]


def layers(column: str, first: int = 1, log: bool = False) -> Drawing:
    """A column over the layers, from the first on."""

    def draw(desk: Desk) -> Curve:
        values = desk.simulate(desk.experiment).column(column)[first:]
        x = np.arange(first, first + len(values), dtype=float)
        return Curve(x, values, "layer", COLUMNS[column].name, log)

    return draw


def activation(slope: bool = False, reach: float = 4.0) -> Drawing:
    """The experiment's activation, or its derivative, as a curve over z."""

    def draw(desk: Desk) -> Curve:
        z = np.linspace(-reach, reach, 161)
        phi = desk.experiment.phi
        y = (phi.dphi if slope else phi.phi)(z, desk.experiment.phi_alpha)
        return Curve(z, y, "z", "φ'(z)" if slope else "h = φ(z)")

    return draw


@dataclass(frozen=True)
class Question:
    """Something to be predicted. `answer` bounds what can be set; `at` is where on the curve the point stands.

    A line is asked for by its factor from one point of the curve to the next, from the first point on.
    """

    asked: str
    answer: Number
    curve: Drawing
    at: float = 0.0
    line: bool = False
    at_top: bool = False
    """Whether the slider starts at its upper end, where the truth is near the lower one."""

    def truth(self, curve: Curve) -> float:
        """What the learner should have set."""
        if self.line:
            return float((curve.y[-1] / curve.y[0]) ** (1 / (len(curve.y) - 1)))
        return float(np.interp(self.at, curve.x, curve.y))

    @property
    def start(self) -> float:
        """Where the slider stands before anybody has moved it: not at the answer."""
        ticks = self.answer.ticks() if self.answer.log else [self.answer.low, self.answer.high]
        return ticks[-1 if self.at_top else 0]

    def gap(self, guess: float, truth: float) -> str:
        """The distance in words: a factor where sizes are asked for, else a difference."""
        if self.answer.log or self.line:
            factor = max(guess, truth) / min(guess, truth) if min(guess, truth) > 0 else float("inf")
            return "right on it" if factor < CLOSE else f"{show(factor)} times off"
        away = abs(guess - truth)
        return "right on it" if away < (CLOSE - 1) * (self.answer.high - self.answer.low) else f"{show(away)} off"


CLOSE = 1.05
"""A guess within this factor, or this share of the slider, is right."""


def _nothing(desk: Desk) -> Mapping[str, float]:
    return {}


@dataclass(frozen=True)
class Step:
    """One step. `start` is the experiment that it begins with; `told` is said when it is done."""

    title: str
    text: str
    start: Experiment
    told: str
    question: Question | None = None
    control: str = ""
    """The field of the experiment that the step points at."""
    change: Mapping[str, Any] = field(default_factory=dict)
    """Fields and values that do what is asked."""
    done: Callable[[Desk], bool] = lambda desk: False
    watch: Drawing | None = None
    """What is drawn while something is to be done."""
    numbers: Callable[[Desk], Mapping[str, float | str]] = _nothing
    page: str = ""
    """The page on which to see more of it."""

    def is_done(self, desk: Desk, shown: bool) -> bool:
        """Whether the truth has been shown, or the experiment is as it should be."""
        return shown if self.question else self.done(desk)

    def words(self, text: str, simulate: Simulate) -> str:
        """A text of this step with its numbers, which are those of its own start."""
        return words(text, self.numbers(Desk(self.start, simulate)))


def words(text: str, numbers: Mapping[str, float | str]) -> str:
    """A text with its numbers filled in as a person would say them."""
    return text.format(**{name: one if isinstance(one, str) else show(one) for name, one in numbers.items()})


@dataclass(frozen=True)
class Lesson:
    """Five to ten minutes about one thing. `rows` are those of the source material; numbers in the take-away are those
    of its last step."""

    id: str
    name: str
    minutes: int
    rows: tuple[str, ...]
    steps: tuple[Step, ...]
    take_away: str
    source: str
