"""A chain out of a file: measured as by hand, predicted from its own variances, diagnosed, and what is no chain."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pytest import CaptureFixture
from safetensors.numpy import save_file

from initviz.activations import ACTIVATIONS
from initviz.advice.findings import verdict
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.cli import main
from initviz.model.audit import audit
from initviz.model.chain import SAMPLES, ChainRun, hidden_layers, run_chain
from initviz.model.read import Tensor
from initviz.network.budget import Budget
from initviz.network.network import Network

RELU = ACTIVATIONS["relu"]
Draw = Callable[[np.random.Generator, int, tuple[int, ...]], FloatArray]


def torch_default(rng: np.random.Generator, fan_in: int, shape: tuple[int, ...]) -> FloatArray:
    return rng.uniform(-(fan_in**-0.5), fan_in**-0.5, shape).astype(np.float32)


def he_normal(rng: np.random.Generator, fan_in: int, shape: tuple[int, ...]) -> FloatArray:
    return (rng.standard_normal(shape) * (2 / fan_in) ** 0.5 if len(shape) > 1 else np.zeros(shape)).astype("f4")


def model(draw: Draw, widths: list[int]) -> dict[str, FloatArray]:
    """A PyTorch Sequential of Linear layers with functions between them."""
    rng, arrays = np.random.default_rng(2), {}
    for layer, (fan_in, width) in enumerate(pairwise(widths)):
        arrays[f"{2 * layer}.weight"] = draw(rng, fan_in, (width, fan_in))
        arrays[f"{2 * layer}.bias"] = draw(rng, fan_in, (width,))
    return arrays


def tensors(arrays: dict[str, FloatArray]) -> tuple[Tensor, ...]:
    return tuple(Tensor(name, values, "F32") for name, values in arrays.items())


def network(arrays: dict[str, FloatArray]) -> Network:
    return hidden_layers(tensors(arrays), audit(tensors(arrays)), RELU)


def run(arrays: dict[str, FloatArray]) -> ChainRun:
    return run_chain(network(arrays))


DEEP = [64, *[128] * 30, 10]


def test_pytorchs_default_is_diagnosed_and_he_is_not() -> None:
    """ReLU with PyTorch's default keeps sqrt(1/6) of the gradient in each layer; He keeps it."""
    default, he = run(model(torch_default, DEEP)), run(model(he_normal, DEEP))
    assert "vanishing_gradient" in [finding.id for finding in default.findings]
    assert verdict(default.findings)["backward"] == "bad"
    assert "vanishing_gradient" not in [finding.id for finding in he.findings]
    sizes = default.measured.column("grad_h_std")[1:]
    factor = (sizes[0] / sizes[-1]) ** (1 / 29)
    assert factor == pytest.approx(6**-0.5, rel=0.05)


def test_hidden_layers_are_those_before_the_outputs_each_as_wide_as_it_is() -> None:
    arrays = model(torch_default, [20, 50, 30, 40, 7])
    layers = network(arrays).spec.layers
    assert [(layer.fan_in, layer.width) for layer in layers] == [(20, 50), (50, 30), (30, 40)]
    for number, layer in enumerate(layers):
        weights, biases = arrays[f"{2 * number}.weight"], arrays[f"{2 * number}.bias"]
        assert layer.weight_variance == pytest.approx(float(np.mean(weights.astype(float) ** 2)))
        assert layer.bias_variance == pytest.approx(float(np.mean(biases.astype(float) ** 2)))


def test_it_measures_what_a_pass_by_hand_gives() -> None:
    arrays = model(torch_default, [20, 50, 30, 7])
    one = network(arrays)
    batch = np.random.default_rng(0).standard_normal((SAMPLES, 20)).astype(np.float32)
    h = batch
    for number, values in enumerate(one.forward(batch)):
        h = np.maximum(h @ arrays[f"{2 * number}.weight"].T + arrays[f"{2 * number}.bias"], 0)
        np.testing.assert_allclose(values.out, h, rtol=1e-4, atol=1e-6)


def test_theory_meets_what_is_measured() -> None:
    """One network of width n strays by some sqrt(5 L / n) of its variance (THEORY: finite width); three of them."""
    depth, width = 4, 400
    one = run(model(torch_default, [width] * (depth + 2)))
    tolerance = 3 * (5 * depth / width) ** 0.5 / 2
    for column in ("std", "grad_h_std"):
        measured, predicted = one.measured.column(column)[1:], one.predicted.column(column)[1:]
        np.testing.assert_allclose(measured, predicted, rtol=tolerance)
    assert one.predicted.reason == ""


def test_what_is_not_random_has_no_prediction_and_says_why() -> None:
    arrays = model(he_normal, [20, 30, 30, 5])
    arrays["2.weight"] = np.full((30, 30), 0.1, np.float32)
    one = run(arrays)
    assert one.predicted.reason == "No prediction: 2.weight is all equal, not random."
    assert "inputs_alike" in [finding.id for finding in one.findings]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"norm.weight": np.ones(30)}, "'norm.weight' is neither a dense layer's matrix nor its bias"),
        ({"2.weight": np.ones((31, 29))}, "their shapes do not follow on each other"),
        ({"2.weight": np.ones((30, 30, 3))}, "'2.weight' is a convolution"),
        ({"embed.weight": np.ones((50, 20))}, "'embed.weight' is a table"),
        ({"attn.q_proj.weight": np.ones((5, 5))}, "'attn.q_proj.weight' branches off"),
        ({"2.bias": np.full(30, np.nan)}, "'2.bias' holds values that are inf or nan"),
        ({"2.bias": np.ones(7)}, "Biases of this layer have the shape (30,), not (7,)"),
    ],
)
def test_what_is_no_chain_is_told(change: dict[str, FloatArray], said: str) -> None:
    arrays = model(he_normal, [20, 30, 30, 5]) | {name: array.astype("f4") for name, array in change.items()}
    with pytest.raises(InputError) as told:
        network(arrays)
    assert said in str(told.value)


def test_one_matrix_has_no_hidden_layer() -> None:
    with pytest.raises(InputError, match="no hidden layer"):
        network(model(he_normal, [20, 30]))


def test_maxout_is_refused() -> None:
    own = tensors(model(he_normal, [20, 30, 5]))
    with pytest.raises(InputError, match="joins several maps"):
        hidden_layers(own, audit(own), ACTIVATIONS["maxout"])


def test_a_width_that_fits_no_memory_is_refused_before_it_is_taken() -> None:
    """A file of 2 MB may ask for a layer of half a million units."""
    wide = network(model(he_normal, [1, 500_000, 1]))
    with pytest.raises(InputError, match=r"GFLOP and .* MiB; here the limits are"):
        run_chain(wide, budget=Budget(mib=256))


@pytest.mark.parametrize(("draw", "status"), [(torch_default, 1), (he_normal, 0)])
def test_diagnose_guards_a_job(draw: Draw, status: int, tmp_path: Path, capsys: CaptureFixture[str]) -> None:
    file = tmp_path / "model.safetensors"
    save_file(model(draw, [64, *[256] * 12, 10]), file)
    assert main(["diagnose", str(file), "--activation", "relu", "--format", "json"]) == status
    record = json.loads(capsys.readouterr().out)
    assert set(record) == {"verdict", "findings", "fix", "alternative"}
    assert ("bad" in [finding["severity"] for finding in record["findings"]]) == bool(status)
    assert main(["diagnose", str(file), "--activation", "relu"]) == status
    printed = capsys.readouterr().out.splitlines()
    count = len(record["findings"])
    assert [line.split()[0] for line in printed[:count]] == [finding["severity"] for finding in record["findings"]]
    assert (record["fix"] is None) == (len(printed) == count) == (status == 0)
    if status:
        assert printed[count].split()[0] == "fix"
        assert "\n".join(printed[count + 2 :]) == record["fix"]["torch"].rstrip()


@pytest.mark.parametrize(
    ("form", "way", "depth"),
    [("safetensors", "out, in", 30), ("npz", "in, out", 30), ("safetensors", "in, out", 12)],
)
def test_the_exported_fix_heals_the_file(
    form: str, way: str, depth: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: CaptureFixture[str]
) -> None:
    """PyTorch's default with ReLU: named, diagnosed, and healthy after the code has run."""
    monkeypatch.chdir(tmp_path)
    widths = [64, *[256] * depth, 10]
    arrays = {
        name: np.ascontiguousarray(values.T) if way == "in, out" else values
        for name, values in model(torch_default, widths).items()
    }
    if form == "npz":
        np.savez("model.npz", **arrays)  # type: ignore[arg-type]
    else:
        save_file(arrays, "model.safetensors")
    command = ["diagnose", f"model.{form}", "--activation", "relu", "--format", "json"]
    assert main(command) == 1
    record = json.loads(capsys.readouterr().out)
    assert "vanishing_gradient" in [finding["id"] for finding in record["findings"]]
    assert main(["audit", f"model.{form}", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {row["law"] for row in rows} == {"torch_default"}
    assert all(row["finding"].startswith("PyTorch's default, not He") for row in rows)
    exec(record["fix"]["numpy"], {})
    command[1] = f"fixed.{form}"
    assert main(command) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ([], "give --activation relu"),
        (["--activation", "relu", "--depth", "3"], "--depth is about a network that is drawn"),
        (["--activation", "relu", "--preset", "x"], "--preset is about a network that is drawn"),
        (["--activation", "rellu"], "relu"),
        (["--activation", "relu", "--orientation", "up"], "Unknown orientation"),
    ],
)
def test_diagnose_of_a_file_says_what_is_missing(
    flags: list[str], said: str, tmp_path: Path, capsys: CaptureFixture[str]
) -> None:
    file = tmp_path / "model.safetensors"
    save_file(model(he_normal, [8, 8, 8]), file)
    assert main(["diagnose", str(file), *flags]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_an_orientation_without_a_file_is_refused(capsys: CaptureFixture[str]) -> None:
    assert main(["diagnose", "--orientation", "out, in"]) == 2
    assert "give its path" in capsys.readouterr().err


def test_diagnose_takes_a_batch(tmp_path: Path, capsys: CaptureFixture[str]) -> None:
    """A batch that is all zero lets nothing through where biases are 0."""
    file, batch = tmp_path / "model.safetensors", tmp_path / "batch.csv"
    save_file(model(he_normal, [8, 16, 16, 4]), file)
    command = ["diagnose", str(file), "--activation", "relu", "--batch", str(batch)]
    batch.write_text("\n".join(["0,0,0,0,0,0,0,0"] * 60))
    assert main(command) == 1
    assert "nothing of the input gets through" in capsys.readouterr().out
    batch.write_text("1,2\n3,4")
    assert main(command) == 2
    assert "2 columns; the first layer takes 8" in capsys.readouterr().err
    assert main(["diagnose", "--batch", str(batch)]) == 2


@pytest.mark.parametrize(
    ("flags", "status", "said"),
    [
        ([], 1, "vanishing"),
        (["--initializer", "he_normal"], 0, "survive"),
        (["--initializer", "lsuv"], 2, "LSUV fits weights to a batch"),
        (["--std", "0.1"], 2, "--std has no say in layers of typed sizes"),
        (["model.safetensors"], 2, "not both"),
        (["--sizes", "64-ten"], 2, "Layer sizes are whole numbers"),
    ],
)
def test_diagnose_takes_layer_sizes(flags: list[str], status: int, said: str, capsys: CaptureFixture[str]) -> None:
    """PyTorch's default where nothing else is asked for, as on the page."""
    sizes = ",".join(["64", *["256"] * 12, "10"])
    assert main(["diagnose", "--sizes", sizes, "--activation", "relu", "--format", "json", *flags]) == status
    captured = capsys.readouterr()
    assert said in (captured.err if status == 2 else captured.out)
    assert captured.err.count("\n") == (status == 2)


def test_sizes_do_not_say_the_activation(capsys: CaptureFixture[str]) -> None:
    assert main(["diagnose", "--sizes", "8,8,8"]) == 2
    assert "Sizes do not say" in capsys.readouterr().err
