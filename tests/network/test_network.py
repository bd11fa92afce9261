"""The mathematics of a layer against finite differences, and blocks of rows against the whole batch."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.network.network import Dense, Network
from initviz.network.normalization import NORMALIZATIONS
from initviz.network.spec import LayerSpec
from initviz.network.streams import input_batch

SAMPLES, FAN_IN, WIDTH = 7, 5, 5


def some_layer(
    activation: str, normalization: str = "none", branch: float | None = None, learnt: bool = False
) -> tuple[Dense, FloatArray]:
    """A layer in float64 with every parameter it may have, and a batch whose pre-activations keep clear of kinks."""
    phi = ACTIVATIONS[activation]
    alpha = phi.alpha(None)
    spec = LayerSpec(
        phi,
        alpha,
        FAN_IN,
        WIDTH,
        phi.pieces(alpha),
        weight_variance=None,
        bias_variance=0.1,
        branch=1.0 if branch is None else branch,
        skip=branch is not None,
        normalization=NORMALIZATIONS[normalization],
    )
    rng = np.random.default_rng(5)
    units = spec.weight_shape[1]
    weights, biases = rng.standard_normal(spec.weight_shape), 0.3 * rng.standard_normal(units)
    scale, shift = (1 + 0.3 * rng.standard_normal(units), 0.3 * rng.standard_normal(units)) if learnt else (None, None)
    return Dense(spec, weights, biases, scale, shift), rng.standard_normal((SAMPLES, FAN_IN))


@pytest.mark.parametrize("learnt", [False, True])
@pytest.mark.parametrize("branch", [None, 0.7])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_backward_is_the_derivative_of_forward(
    activation: str, normalization: str, branch: float | None, learnt: bool
) -> None:
    """Central differences in float64 along the gradient and a random direction mixed, by every parameter and the input.

    A step of 1e-5 leaves truncation and rounding of about 1e-10 relative to the slope along the gradient.
    """
    layer, h = some_layer(activation, normalization, branch, learnt)
    upstream = np.random.default_rng(6).standard_normal((SAMPLES, WIDTH))
    gradients = layer.backward(layer.forward(h), upstream)
    pairs: list[tuple[FloatArray | None, FloatArray | None]] = [
        (h, gradients.h),
        (layer.weights, gradients.weights),
        (layer.biases, gradients.biases),
        (layer.scale, gradients.scale),
        (layer.shift, gradients.shift),
    ]
    for parameter, gradient in pairs:
        if parameter is None or gradient is None:
            assert parameter is None and gradient is None and not learnt
            continue
        assert gradient.shape == parameter.shape
        if normalization == "batch" and parameter is layer.biases:
            assert np.abs(gradient).max() < 1e-12  # the mean over the batch takes every bias away
            continue
        _check_slope(parameter, gradient, lambda: float((upstream * layer.forward(h).out).sum()))


def _check_slope(parameter: FloatArray, gradient: FloatArray, loss: Callable[[], float]) -> None:
    noise = np.random.default_rng(1).standard_normal(gradient.shape)
    direction = gradient / np.linalg.norm(gradient) + 0.5 * noise / np.linalg.norm(noise)
    start, losses = parameter.copy(), []
    for step in (1e-5, -1e-5):
        parameter[...] = start + step * direction
        losses.append(loss())
    parameter[...] = start
    assert (losses[0] - losses[1]) / 2e-5 == pytest.approx(float((gradient * direction).sum()), rel=1e-6)


@pytest.mark.parametrize("branch", [None, 0.7])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
@pytest.mark.parametrize("activation", ["tanh", "abrelu", "maxout"])
def test_blocks_of_rows_in_given_memory_are_the_whole_batch(
    activation: str, normalization: str, branch: float | None
) -> None:
    """The steps as a simulation takes them, in two blocks of rows; sums of two blocks differ by rounding at most."""
    layer, h = some_layer(activation, normalization, branch, learnt=True)
    upstream = np.random.default_rng(6).standard_normal((SAMPLES, WIDTH))
    whole = layer.forward(h)
    blocks = [slice(0, 3), slice(3, SAMPLES)]
    normalized, z, out = np.empty_like(whole.z), np.empty_like(whole.z), np.empty_like(whole.out)
    for rows in blocks:
        layer.affine(h[rows], normalized[rows])
    inverse_std = layer.normalize(normalized)
    for rows in blocks:
        layer.rescale(normalized[rows], z[rows])
        phi = layer.activate(z[rows], out[rows])
        if layer.spec.skip:
            layer.add_skip(h[rows], phi, out[rows])
    np.testing.assert_allclose(out, whole.out, rtol=1e-12, atol=1e-12)
    gradients = layer.backward(whole, upstream)
    grad_z, grad_h = np.empty_like(z), np.empty_like(h)
    for rows in blocks:
        layer.activation_gradient(z[rows], upstream[rows], grad_z[rows])
    parts = [layer.rescale_gradient(normalized[rows], grad_z[rows]) for rows in blocks]
    layer.normalization_gradient(normalized, inverse_std, grad_z)
    for rows in blocks:
        layer.input_gradient(grad_z[rows], upstream[rows], grad_h[rows])
    grad_w = np.empty_like(layer.weights)
    for columns in (slice(0, 2), slice(2, FAN_IN)):
        layer.weight_gradient(h[:, columns], grad_z, grad_w[columns])
    assert gradients.h is not None
    np.testing.assert_allclose(grad_h, gradients.h, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(grad_w, gradients.weights, rtol=1e-12, atol=1e-12)
    for summed, expected in zip(map(list, zip(*parts, strict=True)), (gradients.scale, gradients.shift), strict=True):
        assert expected is not None
        np.testing.assert_allclose(np.sum(summed, axis=0), expected, rtol=1e-12, atol=1e-12)


def test_gradients_of_a_network_are_those_of_its_layers_in_a_chain() -> None:
    experiment = Experiment(depth=3, width=6, samples=9, initializer="he_normal", dtype="float64", residual=0.5)
    network, batch = draw_network(experiment), input_batch(experiment)
    upstream = np.random.default_rng(0).standard_normal((9, 6))
    gradients = network.backward(network.forward(batch), upstream)
    for layer, gradient in zip(network.layers, gradients, strict=True):
        _check_slope(layer.weights, gradient.weights, lambda: float((upstream * network.forward(batch)[-1].out).sum()))


def test_arrays_that_do_not_fit_the_specification_are_refused() -> None:
    network = draw_network(Experiment(depth=2, width=4, samples=3))
    weights = [layer.weights for layer in network.layers]
    with pytest.raises(InputError, match="2 layers"):
        Network(network.spec, weights[:1])
    with pytest.raises(InputError, match=r"Weights .*\(4, 4\)"):
        Network(network.spec, [weights[0], weights[1][:3]])
    with pytest.raises(InputError, match="Scale"):
        Dense(network.spec.layers[0], weights[0], scale=np.ones(3))


# --- drawing ---


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_draws_have_the_shapes_of_the_specification_and_its_dtype(initializer: str) -> None:
    experiment = Experiment(
        initializer=initializer, activation="maxout", depth=3, width=20, inputs="digits", samples=30
    )
    network = draw_network(experiment.changed(bias_std=0.5))
    for layer in network.layers:
        assert layer.weights.shape == layer.spec.weight_shape and layer.weights.dtype == np.float32
        assert layer.biases is None or layer.biases.dtype == np.float32
        assert layer.biases is not None or not layer.spec.bias_variance


def test_tied_layers_of_one_shape_hold_one_array() -> None:
    experiment = Experiment(depth=4, width=8, inputs="digits", samples=5, tied=True)
    first, *others = (layer.weights for layer in draw_network(experiment).layers)
    assert first.shape == (64, 8)
    assert all(weights is others[0] for weights in others)
    free = [layer.weights for layer in draw_network(experiment.changed(tied=False)).layers]
    assert not np.array_equal(free[1], free[2])


def test_fitted_weights_use_the_batch_that_is_given() -> None:
    experiment = Experiment(activation="relu", initializer="data_dependent", depth=3, width=10, dtype="float64")
    batch = 4 + 3 * np.random.default_rng(0).standard_normal((50, 10))
    for values in draw_network(experiment, batch).forward(batch):
        np.testing.assert_allclose(values.z.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(values.z.std(axis=0), 1, rtol=1e-12)


def test_a_normalization_is_known_by_what_it_does() -> None:
    """A third one, division by the layer's rms, brings its own functions and nothing asks for its name."""

    def divide(z: FloatArray, axis: int) -> FloatArray:
        inverse: FloatArray = 1 / np.sqrt(np.square(z).mean(axis=axis, keepdims=True))
        z *= inverse
        return inverse

    def pull_back(normalized: FloatArray, inverse: FloatArray, grad: FloatArray, axis: int) -> None:
        grad -= normalized * (grad * normalized).mean(axis=axis, keepdims=True)
        grad *= inverse

    layer, h = some_layer("tanh", "layer")
    rms_norm = replace(NORMALIZATIONS["layer"], id="rms", normalize=divide, pull_back=pull_back)
    layer.spec = replace(layer.spec, normalization=rms_norm)
    upstream = np.random.default_rng(6).standard_normal((SAMPLES, WIDTH))
    gradients = layer.backward(layer.forward(h), upstream)
    _check_slope(layer.weights, gradients.weights, lambda: float((upstream * layer.forward(h).out).sum()))
