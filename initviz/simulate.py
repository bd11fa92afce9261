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
from initviz.parallel import own_threads, row_parts, side_by_side, start, threads
from initviz.propagation import Bins, Gradient, Histogram, Layer, Propagation, Signal, Weights
from initviz.statistics import (
    Survey,
    flush,
    gradient,
    histogram,
    joined,
    mean_cosine,
    row_blocks,
    signal,
    survey,
    survey_rows,
)

Progress: TypeAlias = Callable[[float], None]
"""Called with the share of the work that is done; may raise to stop the simulation."""

GRADIENT_BINS = 60


@dataclass
class _Hidden:
    """What the backward pass needs of one hidden layer, and what the forward pass has measured."""

    weights: FloatArray
    z: FloatArray
    inverse_std: FloatArray | None
    z_signal: Callable[[], Signal]
    h_signal: Callable[[], Signal]
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
    prepared *= experiment.input_std  # every batch is drawn or copied for this run
    return prepared.astype(experiment.dtype, copy=False)


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
            h = self._forward_layer(layer, h)
            self.progress((depth + layer) / (4 * depth))

    def _forward_layer(self, layer: int, before: FloatArray) -> FloatArray:
        """h of the layer; what is measured joins `hidden`."""
        norm, biases = self.experiment.norm, self._biases(layer, before)
        weights, z = self.buffers.weights[layer - 1], self.buffers.z[layer - 1]
        out = self.buffers.spare(layer % 2, (len(z), self.experiment.width))
        h = self.buffers.h[layer - 1] if self.experiment.residual else out

        def enter(rows: slice) -> None:
            np.matmul(before[rows], weights, out=z[rows])
            if biases is not None:
                z[rows] += biases

        def activate(rows: slice) -> list[Survey]:
            if norm.axis is None:
                enter(rows)
            return self._activate(layer, rows, before, z, out, h)

        parts, inverse_std = row_parts(len(z)), None
        if norm.axis is not None:
            side_by_side(enter, parts)
            z, inverse_std = norm.forward(z)
        seen = [joined(surveys) for surveys in zip(*side_by_side(activate, parts), strict=True)]
        self._measure(layer, before, inverse_std, seen)
        return h

    def _activate(
        self, layer: int, rows: slice, before: FloatArray, z: FloatArray, out: FloatArray, h: FloatArray
    ) -> list[Survey]:
        """Rows of out = phi(z) and of h, the same array without residuals; surveys of z, h and out."""
        activation, alpha = self.experiment.layer_activation(layer)
        scale = self.experiment.residual if self.experiment.has_skip(layer) else 0.0
        seen = [Survey(z), Survey(h, cosine=True)] + ([Survey(out)] if h is not out else [])
        for block in row_blocks(rows, z.shape[1]):
            out[block] = activation.forward(z[block], alpha)
            if h is not out:
                h[block] = before[block] + scale * out[block] if scale else out[block]
            for each in seen:
                each.see(block)
        if seen[1].negligible:
            flush(h[rows])
        return seen

    def _measure(self, layer: int, before: FloatArray, inverse_std: FloatArray | None, seen: list[Survey]) -> None:
        """Add the layer to `hidden`; its histograms are counted while the next layer is computed."""
        activation, alpha = self.experiment.layer_activation(layer)
        of_z, of_h, of_out = seen[0], seen[1], seen[-1]
        self.hidden.append(
            _Hidden(
                weights=self.buffers.weights[layer - 1],
                z=of_z.x,
                inverse_std=inverse_std,
                z_signal=start(self._signal, of_z.settled()),
                h_signal=start(self._signal, of_h.settled()),
                cosine=mean_cosine(of_h),
                shares=_shares(of_out, activation.saturation(alpha)),
                one_sign=_one_sign(before),
                flush=of_h.negligible,
            )
        )

    def _signal(self, seen: Survey) -> Signal:
        return signal(seen, self.bins)

    # --- backward ---

    def _backward(self) -> list[Layer]:
        depth = self.experiment.depth
        shape = len(self.batch), self.experiment.width
        grad_h = self.buffers.spare(2, shape)
        grad_h[...] = standard_normal(self.streams.gradient(), shape)
        layers: list[Callable[[], Layer]] = []
        for layer in range(depth, 0, -1):
            measured, grad_h = self._backward_layer(layer, grad_h)
            layers.append(measured)
            self.progress(1 - (layer - 1) / (2 * depth))
        seen = survey(self.batch, cosine=True)
        first = Layer(0, self._signal(seen), mean_cosine(seen), _gradient(survey(grad_h)))
        return [first, *(measured() for measured in layers[::-1])]

    def _backward_layer(self, layer: int, grad_h: FloatArray) -> tuple[Callable[[], Layer], FloatArray]:
        """The layer's statistics, perhaps still on their way, and dL/dh of the layer before."""
        hidden, norm = self.hidden[layer - 1], self.experiment.norm
        before, again = self._before(layer)
        grad_z = self.buffers.spare(0, hidden.z.shape)
        grad_before = self.buffers.spare(2 + (self.experiment.depth - layer + 1) % 2, before.shape)

        def leave(rows: slice) -> None:
            np.matmul(grad_z[rows], hidden.weights.T, out=grad_before[rows])
            if self.experiment.has_skip(layer):
                grad_before[rows] += grad_h[rows]

        def backward(rows: slice) -> tuple[Survey, Survey]:
            seen = self._backward_activation(layer, rows, grad_h, grad_z)
            again(rows)
            if norm.axis is None:
                leave(rows)
            return seen

        parts = row_parts(len(grad_h))
        of_h, of_z = (joined(surveys) for surveys in zip(*side_by_side(backward, parts), strict=True))
        measured_h, measured_z = start(_gradient, of_h.settled()), start(_gradient, of_z.settled())
        if norm.axis is not None:
            grad_z = norm.backward(hidden.z, hidden.inverse_std, grad_z)
            side_by_side(leave, parts)
        weights = self._backward_weights(hidden, before, grad_z)
        saturated, zero, dead = hidden.shares

        def measured() -> Layer:
            return Layer(
                layer,
                h=hidden.h_signal(),
                cosine=hidden.cosine,
                grad_h=measured_h(),
                z=hidden.z_signal(),
                grad_z=measured_z(),
                weights=weights(),
                saturated=saturated,
                zero=zero,
                dead=dead,
            )

        return measured, grad_before

    def _backward_activation(
        self, layer: int, rows: slice, grad_h: FloatArray, grad_z: FloatArray
    ) -> tuple[Survey, Survey]:
        """Rows of dL/dz, before normalization, and surveys of dL/dh and dL/dz."""
        activation, alpha = self.experiment.layer_activation(layer)
        z, scale = self.hidden[layer - 1].z, self.experiment.residual if self.experiment.has_skip(layer) else 1.0
        seen = Survey(grad_h), Survey(grad_z)
        for block in row_blocks(rows, z.shape[1]):
            branch = grad_h[block] if scale == 1 else scale * grad_h[block]
            grad_z[block] = activation.backward(z[block], alpha, branch)
            for each in seen:
                each.see(block)
        if seen[1].negligible:
            flush(grad_z[rows])
        return seen

    def _before(self, layer: int) -> tuple[FloatArray, Callable[[slice], None]]:
        """h of the layer before, and what fills rows of it: it is kept where residuals add up, otherwise cheaper to
        compute again than to keep."""
        if layer == 1:
            return self.batch, lambda rows: None
        if self.experiment.residual:
            return self.buffers.h[layer - 2], lambda rows: None
        activation, alpha = self.experiment.layer_activation(layer - 1)
        hidden, h = self.hidden[layer - 2], self.buffers.spare(1, (len(self.batch), self.experiment.width))

        def again(rows: slice) -> None:
            for block in row_blocks(rows, h.shape[1]):
                h[block] = activation.forward(hidden.z[block], alpha)
            if hidden.flush:
                flush(h[rows])

        return h, again

    def _backward_weights(self, hidden: _Hidden, before: FloatArray, grad_z: FloatArray) -> Callable[[], Weights]:
        """dL/dW and what is measured of it and of W."""
        grad_w = self.buffers.grad_w(hidden.weights.shape)

        def part(rows: slice) -> tuple[Survey, Survey]:
            np.matmul(before.T[rows], grad_z, out=grad_w[rows])
            return survey_rows(grad_w, rows), survey_rows(hidden.weights, rows)

        of_gradient, of_weights = (
            joined(surveys) for surveys in zip(*side_by_side(part, row_parts(len(grad_w))), strict=True)
        )
        measured, s = start(_gradient, of_gradient.settled()), of_weights.sums
        counted = start(_weight_histogram, of_weights.settled())
        unique = _unique_columns(grad_w)

        def weights() -> Weights:
            gradient = measured()
            return Weights(
                fan_in=len(hidden.weights),
                mean=s.mean,
                std=s.std,
                histogram=counted(),
                gradient=gradient,
                norm=gradient.rms * sqrt(hidden.weights.size),
                ratio=gradient.std / s.std if s.std else nan,
                unique_columns=unique,
                same_sign=hidden.one_sign,
            )

        return weights


def _gradient(seen: Survey) -> Gradient:
    return gradient(seen, GRADIENT_BINS)


def _weight_histogram(seen: Survey) -> Histogram:
    return histogram(np.sort(seen.sample()), seen.low, seen.high, GRADIENT_BINS)


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


def _unique_columns(grad_w: FloatArray) -> int:
    """Number of distinct columns; the full comparison only where the first row leaves a doubt."""
    width = grad_w.shape[1]
    if np.unique(grad_w[0]).size == width:
        return width
    columns = grad_w.T + 0.0  # -0 becomes 0: equal numbers must be equal bytes
    return len({column.tobytes() for column in columns})
