"""What stands in the link of a sweep: two axes, their values, seeds, and what is drawn."""

from dataclasses import replace
from typing import Any

import streamlit as st

from initviz.catalogue import Catalogue, InputError, Named
from initviz.fields import Choice, Number, Several
from initviz.network.budget import Budget, OverBudget, cost
from initviz.network.experiment import FIELDS, Experiment
from initviz.sweep.plan import Grid, plan_cost
from initviz.sweep.summary import MEASURES, SHOWN
from initviz.ui.state import Option, Visit, key
from initviz.ui.widgets import control

LISTS: dict[str, tuple[Any, ...]] = {
    "depth": (1, 2, 3, 5, 10, 20, 30, 50, 100),
    "width": (8, 16, 32, 64, 128, 256, 512, 1024),
    "std": (0.001, 0.003, 0.01, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.25, 0.3, 1.0),
    "gain": (0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.7, 2.0, 3.0),
    "bias_std": (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0),
    "residual": (0.0, 0.1, 0.25, 0.5, 1.0),
    "input_std": (0.01, 0.1, 0.3, 1.0, 3.0, 10.0),
}
"""Values of a field that a sweep offers; of a choice, all its entries."""

DEFAULTS: dict[str, tuple[Any, ...]] = {
    "activation": ("sigmoid", "tanh", "relu", "gelu"),
    "initializer": ("random_normal", "glorot_normal", "he_normal", "orthogonal"),
    "normalization": tuple(FIELDS["normalization"].options),  # type: ignore[union-attr]
    "dtype": tuple(FIELDS["dtype"].options),  # type: ignore[union-attr]
    "depth": (2, 5, 10, 20),
    "width": (16, 32, 64, 128, 256),
    "std": (0.05, 0.1, 0.15, 0.2, 0.25),
    "gain": (0.7, 1.0, 1.4, 2.0),
    "bias_std": (0.0, 0.1, 0.3, 0.5),
    "residual": (0.0, 0.25, 0.5, 1.0),
    "input_std": (0.1, 1.0, 10.0),
}
"""Those that are chosen at first, for every field that may be an axis."""

NOTHING = "nothing"
AXES = Catalogue("axis", [Named(name, FIELDS[name].label) for name in DEFAULTS])
DOWN = Catalogue("axis", [*AXES.values(), Named(NOTHING, "nothing else")])
PLACES = Catalogue("layer", [Named("last", "last layer"), Named("first", "layer 1")])


def texts_of(name: str, *values: Any) -> list[str]:
    """Values of a field, as its option holds them."""
    return [FIELDS[name].text(value) for value in values]


def _values(name: str) -> Option:
    spec = FIELDS[name]
    listed = LISTS.get(name) or tuple(spec.options)  # type: ignore[union-attr]
    names = [Named(spec.text(value), str(spec.say(value))) for value in listed]
    several = Several(spec.label, spec.help, Catalogue(f"value of {spec.label}", names))
    return Option(several, texts_of(name, *DEFAULTS[name]))


VALUES = {name: f"{name}_values" for name in DEFAULTS}
"""Field -> option with its values."""

OPTIONS = {
    "down": Option(Choice("Down", "The field that changes from row to row.", DOWN), "activation"),
    "across": Option(Choice("Across", "The field that changes from column to column.", AXES), "initializer"),
    "seeds": Option(Number("networks", "Draw so many networks for each cell.", 1, 5, integer=True), 1),
    "measure": Option(Choice("Number", "What a cell shows.", MEASURES), "std"),
    "shown": Option(Choice("Show", "Over the seeds: median, prediction, difference or spread.", SHOWN), "measured"),
    "place": Option(Choice("Layer", "Which layer the number is of.", PLACES), "last"),
    **{VALUES[name]: _values(name) for name in DEFAULTS},
}


def axes_row(current: Visit) -> None:
    """Which values each of the two fields takes."""
    names = axes(current)
    for place, name in zip(st.columns(len(names), gap="medium"), names, strict=True):
        with place:
            spec = OPTIONS[VALUES[name]].spec
            assert isinstance(spec, Several)
            control(VALUES[name], key(VALUES[name]), spec)


def axes(current: Visit) -> list[str]:
    """The fields that vary, the one down first; one only where both are the same."""
    return list(dict.fromkeys(name for name in (current.options["down"], current.options["across"]) if name in AXES))


def grid_of(current: Visit) -> Grid:
    """The sweep that the link spells. Raises InputError where it is none, and OverBudget where it is too large.

    What the base experiment has in a field that varies says nothing: it is set to the first value, so that loading a
    cell leaves the sweep as it is.
    """
    chosen = {name: current.options[VALUES[name]] for name in axes(current)}
    grid = Grid.parse(current.experiment, {name: ",".join(texts) for name, texts in chosen.items()})
    grid = Grid(grid.experiments()[0], grid.axes, current.options["seeds"])
    _check(grid, current.experiment)
    return grid


def _check(grid: Grid, base: Experiment) -> None:
    budget, needed = Budget.from_environment(), plan_cost(grid)
    experiments = grid.experiments()
    for one in experiments:
        if cost(one).mib > budget.mib:
            budget.check(one)
    if needed <= budget.gflop:
        return
    costliest = max(experiments, key=lambda one: cost(one).gflop)
    fit = Budget(budget.gflop / len(grid), budget.mib).nearest_fit(costliest)
    sizes = {name: getattr(fit, name) for name in ("width", "depth", "samples") if name not in grid.axes}
    said = f"These {len(grid)} experiments need about {needed:,.3g} GFLOP; here {budget.gflop:,g} are the limit."
    said += " Fewer values or networks need less, and so does a smaller network."
    if plan_cost(replace(grid, base=grid.base.changed(**sizes))) > budget.gflop:
        raise InputError(said)
    raise OverBudget(said, base.changed(**sizes))
