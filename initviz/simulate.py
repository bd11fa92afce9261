"""One random network, one batch: forward, then backward from random gradients, and the statistics of every layer."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from math import nan, prod, sqrt
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from initviz.arrays import FloatArray, Workspace
from initviz.experiment import Budget, Experiment
from initviz.initializers import standard_normal
from initviz.inputs import PREPROCESSING
from initviz.parallel import own_threads, product, row_parts, side_by_side, threads
from initviz.propagation import Bins, Gradient, Layer, Propagation, Signal, Weights
from initviz.statistics import Survey, gradient, histogram, joined, mean_cosine, row_blocks, signal, sums, survey

Progress: TypeAlias = Callable[[float], None]
"""Called with the share of the work that is done; may raise to stop the simulation."""

GRADIENT_BINS = 60


@dataclass
class _Hidden:
    """What the backward pass needs of one hidden layer, and what the forward pass has already measured."""

    weights: FloatArray
    z: FloatArray
    inverse_std: FloatArray | None
    z_signal: Signal
    h_signal: Signal
    cosine: float
    shares: tuple[float, float, float]
    one_sign: float
    """Share of samples whose input to this layer has one sign."""
    flush: bool
    """Whether h has negligible values."""


class _Streams:
    """Independent generators for batch, gradient and each layer: another depth leaves the first layers as they were."""

    def __init__(self, experiment: Experiment) -> None:
        self._children = np.random.SeedSequence(experiment.seed).spawn(2 + experiment.depth)
        self._tied = experiment.tied

    def batch(self) -> np.random.Generator:
        return np.random.default_rng(self._children[0])

    def gradient(self) -> np.random.Generator:
        return np.random.default_rng(self._children[1])

    def weights(self, layer: int) -> np.random.Generator:
        return np.random.default_rng(self._children[2 if self._tied else 1 + layer])

    def biases(self, layer: int) -> np.random.Generator:
        return np.random.default_rng(self._children[1 + layer].spawn(1)[0])


def input_batch(experiment: Experiment) -> FloatArray:
    """The batch that enters layer 1, shape (samples, features), in the experiment's dtype.

    Raises InputError when the data set is not there or damaged.
    """
    return _batch(experiment, _Streams(experiment))


def _batch(experiment: Experiment, streams: _Streams) -> FloatArray:
    raw = experiment.source.batch(streams.batch(), experiment.samples, experiment.width)
    prepared = PREPROCESSING[experiment.preprocessing].apply(raw)
    return (experiment.input_std * prepared).astype(experiment.dtype, copy=False)


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

    def __init__(self, experiment: Experiment, batch: FloatArray) -> None:
        samples, features = batch.shape
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
        self.workspace = Workspace(sum(prod(shape) * batch.itemsize + 64 for shape in wanted))
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
    """The two passes. The threads share the rows of every array, and each works through its part by blocks of rows:
    values are computed and surveyed while they are in the processor's cache."""

    def __init__(self, experiment: Experiment, bins: Bins, progress: Progress) -> None:
        self.experiment = experiment
        self.bins = bins
        self.progress = progress
        self.streams = _Streams(experiment)
        self.shapes = experiment.shapes()
        self.batch = _batch(experiment, self.streams)
        self.buffers = _Buffers(experiment, self.batch)
        self.hidden: list[_Hidden] = []

    def run(self) -> Propagation:
        self._draw_weights()
        self._forward()
        layers = self._backward()
        self.buffers.workspace.release()
        return Propagation(tuple(layers), samples=self.batch.shape[0], features=self.batch.shape[1])

    # --- weights ---

    def _draw_weights(self) -> None:
        depth = self.experiment.depth
        for first in range(1, depth + 1, threads()):
            side_by_side(self._draw, range(first, min(first + threads(), depth + 1)))
            self.progress(first / (4 * depth))

    def _draw(self, layer: int) -> None:
        """W (fan_in, pieces * width), not yet fitted to the batch."""
        fan_in, width, pieces = self.shapes[layer - 1]
        rng, weights = self.streams.weights(layer), self.buffers.weights[layer - 1]
        for first in range(0, pieces * width, width):
            drawn = self.experiment.weights.draw(rng, fan_in, width, self.experiment.settings)
            weights[:, first : first + width] = drawn

    def _biases(self, layer: int, before: FloatArray) -> FloatArray | None:
        """b (pieces * width,), or None for no biases; fits the weights to the batch where that is their rule."""
        fan_in, width, pieces = self.shapes[layer - 1]
        initializer, weights = self.experiment.weights, self.buffers.weights[layer - 1]
        variance = initializer.bias_variance(fan_in, width, self.experiment.settings)
        std = self.experiment.bias_std if variance is None else sqrt(variance)
        biases = std * standard_normal(self.streams.biases(layer), (pieces * width,))
        if initializer.fit:
            weights[...], biases = initializer.fit(
                weights.astype(np.float64), biases.astype(np.float64), before.astype(np.float64)
            )
        return biases.astype(self.experiment.dtype) if biases.any() else None

    # --- forward ---

    def _forward(self) -> None:
        """Fill `hidden`."""
        h, depth = self.batch, self.experiment.depth
        for layer in range(1, depth + 1):
            biases = self._biases(layer, h)
            z = product(h, self.buffers.weights[layer - 1], out=self.buffers.z[layer - 1])
            if biases is not None:
                z += biases
            z, inverse_std = self.experiment.norm.forward(z)
            h = self._activate(layer, h, z, inverse_std)
            self.progress((depth + layer) / (4 * depth))

    def _activate(self, layer: int, before: FloatArray, z: FloatArray, inverse_std: FloatArray | None) -> FloatArray:
        """h of the layer, after its statistics have joined `hidden`."""
        activation, alpha = self.experiment.layer_activation(layer)
        out = self.buffers.spare(layer % 2, (len(z), self.experiment.width))
        skip = self.experiment.has_skip(layer)
        h = self.buffers.h[layer - 1] if self.experiment.residual else out

        def part(rows: slice) -> tuple[Survey, Survey, Survey]:
            seen = Survey(z), Survey(h, cosine=True), Survey(out)
            for block in row_blocks(rows, z.shape[1]):
                out[block] = activation.forward(z[block], alpha)
                if h is not out:
                    h[block] = before[block] + self.experiment.residual * out[block] if skip else out[block]
                for each in seen if h is not out else seen[:2]:
                    each.see(block)
            return seen

        surveys = [joined(parts) for parts in zip(*side_by_side(part, row_parts(len(z))), strict=True)]
        z_signal, h_signal = side_by_side(lambda seen: signal(seen, self.bins), surveys[:2])
        self.hidden.append(
            _Hidden(
                weights=self.buffers.weights[layer - 1],
                z=z,
                inverse_std=inverse_std,
                z_signal=z_signal,
                h_signal=h_signal,
                cosine=mean_cosine(surveys[1]),
                shares=_shares(surveys[2 if h is not out else 1], activation.saturation(alpha)),
                one_sign=_one_sign(before),
                flush=surveys[1].negligible,
            )
        )
        if surveys[1].negligible:
            _flush(h)
        return h

    # --- backward ---

    def _backward(self) -> list[Layer]:
        depth = self.experiment.depth
        shape = len(self.batch), self.experiment.width
        grad_h = self.buffers.spare(2, shape)
        grad_h[...] = standard_normal(self.streams.gradient(), shape)
        layers: list[Layer] = []
        for layer in range(depth, 0, -1):
            measured, grad_h = self._backward_layer(layer, grad_h)
            layers.append(measured)
            self.progress(1 - (layer - 1) / (2 * depth))
        seen = survey(self.batch, cosine=True)
        layers.append(Layer(0, signal(seen, self.bins), mean_cosine(seen), gradient(survey(grad_h), GRADIENT_BINS)))
        return layers[::-1]

    def _backward_layer(self, layer: int, grad_h: FloatArray) -> tuple[Layer, FloatArray]:
        """The layer's statistics, and dL/dh of the layer before."""
        hidden = self.hidden[layer - 1]
        grad_z, before, measured_h, measured_z = self._backward_activation(layer, grad_h)
        grad_z = self.experiment.norm.backward(hidden.z, hidden.inverse_std, grad_z)
        grad_w = product(before.T, grad_z, out=self.buffers.grad_w(hidden.weights.shape))
        grad_before = self.buffers.spare(3 if (self.experiment.depth - layer) % 2 == 0 else 2, before.shape)
        product(grad_z, hidden.weights.T, out=grad_before)
        if self.experiment.has_skip(layer):
            grad_before += grad_h
        saturated, zero, dead = hidden.shares
        measured = Layer(
            layer,
            h=hidden.h_signal,
            cosine=hidden.cosine,
            grad_h=measured_h,
            z=hidden.z_signal,
            grad_z=measured_z,
            weights=_weights(hidden, grad_w),
            saturated=saturated,
            zero=zero,
            dead=dead,
        )
        return measured, grad_before

    def _backward_activation(self, layer: int, grad_h: FloatArray) -> tuple[FloatArray, FloatArray, Gradient, Gradient]:
        """dL/dz, h of the layer before, and the statistics of dL/dh and dL/dz."""
        z = self.hidden[layer - 1].z
        activation, alpha = self.experiment.layer_activation(layer)
        scale = self.experiment.residual if self.experiment.has_skip(layer) else 1.0
        grad_z = self.buffers.spare(0, z.shape)
        before, again = self._before(layer)

        def part(rows: slice) -> tuple[Survey, Survey]:
            seen = Survey(grad_h), Survey(grad_z)
            for block in row_blocks(rows, z.shape[1]):
                branch = grad_h[block] if scale == 1 else scale * grad_h[block]
                grad_z[block] = activation.backward(z[block], alpha, branch)
                for each in seen:
                    each.see(block)
                again(block)
            return seen

        surveys = [joined(parts) for parts in zip(*side_by_side(part, row_parts(len(z))), strict=True)]
        measured_h, measured_z = side_by_side(lambda seen: gradient(seen, GRADIENT_BINS), surveys)
        if surveys[1].negligible:
            _flush(grad_z)
        if layer > 1 and self.hidden[layer - 2].flush:
            _flush(before)
        return grad_z, before, measured_h, measured_z

    def _before(self, layer: int) -> tuple[FloatArray, Callable[[slice], None]]:
        """h of the layer before, and what fills a block of its rows: it is kept where residuals add up, otherwise
        cheaper to compute again than to keep."""
        if layer == 1:
            return self.batch, lambda rows: None
        if self.experiment.residual:
            return self.buffers.h[layer - 2], lambda rows: None
        activation, alpha = self.experiment.layer_activation(layer - 1)
        z, h = self.hidden[layer - 2].z, self.buffers.spare(1, (len(self.batch), self.experiment.width))

        def again(rows: slice) -> None:
            h[rows] = activation.forward(z[rows], alpha)

        return h, again


def _flush(x: FloatArray) -> None:
    """Set negligible values (see Survey) to 0: a product with 3 % of subnormal numbers takes ten times as long."""

    def part(rows: slice) -> None:
        for block in row_blocks(rows, x.shape[1]):
            x[block] *= np.abs(x[block]) >= np.finfo(x.dtype).tiny

    side_by_side(part, row_parts(len(x)))


def _shares(seen: Survey, saturation: tuple[float, float]) -> tuple[float, float, float]:
    """Shares of (saturated values, zero values, dead units) of an activation's output (samples, width)."""
    low, high = saturation
    out, saturated = seen.x, 0
    if not seen.low >= low:
        saturated += int(np.count_nonzero(out < low))
    if not seen.high <= high:
        saturated += int(np.count_nonzero(out > high))
    dead = 1 - float(out.any(axis=0).mean()) if seen.zeros else 0.0
    return seen.share(saturated), seen.share(seen.zeros), dead


def _one_sign(before: FloatArray) -> float:
    """Share of samples whose values are all >= 0 or all <= 0: a unit's weight gradients then have one sign too,
    because dL/dW of one sample is h times one number per unit."""
    candidates = before[_has_one_sign(before[:, :16])]  # a few columns rule out nearly every mixed row
    return float(np.count_nonzero(_has_one_sign(candidates)) / len(before))


def _has_one_sign(rows: FloatArray) -> NDArray[np.bool_]:
    columns = np.ascontiguousarray(rows.T)
    return (columns.min(axis=0) >= 0) | (columns.max(axis=0) <= 0)


def _weights(hidden: _Hidden, grad_w: FloatArray) -> Weights:
    seen = survey(hidden.weights)
    s, measured = sums(seen), gradient(survey(grad_w), GRADIENT_BINS)
    return Weights(
        fan_in=hidden.weights.shape[0],
        mean=s.mean,
        std=s.std,
        histogram=histogram(np.sort(seen.sample()), s.low, s.high, GRADIENT_BINS),
        gradient=measured,
        norm=measured.rms * sqrt(grad_w.size),
        ratio=measured.std / s.std if s.std else nan,
        unique_columns=_unique_columns(grad_w),
        same_sign=hidden.one_sign,
    )


def _unique_columns(grad_w: FloatArray) -> int:
    """Number of distinct columns; the full comparison only where the first row leaves a doubt."""
    width = grad_w.shape[1]
    if np.unique(grad_w[0]).size == width:
        return width
    columns = grad_w.T + 0.0  # -0 becomes 0: equal numbers must be equal bytes
    return len({column.tobytes() for column in columns})
