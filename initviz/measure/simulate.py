"""One random network, one batch: forward, then backward from random gradients, and the statistics of every layer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from itertools import islice
from math import isnan, nan, prod, sqrt

import numpy as np
from numpy.typing import NDArray

from initviz.arrays import FloatArray, Workspace
from initviz.measure.propagation import Bins, Gradient, Histogram, Layer, Propagation, Signal, Weights
from initviz.measure.statistics import (
    Sums,
    Survey,
    flush,
    gradient,
    histogram,
    joined,
    mean_cosine,
    row_blocks,
    signal,
    survey_rows,
)
from initviz.measure.threads import Worker, own_threads, run_team, threads
from initviz.network.budget import Budget
from initviz.network.experiment import Experiment
from initviz.network.initializers import Fit, standard_normal
from initviz.network.streams import Streams, draw_batch
from initviz.progress import Progress

GRADIENT_BINS = 60

SHARE = 2**14
"""Values of a layer for which another thread is worth its start and its meetings."""


@dataclass(frozen=True)
class _Hidden:
    """What the backward pass needs of one hidden layer, and what only the forward pass can tell."""

    z: FloatArray
    inverse_std: FloatArray | None
    flush: bool
    """Whether h has negligible values."""
    lost: bool
    """Whether there is a nan in z: no slope is known there."""
    shares: tuple[float, float, float]
    """Of saturated values, zero values and dead units."""
    one_sign: float
    """Share of samples whose input to this layer has one sign."""


def simulate(
    experiment: Experiment, bins: Bins | None = None, progress: Progress | None = None, budget: Budget | None = None
) -> Propagation:
    """Draw the network, send the batch forward and independent N(0, 1) gradients of the last h backward.

    dL/dW is the derivative of that same loss: summed over the samples, not averaged. Overflow is a result: such values
    are counted, never raised. Raises OverBudget before anything runs, InputError when the inputs cannot be read.
    """
    (budget or Budget.from_environment()).check(experiment)
    with own_threads(), np.errstate(all="ignore"):
        return _Simulation(experiment, bins or Bins(), progress or (lambda share: None)).run()


class _Buffers:
    """All the memory of a simulation: weights and z of every layer stay for the backward pass, the rest is reused."""

    def __init__(self, experiment: Experiment, samples: int, features: int) -> None:
        shapes = [(fan_in, width * pieces) for fan_in, width, pieces in experiment.shapes()]
        widest = max(features, *(units for _, units in shapes))
        kept = [(samples, experiment.width)] * experiment.depth if experiment.residual else []
        wanted = [
            *shapes,
            *((samples, units) for _, units in shapes),
            *kept,
            *[(samples, widest)] * 4,
            max(shapes, key=prod),
        ]
        size = np.dtype(experiment.dtype).itemsize
        self.workspace = Workspace(sum(prod(shape) * size + 64 for shape in wanted))
        arrays = iter([self.workspace.cut(shape, experiment.dtype) for shape in wanted])
        self.weights = list(islice(arrays, len(shapes)))
        self.z = list(islice(arrays, len(shapes)))
        self.h = list(islice(arrays, len(kept)))
        self._spare = list(islice(arrays, 4))
        self._grad_w = next(arrays)

    def spare(self, which: int, shape: tuple[int, ...]) -> FloatArray:
        """One of four arrays for what only lives for a layer or two."""
        return self._spare[which].reshape(-1)[: prod(shape)].reshape(shape)

    def grad_w(self, shape: tuple[int, ...]) -> FloatArray:
        """dL/dW of the present layer."""
        return self._grad_w.reshape(-1)[: prod(shape)].reshape(shape)


class _Simulation:
    """What all threads share: the network, its memory, and what has been measured."""

    def __init__(self, experiment: Experiment, bins: Bins, progress: Progress) -> None:
        self.experiment = experiment
        self.bins = bins
        self.progress = progress
        self.streams = Streams(experiment)
        self.shapes = experiment.shapes()
        self.samples, self.features = experiment.source.count(experiment.samples), self.shapes[0][0]
        self.buffers = _Buffers(experiment, self.samples, self.features)
        self.batch = np.empty((0, 0), experiment.dtype)
        self.grad_h = self.buffers.spare(2, (self.samples, experiment.width))
        """dL/dh of the last layer."""
        self.biases: list[FloatArray | None] = [None] * experiment.depth
        self.h: dict[int, Signal] = {}
        self.z: dict[int, Signal] = {}
        self.cosine: dict[int, float] = {}
        self.grads: dict[tuple[str, int], Gradient] = {}
        self.weights: dict[int, tuple[Sums, Histogram]] = {}
        self.unique: dict[int, int] = {}

    def run(self) -> Propagation:
        size = min(threads(), self.samples, -(-self.samples * self.experiment.width // SHARE))
        hidden = run_team(lambda member: _Rows(self, member).run(), size)
        layers = [Layer(0, self.h[0], self.cosine[0], self.grads["h", 0])]
        layers += [self._layer(number, layer) for number, layer in enumerate(hidden, 1)]
        self.buffers.workspace.release()
        return Propagation(tuple(layers), samples=self.samples, features=self.features)

    def _layer(self, layer: int, hidden: _Hidden) -> Layer:
        saturated, zero, dead = hidden.shares
        return Layer(
            layer,
            h=self.h[layer],
            cosine=self.cosine[layer],
            grad_h=self.grads["h", layer],
            z=self.z[layer],
            grad_z=self.grads["z", layer],
            weights=self._weights(layer, hidden.one_sign),
            saturated=saturated,
            zero=zero,
            dead=dead,
        )

    def _weights(self, layer: int, one_sign: float) -> Weights:
        (sums, histogram), gradient = self.weights[layer], self.grads["w", layer]
        return Weights(
            fan_in=self.shapes[layer - 1][0],
            mean=sums.mean,
            std=sums.std,
            histogram=histogram,
            gradient=gradient,
            norm=gradient.rms * sqrt(self.buffers.weights[layer - 1].size),
            ratio=gradient.std / sums.std if sums.std else nan,
            unique_columns=self.unique[layer],
            same_sign=one_sign,
        )

    # --- what is random ---

    def draw_batch(self) -> None:
        self.batch = draw_batch(self.experiment, self.streams)

    def draw_gradient(self) -> None:
        rng = self.streams.gradient()
        for rows in row_blocks(slice(0, self.samples), self.experiment.width):
            self.grad_h[rows] = standard_normal(rng, self.grad_h[rows].shape)

    def draw_weights(self, layer: int) -> None:
        """W (fan_in, pieces * width) and b (pieces * width,), not yet fitted to the batch."""
        fan_in, width, pieces = self.shapes[layer - 1]
        initializer, settings = self.experiment.weights, self.experiment.settings
        rng, weights = self.streams.weights(layer), self.buffers.weights[layer - 1]
        for first in range(0, pieces * width, width):
            weights[:, first : first + width] = initializer.draw(rng, fan_in, width, settings)
        variance = initializer.bias_variance(fan_in, width, settings)
        if variance := self.experiment.bias_std**2 if variance is None else variance:
            biases = initializer.draw_biases(self.streams.biases(layer), pieces * width, variance)
            self.biases[layer - 1] = biases.astype(self.experiment.dtype)

    def fit_weights(self, fit: Fit, layer: int, before: FloatArray) -> None:
        """Fit weights and biases to the batch that enters the layer."""
        weights, biases = self.buffers.weights[layer - 1], self.biases[layer - 1]
        unfitted = np.zeros(weights.shape[1]) if biases is None else biases.astype(np.float64)
        weights[...], fitted = fit(weights.astype(np.float64), unfitted, before.astype(np.float64))
        self.biases[layer - 1] = fitted.astype(weights.dtype) if fitted.any() else None


class _Rows:
    """One thread's rows of the batch on their way through the network and back, by blocks: values are computed and
    surveyed while they are in the processor's cache. Once or twice a layer the threads meet."""

    def __init__(self, simulation: _Simulation, member: Worker) -> None:
        self.simulation = simulation
        self.experiment = simulation.experiment
        self.buffers = simulation.buffers
        self.member = member
        self.rows = member.rows(simulation.samples)
        self.hidden: list[_Hidden] = []

    def run(self) -> list[_Hidden]:
        """Everything; what is measured goes to the simulation."""
        self._draw()
        self._forward()
        self._backward()
        return self.hidden

    def _report(self, share: float) -> None:
        if self.member.rank == 0:
            self.simulation.progress(share)

    def _draw(self) -> None:
        simulation, depth = self.simulation, self.experiment.depth
        weights = [partial(simulation.draw_weights, layer) for layer in range(1, depth + 1)]
        everything: list[Callable[[], None]] = [simulation.draw_batch, simulation.draw_gradient, *weights]
        for done, task in self.member.gather(enumerate(everything, 1))[0]:  # whoever is free takes the next
            task()
            self._report(done / len(everything) / 4)
        self.member.gather(None)

    # --- forward ---

    def _forward(self) -> None:
        """Fill `hidden`."""
        h, depth = self.simulation.batch, self.experiment.depth
        self._measure_h(0, joined(self.member.gather(survey_rows(h, self.rows, cosine=True))))
        for layer in range(1, depth + 1):
            h = self._forward_layer(layer, h)
            self._report((depth + layer) / (4 * depth))

    def _forward_layer(self, layer: int, before: FloatArray) -> FloatArray:
        """h of the layer; what is to be kept of it joins `hidden`."""
        norm, z = self.experiment.norm, self.buffers.z[layer - 1]
        if fit := self.experiment.weights.fit:
            self.member.once(lambda: self.simulation.fit_weights(fit, layer, before))
        self._enter(layer, before)
        inverse_std = None
        if norm.axis is not None:
            inverse_std = self.member.once(lambda: norm.forward(z)[1])
        out = self.buffers.spare(layer % 2, (len(z), self.experiment.width))
        h = self.buffers.h[layer - 1] if self.experiment.residual else out
        seen = [Survey(z), Survey(h, cosine=True)] + ([Survey(out)] if h is not out else [])
        for block in row_blocks(self.rows, z.shape[1]):
            self._activate(layer, block, before, out, h)
            for each in seen:
                each.see(block)
            if seen[1].negligible:
                flush(h[block])
        self._meet(layer, before, inverse_std, seen)
        return h

    def _enter(self, layer: int, before: FloatArray) -> None:
        """z before normalization."""
        rows, z, biases = self.rows, self.buffers.z[layer - 1], self.simulation.biases[layer - 1]
        np.matmul(before[rows], self.buffers.weights[layer - 1], out=z[rows])
        if biases is not None:
            z[rows] += biases

    def _activate(self, layer: int, rows: slice, before: FloatArray, out: FloatArray, h: FloatArray) -> None:
        """Rows of out = phi(z) and of h, the same array without residuals."""
        activation, alpha = self.experiment.layer_activation(layer)
        activation.forward(self.buffers.z[layer - 1][rows], alpha, out[rows])
        if h is not out:
            scale = self.experiment.residual if self.experiment.has_skip(layer) else 0.0
            h[rows] = before[rows] + scale * out[rows] if scale else out[rows]

    def _meet(self, layer: int, before: FloatArray, inverse_std: FloatArray | None, seen: list[Survey]) -> None:
        """Put together what the threads have seen of a layer."""
        activation, alpha = self.experiment.layer_activation(layer)
        mine = _units(seen[-1], self.rows, activation.saturation(alpha)), _one_signed(before[self.rows]), seen
        units, one_signed, surveys = zip(*self.member.gather(mine), strict=True)
        of_z, of_h, *others = (joined(parts) for parts in zip(*surveys, strict=True))
        of_out = others[-1] if others else of_h
        shares = _shares(units, of_out)
        one_sign = sum(one_signed) / len(before)
        self.hidden.append(_Hidden(of_z.x, inverse_std, of_h.negligible, isnan(of_z.low), shares, one_sign))
        for measure, survey in self.member.share([(self._measure_z, of_z), (self._measure_h, of_h)]):
            measure(layer, survey)

    def _measure_z(self, layer: int, seen: Survey) -> None:
        self.simulation.z[layer] = signal(seen, self.simulation.bins)

    def _measure_h(self, layer: int, seen: Survey) -> None:
        self.simulation.h[layer] = signal(seen, self.simulation.bins)
        self.simulation.cosine[layer] = mean_cosine(seen)

    # --- backward ---

    def _backward(self) -> None:
        grad_h, depth = self.simulation.grad_h, self.experiment.depth
        self.member.gather(None)  # the last h has been measured; its memory is needed now
        for layer in range(depth, 0, -1):
            grad_h = self._backward_layer(layer, grad_h)
            self._report(1 - (layer - 1) / (2 * depth))
        self._measure_gradient("h", 0, joined(self.member.gather(survey_rows(grad_h, self.rows))))

    def _backward_layer(self, layer: int, grad_h: FloatArray) -> FloatArray:
        """dL/dh of the layer before."""
        hidden, norm = self.hidden[layer - 1], self.experiment.norm
        before, again = self._before(layer)
        grad_z = self.buffers.spare(0, hidden.z.shape)
        grad_before = self.buffers.spare(2 + (self.experiment.depth - layer + 1) % 2, before.shape)
        seen = Survey(grad_h), Survey(grad_z)
        for block in row_blocks(self.rows, hidden.z.shape[1]):
            self._backward_activation(layer, block, grad_h, grad_z)
            for each in seen:
                each.see(block)
            if seen[1].negligible:
                flush(grad_z[block])
            again(block)
        if norm.axis is None:
            self._leave(layer, grad_z, grad_h, grad_before)
        of_h, of_z = (joined(parts) for parts in zip(*self.member.gather(seen), strict=True))
        for name, survey in self.member.share([("h", of_h), ("z", of_z)]):
            self._measure_gradient(name, layer, survey)
        if norm.axis is not None:
            self.member.once(lambda: norm.backward(hidden.z, hidden.inverse_std, grad_z))
            self._leave(layer, grad_z, grad_h, grad_before)
        self._backward_weights(layer, before, grad_z)
        return grad_before

    def _backward_activation(self, layer: int, rows: slice, grad_h: FloatArray, grad_z: FloatArray) -> None:
        """Rows of dL/dz, before normalization."""
        activation, alpha = self.experiment.layer_activation(layer)
        scale = self.experiment.residual if self.experiment.has_skip(layer) else 1.0
        branch = grad_h[rows] if scale == 1 else scale * grad_h[rows]
        hidden = self.hidden[layer - 1]
        activation.backward(hidden.z[rows], alpha, branch, grad_z[rows])
        if hidden.lost:  # relu' would call it 0, as if the unit slept
            np.copyto(grad_z[rows], nan, where=np.isnan(hidden.z[rows]))

    def _leave(self, layer: int, grad_z: FloatArray, grad_h: FloatArray, grad_before: FloatArray) -> None:
        """dL/dh of the layer before."""
        rows = self.rows
        np.matmul(grad_z[rows], self.buffers.weights[layer - 1].T, out=grad_before[rows])
        if self.experiment.has_skip(layer):
            grad_before[rows] += grad_h[rows]

    def _before(self, layer: int) -> tuple[FloatArray, Callable[[slice], None]]:
        """h of the layer before, and what fills rows of it: it is kept where residuals add up, otherwise cheaper to
        compute again than to keep."""
        if layer == 1:
            return self.simulation.batch, lambda rows: None
        if self.experiment.residual:
            return self.buffers.h[layer - 2], lambda rows: None
        activation, alpha = self.experiment.layer_activation(layer - 1)
        hidden = self.hidden[layer - 2]
        h = self.buffers.spare(1, (len(hidden.z), self.experiment.width))

        def again(rows: slice) -> None:
            activation.forward(hidden.z[rows], alpha, h[rows])
            if hidden.flush:
                flush(h[rows])

        return h, again

    def _backward_weights(self, layer: int, before: FloatArray, grad_z: FloatArray) -> None:
        """Everything about dL/dW and W; each thread has its own rows of both."""
        weights = self.buffers.weights[layer - 1]
        grad_w, rows = self.buffers.grad_w(weights.shape), self.member.rows(len(weights))
        np.matmul(before.T[rows], grad_z, out=grad_w[rows])
        seen = self.member.gather((survey_rows(grad_w, rows), survey_rows(weights, rows)))
        of_gradient, of_weights = (joined(parts) for parts in zip(*seen, strict=True))

        def measure_gradient() -> None:
            self._measure_gradient("w", layer, of_gradient)

        def measure_weights() -> None:
            self.simulation.weights[layer] = of_weights.sums, _weight_histogram(of_weights)
            self.simulation.unique[layer] = _unique_columns(grad_w)

        for measure in self.member.share([measure_gradient, measure_weights]):
            measure()

    def _measure_gradient(self, name: str, layer: int, seen: Survey) -> None:
        self.simulation.grads[name, layer] = gradient(seen, GRADIENT_BINS)


def _weight_histogram(seen: Survey) -> Histogram:
    return histogram(np.sort(seen.sample()), seen.low, seen.high, GRADIENT_BINS)


def _units(seen: Survey, rows: slice, saturation: tuple[float, float]) -> tuple[int, NDArray[np.bool_]]:
    """(number of saturated values, which units are not dead) of some rows of an activation's output."""
    low, high = saturation
    out, saturated = seen.x[rows], 0
    if not seen.low >= low:
        saturated += int(np.count_nonzero(out < low))
    if not seen.high <= high:
        saturated += int(np.count_nonzero(out > high))
    return saturated, np.asarray(out.any(axis=0) if seen.zeros else True)


def _shares(parts: Sequence[tuple[int, NDArray[np.bool_]]], seen: Survey) -> tuple[float, float, float]:
    """Shares of (saturated values, zero values, dead units) of the whole output."""
    saturated = sum(count for count, _ in parts)
    live = reduce(np.logical_or, [units for _, units in parts])
    return seen.share(saturated), seen.share(seen.zeros), 1 - float(np.mean(live))


def _one_signed(before: FloatArray) -> int:
    """Number of samples whose values are all >= 0 or all <= 0: a unit's weight gradients then have one sign too,
    because dL/dW of one sample is h times one number per unit."""
    candidates = before[_has_one_sign(before[:, :16])]  # a few columns rule out nearly every mixed row
    return int(np.count_nonzero(_has_one_sign(candidates)))


def _has_one_sign(rows: FloatArray) -> NDArray[np.bool_]:
    columns = np.ascontiguousarray(rows.T)
    return (columns.min(axis=0) >= 0) | (columns.max(axis=0) <= 0)


def _unique_columns(grad_w: FloatArray) -> int:
    """Number of distinct columns; the full comparison only where the first row leaves a doubt."""
    width = grad_w.shape[1]
    if np.unique(grad_w[0]).size == width:
        return width
    columns = grad_w.T + 0.0  # -0 becomes 0: equal numbers must be equal bytes
    return len({column.tobytes() for column in columns})
