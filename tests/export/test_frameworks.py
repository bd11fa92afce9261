"""Exported scripts in the frameworks themselves: same functions, same laws, same tables; notebooks are executed.

CI installs the frameworks (requirements-frameworks.txt) and sets INITVIZ_REQUIRE_FRAMEWORKS; elsewhere these tests may
be skipped.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import ks_2samp

from initviz.activations import ACTIVATIONS
from initviz.advice.fix import propose
from initviz.arrays import FloatArray
from initviz.export.fix import fix_code
from initviz.export.notebook import notebook
from initviz.export.script import script
from initviz.frameworks import FRAMEWORKS, Framework
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.network.network import Network
from tests.export.scripts import assert_alike, loaded
from tests.export.test_script import SMALL, VARIANTS

os.environ["KERAS_BACKEND"] = "jax"  # the other one in a process of its own
if not os.environ.get("INITVIZ_REQUIRE_FRAMEWORKS"):
    for package in ("torch", "jax", "keras", "flax", "nbclient", "ipykernel", "nbformat"):
        pytest.importorskip(package)


@pytest.fixture(autouse=True)
def _single_precision_again() -> Iterator[None]:
    """A script in float64 tells JAX so, for the whole process."""
    yield
    import jax  # noqa: PLC0415

    jax.config.update("jax_enable_x64", False)


OTHERS = [framework for framework in FRAMEWORKS.values() if framework.id != "numpy"]
each_framework = pytest.mark.parametrize("framework", OTHERS, ids=lambda framework: framework.id)
pytestmark = pytest.mark.filterwarnings("ignore")  # the frameworks' own affairs


def parts(framework: Framework, layer: Any) -> tuple[FloatArray, FloatArray | None]:
    """W (fan_in, units) and b of a layer of an exported network."""
    weights = layer.dense.weight.T if framework.id == "torch" else layer.dense.kernel
    bias = layer.dense.bias
    return as_numpy(weights), None if bias is None else as_numpy(bias)


def as_numpy(array: Any) -> FloatArray:
    """A tensor of any framework."""
    return np.array(array.detach() if hasattr(array, "detach") else array)


def built(experiment: Experiment, framework: Framework) -> tuple[Any, list[Any], FloatArray]:
    """(namespace, layers, batch) of the exported script."""
    names = loaded(experiment, framework)
    batch = names["draw_batch"]()
    model = names["build"](batch)
    return names, list(getattr(model, "layers", model)), batch


def output(framework: Framework, layers: list[Any], batch: FloatArray) -> FloatArray:
    """h of the last layer."""
    if framework.id == "torch":
        import torch  # noqa: PLC0415

        h: Any = torch.tensor(batch)
    elif framework.id == "keras":
        import keras  # noqa: PLC0415

        h = keras.ops.convert_to_tensor(batch)
    else:
        import jax.numpy as jnp  # noqa: PLC0415

        h = jnp.asarray(batch)
    for layer in layers:
        h = layer(h)
    return as_numpy(h)


SAME = [{"activation": activation} for activation in ACTIVATIONS] + [
    {"activation": "swish", "alpha": 3.0},
    {"activation": "maxout", "alpha": 4.0, "linear_first": True},
    {"activation": "gelu", "normalization": "layer", "residual": 0.7},
    {"activation": "tanh", "normalization": "batch", "bias_std": 0.3},
]


@each_framework
def test_the_same_weights_give_the_same_outputs(framework: Framework) -> None:
    """In float64, to 1e-8 of the largest output: every activation, normalization and branch. Keras computes some
    functions in float32 even then (3.15 on JAX: tanh, erf, sin): 1e-5."""
    for values in SAME:
        experiment = SMALL.changed(initializer="glorot_normal", gain=2.0, dtype="float64", **values)
        _, layers, batch = built(experiment, framework)
        weights, biases = zip(*(parts(framework, layer) for layer in layers), strict=True)
        network = Network(experiment.spec(), weights, biases)
        ours = network.forward(batch)[-1].out
        atol = (1e-5 if framework.id == "keras" else 1e-8) * float(np.abs(ours).max())
        np.testing.assert_allclose(output(framework, layers, batch), ours, atol=atol, err_msg=str(values))


@each_framework
def test_weights_and_biases_have_the_same_law(framework: Framework) -> None:
    """Kolmogorov-Smirnov on all weights of the first and the second layer, and their variance within 6 %: some 10,000
    and 26,000 values, whose variance scatters by 1.4 % at most where it is normal."""
    for initializer in INITIALIZERS.values():
        experiment = Experiment(
            activation="leaky_relu",
            alpha=0.2,
            initializer=initializer.id,
            std=0.3,
            gain=1.2,
            depth=2,
            width=160,
            inputs="digits",
            samples=200,
            bias_std=0.1,
        )
        _, layers, _ = built(experiment, framework)
        network = draw_network(experiment)
        for layer, dense in zip(layers, network.layers, strict=True):
            weights, bias = parts(framework, layer)
            if initializer.fit is not None:  # its scale is that of this very batch
                np.testing.assert_allclose(weights.std(), dense.weights.std(), rtol=0.2)
                weights, ours = weights / weights.std(), dense.weights / dense.weights.std()
            else:
                ours = dense.weights
            _assert_one_law(weights, ours, initializer.id)
            if dense.biases is not None:
                assert bias is not None
                assert ks_2samp(bias, dense.biases).pvalue > 1e-5, initializer.id


def _assert_one_law(theirs: FloatArray, ours: FloatArray, what: str) -> None:
    assert theirs.shape == ours.shape
    if np.ptp(ours) == 0 or np.unique(ours).size < 3:
        np.testing.assert_allclose(theirs, ours, rtol=1e-5, err_msg=what)
        return
    np.testing.assert_allclose(theirs.var(), ours.var(), rtol=0.06, err_msg=what)
    if what != "sparse":  # which has mostly zeros, and as many in every column
        assert ks_2samp(theirs.ravel(), ours.ravel()).pvalue > 1e-5, what
    else:
        assert ((theirs != 0).sum(axis=0) == (ours != 0).sum(axis=0)).all()


@each_framework
@pytest.mark.parametrize("values", VARIANTS[1:5], ids=" ".join)
def test_the_table_is_within_the_spread_over_seeds(framework: Framework, values: dict[str, Any]) -> None:
    """Forward and backward, by the framework's own derivatives; initializers by turns."""
    initializer = ("", "he_normal", "orthogonal", "torch_default", "data_dependent")[VARIANTS.index(values)]
    assert_alike(SMALL.changed(initializer=initializer, **values), framework, seeds=(1, 2))


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=lambda framework: framework.id)
def test_notebooks_run(framework: Framework, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first cell to the table, in a kernel of their own; the format is nbformat's."""
    import nbformat  # noqa: PLC0415
    from nbclient import NotebookClient  # noqa: PLC0415

    monkeypatch.setenv("KERAS_BACKEND", "torch")
    book = nbformat.reads(notebook(SMALL, framework), as_version=4)
    nbformat.validate(book)
    NotebookClient(book, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    printed = "".join(output.get("text", "") for output in book.cells[-1].outputs)
    assert printed.split()[:2] == ["layer", "mean"]
    assert len(printed.splitlines()) == SMALL.depth + 2


def test_keras_runs_on_torch_too(tmp_path: Path) -> None:
    """As a script of its own, where nobody has chosen a backend."""
    path = tmp_path / "exported.py"
    experiment = SMALL.changed(normalization="batch", residual=0.5)
    path.write_text(script(experiment, FRAMEWORKS["keras"]), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    done = subprocess.run([sys.executable, path], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == experiment.depth + 2


def plain_model(framework: Framework, sizes: tuple[int, ...]) -> tuple[Any, list[Any]]:
    """(model, its dense layers) as a beginner writes it, with the framework's own start."""
    pairs = list(pairwise(sizes))
    if framework.id == "torch":
        from torch import nn  # noqa: PLC0415

        dense = [nn.Linear(*pair) for pair in pairs]
        return nn.Sequential(*dense), dense
    if framework.id == "keras":
        import keras  # noqa: PLC0415

        dense = [keras.layers.Dense(units) for units in sizes[1:]]
        return keras.Sequential([keras.Input((sizes[0],)), *dense]), dense
    from flax import nnx  # noqa: PLC0415

    dense = [nnx.Linear(*pair, rngs=nnx.Rngs(number)) for number, pair in enumerate(pairs)]
    return nnx.Sequential(*dense), dense


@each_framework
def test_the_fix_changes_a_model_of_ones_own(framework: Framework) -> None:
    """PyTorch's start under a ReLU, cured by He's: every layer has its variance then, and biases of 0."""
    before = Experiment(activation="relu", initializer="torch_default", depth=30)
    after = propose(before)[0].experiment
    assert after.initializer == "he_normal"
    model, layers = plain_model(framework, (256, 300, 200))
    exec(fix_code(before, after, framework), {"model": model})
    for layer in layers:
        weights = as_numpy(layer.weight.T if framework.id == "torch" else layer.kernel)
        assert weights.var() * len(weights) == pytest.approx(2, rel=0.05)
        assert not as_numpy(layer.bias).any()
