"""The largest learning rate at which full-batch gradient descent is stable, before the first step: 2 / curvature.

At infinite width gradient descent on squared errors is linear in the outputs f (Jacot et al. 2018, arXiv:1806.07572;
Lee et al. 2019, arXiv:1902.06720, eq. 12): f - y is multiplied by 1 - rate Theta / n at each step, for n examples and
the tangent kernel Theta, so that it grows along an eigenvector of Theta whose eigenvalue is above 2 n / rate.

`rate_limit` predicts it from the law of the weights alone: over many draws it is right, and one draw is off by about
`Limit.spread`, which grows like the root of depth / width. `own_limit` reads it off one network's own gradients: what
theory leaves open, the draw of the weights, is known there. Where the spread is large the first steps also change the
kernel itself (Lewkowycz et al. 2020, arXiv:2003.02218), so that a rate above the limit may come to rest after all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.learn.losses import CROSS_ENTROPY
from initviz.learn.parametrization import PARAMETRIZATIONS
from initviz.learn.settings import Training
from initviz.learn.tasks import Data
from initviz.measure.threads import own_threads
from initviz.network.experiment import Experiment
from initviz.network.network import LayerValues, Network
from initviz.text import percent, show
from initviz.theory.tangent_kernel import Rates, no_tangent_kernel, tangent_kernel

SAMPLES = 100
"""Training examples whose kernel stands for that of all."""

FAR = 0.1
"""Where a network's own limit is further than this from the predicted one, a sentence says so; where the spread is
larger, that the limit is no sharp border."""


@dataclass(frozen=True)
class Limit:
    """The predicted limit, or why there is none."""

    rate: float | None
    spread: float
    """Relative standard deviation of the limit over draws of the weights; nan where it is not known."""
    hint: bool
    """Whether it holds only while all classes are equally likely: with cross-entropy."""
    reason: str = ""
    """Why there is none."""

    def required(self) -> float:
        """The rate; raises InputError where it is not known."""
        if self.rate is None:
            raise InputError(
                f"No learning-rate limit is predicted here: {self.reason}. Give the rate in plain numbers."
            )
        return self.rate

    @property
    def sharp(self) -> bool:
        """Whether the loss falls at 0.9 of it and rises at 1.1 in nearly all networks."""
        return self.spread < FAR

    def sentence(self, own: float | None) -> str:
        """The limit in words, beside that of one network where it is known."""
        if self.rate is None:
            return f"No learning-rate limit is predicted: {self.reason}."
        said = f"Predicted limit of the learning rate, for full batches: {show(self.rate)}, give or take"
        said += f" {_roughly(self.spread)} over networks of this size."
        if not self.sharp:
            said += " Slightly above it the loss may still fall."
        if self.hint:
            said += " With cross-entropy it is a hint, for equally likely classes."
        if own is not None and not 1 - FAR < own / self.rate < 1 + FAR:
            said += f" This very network is {_roughly(abs(own / self.rate - 1))} off: its own limit is {show(own)}."
        return said


def _roughly(share: float) -> str:
    return percent(float(f"{share:.2g}"))


def _rates(experiment: Experiment, training: Training, layers: int) -> list[Rates]:
    parametrization, width = PARAMETRIZATIONS[training.parametrization], experiment.width
    return [
        Rates(*(parametrization.rate("sgd", layer, layers, width, weights=kind) for kind in (True, False)))
        for layer in range(1, layers + 1)
    ]


def _rate(eigenvalue: float, samples: int, training: Training, data: Data) -> float:
    """2 / curvature; with cross-entropy, whose curvature at equal shares is that of squared errors over the classes."""
    return 2 * samples / eigenvalue * (data.task.classes if training.chosen_loss is CROSS_ENTROPY else 1)


def rate_limit(experiment: Experiment, training: Training, data: Data) -> Limit:
    """The limit of gradient descent on the mean loss over the training examples."""
    spec = experiment.spec(data.train_x.shape[1], data.task.outputs)
    hint = training.chosen_loss is CROSS_ENTROPY
    if reason := no_tangent_kernel(spec):
        return Limit(None, float("nan"), hint, reason)
    factor = PARAMETRIZATIONS[training.parametrization].output_factor(experiment.width)
    x = data.train_x[:SAMPLES]
    kernel = tangent_kernel(spec, x, output_factor=factor, rates=_rates(experiment, training, len(spec)))
    largest = kernel.largest_eigenvalue
    if not isfinite(largest) or largest <= 0:
        return Limit(None, float("nan"), hint, "the tangent kernel overflows or vanishes")
    return Limit(_rate(largest, len(x), training, data), kernel.spread, hint)


# --- of one network ------------------------------------------------------------------------------------------------


def own_limit(network: Network, experiment: Experiment, training: Training, data: Data) -> float | None:
    """The limit of this very network at its present weights; None where examples or layers are not independent, and
    where numbers overflow."""
    over_batch = any(layer.spec.normalization.axis == 0 for layer in network.layers)
    if over_batch or len({id(layer.weights) for layer in network.layers}) < len(network):
        return None
    x = data.train_x[:SAMPLES]
    with own_threads(), np.errstate(all="ignore"):
        kernel = own_kernel(network, x, _rates(experiment, training, len(network)))
        if not np.isfinite(kernel).all():
            return None
        largest = float(np.linalg.eigvalsh(kernel)[-1])
    return _rate(largest, len(x), training, data) if largest > 0 else None


def own_kernel(network: Network, x: FloatArray, rates: Sequence[Rates]) -> FloatArray:
    """The tangent kernel of all outputs, (outputs n, outputs n), from the gradients of every output."""
    values = network.forward(x)
    outputs, n = values[-1].out.shape[1], len(x)
    seeds = np.repeat(np.eye(outputs, dtype=x.dtype), n, axis=0)
    repeated = [_repeated(kept, outputs) for kept in values]
    grad: FloatArray = seeds
    total = np.zeros((outputs * n, outputs * n), x.dtype)
    for layer, kept, rate in zip(network.layers[::-1], repeated[::-1], rates[::-1], strict=True):
        grad_z = layer.activation_gradient(kept.z, grad)
        if layer.scale is not None:
            scaled = grad_z * kept.normalized
            total += x.dtype.type(rate.units) * (scaled @ scaled.T + grad_z @ grad_z.T)
            layer.rescale_gradient(kept.normalized, grad_z)
        layer.normalization_gradient(kept.normalized, kept.inverse_std, grad_z)
        h = kept.h[:n]
        moved = x.dtype.type(rate.weights) * (h @ h.T) + x.dtype.type(rate.units)
        total += np.tile(moved, (outputs, outputs)) * (grad_z @ grad_z.T)
        grad = layer.input_gradient(grad_z, grad)
    return total


def _repeated(kept: LayerValues, times: int) -> LayerValues:
    """The values of a layer, the whole batch so many times."""
    inverse = kept.inverse_std
    return LayerValues(
        np.tile(kept.h, (times, 1)),
        np.tile(kept.normalized, (times, 1)),
        inverse if inverse is None else np.tile(inverse, (times, 1)),
        np.tile(kept.z, (times, 1)),
        kept.out,
    )
