"""A grid of experiments: some fields with several values each, and seeds.

Public: Grid, point_key, plan_cost.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any

from initviz.catalogue import InputError
from initviz.network.budget import cost
from initviz.network.experiment import FIELDS, Experiment, field_of

MOST_SEEDS = 10_000


@dataclass(frozen=True)
class Grid:
    """Every combination of the axes' values, each with `seeds` seeds that follow the base experiment's own.

    axes: name of a field -> its values. Raises InputError for a field that is unknown, or values that are not possible.
    """

    base: Experiment = field(default_factory=Experiment)
    axes: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    seeds: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise InputError(f"A sweep has 1 to {MOST_SEEDS} seeds, not {self.seeds}.")
        for name, values in self.axes.items():
            _check_axis(name)
            if not values:
                raise InputError(f"The axis {name} needs at least one value.")
            if len(set(values)) < len(values):
                raise InputError(f"The axis {name} has a value twice.")
        self.experiments()  # every combination must be an experiment

    def __len__(self) -> int:
        return prod(len(values) for values in self.axes.values()) * self.seeds

    def experiments(self) -> list[Experiment]:
        """One for each combination, the base's seed in all of them; the last axis varies fastest."""
        combinations = product(*self.axes.values())
        return [_changed(self.base, dict(zip(self.axes, values, strict=True))) for values in combinations]

    def points(self) -> Iterator[Experiment]:
        """All experiments of the sweep, each with each seed."""
        for experiment in self.experiments():
            for index in range(self.seeds):
                yield experiment.redrawn(index)

    def record(self) -> dict[str, Any]:
        """As plain values, for a manifest."""
        axes = {name: list(values) for name, values in self.axes.items()}
        return {"base": self.base.to_query(), "axes": axes, "seeds": self.seeds}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Grid":
        """The grid of a manifest. Raises InputError when it is none."""
        try:
            base, wrong = Experiment.from_query(record["base"])
            axes = {str(name): tuple(values) for name, values in record["axes"].items()}
            seeds = int(record["seeds"])
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InputError("This is no grid of a sweep.") from None
        if wrong:
            raise InputError(wrong[0])
        return cls(base, axes, seeds)

    @classmethod
    def parse(cls, base: Experiment, texts: Mapping[str, str], seeds: int = 1) -> "Grid":
        """Values from text, separated by commas; what belongs to one value only becomes part of the base."""
        values = {name: _parsed(name, text, base) for name, text in texts.items()}
        return cls(base, values, seeds)


def possible_axes() -> tuple[str, ...]:
    """Fields a sweep may vary."""
    return tuple(name for name in FIELDS if name != "seed")


def _check_axis(name: str) -> None:
    if name not in possible_axes():
        raise InputError(f"A sweep has no axis '{name}'. Possible: {', '.join(possible_axes())}.")


def _parsed(name: str, text: str, base: Experiment) -> tuple[Any, ...]:
    _check_axis(name)
    spec = field_of(name, base.activation) or FIELDS[name]
    return tuple(spec.parse(part.strip()) for part in text.split(",") if part.strip())


def _changed(base: Experiment, values: Mapping[str, Any]) -> Experiment:
    try:
        return base.changed(**values)
    except InputError as error:
        said = ", ".join(f"{name} {value}" for name, value in values.items())
        raise InputError(f"The grid holds an impossible experiment ({said}): {error}") from None


def point_key(experiment: Experiment) -> str:
    """A short name that stands for this very experiment, the same in every process and release.

    Defaults are left out, so that a field that is added later renames nothing.
    """
    query, plain = experiment.to_query(), Experiment().to_query()
    text = json.dumps({name: text for name, text in query.items() if text != plain.get(name)}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def plan_cost(grid: Grid) -> float:
    """Floating-point operations of the whole sweep, in 1e9."""
    return grid.seeds * sum(cost(experiment).gflop for experiment in grid.experiments())
