"""One random network, one batch: forward, then backward from random gradients, and the statistics of every layer."""

from collections.abc import Callable
from dataclasses import dataclass
from math import nan, sqrt
from typing import TypeAlias

import numpy as np

from initviz.arrays import FloatArray
from initviz.experiment import Budget, Experiment
from initviz.initializers import standard_normal
from initviz.inputs import PREPROCESSING
from initviz.propagation import Bins, Histogram, Layer, Propagation, Signal, Weights
from initviz.statistics import gradient, histogram, signal, subsample, sums

Progress: TypeAlias = Callable[[float], None]
"""Called with the share of the work that is done; may raise to stop the simulation."""

GRADIENT_BINS = 60


@dataclass
class _Hidden:
    """What the backward pass needs of one hidden layer, and what the forward pass has already measured."""

    weights: FloatArray
    z: FloatArray
    inverse_std: FloatArray | None
    h: FloatArray | None
    z_signal: Signal
    h_signal: Signal
    cosine: float
    shares: tuple[float, float, float]
    one_sign: float
    """Share of samples whose input to this layer has one sign."""


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
    return (experiment.input_std * prepared).astype(experiment.dtype)


def simulate(
    experiment: Experiment, bins: Bins | None = None, progress: Progress | None = None, budget: Budget | None = None
) -> Propagation:
    """Draw the network, send the batch forward and independent N(0, 1) gradients of the last h backward.

    dL/dW is the derivative of that same loss: summed over the samples, not averaged. Overflow is a result: such values
    are counted, never raised. Raises OverBudget before anything runs, InputError when the inputs cannot be read.
    """
    (budget or Budget.from_environment()).check(experiment)
    with np.errstate(all="ignore"):
        return _Simulation(experiment, bins or Bins(), progress or (lambda share: None)).run()


class _Simulation:
    def __init__(self, experiment: Experiment, bins: Bins, progress: Progress) -> None:
        self.experiment = experiment
        self.bins = bins
        self.progress = progress
        self.streams = _Streams(experiment)
        self.hidden: list[_Hidden] = []

    def run(self) -> Propagation:
        batch = _batch(self.experiment, self.streams)
        last = self._forward(batch)
        layers = self._backward(batch, last.shape)
        return Propagation(tuple(layers), samples=batch.shape[0], features=batch.shape[1])

    # --- forward ---

    def _forward(self, h: FloatArray) -> FloatArray:
        depth = self.experiment.depth
        for layer, shape in enumerate(self.experiment.shapes(), start=1):
            h = self._hidden_layer(layer, shape, h)
            self.progress(layer / (3 * depth))
        return h

    def _hidden_layer(self, layer: int, shape: tuple[int, int, int], before: FloatArray) -> FloatArray:
        weights, biases = self._draw(layer, shape, before)
        z = before @ weights
        if biases is not None:
            z += biases
        z, inverse_std = self.experiment.norm.forward(z)
        activation, alpha = self.experiment.layer_activation(layer)
        out = activation.forward(z, alpha)
        h = out
        if self.experiment.has_skip(layer):
            h = before + self.experiment.residual * out
        z_signal, _ = signal(z, self.bins)
        h_signal, cosine = signal(h, self.bins)
        self.hidden.append(
            _Hidden(
                weights=weights,
                z=z,
                inverse_std=inverse_std,
                h=h if self.experiment.residual else None,
                z_signal=z_signal,
                h_signal=h_signal,
                cosine=cosine,
                shares=_shares(out, activation.saturation(alpha)),
                one_sign=_one_sign(before),
            )
        )
        return h

    def _draw(
        self, layer: int, shape: tuple[int, int, int], before: FloatArray
    ) -> tuple[FloatArray, FloatArray | None]:
        """W (fan_in, pieces * width) and b (pieces * width,), or None for no biases."""
        fan_in, width, pieces = shape
        experiment, initializer, settings = self.experiment, self.experiment.weights, self.experiment.settings
        rng = self.streams.weights(layer)
        weights = np.concatenate([initializer.draw(rng, fan_in, width, settings) for _ in range(pieces)], axis=1)
        variance = initializer.bias_variance(fan_in, width, settings)
        std = experiment.bias_std if variance is None else sqrt(variance)
        biases = std * standard_normal(self.streams.biases(layer), (pieces * width,))
        if initializer.fit:
            weights, biases = initializer.fit(weights, biases, before.astype(np.float64))
        return weights.astype(experiment.dtype), biases.astype(experiment.dtype) if biases.any() else None

    def _output(self, layer: int, batch: FloatArray) -> FloatArray:
        """h of a layer: kept where residuals add up, otherwise cheaper to compute again than to keep."""
        if layer == 0:
            return batch
        hidden = self.hidden[layer - 1]
        if hidden.h is not None:
            return hidden.h
        activation, alpha = self.experiment.layer_activation(layer)
        return activation.forward(hidden.z, alpha)

    # --- backward ---

    def _backward(self, batch: FloatArray, shape: tuple[int, ...]) -> list[Layer]:
        depth = self.experiment.depth
        grad_h = standard_normal(self.streams.gradient(), shape).astype(batch.dtype)
        layers: list[Layer] = []
        for layer in range(depth, 0, -1):
            measured, grad_h = self._backward_layer(layer, batch, grad_h)
            layers.append(measured)
            self.progress(1 - 2 * (layer - 1) / (3 * depth))
        h, cosine = signal(batch, self.bins)
        layers.append(Layer(0, h, cosine, gradient(grad_h, GRADIENT_BINS)))
        return layers[::-1]

    def _backward_layer(self, layer: int, batch: FloatArray, grad_h: FloatArray) -> tuple[Layer, FloatArray]:
        """The layer's statistics, and dL/dh of the layer before."""
        hidden = self.hidden[layer - 1]
        activation, alpha = self.experiment.layer_activation(layer)
        skip = self.experiment.has_skip(layer)
        branch = self.experiment.residual * grad_h if skip else grad_h
        grad_z = activation.backward(hidden.z, alpha, branch)
        measured_grad_z = gradient(grad_z, GRADIENT_BINS)
        grad_z = self.experiment.norm.backward(hidden.z, hidden.inverse_std, grad_z)
        before = self._output(layer - 1, batch)
        measured = Layer(
            layer,
            h=hidden.h_signal,
            cosine=hidden.cosine,
            grad_h=gradient(grad_h, GRADIENT_BINS),
            z=hidden.z_signal,
            grad_z=measured_grad_z,
            weights=_weights(hidden, before.T @ grad_z),
            saturated=hidden.shares[0],
            zero=hidden.shares[1],
            dead=hidden.shares[2],
        )
        grad_before = grad_z @ hidden.weights.T
        if skip:
            grad_before += grad_h
        return measured, grad_before


def _shares(out: FloatArray, saturation: tuple[float, float]) -> tuple[float, float, float]:
    """Shares of (saturated values, zero values, dead units) of an activation's output (samples, width)."""
    low, high = saturation
    saturated = np.count_nonzero(out < low) if low > -np.inf else 0
    saturated += np.count_nonzero(out > high) if high < np.inf else 0
    zeros = out.size - np.count_nonzero(out)
    dead = 1 - float(out.any(axis=0).mean()) if zeros else 0.0
    return saturated / out.size, zeros / out.size, dead


def _one_sign(before: FloatArray) -> float:
    """Share of samples whose values are all >= 0 or all <= 0: a unit's weight gradients then have one sign too,
    because dL/dW of one sample is h times one number per unit."""
    return float(((before.min(axis=1) >= 0) | (before.max(axis=1) <= 0)).mean())


def _weights(hidden: _Hidden, grad_w: FloatArray) -> Weights:
    measured = gradient(grad_w, GRADIENT_BINS)
    s = sums(hidden.weights)
    return Weights(
        fan_in=hidden.weights.shape[0],
        mean=s.mean,
        std=s.std,
        histogram=_weight_histogram(hidden.weights, s.low, s.high),
        gradient=measured,
        norm=measured.rms * sqrt(grad_w.size),
        ratio=measured.std / s.std if s.std else nan,
        unique_columns=_unique_columns(grad_w),
        same_sign=hidden.one_sign,
    )


def _weight_histogram(weights: FloatArray, low: float, high: float) -> Histogram:
    return histogram(subsample(weights), low, high, GRADIENT_BINS)


def _unique_columns(grad_w: FloatArray) -> int:
    """Number of distinct columns; the full comparison only where one row leaves a doubt."""
    width = grad_w.shape[1]
    if np.unique(grad_w[0]).size == width:
        return width
    return int(np.unique(grad_w, axis=1).shape[1])
