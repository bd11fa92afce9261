"""Predictions for networks that no experiment describes, against drawn ones; the refusal of what theory does not know.

Every layer has a width, a variance and a function of its own."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from scipy import special

from initviz import Experiment, predict, simulate
from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.gaussian.distributions import zero_share
from initviz.gaussian.kernels import pair_law
from initviz.gaussian.moments import critical_point, gains, moments
from initviz.layer_forms import LayerForm
from initviz.network.network import LayerValues, Network
from initviz.network.normalization import NORMALIZATIONS, Normalization
from initviz.network.spec import LayerSpec, NetworkSpec
from initviz.theory.batches import batch_of, summarized
from initviz.theory.phase import pair_growth, phase_map
from initviz.theory.prediction import predict_network
from tests.networks import within

PLAIN, LAYER_NORM = NORMALIZATIONS["none"], NORMALIZATIONS["layer"]


def layer(activation: str, fan_in: int, width: int, sigma_w2: float, sigma_b2: float = 0.0) -> LayerSpec:
    """A plain layer whose weights have the variance sigma_w2 / fan_in."""
    phi = ACTIVATIONS[activation]
    alpha = phi.alpha(None)
    variance = sigma_w2 / fan_in
    return LayerSpec(phi, alpha, fan_in, width, phi.pieces(alpha), variance, sigma_b2, 1.0, False, PLAIN)


OWN = NetworkSpec(
    (
        layer("tanh", 100, 300, 1.5, 0.2),
        replace(layer("gelu", 300, 300, 1.0), normalization=LAYER_NORM),
        replace(layer("relu", 300, 300, 1.2), branch=0.7, skip=True),
        layer("maxout", 300, 150, 0.9),
        layer("relu", 150, 400, 2.0, 0.1),
    )
)


def test_every_layer_has_its_own_width_variance_and_function() -> None:
    """Four standard errors over 12 networks, and 5/n a layer for the bias of finite width (see test_prediction)."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 100))
    prediction = predict_network(OWN, summarized(rows))
    assert prediction.reason == ""
    std, grad = [], []
    for _ in range(12):
        weights = [np.sqrt(spec.weight_variance or 0) * rng.standard_normal(spec.weight_shape) for spec in OWN.layers]
        biases = [np.sqrt(spec.bias_variance) * rng.standard_normal(spec.weight_shape[1]) for spec in OWN.layers]
        network = Network(OWN, weights, biases)
        values: list[LayerValues] = []
        for dense in network.layers:
            values.append(dense.forward(values[-1].out if values else rows))
        gradients: list[FloatArray] = [rng.standard_normal(values[-1].out.shape)]
        for dense, value in zip(network.layers[::-1], values[::-1], strict=True):
            by_input = dense.backward(value, gradients[-1]).h
            assert by_input is not None
            gradients.append(by_input)
        std.append([value.out.std() for value in values])
        grad.append([gradient.std() for gradient in gradients[::-1]])
    slack = np.cumsum([5 / spec.width for spec in OWN.layers]) / 2
    within(np.log(np.array(std)), np.log(prediction.column("std")[1:]), slack)
    within(np.log(np.array(grad)), np.log(prediction.column("grad_h_std")), np.append(slack[::-1], 0.001))


def test_an_experiment_is_one_network_of_layers_that_are_alike() -> None:
    """Layers that are equal but not the same value are taken as those that are."""
    experiment = Experiment(activation="gelu", residual=0.5, depth=4, width=20, samples=10)
    spec = experiment.spec()
    apart = replace(spec, layers=tuple(replace(one) for one in spec.layers))
    prediction, whole = predict_network(apart, batch_of(experiment)), predict(experiment)
    for name, values in whole.columns.items():
        np.testing.assert_array_equal(prediction.column(name), values)


def _glu(z: FloatArray, alpha: float) -> FloatArray:
    value, gate = np.split(z, 2, axis=1)
    return value * special.expit(gate)


def _glu_backward(z: FloatArray, alpha: float, grad_h: FloatArray) -> FloatArray:
    value, gate = np.split(z, 2, axis=1)
    open_share = special.expit(gate)
    return np.hstack([grad_h * open_share, grad_h * value * open_share * (1 - open_share)])


GLU = Activation(
    id="glu",
    name="GLU",
    phi=lambda z, a: z * special.expit(z),
    dphi=lambda z, a: special.expit(z) * (1 + z * special.expit(-z)),
    latex=r"\phi(z_1, z_2) = z_1 \sigma(z_2)",
    source="Dauphin et al. (2017), arXiv:1612.08083",
    layer=LayerForm(_glu, _glu_backward, pieces=lambda alpha: 2),
)
RMS = Normalization("rms", "RMS norm", 1)

SECOND = OWN.layers[1]
UNKNOWN = {
    "GLU": replace(SECOND, activation=GLU, pieces=2),
    "RMS norm": replace(SECOND, normalization=RMS),
    "variance": replace(SECOND, weight_variance=None),
}


@pytest.mark.parametrize("why", UNKNOWN)
def test_what_theory_does_not_know_is_not_predicted(why: str) -> None:
    """The reason names it and its layer."""
    spec = replace(OWN, layers=(OWN.layers[0], UNKNOWN[why], *OWN.layers[2:]))
    prediction = predict_network(spec, summarized(np.random.default_rng(0).standard_normal((5, 100))))
    assert prediction.reason.startswith("No prediction: ") and why in prediction.reason
    assert "layer 2" in prediction.reason
    assert prediction.to_frame().drop(columns="layer").isna().all(axis=None)


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """GLU and RMS normalization stand in the catalogues, without moments."""
    monkeypatch.setattr(ACTIVATIONS, "_entries", {**ACTIVATIONS, "glu": GLU})
    monkeypatch.setattr(NORMALIZATIONS, "_entries", {**NORMALIZATIONS, "rms": RMS})


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("changes", [{"activation": "glu"}, {"normalization": "rms"}], ids=["GLU", "RMS norm"])
def test_an_entry_without_moments_is_measured_but_not_predicted(changes: dict[str, str]) -> None:
    """Nor does it have a number in the table of all pairs; the rest of the table is there."""
    experiment = Experiment(initializer="lecun_normal", depth=2, width=30, samples=20).changed(**changes)
    assert (simulate(experiment).column("std") > 0).all()
    assert predict(experiment).reason.startswith("No prediction: ")
    growth = pair_growth(experiment)
    known = ~np.isnan(growth.forward).all(axis=1)
    expected = [id != "glu" and "normalization" not in changes for id in growth.activations]
    assert known.tolist() == expected


@pytest.mark.parametrize(
    "ask",
    [
        lambda: moments(GLU, None, 1.0),
        lambda: pair_law(GLU, None, 1.0, 1.0),
        lambda: zero_share(GLU, None, 1.0),
        lambda: critical_point(GLU),
        lambda: gains(GLU),
        lambda: phase_map(GLU, None, np.ones(1), np.ones(1)),
    ],
)
def test_moments_that_are_not_known_are_refused(ask: Callable[[], object]) -> None:
    with pytest.raises(InputError, match="GLU has no moments"):
        ask()
