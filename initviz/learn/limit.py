"""The largest learning rate at which full-batch gradient descent is stable, before the first step: 2 / curvature.

At infinite width gradient descent on squared errors is linear in the outputs f (Jacot et al. 2018, arXiv:1806.07572;
Lee et al. 2019, arXiv:1902.06720, eq. 12): f - y is multiplied by 1 - rate Theta / n at each step, for n examples and
the tangent kernel Theta, so that it grows along an eigenvector of Theta whose eigenvalue is above 2 n / rate.
"""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.learn.losses import CROSS_ENTROPY
from initviz.learn.parametrization import PARAMETRIZATIONS
from initviz.learn.settings import Training
from initviz.learn.tasks import Data
from initviz.network.experiment import Experiment
from initviz.theory.tangent_kernel import no_tangent_kernel, tangent_kernel

SAMPLES = 100
"""Training examples whose kernel stands for that of all."""


@dataclass(frozen=True)
class Limit:
    """The predicted limit, or why there is none."""

    rate: float | None
    note: str
    """How far it can be trusted, or why it is not known."""

    def required(self) -> float:
        """The rate; raises InputError where it is not known."""
        if self.rate is None:
            raise InputError(f"No learning-rate limit is predicted here: {self.note}. Give the rate in plain numbers.")
        return self.rate


def rate_limit(experiment: Experiment, training: Training, data: Data) -> Limit:
    """The limit of gradient descent on the mean loss over the training examples."""
    spec = experiment.spec(data.train_x.shape[1], data.task.outputs)
    if reason := no_tangent_kernel(spec):
        return Limit(None, reason)
    parametrization, layers = PARAMETRIZATIONS[training.parametrization], len(spec)
    factor = parametrization.output_factor(experiment.width)
    kernel = tangent_kernel(
        spec,
        data.train_x[:SAMPLES].astype(float),
        output_factor=factor,
        rates=[parametrization.rate("sgd", layer, layers, experiment.width) for layer in range(1, layers + 1)],
        single_rates=[
            parametrization.rate("sgd", layer, layers, experiment.width, weights=False)
            for layer in range(1, layers + 1)
        ],
    )
    curvature = largest_eigenvalue(kernel) / len(kernel)
    if not isfinite(curvature) or curvature <= 0:
        return Limit(None, "the tangent kernel overflows or vanishes")
    if training.chosen_loss is CROSS_ENTROPY:
        classes = data.task.classes
        return Limit(
            2 * classes / curvature, "a hint: with cross-entropy it holds while all classes are equally likely"
        )
    return Limit(2 / curvature, "")


def largest_eigenvalue(kernel: FloatArray) -> float:
    """Of a symmetric matrix; nan where it holds numbers that are not finite."""
    return float(np.linalg.eigvalsh(kernel)[-1]) if np.isfinite(kernel).all() else float("nan")
