"""Bare networks for tests of the theory: the forward and backward pass and four sizes of every layer, nothing else.

Written apart from `initviz.measure.simulate`, so that a mistake there cannot hide here; one batch, many draws of the
weights. Draws are kept, as most do not depend on the activation: tests that vary the activation fastest share them.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import nan, sqrt

import numpy as np

from initviz.activations import LINEAR
from initviz.arrays import FloatArray
from initviz.network.experiment import Experiment
from initviz.network.initializers import Initializer, Settings
from initviz.network.streams import input_batch


@dataclass(frozen=True)
class Runs:
    """One row per network. mean, std and grad_w for layers 1..depth, grad_h for layers 0..depth."""

    mean: FloatArray
    std: FloatArray
    grad_h: FloatArray
    grad_w: FloatArray


def measured(experiment: Experiment, networks: int, grad_w: bool = False) -> Runs:
    """Draw so many networks for the experiment's batch; `grad_w` is nan unless it is asked for."""
    batch = input_batch(experiment)
    runs = [_run(experiment, batch, network, grad_w) for network in range(networks)]
    return Runs(*(np.array([run[index] for run in runs]) for index in range(4)))


def within(values: FloatArray, expected: float | FloatArray, slack: FloatArray) -> None:
    """Mean over the networks (first axis) within 4 standard errors and the slack."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    off = np.abs(values.mean(axis=0) - expected) - 4 * error - slack
    assert (off <= 0).all(), f"layer {int(off.argmax())}: {off.max():.3g} beyond {4 * error + slack}"


@lru_cache(maxsize=200)
def _draw(initializer: Initializer, settings: Settings, shape: tuple[int, int], key: tuple[int, ...]) -> FloatArray:
    return initializer.draw(np.random.default_rng(key), *shape, settings)


def _drawn(experiment: Experiment, fan_in: int, width: int, key: tuple[int, ...]) -> FloatArray:
    """W, drawn for any activation that leads to the same variance."""
    initializer, settings = experiment.weights, experiment.settings
    plain = replace(settings, activation=LINEAR, alpha=0.0)
    shape = fan_in, width
    same = initializer.variance(*shape, plain) == initializer.variance(*shape, settings)
    return _draw(initializer, plain if same else settings, shape, key)


def _run(experiment: Experiment, batch: FloatArray, network: int, grad_w: bool) -> list[list[float]]:
    rng = np.random.default_rng((network, 0))
    initializer, settings, norm = experiment.weights, experiment.settings, experiment.norm
    h, kept = batch, []
    means, stds = [], []
    for layer, (fan_in, width, pieces) in enumerate(experiment.shapes(), start=1):
        activation, alpha = experiment.layer_activation(layer)
        drawn = [_drawn(experiment, fan_in, width, (network, layer, piece)) for piece in range(pieces)]
        weights = np.hstack(drawn).astype(batch.dtype)
        variance = initializer.bias_variance(fan_in, width, settings)
        bias = sqrt(variance) if variance is not None else experiment.bias_std
        z, inverse = norm.forward(h @ weights + (bias * rng.standard_normal(pieces * width)).astype(batch.dtype))
        kept.append((h, weights, z, inverse))
        out = activation.forward(z, alpha)
        h = h + experiment.residual * out if experiment.has_skip(layer) else out
        means.append(float(h.mean(dtype=float)))
        stds.append(float(h.std(dtype=float)))
    grad = rng.standard_normal(h.shape).astype(batch.dtype)
    grads_h, grads_w = [float(grad.std(dtype=float))], []
    for layer in range(experiment.depth, 0, -1):
        before, weights, z, inverse = kept[layer - 1]
        activation, alpha = experiment.layer_activation(layer)
        skip = experiment.has_skip(layer)
        grad_z = norm.backward(z, inverse, activation.backward(z, alpha, experiment.residual * grad if skip else grad))
        grads_w.append(float((before.T @ grad_z).std(dtype=float)) if grad_w else nan)
        grad = grad_z @ weights.T + (grad if skip else 0)
        grads_h.append(float(grad.std(dtype=float)))
    return [means, stds, grads_h[::-1], grads_w[::-1]]
