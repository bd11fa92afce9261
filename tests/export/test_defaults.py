"""What the page says of frameworks, measured in them: every default, every lookalike, every seed trap."""

import os
from math import erf, sqrt
from operator import attrgetter
from typing import Any

import numpy as np
import pytest
from scipy.stats import kurtosis

from initviz.arrays import FloatArray
from initviz.export.defaults import DEFAULTS, DENSE, SEEDS, Default
from initviz.network.initializers import INITIALIZERS, TRUNCATED_STD, Settings

os.environ.setdefault("KERAS_BACKEND", "jax")
if not os.environ.get("INITVIZ_REQUIRE_FRAMEWORKS"):
    for package in ("torch", "jax", "keras", "flax"):
        pytest.importorskip(package)

pytestmark = pytest.mark.filterwarnings("ignore")  # the frameworks' own affairs
N, M = 256, 96
KURTOSIS = {"uniform": -1.2, "normal": 0.0, "truncated normal": -0.63}


SHAPES = {"Conv2D": (None, 8, 8, N), "LSTM": (None, 5, N), "Embedding": (None,), "MultiHead": (None, 5, N)}
"""What Keras layers are built for, where that is no row of N numbers."""


def tensor(default: Default) -> FloatArray:
    """The tensor itself, built as `code` says."""
    import keras  # noqa: PLC0415
    from flax import nnx  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    layer = eval(default.code, {"nn": nn, "layers": keras.layers, "nnx": nnx, "rngs": nnx.Rngs(0), "n": N, "m": M})
    if default.framework == "keras":
        shape = next((shape for name, shape in SHAPES.items() if name in default.code), (None, N))
        layer.build(*[shape] * (2 if "MultiHead" in default.code else 1))
    found: Any = attrgetter(default.tensor)(layer)
    return np.array(found.detach() if default.framework == "torch" else found)


@pytest.mark.parametrize("default", DEFAULTS, ids=lambda default: f"{default.framework} {default.layer}")
def test_defaults_are_what_the_page_says(default: Default) -> None:
    """std within five standard errors (three more per cent for orthogonal rows), and the shape by its kurtosis."""
    values = tensor(default).ravel().astype(float)
    expected = default.std(N, M)
    assert values.std() == pytest.approx(expected, rel=5 / sqrt(2 * values.size) + 0.002, abs=1e-12)
    if default.shape in KURTOSIS and values.size > 1000:
        assert kurtosis(values) == pytest.approx(KURTOSIS[default.shape], abs=5 * sqrt(24 / values.size) + 0.02)
    if default.shape == "truncated normal":
        assert np.abs(values).max() <= 2 / TRUNCATED_STD * expected * (1 + 1e-5)
    if default.shape == "uniform":
        assert np.abs(values).max() <= sqrt(3) * expected * (1 + 1e-5)


@pytest.mark.parametrize("framework", DENSE)
def test_the_initializer_to_load_is_the_dense_default(framework: str) -> None:
    initializer = INITIALIZERS[DENSE[framework]]
    (dense,) = [one for one in DEFAULTS if (one.framework, one.layer) == (framework, "Dense")]
    assert initializer.variance(N, M, Settings()) == pytest.approx(dense.std(N, M) ** 2)
    assert initializer.law is not None
    assert initializer.law.distribution.replace("_", " ") == dense.shape
    (bias,) = [one for one in DEFAULTS if (one.framework, one.layer) == (framework, "Dense bias")]
    assert (initializer.bias_variance(N, M, Settings()) or 0) == pytest.approx(bias.std(N, M) ** 2)


def test_normals_of_one_name() -> None:
    """The first lines of the second table."""
    import jax  # noqa: PLC0415
    import keras  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    reach = 2 / TRUNCATED_STD
    size, unit = (256, 256), sqrt(2 / 256)
    he = {
        "torch": nn.init.kaiming_normal_(torch.empty(size)).numpy(),
        "keras": np.asarray(keras.initializers.HeNormal(seed=0)(size)),
        "jax": np.asarray(jax.nn.initializers.he_normal()(jax.random.key(0), size)),
    }
    for framework, values in he.items():
        assert values.std() == pytest.approx(unit, rel=0.02)
        assert (np.abs(values).max() > reach * unit * 1.01) == (framework == "torch")
    assert reach == pytest.approx(2.27, abs=0.005)
    cut = nn.init.trunc_normal_(torch.empty(size), std=0.02).numpy()
    assert np.abs(cut).max() > 3 * 0.02
    for cut in (
        np.asarray(keras.initializers.TruncatedNormal(stddev=0.02, seed=0)(size)),
        np.asarray(jax.nn.initializers.truncated_normal(0.02)(jax.random.key(0), size)),
    ):
        assert np.abs(cut).max() <= 0.04 * (1 + 1e-6)
        assert cut.var() / 0.02**2 == pytest.approx(1 - 0.23, abs=0.02)


def test_functions_and_epsilons_of_one_name() -> None:
    """The other lines of that table, and the numbers in their sentences."""
    import jax  # noqa: PLC0415
    import keras  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from flax import nnx  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    x = np.linspace(-6, 6, 2001, dtype=np.float32)
    exact = np.array([0.5 * z * (1 + erf(z / sqrt(2))) for z in x.tolist()])
    assert np.abs(nn.functional.gelu(torch.tensor(x)).numpy() - exact).max() < 1e-6
    assert np.abs(np.asarray(keras.activations.gelu(x)) - exact).max() < 1e-6
    assert 3e-4 < np.abs(np.asarray(jax.nn.gelu(x)) - exact).max() < 5e-4
    minus = np.array([-1], np.float32)
    assert nn.functional.leaky_relu(torch.tensor(minus)).item() == pytest.approx(-0.01)
    assert np.asarray(keras.activations.leaky_relu(minus)).item() == pytest.approx(-0.2)
    assert np.asarray(jax.nn.leaky_relu(minus)).item() == pytest.approx(-0.01)
    assert (nn.BatchNorm1d(2).eps, nn.LayerNorm(2).eps) == (1e-5, 1e-5)
    assert (keras.layers.BatchNormalization().epsilon, keras.layers.LayerNormalization().epsilon) == (1e-3, 1e-3)
    rngs = nnx.Rngs(0)
    assert (nnx.BatchNorm(2, rngs=rngs).epsilon, nnx.LayerNorm(2, rngs=rngs).epsilon) == (1e-5, 1e-6)
    assert sqrt(1e-4 / (1e-4 + 1e-3)) == pytest.approx(0.3, abs=0.005)
    assert sqrt(1e-4 / (1e-4 + 1e-5)) == pytest.approx(0.95, abs=0.005)
    assert sqrt(3) / 0.05 == pytest.approx(35, abs=0.5)


def test_seed_traps() -> None:
    """The wrong code gives equal layers, the right code different ones."""
    import jax  # noqa: PLC0415
    import keras  # noqa: PLC0415
    import torch  # noqa: PLC0415
    from torch import nn  # noqa: PLC0415

    for trap in SEEDS:
        for code, equal in ((trap.wrong, True), (trap.right, False)):
            he = jax.nn.initializers.he_normal()
            names: dict[str, Any] = {"torch": torch, "nn": nn, "keras": keras, "jax": jax, "he": he}
            names["layers"] = [nn.Linear(64, 64) for _ in range(2)]
            exec(code, names)
            if trap.framework == "torch":
                first, second = (layer.weight.detach().numpy() for layer in names["layers"])
            elif trap.framework == "keras":
                for layer in names["layers"]:
                    layer.build((None, 64))
                first, second = (np.asarray(layer.kernel) for layer in names["layers"])
            else:
                first, second = map(np.asarray, names["weights"])
            assert np.array_equal(first, second) == equal, code
