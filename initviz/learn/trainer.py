"""The training itself, step by step: it can be stopped after any step and go on later."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite, log10, nan
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from initviz.arrays import FloatArray
from initviz.learn.history import History, Record
from initviz.learn.optimizers import Optimizer, Stepper
from initviz.learn.parametrization import PARAMETRIZATIONS
from initviz.learn.settings import Training
from initviz.learn.start import at_rest, starting_network, task_data
from initviz.learn.tasks import Data
from initviz.measure.threads import own_threads
from initviz.network.experiment import Experiment
from initviz.network.network import Dense, LayerGradients, LayerValues, Network

EVALUATED = 500
"""At most so many training and test examples are looked at for a record; at the end, all test examples."""


@dataclass(frozen=True)
class Divergence:
    """Where numbers became too large: in which step, and in which layer first (the last is the output layer)."""

    step: int
    layer: int


class Trainer:
    """One network on its way. `rate` is the learning rate in plain numbers.

    Raises InputError when the task's data cannot be read.
    """

    def __init__(
        self, experiment: Experiment, training: Training, data: Data | None = None, rate: float | None = None
    ) -> None:
        self.experiment, self.training = experiment, training
        self.data = task_data(experiment, training) if data is None else data
        self.rate = training.learning_rate if rate is None else rate
        self.network = starting_network(experiment, training, self.data)
        self.batch = min(training.batch, len(self.data.train_x))
        self.steps_per_epoch = -(-len(self.data.train_x) // self.batch)
        self.total = training.epochs * self.steps_per_epoch
        self.history = History(self.total)
        self.step = 0
        """Updates so far."""
        self.seconds = 0.0
        self.diverged: Divergence | None = None
        self._parameters = list(_parameters(self.network, experiment, training))
        self._batches = _batches(self.data, self.batch, experiment.seed)

    @property
    def finished(self) -> bool:
        """Whether no step is left."""
        return self.diverged is not None or self.step >= self.total

    def run(self, seconds: float = inf, steps: int | None = None) -> None:
        """Go on until the end, or for so many seconds or steps."""
        start = perf_counter()
        last = self.total if steps is None else min(self.total, self.step + steps)
        with own_threads(), np.errstate(all="ignore"):  # overflow is a result
            if not len(self.history):
                self._record([])
            while self.diverged is None and self.step < last and perf_counter() - start < seconds:
                self._step()
            if self.finished:
                self._record([], full=True)
        self.seconds += perf_counter() - start

    def prolong(self, epochs: int) -> None:
        """Add epochs to the end."""
        self.total += epochs * self.steps_per_epoch

    # --- one step ---

    def _step(self) -> None:
        x, y = next(self._batches)
        values = self.network.forward(x)
        loss, gradient = self.training.chosen_loss.evaluate(values[-1].out, y)
        if not isfinite(loss):
            self.diverged = Divergence(self.step, _first_overflow(values))
            return
        gradients = self.network.backward(values, gradient, inputs=False)
        recorded = self.history.wants(self.step + 1) or self.step + 1 == self.total
        before = [layer.weights.copy() for layer in self.network.layers] if recorded else []
        stds = np.array([one.weights.std(dtype=float) for one in gradients]) if recorded else np.empty(0)
        for parameter in self._parameters:
            parameter.move(gradients, self.rate)
        self.step += 1
        if recorded:
            self._record(before, stds)

    # --- records ---

    def _record(self, before: Sequence[FloatArray], stds: FloatArray | None = None, full: bool = False) -> None:
        """Add the present state; `before` are the weights before the last step, `full` looks at all test examples."""
        data, loss = self.data, self.training.chosen_loss
        x, y = data.train_x[:EVALUATED], data.train_y[:EVALUATED]
        tests = len(data.test_x) if full else EVALUATED
        values = self.network.forward(x)
        test_out = at_rest(self.network, x).forward(data.test_x[:tests])[-1].out
        layers = [_measured(layer, kept) for layer, kept in zip(self.network.layers, values, strict=True)]
        columns = {name: np.array([one[name] for one in layers]) for name in layers[0]}
        missing = np.full(len(layers), nan)
        last = self.history[-1].layers if full and len(self.history) else None
        columns["grad_w_std"] = missing if stds is None else stds
        columns["update_ratio"] = _update_ratios(before, self.network) if before else missing
        if last is not None and self.history[-1].step == self.step:
            columns |= {name: last[name] for name in ("grad_w_std", "update_ratio")}
        record = Record(
            self.step,
            self.step / self.steps_per_epoch,
            loss.evaluate(values[-1].out, y)[0],
            accuracy(values[-1].out, y),
            loss.evaluate(test_out, data.test_y[:tests])[0],
            accuracy(test_out, data.test_y[:tests]),
            columns,
        )
        self.history.add(record)
        if self.diverged is None and not isfinite(record.loss):
            self.diverged = Divergence(self.step, _first_overflow(values))


def _batches(data: Data, size: int, seed: int) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Mini-batches, epoch after epoch, each in a new order; the last of an epoch may be smaller.

    No method: a trainer that its own generator holds would stay in memory until the next full collection.
    """
    rng = np.random.default_rng(np.random.SeedSequence((seed, 2)))
    x, y = data.train_x, data.train_y
    while True:
        if size == len(x):
            yield x, y
            continue
        order = rng.permutation(len(x))
        for first in range(0, len(x), size):
            rows = order[first : first + size]
            yield x[rows], y[rows]


def accuracy(outputs: FloatArray, targets: FloatArray) -> float:
    """Share of the samples whose largest output is that of their class; nan where the targets are numbers."""
    if targets.shape[1] == 1:
        return nan
    return float((outputs.argmax(axis=1) == targets.argmax(axis=1)).mean())


def _first_overflow(values: Sequence[LayerValues]) -> int:
    """The first layer whose output is not finite everywhere; the last where only the loss is not."""
    for number, kept in enumerate(values, 1):
        if not np.isfinite(kept.out).all():
            return number
    return len(values)


def _measured(layer: Dense, kept: LayerValues) -> Mapping[str, float]:
    phi = layer.activate(kept.z) if layer.spec.skip else kept.out
    low, high = layer.spec.activation.saturation(layer.alpha)
    return {
        "mean": float(kept.out.mean(dtype=float)),
        "std": float(kept.out.std(dtype=float)),
        "saturated": float(((phi < low) | (phi > high)).mean()) if isfinite(low) or isfinite(high) else 0.0,
        "dead": 1 - float(phi.any(axis=0).mean()),
        "distinct": float(distinct_units(layer)),
        "alpha": layer.alpha if layer.spec.activation.param else nan,
    }


ROUNDING = 1e-5
"""Weights closer than this part of the layer's largest are taken for equal: a product rounds its columns apart."""


def distinct_units(layer: Dense) -> int:
    """Number of affine maps of the layer that differ in a weight or the bias."""
    biases = np.zeros(layer.weights.shape[1]) if layer.biases is None else layer.biases
    maps = np.vstack([biases, layer.weights])
    largest = float(np.abs(maps).max())
    if not 0 < largest < inf:
        return 1
    steps = np.round(maps / (ROUNDING * largest))
    for row in steps[:2]:
        if np.unique(row).size == row.size:
            return int(row.size)
    columns: NDArray[np.int64] = np.ascontiguousarray(steps.T).astype(np.int64)
    return len({column.tobytes() for column in columns})


def _update_ratios(before: Sequence[FloatArray], network: Network) -> FloatArray:
    return np.array([_log_ratio(layer.weights - old, old) for layer, old in zip(network.layers, before, strict=True)])


def _log_ratio(change: FloatArray, old: FloatArray) -> float:
    moved, size = float(np.vdot(change, change)), float(np.vdot(old, old))
    return 0.5 * log10(moved / size) if 0 < moved < inf and 0 < size < inf else nan


# --- what moves ----------------------------------------------------------------------------------------------------


class _Parameter:
    """One array of parameters with the optimizer's memory. Tied layers share it: their gradients add up."""

    def __init__(self, name: str, array: FloatArray, layers: list[int], optimizer: Optimizer) -> None:
        self.array = array
        self.factor, self.decay = 1.0, 0.0
        self._name, self._layers = name, layers
        self._stepper: Stepper = optimizer.start(array)

    def move(self, gradients: Sequence[LayerGradients], rate: float) -> None:
        """One step."""
        first, *others = (getattr(gradients[layer], self._name) for layer in self._layers)
        for other in others:
            first += other
        if self.decay:
            first += self.array.dtype.type(self.decay) * self.array
        self._stepper.step(self.array, first, rate * self.factor)


class _Alpha:
    """The parameter of one layer's activation."""

    def __init__(self, layer: Dense, number: int, optimizer: Optimizer) -> None:
        self._layer, self._number = layer, number
        self._array = np.array([layer.alpha])
        self._stepper: Stepper = optimizer.start(self._array)

    def move(self, gradients: Sequence[LayerGradients], rate: float) -> None:
        """One step."""
        self._stepper.step(self._array, np.array([gradients[self._number].alpha]), rate)
        self._layer.alpha = float(self._array[0])


def _parameters(network: Network, experiment: Experiment, training: Training) -> Iterator[_Parameter | _Alpha]:
    parametrization, optimizer = PARAMETRIZATIONS[training.parametrization], training.chosen_optimizer
    count = len(network)
    for name in ("weights", "biases", "scale", "shift"):
        seen: dict[int, list[int]] = {}
        for number, layer in enumerate(network.layers):
            if (array := getattr(layer, name)) is not None:
                seen.setdefault(id(array), []).append(number)
        for layers in seen.values():
            parameter = _Parameter(name, getattr(network.layers[layers[0]], name), layers, optimizer)
            parameter.factor = parametrization.rate(
                optimizer.id, layers[0] + 1, count, experiment.width, weights=name == "weights"
            )
            parameter.decay = training.l2 if name == "weights" else 0.0
            yield parameter
    for number, layer in enumerate(network.layers):
        if training.learn_alpha and layer.spec.activation.dalpha is not None:
            yield _Alpha(layer, number, optimizer)
