"""What training makes small: mean losses over a batch of outputs, and their gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from math import log
from typing import TypeAlias

import numpy as np
from scipy import special

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue

LossAndGradient: TypeAlias = Callable[[FloatArray, FloatArray], tuple[float, FloatArray]]
"""(outputs, targets), both (samples, outputs) -> the loss, averaged over the samples, and dL/d outputs."""


@dataclass(frozen=True)
class Loss:
    """A loss of the network's last layer."""

    id: str
    name: str
    evaluate: LossAndGradient
    at_chance: Callable[[int], float]
    """The loss of outputs that are all 0, for so many classes (targets are one-hot)."""


def _cross_entropy(outputs: FloatArray, targets: FloatArray) -> tuple[float, FloatArray]:
    """-sum(targets log softmax(outputs)); the largest output is subtracted, so that no exponential overflows."""
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    exponentials = np.exp(shifted)
    totals = exponentials.sum(axis=1, keepdims=True)
    losses = np.log(totals[:, 0]) - np.vecdot(targets, shifted)
    gradient = exponentials / totals - targets
    return float(losses.mean(dtype=float)), gradient / outputs.dtype.type(len(outputs))


def _squared(outputs: FloatArray, targets: FloatArray) -> tuple[float, FloatArray]:
    """Half the squared distance."""
    error = outputs - targets
    loss = 0.5 * float(np.vecdot(error, error).mean(dtype=float))
    return loss, error / outputs.dtype.type(len(outputs))


CROSS_ENTROPY = Loss("cross_entropy", "Softmax cross-entropy", _cross_entropy, log)
SQUARED = Loss("squared", "Squared error", _squared, lambda classes: 0.5)

LOSSES = Catalogue("loss", [CROSS_ENTROPY, SQUARED])


def probabilities(outputs: FloatArray) -> FloatArray:
    """Softmax over the outputs of each sample, (samples, classes)."""
    return np.asarray(special.softmax(outputs, axis=1))
