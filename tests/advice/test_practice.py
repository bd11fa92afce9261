"""Advice with evidence, and the helper: what is measured bears out every line, and numbers are those of theory."""

from functools import cache

import pytest

from initviz.activations import ACTIVATIONS
from initviz.advice.practice import ADVICE, Advice, largest_rate, plan
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.theory.prediction import predict


@cache
def run(experiment: Experiment) -> Propagation:
    return simulate(experiment)


@pytest.mark.parametrize("advice", ADVICE.values(), ids=lambda advice: advice.id)
def test_every_line_is_borne_out(advice: Advice) -> None:
    evidence = advice.evidence(run)
    assert evidence.holds, evidence.sentence
    assert evidence.sentence.endswith(".")
    assert any(sign.isdigit() for sign in evidence.sentence)


def test_the_rows_that_ask_for_advice_are_there() -> None:
    assert {"S3-19", "S0-15", "S1-15"} <= {row for advice in ADVICE.values() for row in advice.rows}


@pytest.mark.parametrize(
    ("activation", "initializer", "gain"),
    [
        ("tanh", "lecun_normal", 1.0),
        ("relu", "he_normal", 2**0.5),
        ("sigmoid", "kumar", 12.8**0.5),
        ("gelu", "critical", 1.408),
    ],
)
def test_the_helper_names_what_a_teacher_would(activation: str, initializer: str, gain: float) -> None:
    found = plan(Experiment(activation=activation, std=1, tied=True, width=100, samples=100))
    assert found.experiment.initializer == initializer
    assert not found.experiment.tied
    assert found.gain == pytest.approx(gain, rel=1e-3)
    assert found.gradient == predict(found.experiment).column("grad_h_std")[1]
    assert found.limit == largest_rate(found.experiment)
    assert found.findings


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("around", [{}, {"normalization": "batch"}, {"normalization": "layer", "residual": 0.5}])
def test_the_helper_has_an_answer_for_everything(activation: str, around: dict[str, object]) -> None:
    found = plan(Experiment(activation=activation, width=20, samples=20, depth=3).changed(**around))
    assert found.experiment.activation == activation
    assert found.prediction.reason or found.gradient > 0
    assert found.limit.rate or found.limit.reason
