"""From an experiment and a task to the network that training begins with."""

from dataclasses import replace

import numpy as np

from initviz.arrays import FloatArray
from initviz.learn.parametrization import PARAMETRIZATIONS
from initviz.learn.settings import Training
from initviz.learn.tasks import Data, prepare
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.network import Dense, Network
from initviz.network.normalization import NORMALIZATIONS
from initviz.network.spec import NetworkSpec

FITTED = 1000
"""Training examples that data-dependent initializers look at."""


def task_data(experiment: Experiment, training: Training) -> Data:
    """The task's examples, prepared as the experiment says. Raises InputError when they cannot be read or split."""
    return prepare(
        training.chosen_task,
        examples=training.examples,
        noise=training.noise,
        test_share=training.test_share,
        preprocessing=experiment.preprocessing,
        scale=experiment.input_std,
        seed=experiment.seed,
        dtype=experiment.dtype,
    )


def starting_network(experiment: Experiment, training: Training, data: Data) -> Network:
    """The experiment's network for the task's inputs, with a linear output layer on top.

    Every layer has biases, and scale and shift where it is normalized, since training moves them.
    """
    spec = experiment.spec(data.train_x.shape[1], data.task.outputs)
    drawn = draw_network(experiment, data.train_x[:FITTED], spec)
    kind = np.dtype(experiment.dtype).type
    drawn.layers[-1].weights *= kind(PARAMETRIZATIONS[training.parametrization].output_factor(experiment.width))
    units = [layer.spec.weight_shape[1] for layer in drawn.layers]
    normalized = [layer.spec.normalization.axis is not None for layer in drawn.layers]
    return Network(
        spec,
        [layer.weights for layer in drawn.layers],
        [
            np.zeros(n, kind) if layer.biases is None else layer.biases
            for layer, n in zip(drawn.layers, units, strict=True)
        ],
        [np.ones(n, kind) if some else None for n, some in zip(units, normalized, strict=True)],
        [np.zeros(n, kind) if some else None for n, some in zip(units, normalized, strict=True)],
    )


def at_rest(network: Network, batch: FloatArray) -> Network:
    """The network as it answers after training: what batch normalization does to a unit is fixed to mean and std over
    this batch (Ioffe & Szegedy 2015, algorithm 2) and becomes part of its weights and bias."""
    if all(layer.spec.normalization.axis != 0 for layer in network.layers):
        return network
    layers: list[Dense] = []
    h = batch
    for layer in network.layers:
        fixed = _fixed(layer, h) if layer.spec.normalization.axis == 0 else layer
        layers.append(fixed)
        h = fixed.forward(h).out
    return joined(layers)


def joined(layers: list[Dense]) -> Network:
    """A network of these layers, with what they have learnt."""
    specs = tuple(replace(layer.spec, alpha=layer.alpha) for layer in layers)
    return Network(
        NetworkSpec(specs, dtype=str(layers[0].weights.dtype)),
        [layer.weights for layer in layers],
        [layer.biases for layer in layers],
        [layer.scale for layer in layers],
        [layer.shift for layer in layers],
    )


def _fixed(layer: Dense, h: FloatArray) -> Dense:
    z = layer.affine(h)
    mean = z.mean(axis=0)
    inverse = layer.normalize(z)
    assert inverse is not None and layer.biases is not None and layer.scale is not None and layer.shift is not None
    factor = layer.scale * inverse[0]
    spec = replace(layer.spec, alpha=layer.alpha, normalization=NORMALIZATIONS["none"])
    return Dense(spec, layer.weights * factor, (layer.biases - mean) * factor + layer.shift)
