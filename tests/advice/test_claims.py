"""Claims: each is well formed, the verdicts follow from the core, and a broken core turns them.

Verdicts are read off the command line, as anybody sees them. That all others have one, and the same for other seeds, is
`test_all_claims` (exhaustive).
"""

import csv
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pytest import CaptureFixture, MonkeyPatch

from initviz.activations import ACTIVATIONS
from initviz.advice.claims import CLAIMS, Claim, collect, judge
from initviz.arrays import FloatArray
from initviz.cli import main
from initviz.network.initializers import INITIALIZERS, VarianceScaling
from initviz.network.network import Dense
from initviz.network.presets import PRESETS

WORDS = ("holds", "holds only if", "does not hold")
KEYS = ["id", "sentence", "source", "predicted", "measured", "verdict"]

EXPECTED = {
    "relu_scale_free": "holds only if one looks at the slopes",
    "relu_dead_at_028": "does not hold",
    "std_1_no_gradient": "holds only if one looks at the typical unit",
    "six_times": "does not hold",
    "xavier_cures_sigmoid": "holds only if one looks at the signal, forward",
    "he_all_is_well": "holds only if the network has 5 layers",
    "selu_normalizes": "holds only if N Var W is 1, for inputs of std 1 or 5",
    "gelu_he": "holds only if the network has 5 layers",
    "torch_is_he": "does not hold",
    "residual_no_care": "holds only if the branch is scaled by 1 / L",
    "batch_norm_start": "holds only if one looks at the signal",
    "zero_biases": "holds only if the activation is ReLU or tanh",
    "uniform_or_normal": "does not hold",
    "orthogonal_better": "holds only if the activation is tanh",
    "product_of_tens": "does not hold",
    "ten_inputs": "does not hold",
    "own_matrix_each": "does not hold",
}
"""What theory and the sources' own errata say of the sentences that are asked for by name."""


def told(capsys: CaptureFixture[str], *ids: str, seed: int = 0) -> dict[str, dict[str, Any]]:
    """What the command line says of these claims."""
    assert main(["claims", "--only", ",".join(ids), "--seed", str(seed), "--format", "json"]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return {one["id"]: one for one in json.loads(captured.out)}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_a_claim_is_well_formed(claim: Claim) -> None:
    assert claim.sentence.endswith(".")
    assert claim.said_by
    assert claim.cases
    assert all(case.checks for case in claim.cases)
    assert all(re.fullmatch(r"S[0-3]-\d+", row) for row in claim.rows)
    assert claim.trials or claim.activation in ACTIVATIONS, "which experiment does Open load?"
    conditions = [case.condition for case in claim.cases]
    assert len(set(conditions)) == 1 or all(conditions)
    assert claim.learn == "" or claim.learn.endswith(".")


def test_there_are_many_and_no_sentence_stands_twice() -> None:
    sentences = [claim.sentence for claim in CLAIMS.values()]
    assert len(set(sentences)) == len(sentences) >= 40
    assert not set(sentences) & {preset.shows for preset in PRESETS.values()}
    topics = [claim.topic for claim in CLAIMS.values()]
    assert topics == sorted(topics, key=topics.index), "claims of a topic stand together"


def test_what_the_issue_names_gets_the_verdict_of_theory(capsys: CaptureFixture[str]) -> None:
    assert {id: one["verdict"] for id, one in told(capsys, *EXPECTED).items()} == EXPECTED


def test_json_has_six_keys_and_numbers_beside_their_predictions(capsys: CaptureFixture[str]) -> None:
    records = told(capsys, "he_variance", "tanh_is_sigmoid", "own_matrix_each")
    for id, one in records.items():
        assert list(one) == KEYS
        assert one["sentence"] == CLAIMS[id].sentence
        assert one["predicted"].keys() == one["measured"].keys()
        for measured in one["measured"].values():
            assert measured["low"] <= measured["median"] <= measured["high"]
    (drawn,) = records["he_variance"]["measured"].values()
    assert drawn["seeds"] > 1
    assert drawn["median"] == pytest.approx(2, rel=0.02)
    assert list(records["he_variance"]["predicted"].values()) == [pytest.approx(2)]
    assert list(records["own_matrix_each"]["predicted"].values()) == [None]


def test_table_and_csv_say_the_same(capsys: CaptureFixture[str]) -> None:
    known = told(capsys, "torch_is_he")["torch_is_he"]
    assert main(["claims", "--only", "torch_is_he", "--format", "csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert list(row) == KEYS
    assert json.loads(row["measured"]) == known["measured"]
    assert main(["claims", "--only", "torch_is_he"]) == 0
    table = " ".join(capsys.readouterr().out.split())
    assert f"torch_is_he: {known['verdict']} {known['sentence']} {known['source']}" in table
    assert "predicted 0.333, measured 0.33" in table


def test_the_seed_is_another_draw_and_the_same_verdict(capsys: CaptureFixture[str]) -> None:
    first, second = (told(capsys, "xavier_relu", seed=seed)["xavier_relu"] for seed in (0, 2**31 - 1))
    assert first["measured"] != second["measured"]
    assert first["verdict"] == second["verdict"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--only", "he_rel"], "Unknown claim 'he_rel'. Did you mean 'he_relu'?"),
        (["--seed", "some"], "seed 'some' is not a number"),
        (["--format", "xml"], "Unknown format 'xml'"),
    ],
)
def test_what_is_wrong_is_told(arguments: list[str], sentence: str, capsys: CaptureFixture[str]) -> None:
    assert main(["claims", *arguments]) == 2
    assert sentence in capsys.readouterr().err


# --- a broken core turns verdicts ----------------------------------------------------------------------------------


def he_is_xavier(patch: MonkeyPatch) -> None:
    """He without its factor 2."""
    broken = replace(INITIALIZERS["he_normal"], law=VarianceScaling(1.0, "fan_in", "normal"))
    patch.setitem(INITIALIZERS._entries, "he_normal", broken)


def tanh_has_slope_one(patch: MonkeyPatch) -> None:
    broken = replace(ACTIVATIONS["tanh"], dphi=lambda z, alpha: np.ones_like(z))
    patch.setitem(ACTIVATIONS._entries, "tanh", broken)


def sigmoid_has_slope_one(patch: MonkeyPatch) -> None:
    """A slope four times too large."""
    right = ACTIVATIONS["sigmoid"].dphi
    broken = replace(ACTIVATIONS["sigmoid"], dphi=lambda z, alpha: 4 * right(z, alpha))
    patch.setitem(ACTIVATIONS._entries, "sigmoid", broken)


def no_branch_scale(patch: MonkeyPatch) -> None:
    """h + phi(z), whatever a."""

    def unscaled(self: Dense, h: FloatArray, phi: FloatArray, out: FloatArray | None = None) -> FloatArray:
        return np.add(h, phi, out=out)

    patch.setattr(Dense, "add_skip", unscaled)


def own_seed_each(patch: MonkeyPatch) -> None:
    """Tied layers that are not."""
    patch.setattr("initviz.network.streams.Streams.weights", lambda self, layer: np.random.default_rng(layer))


@pytest.mark.parametrize(
    ("mutation", "id", "before", "after"),
    [
        (he_is_xavier, "he_variance", "holds", "does not hold"),
        (he_is_xavier, "he_relu", "holds", "does not hold"),
        (tanh_has_slope_one, "std_1_no_gradient", "holds only if one looks at the typical unit", "does not hold"),
        (sigmoid_has_slope_one, "xavier_cures_sigmoid", "holds only if one looks at the signal, forward", "holds"),
        (no_branch_scale, "residual_no_care", "holds only if the branch is scaled by 1 / L", "does not hold"),
        (own_seed_each, "own_matrix_each", "does not hold", "holds"),
    ],
)
def test_a_mutation_of_the_core_turns_the_verdict(
    mutation: Callable[[MonkeyPatch], None],
    id: str,
    before: str,
    after: str,
    capsys: CaptureFixture[str],
    monkeypatch: MonkeyPatch,
) -> None:
    """Before: `EXPECTED`, or `judge` below, for the core as it is."""
    assert (EXPECTED.get(id) or judge(CLAIMS[id]).sentence) == before
    mutation(monkeypatch)
    assert told(capsys, id)[id]["verdict"] == after


@pytest.mark.exhaustive
def test_all_claims() -> None:
    """Every claim has its verdict, the same for other seeds."""
    results = [collect(CLAIMS.values(), seed) for seed in (0, 50)]
    for id, claim in CLAIMS.items():
        first, second = map(claim.holds, results)
        assert first.sentence == second.sentence, id
        assert first.word in WORDS
        assert len(first.measured) == len(first.outcomes), f"two numbers of {id} have one name"


def test_page_and_command_line_ask_the_same(capsys: CaptureFixture[str]) -> None:
    verdict = judge(CLAIMS["xavier_variance"])
    assert told(capsys, "xavier_variance")["xavier_variance"]["verdict"] == verdict.sentence
