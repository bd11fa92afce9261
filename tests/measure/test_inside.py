"""Inside a network: singular values against theory, formats against what they hold, the loss scale against a search."""

import numpy as np
import pytest

from initviz.measure.precision import FORMATS, precision_at_start, precision_of
from initviz.measure.spectra import marchenko_pastur, spectra_at_start
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.streams import input_batch


@pytest.mark.parametrize("shape", [(300, 300), (400, 200), (200, 400)])
def test_matrices_of_independent_weights_follow_marchenko_and_pastur(shape: tuple[int, int]) -> None:
    """Of 200 or more singular values all but the smallest lie within a few per cent of their place in the law."""
    values = np.linalg.svd(np.random.default_rng(0).standard_normal(shape), compute_uv=False)
    expected = marchenko_pastur(*shape, 1.0, len(values))
    np.testing.assert_allclose(values[: int(0.9 * len(values))], expected[: int(0.9 * len(values))], rtol=0.05)
    assert np.mean(expected**2) == pytest.approx(max(shape), rel=0.01)


def test_an_orthogonal_linear_network_is_an_isometry() -> None:
    """Dynamical isometry (Saxe et al. 2014): all singular values 1; of independent weights they spread with depth."""
    linear = Experiment(activation="linear", initializer="orthogonal", width=60, depth=12)
    spread = linear.changed(initializer="lecun_normal")
    for experiment, isometry in ((linear, True), (spread, False)):
        seen = spectra_at_start(draw_network(experiment), input_batch(experiment))
        assert len(seen.jacobian) == 60
        assert (seen.condition < 1.001) == isometry
        assert list(seen.weights) == [1, 3, 4, 6, 7, 9, 10, 12]


def test_the_jacobian_is_that_of_differences() -> None:
    experiment = Experiment(activation="tanh", initializer="lecun_normal", width=20, depth=3, dtype="float64")
    network, sample = draw_network(experiment), input_batch(experiment)[0]
    step = 1e-6 * np.eye(len(sample))
    columns = [
        (network.forward((sample + e)[None])[-1].out - network.forward((sample - e)[None])[-1].out) for e in step
    ]
    expected = np.linalg.svd(np.vstack(columns) / 2e-6, compute_uv=False)
    np.testing.assert_allclose(spectra_at_start(network, sample[None]).jacobian, expected, rtol=1e-5, atol=1e-9)


def test_a_normalization_over_the_batch_has_no_jacobian_of_a_sample() -> None:
    experiment = Experiment(width=20, depth=2, normalization="batch")
    assert not len(spectra_at_start(draw_network(experiment), input_batch(experiment)).jacobian)


def test_formats_lose_what_they_do_not_hold() -> None:
    """Gradients that shrink by 6^-1/2 a layer leave float16 where all are below half its smallest number."""
    experiment = Experiment(activation="relu", initializer="torch_default", width=60, depth=40)
    seen = precision_at_start(draw_network(experiment), input_batch(experiment))
    assert list(seen.backward) == list(FORMATS)
    lost = {id: one.lost for id, one in seen.backward.items()}
    assert lost["float16"][0] == 1
    assert lost["bfloat16"].max() == 0
    assert lost["float8_e4m3"].sum() > lost["float8_e5m2"].sum() > lost["float16"].sum()
    assert all(one.after <= one.before for one in seen.scales.values())


@pytest.mark.parametrize("id", FORMATS)
def test_the_loss_scale_loses_least(id: str) -> None:
    """Against every power of two, converted for real."""
    experiment = Experiment(activation="tanh", initializer="random_normal", std=0.05, width=40, depth=8)
    network, batch = draw_network(experiment), input_batch(experiment)[:50]
    grad = 1e-4 * np.random.default_rng(0).standard_normal((50, 40)).astype(np.float32)
    scale = precision_of(network, batch, grad).scales[id]
    gradients = [one.h for one in network.backward(network.forward(batch), grad)] + [grad]
    dtype = FORMATS[id].dtype

    def lost(exponent: int) -> float:
        shares = []
        for one in gradients:
            assert one is not None
            with np.errstate(all="ignore"):
                held = np.ldexp(one.astype(float), exponent).astype(dtype).astype(float)
            shares.append(np.mean(((held == 0) & (one != 0)) | ~np.isfinite(held)))
        return float(np.mean(shares))

    assert scale.after == pytest.approx(lost(scale.exponent), abs=1e-3)
    assert scale.before == pytest.approx(lost(0), abs=1e-3)
    assert scale.after <= min(map(lost, range(-10, 60))) + 1e-3
