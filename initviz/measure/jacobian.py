"""How a whole network stretches small changes of its input: the singular values of the Jacobian dh_L / dh_0.

Pennington, Schoenholz & Ganguli (2017), arXiv:1711.04735.
"""

import numpy as np

from initviz.arrays import FloatArray
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.streams import input_batch


def singular_values(experiment: Experiment) -> FloatArray:
    """Singular values of the Jacobian at the first sample of the batch, descending, float64.

    One backward pass with the rows of a unit matrix as gradients. For networks without batch normalization, which ties
    a sample to the others of its batch.
    """
    network = draw_network(experiment)
    outputs = network.spec.layers[-1].width
    sample = np.repeat(input_batch(experiment)[:1], outputs, axis=0)
    gradients = network.backward(network.forward(sample), np.eye(outputs, dtype=sample.dtype))
    values: FloatArray = np.linalg.svd(np.asarray(gradients[0].h, np.float64), compute_uv=False)
    return values


def stretch_spread(experiment: Experiment) -> float:
    """Variance of the squared singular values over their squared mean: 0 for a network that only turns its inputs."""
    squares = np.square(singular_values(experiment))
    return float(squares.var() / squares.mean() ** 2)
