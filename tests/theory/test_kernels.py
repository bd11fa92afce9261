"""Kernels of wide networks against closed forms and against draws."""

from dataclasses import replace
from math import pi

import numpy as np
import pytest

from initviz import Experiment
from initviz.activations import ACTIVATIONS
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.theory.kernels import layer_kernels

ROWS = np.random.default_rng(1).standard_normal((5, 40)) * np.array([[0.3], [1], [1], [2], [1]]) + 0.5


def test_relu_has_the_arc_cosine_kernels() -> None:
    """Cho & Saul (2009), orders 1 and 0: with He E h h' = |x| |x'| (sin t + (pi - t) cos t) / 2 pi and slopes
    (pi - t) / 2 pi, t the angle of z."""
    spec = Experiment(activation="relu", initializer="he_normal", depth=3, width=40).spec(features=40)
    kernel = ROWS @ ROWS.T / 40
    for layer in layer_kernels(spec, ROWS):
        z = 2 * kernel
        length = np.sqrt(np.outer(np.diag(z), np.diag(z)))
        angle = np.arccos((z / length).clip(-1, 1))
        kernel = length * (np.sin(angle) + (pi - angle) * np.cos(angle)) / (2 * pi)
        np.testing.assert_allclose(layer.z, z, rtol=1e-12)
        np.testing.assert_allclose(layer.h, kernel, rtol=1e-7)
        np.testing.assert_allclose(layer.slopes, (pi - angle) / (2 * pi), rtol=1e-7)  # arccos near 1 loses half


@pytest.mark.parametrize("activation", ["tanh", "gelu", "softplus", "maxout"])
@pytest.mark.parametrize("residual", [0.0, 0.7])
def test_kernels_are_those_of_draws(activation: str, residual: float) -> None:
    """A unit follows its own h through the layers; z is drawn from the kernel. 200,000 units, 5 standard errors."""
    experiment = Experiment(activation=activation, initializer="lecun_normal", bias_std=0.3, residual=residual)
    spec = replace(experiment, depth=3, width=40).spec(features=40)
    rng, units = np.random.default_rng(2), 200_000
    h: FloatArray = ROWS[:, rng.integers(0, 40, units)]
    kernel = ROWS @ ROWS.T / 40
    phi = ACTIVATIONS[activation]
    for spec_layer, layer in zip(spec.layers, layer_kernels(spec, ROWS), strict=True):
        root = np.linalg.cholesky(kernel + 0.09)
        z = root @ rng.standard_normal((5, spec_layer.pieces * units))
        out = phi.forward(z, spec_layer.alpha)
        h = h + residual * out if residual else out
        slope = phi.backward(z, spec_layer.alpha, np.ones_like(out))
        check(layer.h, h[:, np.newaxis] * h)
        check(layer.slopes, (slope[:, np.newaxis] * slope).reshape(5, 5, spec_layer.pieces, units).sum(axis=2))
        kernel = layer.h


def check(expected: FloatArray, draws: FloatArray) -> None:
    error = draws.std(axis=-1) / np.sqrt(draws.shape[-1])
    assert (np.abs(draws.mean(axis=-1) - expected) <= 5 * error + 1e-12).all()


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"normalization": "batch"}, "normalization"), ({"initializer": "zeros"}, "not random")],
    ids=["normalization", "zeros"],
)
def test_no_kernel_says_why(changes: dict[str, str], why: str) -> None:
    with pytest.raises(InputError, match=why):
        layer_kernels(Experiment(width=40, depth=2).changed(**changes).spec(), ROWS)
