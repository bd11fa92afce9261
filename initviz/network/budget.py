"""What an experiment costs, and the largest one that is run here."""

import os
from dataclasses import dataclass

import numpy as np

from initviz.catalogue import InputError
from initviz.network.experiment import FIELDS, Experiment


@dataclass(frozen=True)
class Cost:
    """What an experiment takes: floating-point operations of its matrix products, in 1e9, and peak memory in MiB."""

    gflop: float
    mib: float


def cost(experiment: Experiment) -> Cost:
    """Estimate from the shapes alone: three products a layer (forward, dL/dh, dL/dW), plus drawing the weights.

    Memory: all weights and all pre-activations stay for the backward pass, and about twelve arrays of one layer.
    """
    samples = experiment.source.count(experiment.samples)
    itemsize = np.dtype(experiment.dtype).itemsize
    flop, values = 0.0, 12.0 * samples * experiment.width
    for fan_in, width, pieces in experiment.shapes():
        flop += 6.0 * samples * fan_in * width * pieces
        flop += pieces * experiment.weights.effort(samples, fan_in, width)
        values += pieces * width * (fan_in + samples)
    return Cost(flop / 1e9, values * itemsize / 2**20)


@dataclass(frozen=True)
class Budget:
    """The largest experiment that is run; environment variables raise it."""

    gflop: float = 500.0
    mib: float = 2048.0
    seeds: float = 50
    """The largest ensemble."""

    @classmethod
    def from_environment(cls) -> "Budget":
        """INITVIZ_MAX_GFLOP, _MIB and _SEEDS, where set. Raises InputError when they are no positive numbers."""
        return cls(
            positive_setting("INITVIZ_MAX_GFLOP", cls.gflop),
            positive_setting("INITVIZ_MAX_MIB", cls.mib),
            positive_setting("INITVIZ_MAX_SEEDS", cls.seeds),
        )

    def allows(self, experiment: Experiment) -> bool:
        """Whether the experiment fits."""
        needed = cost(experiment)
        return needed.gflop <= self.gflop and needed.mib <= self.mib

    def check(self, experiment: Experiment) -> None:
        """Raise OverBudget, which carries the nearest experiment that fits."""
        if self.allows(experiment):
            return
        needed = cost(experiment)
        raise OverBudget(
            f"This experiment needs about {needed.gflop:,.3g} GFLOP and {needed.mib:,.0f} MiB;"
            f" here the limits are {self.gflop:,g} GFLOP and {self.mib:,g} MiB.",
            self.nearest_fit(experiment),
        )

    def nearest_fit(self, experiment: Experiment) -> Experiment:
        """The same experiment with the largest width that fits; where none does, with fewer samples, then layers."""
        if self.allows(experiment):
            return experiment
        for name in ("width", "samples", "depth"):
            low, high = int(getattr(FIELDS[name], "low")), int(getattr(experiment, name))  # noqa: B009
            smallest = experiment.changed(**{name: low})
            if not self.allows(smallest):
                experiment = smallest
                continue
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self.allows(experiment.changed(**{name: middle})) else (low, middle)
            return experiment.changed(**{name: low})
        return experiment


class OverBudget(InputError):
    """The experiment is too big for this machine; `fit` is the nearest one that is not."""

    def __init__(self, message: str, fit: Experiment) -> None:
        super().__init__(
            f"{message} The nearest that fits: depth {fit.depth}, width {fit.width}, {fit.samples} samples."
        )
        self.fit = fit


def positive_setting(variable: str, default: float) -> float:
    """The number in an environment variable, or the default. Raises InputError when it is not a positive number."""
    text = os.environ.get(variable)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not value > 0:
        raise InputError(f"{variable} must be a positive number, not '{text}'.")
    return value
