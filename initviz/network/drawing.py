"""The random network of an experiment: from here on nothing asks for the experiment any more."""

import numpy as np

from initviz.arrays import FloatArray
from initviz.network.experiment import Experiment
from initviz.network.initializers import Fit
from initviz.network.network import Dense, Network
from initviz.network.spec import LayerSpec, NetworkSpec
from initviz.network.streams import Streams, draw_batch


def draw_network(experiment: Experiment, batch: FloatArray | None = None, spec: NetworkSpec | None = None) -> Network:
    """The network that the experiment's seed stands for, its weights in the experiment's dtype.

    Initializers that fit weights to data use `batch`, the experiment's own where it is not given. Tied layers of one
    shape hold the same array. `spec`: a form of `experiment.spec(...)`, where it is to have other inputs or an output
    layer. Raises InputError when the batch cannot be read.
    """
    streams, fit = Streams(experiment), experiment.weights.fit
    spec = experiment.spec() if spec is None else spec
    tied: dict[tuple[int, int], FloatArray] = {}
    layers: list[Dense] = []
    h = batch if batch is not None or not fit else draw_batch(experiment, streams)
    for number, layer in enumerate(spec.layers, 1):
        weights = tied.get(layer.weight_shape)
        if weights is None:
            weights = np.empty(layer.weight_shape, experiment.dtype)
            draw_weights(experiment, layer, streams.weights(number), weights)
        biases = draw_biases(experiment, layer, streams, number)
        if experiment.tied and not fit:
            tied[layer.weight_shape] = weights
        if fit and h is not None:
            biases = fit_to_batch(fit, weights, biases, h)
        layers.append(Dense(layer, weights, biases))
        if fit and h is not None:
            h = layers[-1].forward(h).out
    return Network(spec, [layer.weights for layer in layers], [layer.biases for layer in layers])


def draw_weights(experiment: Experiment, layer: LayerSpec, rng: np.random.Generator, out: FloatArray) -> None:
    """Fill `out` (fan_in, pieces * width) with a layer's weights, not yet fitted to the batch."""
    initializer, settings = experiment.weights, experiment.settings
    for first in range(0, out.shape[1], layer.width):
        out[:, first : first + layer.width] = initializer.draw(rng, layer.fan_in, layer.width, settings)


def draw_biases(experiment: Experiment, layer: LayerSpec, streams: Streams, number: int) -> FloatArray | None:
    """Biases (pieces * width,) of layer 1..depth, or None where they are all 0."""
    if not layer.bias_variance:
        return None
    rng = streams.biases(number)
    return experiment.weights.draw_biases(rng, layer.weight_shape[1], layer.bias_variance).astype(experiment.dtype)


def fit_to_batch(fit: Fit, weights: FloatArray, biases: FloatArray | None, h: FloatArray) -> FloatArray | None:
    """Fit weights, in place, and biases to the batch h that enters the layer; the biases, None where they are all 0."""
    unfitted = np.zeros(weights.shape[1]) if biases is None else biases.astype(np.float64)
    weights[...], fitted = fit(weights.astype(np.float64), unfitted, h.astype(np.float64))
    return fitted.astype(weights.dtype) if fitted.any() else None
