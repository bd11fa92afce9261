"""The audit: every law is named, siblings that break a rule are found, files lie either way round."""

import json
import time
from collections.abc import Callable
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save, save_file

from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.cli import main
from initviz.model.audit import audit, headline
from initviz.model.laws import _largest_singular_value
from initviz.model.matrices import chain, guess_orientation, matrices
from initviz.model.read import DTYPES, Tensor, read_model
from initviz.network.initializers import INITIALIZERS, Settings

BLOCKS = 12


def catalogue(id: str) -> Callable[[np.random.Generator, int, int], FloatArray]:
    return lambda rng, fan_in, fan_out: INITIALIZERS[id].draw(rng, fan_in, fan_out, Settings())


def normal(std: Callable[[int, int], float]) -> Callable[[np.random.Generator, int, int], FloatArray]:
    return lambda rng, fan_in, fan_out: (std(fan_in, fan_out) * rng.standard_normal((fan_in, fan_out))).astype("f4")


DRAWS = {
    # written by hand, so that a law that is not what it says cannot agree with itself
    "zeros": lambda rng, fan_in, fan_out: np.zeros((fan_in, fan_out), np.float32),
    "lecun_normal": normal(lambda fan_in, fan_out: sqrt(1 / fan_in)),
    "glorot_normal": normal(lambda fan_in, fan_out: sqrt(2 / (fan_in + fan_out))),
    "he_normal": normal(lambda fan_in, fan_out: sqrt(2 / fan_in)),
    "torch_default": lambda rng, fan_in, fan_out: rng.uniform(-(fan_in**-0.5), fan_in**-0.5, (fan_in, fan_out)),
    "lecun_uniform": lambda rng, fan_in, fan_out: rng.uniform(-sqrt(3 / fan_in), sqrt(3 / fan_in), (fan_in, fan_out)),
    "glorot_uniform": lambda rng, fan_in, fan_out: sqrt(6 / (fan_in + fan_out)) * rng.uniform(-1, 1, (fan_in, fan_out)),
    "he_uniform": lambda rng, fan_in, fan_out: sqrt(6 / fan_in) * rng.uniform(-1, 1, (fan_in, fan_out)),
    "normal_0.02": normal(lambda fan_in, fan_out: 0.02),
    "small_init": normal(lambda fan_in, fan_out: sqrt(2 / (5 * min(fan_in, fan_out)))),
    "orthogonal": catalogue("orthogonal"),
    "none": normal(lambda fan_in, fan_out: 0.3),
}


def stored(values: FloatArray) -> tuple[Tensor, ...]:
    """As PyTorch keeps a matrix: (out, in), in float32."""
    return (Tensor("weight", np.ascontiguousarray(values.T, dtype=np.float32), "F32"),)


def test_two_hundred_matrices_of_twelve_laws_are_named() -> None:
    """At least 95 %: shapes from 64 x 64 on, sides that differ by a tenth at least (LeCun and Glorot of a square are
    one law)."""
    rng, wrong = np.random.default_rng(1), []
    for index in range(200):
        law = list(DRAWS)[index % len(DRAWS)]
        fan_in = int(rng.integers(64, 200))
        fan_out = int(fan_in * rng.choice([0.7, 0.8, 0.9, 1.1, 1.25, 1.5])) if fan_in > 92 else int(fan_in * 1.3)
        (row,) = audit(stored(DRAWS[law](rng, fan_in, fan_out)))
        if row.law != law:
            wrong.append((law, row.law, fan_in, fan_out))
    assert len(wrong) <= 10, wrong


def test_the_truncated_normal_of_keras_is_he_too() -> None:
    rng = np.random.default_rng(2)
    w = INITIALIZERS["variance_scaling"].draw(rng, 200, 150, Settings(gain=sqrt(2)))
    (row,) = audit(stored(w))
    assert row.law == "he_normal"
    assert row.kurtosis == pytest.approx(-0.63, abs=5 * sqrt(24 / w.size))


def gpt2(scaled: bool, odd: int | None = None) -> dict[str, FloatArray]:
    rng, model = np.random.default_rng(3), {}
    for block in range(BLOCKS):
        for name, shape in (("attn.c_attn", (64, 192)), ("attn.c_proj", (64, 64)), ("mlp.c_proj", (256, 64))):
            scale = 1 / sqrt(2 * BLOCKS) if scaled and "c_proj" in name and not (block == odd and "mlp" in name) else 1
            model[f"h.{block}.{name}.weight"] = (0.02 * scale * rng.standard_normal(shape)).astype(np.float32)
    return model


def test_a_scale_that_was_never_applied_is_the_finding() -> None:
    """GPT-2's 1/sqrt(2 L): as it should be, forgotten everywhere, forgotten in one block."""
    right = audit(read_model(save(gpt2(scaled=True))))
    assert {row.law for row in right if "c_proj" in row.name} == {"normal_0.02_residual"}
    assert not any(row.severe for row in right)
    forgotten = audit(read_model(save(gpt2(scaled=False))))
    assert [row.severe for row in forgotten] == ["c_proj" in row.name for row in forgotten]
    assert all(f"{sqrt(2 * BLOCKS):.3g} times" in row.finding for row in forgotten if row.severe)
    once = audit(read_model(save(gpt2(scaled=True, odd=7))))
    assert [row.name for row in once if row.severe] == ["h.7.mlp.c_proj.weight"]
    assert "11 of 12" in next(row.finding for row in once if row.severe)


def test_trained_weights_follow_no_law() -> None:
    """One direction learnt by 30 units of length beside a random matrix whose largest singular value is 2.2."""
    rng = np.random.default_rng(4)
    w = DRAWS["lecun_normal"](rng, 128, 160)
    learnt = w + 3 * np.outer(rng.standard_normal(128), rng.standard_normal(160)) / sqrt(128 * 160)
    (row,) = audit(stored(learnt))
    assert row.law == "none"
    assert row.finding.startswith("trained")
    assert headline([row]).endswith("Trained: 1.")


def test_matrices_lie_either_way_round() -> None:
    sizes = [(784, 100), (100, 60), (60, 10)]
    keras = [Tensor(f"dense_{i}/kernel", np.zeros(size, np.float32), "F32") for i, size in enumerate(sizes)]
    torch = [Tensor(f"{i}.weight", np.zeros(size[::-1], np.float32), "F32") for i, size in enumerate(sizes)]
    assert (guess_orientation(keras), guess_orientation(torch)) == ("in, out", "out, in")
    for tensors in (keras, torch):
        found = matrices(tensors)
        assert [(matrix.fan_in, matrix.fan_out) for matrix in found] == sizes
        assert len(chain(found)) == 3
    square = [Tensor("w", np.zeros((8, 8), np.float32), "F32"), Tensor("v", np.zeros((4, 8), np.float32), "F32")]
    assert chain(matrices(square, "in, out")) == ()


@pytest.mark.parametrize("kind", ["F8_E4M3", "F8_E5M2", "BF16", "F32"])
def test_rounding_makes_no_law_and_hides_none(kind: str) -> None:
    """A float8 has three or two digits: orthogonal matrices are no longer quite so, and random ones are not either."""
    rng = np.random.default_rng(7)
    for law in ("orthogonal", "he_normal"):
        values = DRAWS[law](rng, 120, 150).T.astype(DTYPES[kind]).astype(np.float32)
        (row,) = audit([Tensor("w", np.ascontiguousarray(values), kind)])
        assert row.law == law


@pytest.mark.parametrize("scale", [1e-320, 1e-200, 1e-20, 1e20, 1e200, 1e307])
def test_sizes_at_the_ends_of_the_range_are_measured(scale: float) -> None:
    """Their squares are 0 or infinite; a file may hold them."""
    values = np.random.default_rng(8).uniform(-1, 1, (40, 50))
    (row,) = audit([Tensor("w", values * scale, "F64")])
    assert row.law == "none"
    assert row.std == pytest.approx(scale / sqrt(3), rel=0.05)
    assert row.kurtosis == pytest.approx(-1.2, abs=0.1)


@pytest.mark.parametrize("shape", [(60, 90), (500, 300)])
def test_the_largest_singular_value_is_exact_where_it_stands_out(shape: tuple[int, int]) -> None:
    """For small matrices of all of them, for large ones by the Lanczos process; an edge is met from below."""
    rng = np.random.default_rng(9)
    w = rng.standard_normal(shape)
    assert 0.97 < _largest_singular_value(w) / np.linalg.svd(w, compute_uv=False)[0] <= 1 + 1e-9
    w += np.outer(rng.standard_normal(shape[0]), rng.standard_normal(shape[1])) / 4
    assert _largest_singular_value(w) == pytest.approx(np.linalg.svd(w, compute_uv=False)[0], rel=1e-6)


def test_a_full_file_is_audited_within_two_seconds() -> None:
    """As many matrices as are read; 8 MB is what the image lets through."""
    values = np.random.default_rng(10).standard_normal((2000, 32, 32)).astype("f4")
    tensors = [Tensor(f"layer{number}.weight", matrix, "F32") for number, matrix in enumerate(values)]
    started = time.thread_time()
    audit(tensors)
    assert time.thread_time() - started < 2


def test_a_convolution_is_folded_to_its_fan_in() -> None:
    rng = np.random.default_rng(5)
    kernel = (sqrt(2 / (9 * 32)) * rng.standard_normal((64, 32, 3, 3))).astype(np.float32)
    (row,) = audit([Tensor("conv.weight", kernel, "F32")])
    assert (row.fan_in, row.fan_out, row.law) == (288, 64, "he_normal")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (np.full((9, 9), np.nan), "81 of 81 values"),
        (np.zeros((9, 9)), "all weights are 0"),
        (np.ones((9, 9)), "learn as one"),
    ],
)
def test_what_cannot_learn_is_severe(values: FloatArray, said: str) -> None:
    (row,) = audit(stored(values))
    assert row.severe
    assert said in row.finding


# --- the command ---


@pytest.fixture
def torch_mlp(tmp_path: Path) -> Path:
    """A PyTorch MLP of its default start."""
    rng, sizes = np.random.default_rng(6), [64, 96, 96, 10]
    tensors = {
        f"{2 * i}.weight": DRAWS["torch_default"](rng, *sizes[i : i + 2]).T.astype("f4").copy() for i in range(3)
    }
    save_file(tensors, tmp_path / "mlp.safetensors")
    return tmp_path / "mlp.safetensors"


def test_audit_as_json(torch_mlp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(torch_mlp), "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert list(rows[0]) == ["name", "shape", "fan_in", "fan_out", "std", "kurtosis", "law", "odds", "finding"]
    assert [row["law"] for row in rows] == ["torch_default"] * 3
    assert "not He" in rows[0]["finding"]
    assert (rows[0]["fan_in"], rows[0]["shape"]) == (64, [96, 64])


@pytest.mark.parametrize("form", ["table", "csv", "github"])
def test_audit_in_other_forms(torch_mlp: Path, form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(torch_mlp), "--format", form]) == 0
    assert "96" in capsys.readouterr().out


def test_audit_guards_a_job(torch_mlp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(torch_mlp), "--expect", "torch_default"]) == 0
    assert main(["audit", str(torch_mlp), "--expect", "he_normal", "--format", "github"]) == 1
    assert "expected He normal" in capsys.readouterr().out
    assert main(["audit", str(torch_mlp), "--expect", "hee_normal"]) == 2
    assert "Did you mean 'he_normal'" in capsys.readouterr().err


@pytest.mark.parametrize(("flags", "said"), [([], "Which file?"), (["none.npz"], "cannot be read")])
def test_audit_without_a_model(flags: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", *flags]) == 2
    assert said in capsys.readouterr().err


def test_a_model_of_vectors_alone_is_refused() -> None:
    with pytest.raises(InputError, match="no matrix"):
        audit([Tensor("b", np.zeros(4, np.float32), "F32")])


def test_the_headline_counts_what_breaks_a_rule_and_names_the_laws() -> None:
    rows = audit(tuple(Tensor(f"{k}.weight", np.zeros((9, 9), np.float32), "F32") for k in range(5)))
    said = "5 of 5 matrices break a rule. *.weight: all weights are 0: nothing passes, forward or backward."
    assert headline(rows) == f"{said} Laws: all zero (5)."
    (row,) = audit(stored(DRAWS["he_normal"](np.random.default_rng(0), 90, 70)))
    assert headline([row]) == "None of 1 matrix breaks a rule. Laws: He normal (Kaiming) (1)."


@pytest.mark.parametrize(("form", "status"), [("table", 1), ("github", 1)])
def test_the_broken_rule_of_a_group_is_the_headline(
    form: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rule in words, and its matrices by role, before any table; others that break another rule are not hidden."""
    model, file = gpt2(scaled=False), tmp_path / "gpt2.safetensors"
    save_file(model, file)
    assert main(["audit", str(file), "--format", form]) == status
    first = capsys.readouterr().out.splitlines()[0]
    who = "h.*.attn.c_proj.weight, h.*.mlp.c_proj.weight"
    said = f"24 of 36 matrices break a rule. {who}: ends a residual branch without the scale 1/sqrt(2 L): its std is"
    assert first.startswith(said)
    assert first == headline(audit(read_model(file)))
    more = model | {"h.0.attn.c_attn.weight": np.zeros((64, 192), np.float32)}
    assert f"{who} (24 of these): ends a residual" in headline(audit(read_model(save(more))))
    once = headline(audit(read_model(save(gpt2(scaled=True, odd=7)))))
    assert once.startswith("1 of 36 matrices breaks a rule. h.7.mlp.c_proj.weight: breaks the rule of its siblings: 11")


@pytest.mark.parametrize("law", ["torch_default", "he_normal"])
def test_chance_breaks_no_rule(law: str) -> None:
    """Among 150 draws of one law some lie where a free scale fits a little better: their siblings decide."""
    rng = np.random.default_rng(4)
    tensors = tuple(
        Tensor(f"{layer}.weight", DRAWS[law](rng, 40, 36).T.astype(np.float32), "F32") for layer in range(150)
    )
    assert [row.law for row in audit(tensors)] == [law] * 150


def test_one_alone_of_its_own_scale_still_breaks_the_rule() -> None:
    rng = np.random.default_rng(4)
    tensors = tuple(
        Tensor(f"{k}.weight", (DRAWS["torch_default"](rng, 40, 36).T * (1.1 if k == 3 else 1)).astype("f4"), "F32")
        for k in range(8)
    )
    assert [row.name for row in audit(tensors) if row.severe] == ["3.weight"]
