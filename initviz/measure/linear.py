"""A linear network is one matrix: multiply its weights, and see what that leaves."""

from math import nan, prod

import numpy as np

from initviz.activations import ACTIVATIONS
from initviz.arrays import FloatArray
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.network import Dense
from initviz.network.streams import input_batch

LINEAR = ACTIVATIONS["linear"]


def is_linear(experiment: Experiment) -> bool:
    """Whether the network is a matrix, and a bias: linear in every layer, and no normalization."""
    return all(one.activation is LINEAR and one.normalization.axis is None for one in experiment.spec().layers)


def collapse_error(experiment: Experiment) -> float:
    """max |net(x) - (x W + b)| / max |net(x)| over the batch, for the W and b that all layers' weights multiply to.

    Both in float64, with the weights of the experiment's own network; a skip connection adds the 1 of 1 + a W_l. It is
    rounding for a linear network, and no small number for any other (test_no_other_is); nan where nothing of the signal
    is left, or it overflows.
    """
    batch: FloatArray = input_batch(experiment).astype(np.float64)
    h = batch
    matrix, bias = np.eye(batch.shape[1]), np.zeros(batch.shape[1])
    with np.errstate(all="ignore"):
        for drawn in draw_network(experiment).layers:
            weights = drawn.weights.astype(np.float64)
            b = np.zeros(weights.shape[1]) if drawn.biases is None else drawn.biases.astype(np.float64)
            h = Dense(drawn.spec, weights, b).forward(h).out
            branch, skip = drawn.spec.branch, drawn.spec.skip
            matrix = branch * (matrix @ weights) + (matrix if skip else 0)
            bias = branch * (bias @ weights + b) + (bias if skip else 0)
        size = float(np.abs(h).max())
        error = float(np.abs(h - (batch @ matrix + bias)).max()) / size if size else nan
    return error if np.isfinite(error) else nan


def collapse_gflop(experiment: Experiment) -> float:
    """The products of `collapse_error` in GFLOP; in float64 each takes as long as two in float32."""
    spec = experiment.spec()
    rows = spec.features + experiment.source.count(experiment.samples)
    return 4e-9 * rows * sum(prod(layer.weight_shape) for layer in spec.layers)
