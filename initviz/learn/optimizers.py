"""How a gradient becomes a step. Definitions and defaults are PyTorch's; the tests compare them with it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue


class Stepper(Protocol):
    """The optimizer's memory of one array of parameters."""

    def step(self, parameters: FloatArray, gradient: FloatArray, rate: float) -> None:
        """Change the parameters in place; the gradient may be overwritten."""


class _SGD:
    def __init__(self, parameters: FloatArray) -> None:
        pass

    def step(self, parameters: FloatArray, gradient: FloatArray, rate: float) -> None:
        gradient *= parameters.dtype.type(rate)
        parameters -= gradient


MOMENTUM = 0.9


class _Momentum:
    """v <- 0.9 v + g, then a step of rate v. Sutskever et al. (2013) without their Nesterov form."""

    def __init__(self, parameters: FloatArray) -> None:
        self._velocity = np.zeros_like(parameters)

    def step(self, parameters: FloatArray, gradient: FloatArray, rate: float) -> None:
        self._velocity *= parameters.dtype.type(MOMENTUM)
        self._velocity += gradient
        np.multiply(self._velocity, parameters.dtype.type(rate), out=gradient)
        parameters -= gradient


BETA_1, BETA_2, ADAM_EPSILON = 0.9, 0.999, 1e-8


class _Adam:
    """Kingma & Ba (2015), arXiv:1412.6980, algorithm 1."""

    def __init__(self, parameters: FloatArray) -> None:
        self._mean, self._square = np.zeros_like(parameters), np.zeros_like(parameters)
        self._spare = np.empty_like(parameters)
        self._steps = 0

    def step(self, parameters: FloatArray, gradient: FloatArray, rate: float) -> None:
        self._steps += 1
        kind, spare = parameters.dtype.type, self._spare
        np.multiply(gradient, gradient, out=spare)
        spare *= kind(1 - BETA_2)
        self._square *= kind(BETA_2)
        self._square += spare
        gradient *= kind(1 - BETA_1)
        self._mean *= kind(BETA_1)
        self._mean += gradient
        np.sqrt(self._square, out=spare)
        spare *= kind((1 - BETA_2**self._steps) ** -0.5)
        spare += kind(ADAM_EPSILON)
        np.divide(self._mean, spare, out=spare)
        spare *= kind(rate / (1 - BETA_1**self._steps))
        parameters -= spare


@dataclass(frozen=True)
class Optimizer:
    """A rule for steps; `start` makes the memory for one array of parameters."""

    id: str
    name: str
    start: Callable[[FloatArray], Stepper]


OPTIMIZERS = Catalogue(
    "optimizer",
    [
        Optimizer("sgd", "SGD", _SGD),
        Optimizer("momentum", f"SGD with momentum {MOMENTUM}", _Momentum),
        Optimizer("adam", "Adam", _Adam),
    ],
)
