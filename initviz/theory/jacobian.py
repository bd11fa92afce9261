"""The spectrum of the input-output Jacobian at infinite width.

Pennington, Schoenholz & Ganguli (2018), arXiv:1802.09979.
"""

import numpy as np

from initviz.gaussian.moments import moments
from initviz.network.experiment import Experiment
from initviz.theory.prediction import predict


def predicted_stretch_spread(experiment: Experiment) -> float:
    """Variance of the squared singular values over their squared mean, to leading order in depth over width.

    Each layer adds E phi'^4 / (E phi'^2)^2, one less where its weights are orthogonal: those stretch nothing
    themselves. For plain layers: no skip connection, no normalization. nan where nothing is predicted.
    """
    spec, prediction = experiment.spec(), predict(experiment)
    if not prediction.has("q"):
        return float("nan")
    total = 0.0
    for layer, q in zip(spec.layers, prediction.column("q")[1:], strict=True):
        slopes = moments(layer.activation, layer.alpha, float(q))
        total += float(slopes.d4 / np.square(slopes.d2)) - layer.orthogonal
    return total
