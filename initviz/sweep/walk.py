"""One control on its way through many values: what every layer does at each, and where the edge of chaos lies.

Public: walk, walk_values, walk_cost, without_place, Walk, Step.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import isfinite, log, sqrt

import numpy as np

from initviz.advice.phase_point import SIGMA_W, PhasePoint, phase_point
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.fields import Number
from initviz.measure.propagation import Bins, Layer, Propagation
from initviz.measure.simulate import simulate
from initviz.network.budget import Budget, Cost, OverBudget, cost
from initviz.network.experiment import Experiment, field_of
from initviz.progress import Progress
from initviz.theory.phase import phase_map, runaway_border

STEPS, FACTOR = 21, 5.0
"""Values of a std or a gain: from a fifth of the critical one to five times it, and itself in the middle."""

DEPTHS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 18, 20, 25, 30)

SAMPLES = 128
"""Rows of the batch at most: enough for the shapes of histograms."""

BINS = 48
REACH = 3.5
"""Standard deviations of the critical layers that the axis of h holds."""

BORDER_B = np.arange(21) / 10
"""Stds of the biases at which the border chi_1 = 1 is known."""


@dataclass(frozen=True, eq=False)
class Step:
    """The experiment at one value. Layers 1..depth; place is None where the weights have no variance to plot."""

    value: float
    experiment: Experiment
    densities: FloatArray
    """(layers, BINS): share of h per unit of its axis."""
    zeros: FloatArray
    """(layers,) share of h that is exactly 0."""
    std: FloatArray
    """(layers,) of h."""
    gradient: FloatArray
    """(layers,) std of dL/dh."""
    place: PhasePoint | None
    border: tuple[FloatArray, FloatArray]
    """(sigma_w, sigma_b) where chi_1 = 1."""


@dataclass(frozen=True, eq=False)  # known by identity: what is built from it is remembered by it
class Walk:
    """All steps in ascending order. critical: number of the one on the edge of chaos, None where there is none."""

    name: str
    steps: tuple[Step, ...]
    critical: int | None
    edges: FloatArray
    """(BINS + 1,) of h, the same for all steps and layers."""

    def nearest(self, value: float) -> int:
        """Number of the step whose value comes nearest: by ratio where all are positive."""
        values = np.array([step.value for step in self.steps])
        if (values > 0).all() and value > 0:
            return int(np.abs(np.log(values / value)).argmin())
        return int(np.abs(values - value).argmin())


def varied(experiment: Experiment, name: str, value: float) -> Experiment:
    """The experiment at a value of the field; for a std, with normal weights where it has none of its own.

    Raises InputError where the field does nothing.
    """
    if name == "std" and not experiment.uses("std"):
        experiment = experiment.changed(initializer="random_normal")
    if name == "gain" and not experiment.uses(name):
        raise InputError(
            f"Gain does nothing with {experiment.weights.name} weights:"
            " choose a scaled initializer such as LeCun or He, or another control."
        )
    return experiment.changed(**{name: value}, samples=min(experiment.samples, SAMPLES))


def without_place(experiment: Experiment, name: str) -> Experiment:
    """The experiment with the field at its default: all that a walk depends on."""
    return experiment.changed(**{name: getattr(Experiment(), name)})


@lru_cache(maxsize=128)
def walk_values(experiment: Experiment, name: str) -> tuple[tuple[float, ...], float | None]:
    """Where the walk stops, ascending, and the critical value among them. They do not depend on the present value.

    Raises InputError where the field does nothing.
    """
    if name == "depth":
        return DEPTHS, None
    spec = field_of(name, experiment.activation)
    if not isinstance(spec, Number):
        raise InputError(f"{experiment.phi.name} has no {name}: choose another control.")
    if name == "alpha":
        evenly = np.linspace(spec.low, spec.high, STEPS)
        critical = _critical(experiment, name, evenly)
        values = [*evenly.tolist(), *([] if critical is None else [critical])]
    else:
        unit = 1 / sqrt(experiment.width) if name == "std" else 1.0
        critical = _critical(experiment, name, unit * np.geomspace(0.02, 50, 40))
        values = ((critical or unit) * FACTOR ** np.linspace(-1, 1, STEPS)).tolist()
    return tuple(sorted({spec.clamp(value) for value in values})), critical


def _critical(experiment: Experiment, name: str, grid: FloatArray) -> float | None:
    """The first value at which chi_1 passes 1, to four digits; None without one."""
    heights = [_height(experiment, name, value) for value in grid.tolist()]
    for index, (below, above) in enumerate(pairwise(heights)):
        if isfinite(below) and isfinite(above) and below * above < 0:
            low, high = float(grid[index]), float(grid[index + 1])
            for _ in range(30):
                middle = (low + high) / 2
                low, high = (middle, high) if _height(experiment, name, middle) * below > 0 else (low, middle)
            return float(f"{high:.5g}")
    return None


def _height(experiment: Experiment, name: str, value: float) -> float:
    """log chi_1 at this value; nan where there is no such number."""
    place = phase_point(varied(experiment, name, value))
    return log(place.chi_1) if place is not None and 0 < place.chi_1 < float("inf") else float("nan")


def walk_cost(experiment: Experiment, name: str) -> Cost:
    """What all steps take, one after another. Raises OverBudget where that is more than an experiment may take."""
    values, _ = walk_values(without_place(experiment, name), name)
    costs = {one: cost(one) for one in (varied(experiment, name, value) for value in values)}
    budget, costliest = Budget.from_environment(), max(costs, key=lambda one: costs[one].gflop)
    needed = Cost(
        sum(one.gflop for one in costs.values()),
        max(one.mib for one in costs.values()),
        sum(one.products for one in costs.values()),
    )
    share = Budget(budget.gflop / len(costs), budget.mib)
    if not share.allows(costliest):
        fit = share.nearest_fit(costliest).changed(
            **{name: getattr(experiment, name), "initializer": experiment.initializer}
        )
        raise OverBudget(
            f"Dragging through {len(costs)} values needs about {needed.gflop:,.3g} GFLOP and {needed.mib:,.0f} MiB;"
            f" here the limits are {budget.gflop:,g} GFLOP and {budget.mib:,g} MiB.",
            fit,
        )
    return needed


def walk(experiment: Experiment, name: str, progress: Progress | None = None) -> Walk:
    """Simulate every value. Raises InputError where the field does nothing, or the inputs cannot be read."""
    values, critical = walk_values(experiment, name)
    ones = [varied(experiment, name, value) for value in values]
    middle = len(ones) // 2 if critical is None else int(np.abs(np.array(values) - critical).argmin())
    runs = {middle: simulate(ones[middle])}
    edges = _edges(ones[middle], runs[middle])
    steps: list[Step] = []
    for number, one in enumerate(ones):
        if progress:
            progress(number / len(ones))
        run = runs.pop(number, None) or simulate(one)
        border = steps[-1].border if steps and name != "alpha" else _border(one)
        steps.append(_step(values[number], one, run, edges, border))
    return Walk(name, tuple(steps), None if critical is None else middle, edges)


def _step(value: float, one: Experiment, run: Propagation, edges: FloatArray, border: tuple[FloatArray, ...]) -> Step:
    return Step(
        value,
        one,
        np.array([_density(layer, edges) for layer in run.layers[1:]]),
        np.array([layer.h.zero for layer in run.layers[1:]]),
        run.column("std")[1:],
        run.column("grad_h_std")[1:],
        phase_point(one),
        (border[0], border[1]),
    )


def _density(layer: Layer, edges: FloatArray) -> FloatArray:
    bins = Bins(BINS, float(edges[0]), float(edges[-1]))
    return layer.h.fine.histogram(bins).density()


def _edges(experiment: Experiment, run: Propagation) -> FloatArray:
    """Edges of the bins over what the layers of this run hold, and the plateaus of the activation."""
    mean, std, least, most = (run.column(name)[1:] for name in ("mean", "std", "min", "max"))
    plateaus = [end for end in experiment.phi.saturation(experiment.phi_alpha) if isfinite(end)]
    low = np.nanmin([*np.maximum(mean - REACH * std, least), *plateaus, np.inf])
    high = np.nanmax([*np.minimum(mean + REACH * std, most), *plateaus, -np.inf])
    if not low < high:
        low, high = -1.0, 1.0
    margin = 0.06 * (high - low)
    return np.linspace(low - margin, high + margin, BINS + 1)


def _border(experiment: Experiment) -> tuple[FloatArray, FloatArray]:
    """Where chi_1 passes 1 for this activation."""
    return runaway_border(phase_map(experiment.phi, experiment.phi_alpha, SIGMA_W, BORDER_B), -1.0)
