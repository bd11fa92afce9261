"""The numbers that claims are tested by: each takes the evidence of a trial and returns one float."""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from initviz.advice.claims.record import Case, Check, Trial
from initviz.advice.findings import THRESHOLDS
from initviz.learn.run import Trained
from initviz.network.columns import LayerTable
from initviz.network.experiment import Experiment

Number: TypeAlias = Callable[[LayerTable], float]

LECTURE, SCRIPT = "the lecture", "the article with the Keras script"
ARTICLE, ARTICLE_1 = "the article on Xavier and He", "the article on activation functions"

NET = Experiment(width=200, samples=200, depth=10)
DEEP = Experiment(width=200, samples=100, depth=50)
"""The networks that most claims are tested on, with other activations and weights."""

ALIVE = THRESHOLDS["change"].warning
"""A size that changes by less than this factor over the whole network is said to survive, as in the diagnosis."""


def ratio(name: str, to: int = -1, by: int = 1) -> Number:
    """A column's value in layer `to` over that in layer `by`."""
    return lambda table: float(table.column(name)[to] / table.column(name)[by])


def per_layer(name: str, to: int = -1, by: int = 1) -> Number:
    """The same as a factor per layer: the geometric mean over the layers between."""

    def number(table: LayerTable) -> float:
        values = table.column(name)
        steps = abs(to % len(values) - by % len(values))
        return float(np.exp(np.log(values[to] / values[by]) / steps))

    return number


def at(name: str, layer: int = -1) -> Number:
    """A column's value in one layer."""
    return lambda table: float(table.column(name)[layer])


def largest(name: str, last: int | None = None) -> Number:
    """The largest value of a column over the hidden layers, up to `last`."""
    return lambda table: float(np.nanmax(table.column(name)[1:last]))


def smallest(name: str, last: int | None = None) -> Number:
    """The smallest value of a column over the hidden layers, up to `last`."""
    return lambda table: float(np.nanmin(table.column(name)[1:last]))


def mean(name: str, first: int = 1) -> Number:
    """The mean of a column from layer `first` on."""
    return lambda table: float(np.nanmean(table.column(name)[first:]))


def of(which: int, number: Number) -> Callable[..., float]:
    """A number of one of several trials."""
    return lambda *tables: number(tables[which])


def quotient(number: Number) -> Callable[[LayerTable, LayerTable], float]:
    """A number of the second trial over that of the first."""
    return lambda first, second: number(second) / number(first)


# --- checks that many claims share ---------------------------------------------------------------------------------

SIGNAL = Check("std of h, last layer over first", ratio("std"), 1 / ALIVE, ALIVE)
"""Whether the signal survives."""
GRADIENT = Check("std of dL/dh, input over last layer", ratio("grad_h_std", to=0, by=-1), 1 / ALIVE, ALIVE)
"""Whether the gradient does."""
ALIKE = Check("cosine of two inputs in the last layer", at("cosine"), high=THRESHOLDS["cosine"].warning)
"""Whether the network still tells its inputs apart."""
DEAD = Check("dead units, most in a layer", largest("dead"), high=0.0)
"""Whether no unit is dead."""


def accuracy(trained: Trained) -> float:
    """Share of right answers on the test examples, at the end."""
    return trained.test_accuracy


def case(condition: str, *parts: Trial | Check) -> Case:
    """A case from its trials and checks, in any order."""
    return Case(
        condition,
        tuple(part for part in parts if isinstance(part, Check)),
        tuple(part for part in parts if isinstance(part, Trial)),
    )
