"""Probing PyTorch modules: the app's own numbers, in any architecture, and what was not seen is named.

CI installs PyTorch (requirements-torch.txt) and sets INITVIZ_REQUIRE_TORCH; elsewhere these tests may be skipped.
"""

import os
import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from initviz import InputError, UpdateRatios, probe
from initviz.activations import ACTIVATIONS
from initviz.advice.findings import every
from initviz.measure.simulate import simulate_network
from initviz.model.audit import audit
from initviz.model.chain import hidden_layers
from initviz.model.read import Tensor

if os.environ.get("INITVIZ_REQUIRE_TORCH"):
    import torch
else:
    torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def mlp(widths: list[int], phi: Any = None) -> Any:
    layers = [part for sizes in pairwise(widths) for part in (nn.Linear(*sizes), phi or nn.ReLU())]
    return nn.Sequential(*layers[:-1])


def test_a_deep_mlp_of_pytorchs_default_loses_its_gradient_and_its_law_is_named() -> None:
    seen = probe(mlp([64, *[128] * 30, 10]), torch.randn(200, 64))
    assert "vanishing_gradient" in [finding.id for finding in every(seen.findings)]
    assert {row.law for row in seen.laws} == {"torch_default"}
    sizes = seen.measured.column("grad_h_std")[1:]
    assert (sizes[0] / sizes[-1]) ** (1 / 29) == pytest.approx(6**-0.5, rel=0.05)
    assert len(seen.measured) == 31
    assert "PyTorch's default, not He" in str(seen)
    assert seen.unseen == ()


def test_it_is_healthy_after_the_exported_fix() -> None:
    model, batch = mlp([64, *[256] * 30, 10]), torch.randn(200, 64)
    seen = probe(model, batch)
    assert seen.fix is not None
    exec(seen.fix.torch, {"model": model})
    again = probe(model, batch)
    assert again.fix is None, str(again)
    shallow = probe(mlp([64, *[256] * 6, 10]), batch).cure
    assert "He normal, N(0, 2 / fan_in)" in shallow.sentence


def test_its_numbers_are_those_of_the_app() -> None:
    """The same weights and batch, forward to float tolerance; backward the gradients, which are random in both, pass
    through the same matrices: their factors per layer agree as far as 300 samples of 80 units do."""
    model, batch = mlp([40, 80, 70, 60, 50, 10]), torch.randn(300, 40)
    seen = probe(model, batch)
    tensors = [Tensor(name, one.detach().numpy(), "F32") for name, one in model.named_parameters()]
    network = hidden_layers(tensors, audit(tensors), ACTIVATIONS["relu"])
    expected = simulate_network(network, batch.numpy())
    for name in ("mean", "std", "cosine", "zero", "dead", "z_std", "weight_std", "fan_in", "grad_w_same_sign"):
        np.testing.assert_allclose(seen.measured.column(name), expected.column(name), rtol=1e-4, atol=1e-6)
    own, other = (np.diff(np.log(run.column("grad_h_std"))) for run in (seen.measured, expected))
    np.testing.assert_allclose(own, other, atol=0.1)


class Written(nn.Module):  # type: ignore[misc, name-defined]
    """ReLU in every way it is written."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(30, 30) for _ in range(8))

    def forward(self, x: Any) -> Any:
        a, b, c, d, e, f, g, out = self.layers
        x = F.relu(a(x))
        x = torch.relu(b(x))
        x = F.relu(c(x), inplace=True)
        x = d(x).relu_()
        x = nn.ReLU(inplace=True)(e(x))
        x = torch.clamp(f(x), min=0)
        x = (x @ g.weight.t() + g.bias).clamp_min_(0)
        return F.linear(x, out.weight, out.bias)


def test_functions_in_place_and_by_name_are_heard_as_modules_are() -> None:
    written, batch = Written(), torch.randn(100, 30)
    modules = nn.Sequential(*[part for one in written.layers for part in (one, nn.ReLU())][:-1])
    one, other = probe(written, batch), probe(modules, batch)
    assert [function for _, function in one.labels] == ["ReLU"] * 7 + [""]
    for name in ("std", "z_std", "zero", "grad_h_std", "grad_z_std", "grad_w_std"):
        np.testing.assert_allclose(one.measured.column(name), other.measured.column(name), rtol=1e-4, equal_nan=True)


@pytest.mark.parametrize(
    ("phi", "id", "alpha"),
    [
        (nn.LeakyReLU(0.3), "leaky_relu", 0.3),
        (nn.PReLU(init=0.2), "prelu", 0.2),
        (nn.ELU(0.7), "elu", 0.7),
        (nn.GELU(), "gelu", None),
        (nn.GELU(approximate="tanh"), "gelu_tanh", None),
        (nn.SiLU(), "swish", None),
        (nn.Hardtanh(), "hard_tanh", None),
        (nn.ReLU6(), "relu6", None),
        (nn.Softsign(), "softsign", None),
        (nn.Softplus(), "softplus", None),
        (nn.Mish(), "mish", None),
        (nn.Hardswish(), "hard_swish", None),
        (nn.SELU(), "selu", None),
        (nn.Tanh(), "tanh", None),
        (torch.nn.Sigmoid(), "sigmoid", None),
    ],
)
def test_functions_are_known_with_their_parameter(phi: Any, id: str, alpha: float | None) -> None:
    """Its outputs are the catalogue's, and the levels it saturates at are those of its parameter."""
    batch, activation = torch.randn(200, 30), ACTIVATIONS[id]
    model = nn.Sequential(nn.Linear(30, 30), phi, nn.Linear(30, 4))
    seen = probe(model, batch)
    assert seen.labels[0] == ("0.weight", activation.name)
    z = model[0](batch).detach().numpy()
    h = activation.forward(z, activation.alpha(alpha))
    assert seen.measured.column("std")[1] == pytest.approx(float(h.std()), rel=1e-4)


class Residual(nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one, self.two = (nn.Conv2d(n, 12, 3, padding=1, bias=False) for n in (3, 12, 12))
        self.norms = nn.ModuleList(nn.BatchNorm2d(12) for _ in range(3))
        self.head, self.idle = nn.Linear(12, 5), nn.Linear(4, 4)

    def forward(self, x: Any) -> Any:
        x = F.relu(self.norms[0](self.stem(x)), inplace=True)
        y = self.norms[1](self.one(x)).relu_()
        y = self.norms[2](self.two(y))
        y += x
        return self.head(y.relu_().mean((2, 3)))


def test_convolutions_with_branches() -> None:
    """Units are channels; z is what enters the function, behind normalization and sum."""
    model, batch = Residual(), torch.randn(6, 3, 9, 9)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    seen = probe(model, batch)
    assert seen.names == ("stem.weight", "one.weight", "two.weight")
    assert list(seen.measured.column("fan_in")[1:]) == [27, 108, 108]
    stem = F.relu(model.norms[0](model.stem(batch))).detach().numpy()
    assert seen.measured.column("std")[1] == pytest.approx(stem.std(), rel=1e-4)
    assert seen.unseen == ("idle.weight: not used in this pass, or in ways that PyTorch's functions do not show.",)
    fresh = Residual()
    fresh.load_state_dict(before)
    probe(fresh, batch)
    assert all(torch.equal(value, before[name]) for name, value in fresh.state_dict().items())
    assert all(one.grad is None for one in fresh.parameters())


def test_a_transformer_is_seen_through_its_fast_functions() -> None:
    """multi_head_attention_forward is one function; what is inside is heard too."""
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    model = nn.Sequential(nn.TransformerEncoder(layer, 2), nn.Linear(16, 3))
    seen = probe(model, torch.randn(4, 5, 16))
    assert [name.rpartition("layers.")[2] for name, _ in seen.labels[:4]] == [
        "0.self_attn.in_proj_weight",
        "0.self_attn.out_proj.weight",
        "0.linear1.weight",
        "0.linear2.weight",
    ]
    assert [name.rpartition("layers.")[2] for name in seen.names] == ["0.linear1.weight", "1.linear1.weight"]
    assert seen.laws[0].law == "glorot_uniform"
    assert seen.unseen == ()


class Recurrent(nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self) -> None:
        super().__init__()
        self.table, self.cells, self.out = nn.Embedding(9, 8), nn.LSTM(8, 16), nn.Linear(16, 2)

    def forward(self, words: Any) -> Any:
        return {"logits": self.out(self.cells(self.table(words))[0]), "count": 3}


def test_what_is_computed_out_of_sight_is_named() -> None:
    seen = probe(Recurrent(), {"words": torch.randint(0, 9, (5, 6))})
    assert seen.unseen == (
        "lstm multiplies by cells.weight_hh_l0 and 1 other out of sight; what is between is not measured.",
        "table.weight: looked up, not multiplied.",
    )
    assert [name for name, _ in seen.labels] == ["out.weight"]


def test_a_loss_sends_its_own_gradient() -> None:
    model, batch = mlp([20, 30, 5]), torch.randn(40, 20)
    seen = probe(model, batch, loss=lambda out: out.square().sum())
    model(batch).square().sum().backward()
    assert seen.measured.column("grad_w_std")[1] == pytest.approx(float(model[0].weight.grad.std()), rel=1e-3)


def test_arrays_charts_and_table() -> None:
    seen = probe(mlp([20, 30, 5], nn.Tanh()), np.random.default_rng(0).standard_normal((50, 20)))
    assert {len(figure.data) > 0 for figure in seen.charts().values()} == {True}
    frame = seen.to_frame()
    assert list(frame["weights"]) == ["0.weight", "2.weight"]
    assert list(frame["hidden layer"]) == [1, 0]


def test_what_cannot_be_probed_is_told_in_one_sentence() -> None:
    frozen = mlp([4, 5, 3]).requires_grad_(False)
    for model, batch, said in (
        (3, None, "not into a int"),
        (nn.ReLU(), torch.randn(3, 4), "No weights were seen"),
        (frozen, torch.randn(3, 4), "parameters are frozen"),
    ):
        with pytest.raises(InputError, match=said):
            probe(model, batch)


# --- the training loop ---


def trained(rate: float, steps: int = 12) -> tuple[UpdateRatios, list[str]]:
    model = mlp([10, 20, 3])
    ratios, optimizer = UpdateRatios(model), torch.optim.SGD(model.parameters(), lr=rate)
    x, y = torch.randn(50, 10), torch.randn(50, 3)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(steps):
            optimizer.zero_grad()
            (model(x) - y).square().mean().backward()
            optimizer.step()
            ratios()
    return ratios, [str(one.message) for one in told]


def test_steps_are_logged_as_powers_of_ten() -> None:
    ratios, told = trained(0.01)
    frame = ratios.to_frame()
    assert list(frame) == ["0.weight", "2.weight"]
    assert len(frame) == 12
    assert told == []
    model = mlp([4, 5, 2])
    ratios = UpdateRatios(model)
    with torch.no_grad():
        model[0].weight *= 1.01
    row = ratios()
    assert row["0.weight"] == pytest.approx(-2, abs=1e-4)
    assert np.isnan(row["2.weight"])


@pytest.mark.parametrize(("rate", "said"), [(1e-5, "hardly for a step"), (0.0, "has not moved")])
def test_matrices_that_do_not_learn_are_told_once(rate: float, said: str) -> None:
    _, told = trained(rate, 25)
    assert len(told) == 2
    assert all(said in one for one in told)


def test_steps_that_are_too_large_are_told() -> None:
    _, told = trained(1e3)
    assert told
