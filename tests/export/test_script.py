"""Exported scripts without any framework: the NumPy one runs and agrees with `simulate`, all others compile."""

import ast
import gzip
import json
import subprocess
import sys
from dataclasses import replace
from itertools import cycle, islice, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS, Activation
from initviz.advice.fix import propose
from initviz.catalogue import InputError
from initviz.cli.export import EXPORTS
from initviz.cli.main import main
from initviz.export.fix import fix_code
from initviz.export.laws import back_code, phi_code, weights_code
from initviz.export.notebook import notebook
from initviz.export.record import record
from initviz.export.script import script
from initviz.frameworks import FRAMEWORKS, NAMELESS, Framework
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.network.inputs import INPUTS, PREPROCESSING
from initviz.network.normalization import NORMALIZATIONS
from tests.export.scripts import PRINTED, assert_alike, loaded, table
from tests.mnist import write_mnist

NUMPY = FRAMEWORKS["numpy"]
SMALL = Experiment(depth=3, width=48, samples=64, activation="relu", initializer="he_normal")

VARIANTS: list[dict[str, Any]] = [
    {"residual": 0.5},
    {"residual": 0.5, "inputs": "digits", "linear_first": True, "normalization": "layer"},
    {"normalization": "batch", "bias_std": 0.3},
    {"normalization": "batch", "activation": "maxout", "alpha": 3.0, "linear_first": True},
    {"tied": True, "bias_std": 0.2, "inputs": "digits"},
    {"tied": True, "initializer": "lsuv"},
    {"inputs": "uniform", "preprocessing": "center", "input_std": 3.0},
    {"inputs": "digits", "preprocessing": "standardize"},
    {"activation": "leaky_relu", "alpha": 0.5, "gain": 1.2, "dtype": "float64"},
    {"activation": "swish", "alpha": 3.0, "initializer": "critical"},
]
"""What a network may have besides activation and initializer, each at least once."""


# --- the formulas are the catalogue's functions ---


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=lambda activation: activation.id)
def test_formulas_are_the_functions_of_the_catalogue(activation: Activation) -> None:
    """In float64 over 40 samples of 30 units; kills any changed constant, sign or slope."""
    from scipy import special  # noqa: PLC0415 - the formulas' own name for it

    rng = np.random.default_rng(0)
    for alpha in {activation.alpha(None), activation.param.high if activation.param else 0.0}:
        z = 3 * rng.standard_normal((40, 30 * activation.pieces(alpha)))
        grad = rng.standard_normal((40, 30))
        names = {"np": np, "special": special, "z": z, "grad": grad}
        np.testing.assert_allclose(
            eval(phi_code(activation, alpha, NUMPY), dict(names)), activation.forward(z, alpha), rtol=1e-9, atol=1e-12
        )
        back = eval(back_code(activation, alpha), dict(names))
        np.testing.assert_allclose(back, activation.backward(z, alpha, grad), rtol=1e-6, atol=1e-9)


# --- the NumPy script is the simulation ---


@pytest.mark.parametrize(
    ("initializer", "activation"), list(zip(INITIALIZERS, islice(ACTIVATIONS, len(INITIALIZERS)), strict=True))
)
def test_the_numpy_script_draws_the_same_network(initializer: str, activation: str) -> None:
    """Every initializer, and with it every activation: the table within the spread over seeds."""
    assert_alike(SMALL.changed(initializer=initializer, activation=activation, std=0.2), NUMPY)


@pytest.mark.parametrize("values", VARIANTS, ids=lambda values: " ".join(map(str, values)))
def test_the_numpy_script_knows_every_option(values: dict[str, Any]) -> None:
    assert_alike(SMALL.changed(**values), NUMPY)


def test_the_script_runs_on_its_own(tmp_path: Path) -> None:
    """Outside of the project, and prints what `python -m initviz simulate` prints."""
    path = tmp_path / "exported.py"
    path.write_text(script(SMALL, NUMPY), encoding="utf-8")
    done = subprocess.run([sys.executable, path], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    lines = [line.split() for line in done.stdout.splitlines()]
    assert tuple(lines[0]) == PRINTED
    assert [line[0] for line in lines[1:]] == [str(number) for number in range(SMALL.depth + 1)]
    assert lines[1][4:7] == ["-", "-", "-"]
    assert float(lines[-1][8]) == pytest.approx(1, abs=0.1)


def test_an_overflow_is_a_result() -> None:
    """std 100 and 48 inputs: each linear layer multiplies by 693, so 40 of them leave float32."""
    experiment = SMALL.changed(activation="linear", std=100.0, initializer="random_normal", depth=40)
    assert np.isnan(table(experiment, NUMPY)[-1, PRINTED.index("std")])


# --- every combination ---


def test_every_pair_compiles_everywhere() -> None:
    """Each activation with each initializer, the frameworks and options by turns."""
    options = cycle(product(FRAMEWORKS.values(), VARIANTS))
    for activation, initializer in product(ACTIVATIONS, INITIALIZERS):
        framework, values = next(options)
        base = SMALL.changed(**(values | {"alpha": None}))
        code = script(base.changed(activation=activation, initializer=initializer, seed=len(activation)), framework)
        ast.parse(code)
        assert "{" + "{" not in code


@pytest.mark.exhaustive
@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=lambda framework: framework.id)
def test_every_combination_compiles(framework: Framework) -> None:
    for activation, initializer, values in product(ACTIVATIONS, INITIALIZERS, VARIANTS):
        base = SMALL.changed(**(values | {"alpha": None}))
        ast.parse(script(base.changed(activation=activation, initializer=initializer), framework))


def test_all_inputs_and_preparations_have_code() -> None:
    for inputs, preparation, norm in product(INPUTS, PREPROCESSING, NORMALIZATIONS):
        for framework in FRAMEWORKS.values():
            ast.parse(script(SMALL.changed(inputs=inputs, preprocessing=preparation, normalization=norm), framework))


def test_scripts_are_clean_code(tmp_path: Path) -> None:
    """No import too many or too few, no unused name, no line that is too long."""
    for number, (framework, values) in enumerate(product(FRAMEWORKS.values(), VARIANTS)):
        (tmp_path / f"{framework.id}_{number}.py").write_text(script(SMALL.changed(**values), framework), "utf-8")
    rules = ["check", "--isolated", "--line-length", "130", "--select", "E,F,W,B", "--ignore", "E402,B905,B008"]
    done = subprocess.run([sys.executable, "-m", "ruff", *rules, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


# --- nothing is replaced in silence ---


def test_names_are_used_only_where_they_mean_the_same() -> None:
    """He's rule of a leaky function has no such name in Keras; a gain neither."""
    leaky = SMALL.changed(activation="leaky_relu", alpha=0.5, initializer="he_uniform")
    assert "HeUniform" in weights_code(SMALL.changed(initializer="he_uniform"), FRAMEWORKS["keras"])
    for experiment in (leaky, SMALL.changed(initializer="he_uniform", gain=2.0)):
        assert "HeUniform" not in weights_code(experiment, FRAMEWORKS["keras"])
        assert "he_uniform" not in weights_code(experiment, FRAMEWORKS["jax"])
    assert ".mul_(2)" in weights_code(SMALL.changed(gain=2.0), FRAMEWORKS["torch"])


def test_what_has_no_code_is_said() -> None:
    """A new entry of a catalogue without formula or name is refused with a sentence, never replaced."""
    nameless = replace(ACTIVATIONS["tanh"], formula=None, names=NAMELESS, name="Cubic")
    with pytest.raises(InputError, match="Cubic has no formula"):
        phi_code(nameless, 0.0, FRAMEWORKS["torch"])
    with pytest.raises(InputError, match="Cubic has no formula"):
        back_code(nameless, 0.0)


# --- notebook and record ---


def test_the_notebook_is_the_script_in_cells() -> None:
    cells = json.loads(notebook(SMALL, NUMPY))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    whole = ast.dump(ast.parse(script(SMALL, NUMPY).split('"""\n', 1)[1]))
    assert ast.dump(ast.parse(code)) == whole
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert SMALL.phi.latex in "".join(cells[0]["source"])


def test_the_record_makes_the_experiment_again() -> None:
    for values in VARIANTS:
        experiment = SMALL.changed(**values)
        assert Experiment(**json.loads(record(experiment))["experiment"]) == experiment


# --- the command line ---


@pytest.mark.parametrize("form", EXPORTS)
def test_the_command_line_exports(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "--preset", "script_relu_028", "--width", "32", "--samples", "32", "--format", form]) == 0
    printed = capsys.readouterr().out
    if form in FRAMEWORKS:
        ast.parse(printed)
        assert "ReLU" in printed
    elif form == "csv":
        assert printed.startswith("layer,")
    else:
        assert json.loads(printed)


# --- the fix ---


@pytest.mark.parametrize("framework", FRAMEWORKS.values(), ids=lambda framework: framework.id)
def test_fixes_compile_and_say_what_changes(framework: Framework) -> None:
    """What differs stands in the code, what does not differ does not."""
    for values in VARIANTS:
        before, after = SMALL.changed(initializer="zeros"), SMALL.changed(**values)
        code = fix_code(before, after, framework)
        ast.parse(code)
        assert ("phi(z)" in code) == (before.activation != after.activation or after.residual > 0)
        assert ("batch" in code.lower()) == (before.preprocessing != after.preprocessing or "Batch" in code)
    assert "draw" not in fix_code(SMALL, SMALL.changed(residual=0.5), framework)


def test_the_fix_cures_a_model_of_ones_own() -> None:
    """In NumPy: layers that die under their present weights keep the size of the signal under those of the fix."""
    before = SMALL.changed(initializer="random_normal", std=0.01, depth=10)
    names = loaded(before, NUMPY)
    layers, batch = names["build"](None), names["draw_batch"]()
    for layer in layers:
        layer.b = None
    exec(fix_code(before, propose(before)[0].experiment, NUMPY), {"layers": layers})
    for layer in layers:
        layer.W = layer.W.astype(np.float32)
    rows = names["measure"](layers, batch)
    assert 0.3 < rows[-1]["rms"] / rows[1]["rms"] < 3


@pytest.mark.parametrize("packed", [False, True])
def test_mnist_is_read_from_the_folder(packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the app reads it: the same images, gzipped or not."""
    images = np.random.default_rng(0).integers(0, 256, (10_000, 784), dtype=np.uint8)
    write_mnist(tmp_path, images, None)
    if packed:
        path = tmp_path / "train-images-idx3-ubyte"
        path.with_suffix(".gz").write_bytes(gzip.compress(path.read_bytes(), 1))
        path.unlink()
    monkeypatch.setenv("INITVIZ_MNIST_DIR", str(tmp_path))
    names = loaded(SMALL.changed(inputs="mnist"), NUMPY)
    np.testing.assert_array_equal(names["read_mnist"](), images)
    batch = names["draw_batch"]()
    assert batch.shape == (SMALL.samples, 784)
    assert batch.max() == pytest.approx(1)
