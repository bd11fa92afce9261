"""What an experiment costs, and the largest one that is run here."""

import os
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from initviz.catalogue import InputError
from initviz.network.experiment import FIELDS, Experiment
from initviz.network.spec import LayerSpec, NetworkSpec

PER_WEIGHT, PER_VALUE = 500.0, 1000.0
"""Operations of a matrix product in the time that one weight or one activation takes otherwise: drawing the weight, and
the statistics of W and dL/dW; phi, phi' and the statistics of z, h and their gradients."""

PER_LAYER = 5e7
"""The same for a layer's fixed cost: its Python, its histograms."""

STATISTICS_MIB = 4.0
"""What the statistics of one block of rows take, and the result."""

PREPARING = 24.0
"""Bytes that a value of the batch takes while it is prepared: as it was read, less the mean, divided, in float64."""


@dataclass(frozen=True)
class Cost:
    """What an experiment takes. Estimated from shapes alone, the memory to within a factor of two and never below nine
    tenths (tests/measure/test_cost.py)."""

    gflop: float
    """All work, in 1e9 floating-point operations of matrix products: what takes as long as one of them counts so."""
    mib: float
    """Peak memory in MiB."""
    products: float
    """The matrix products alone, in GFLOP."""


def network_cost(spec: NetworkSpec, samples: int) -> Cost:
    """A batch forward and backward through a network that is there already, and the statistics of every layer.

    Three products a layer: forward, dL/dh, dL/dW. All weights and all z stay for the backward pass, with skip
    connections all h too; besides four arrays of a batch in the widest layer, and one gradient of weights.
    """
    weights = [prod(layer.weight_shape) for layer in spec.layers]
    units = [layer.weight_shape[1] for layer in spec.layers]
    skips = any(layer.skip for layer in spec.layers)
    kept = sum(units) + (sum(layer.width for layer in spec.layers) if skips else 0)
    normalized = 2 * max(units) if any(layer.normalization.axis is not None for layer in spec.layers) else 0
    rows = kept + 4 * max(spec.features, *units) + spec.features + normalized
    mib = (sum(weights) + max(weights) + samples * rows) * np.dtype(spec.dtype).itemsize / 2**20
    products = 6.0 * samples * sum(weights)
    rest = PER_WEIGHT * sum(weights) + PER_VALUE * samples * sum(units) + PER_LAYER * len(spec)
    return Cost((products + rest) / 1e9, mib + STATISTICS_MIB, products / 1e9)


def cost(experiment: Experiment) -> Cost:
    """The same, and drawing the batch and the weights."""
    spec, initializer, samples = experiment.spec(), experiment.weights, experiment.source.count(experiment.samples)
    network = network_cost(spec, samples)
    pieces = [(layer.fan_in, layer.width) for layer in spec.layers for _ in range(layer.pieces)]
    drawing = sum(initializer.effort(samples, *piece) for piece in pieces)
    scratch = max(initializer.scratch * fan_in * width for fan_in, width in pieces) * min(_threads(), len(spec))
    scratch += PREPARING * samples * spec.features
    if initializer.fit:
        scratch = max(scratch, *(_fit_scratch(samples, layer) for layer in spec.layers))
    mib = network.mib + scratch / 2**20 + experiment.source.reading_mib
    return replace(network, gflop=network.gflop + drawing / 1e9, mib=mib)


def _fit_scratch(samples: int, layer: LayerSpec) -> float:
    """Bytes: weights before and after, the batch before and behind them and its distance from the mean, in float64."""
    units = layer.weight_shape[1]
    return 8.0 * (2 * layer.fan_in * units + samples * (layer.fan_in + 2 * units))


def _threads() -> int:
    """How many threads draw weights side by side, at most: as many as BLAS takes."""
    asked = os.environ.get("OPENBLAS_NUM_THREADS", "")
    return int(asked) if asked.isdecimal() and int(asked) else os.cpu_count() or 1


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

    def covers(self, needed: Cost) -> bool:
        """Whether it is enough for what something takes."""
        return needed.gflop <= self.gflop and needed.mib <= self.mib

    def allows(self, experiment: Experiment) -> bool:
        """Whether the experiment fits."""
        return self.covers(cost(experiment))

    def check(self, experiment: Experiment) -> None:
        """Raise OverBudget, which carries the nearest experiment that fits."""
        needed = cost(experiment)
        if self.covers(needed):
            return
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

    def __reduce__(self) -> tuple[object, ...]:
        return _sent, (str(self), self.fit)  # the constructor adds to the message


def _sent(message: str, fit: Experiment) -> OverBudget:
    error = OverBudget.__new__(OverBudget, message)
    error.fit = fit
    return error


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
