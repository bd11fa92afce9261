"""The coordinate check: exponents derived by hand, measured, and said in words."""

import json
from typing import Any

import numpy as np
import pytest
from pytest import CaptureFixture

from initviz.cli import main
from initviz.learn import coordinates
from initviz.learn.coordinates import coordinate_check
from initviz.learn.settings import Training
from initviz.network.experiment import Experiment

TANH = Experiment(activation="tanh", initializer="lecun_normal", depth=2)


@pytest.mark.parametrize("parametrization", ["standard", "mup"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_measured_exponents_are_the_derived_ones(parametrization: str, optimizer: str) -> None:
    """Over a factor of 8 in width. The derived exponents differ by at least 0.5 from one another; three seeds and the
    size of the outputs, which changes with the width, leave about half of that."""
    checked = coordinate_check(TANH, Training(parametrization=parametrization, optimizer=optimizer))
    np.testing.assert_allclose(checked.slopes, checked.predicted, atol=0.25)
    even = [abs(slope) < coordinates.CLOSE for slope in checked.predicted]
    said = ["equally far at every width" in sentence for sentence in checked.sentences()]
    assert said == even


@pytest.mark.parametrize(
    ("changed", "parametrization", "optimizer", "exponents"),
    [
        # Var W constant: every layer enlarges the next one's h by n^1/2, and dL/dz as much on the way back
        ({"initializer": "random_normal", "std": 0.01}, "standard", "sgd", [0.5, 1.0, 2.0]),
        ({"initializer": "random_normal", "std": 0.01}, "mup", "adam", [0.0, 0.0, 0.5]),
        ({"initializer": "random_normal", "std": 0.01, "activation": "relu"}, "standard", "adam", [0.0, 1.0, 1.5]),
        # Glorot's first layer: 2 / (64 + n), between constant and 1/n; orthogonal matrices' 1 / max(64, n)
        ({"initializer": "glorot_normal", "activation": "relu"}, "standard", "adam", [0.0, 0.64, 0.64]),
        ({"initializer": "orthogonal", "activation": "relu"}, "standard", "adam", [0.0, 0.5, 0.5]),
    ],
)
def test_other_laws_have_derived_exponents_of_their_own(
    changed: dict[str, Any], parametrization: str, optimizer: str, exponents: list[float]
) -> None:
    training = Training(parametrization=parametrization, optimizer=optimizer)
    checked = coordinate_check(TANH.changed(**changed), training, widths=(64, 128, 256, 512), seeds=1)
    np.testing.assert_allclose(checked.predicted, exponents, atol=0.06)
    np.testing.assert_allclose(checked.slopes, checked.predicted, atol=0.25)
    assert checked.remark() == ""


def test_where_nothing_is_derived_the_reason_is_said() -> None:
    checked = coordinate_check(TANH.changed(normalization="batch"), Training(), widths=(16, 32), seeds=1)
    assert np.isnan(checked.predicted).all()
    assert "batch normalization" in checked.remark()


def test_slopes_that_theory_does_not_explain_are_said_to_differ() -> None:
    """Sigmoid's units are alike, so that the first outputs prefer one class, in muP the less the wider the network."""
    training = Training(parametrization="mup", optimizer="sgd")
    checked = coordinate_check(TANH.changed(activation="sigmoid"), training, widths=(64, 256), seeds=1)
    assert np.abs(checked.slopes - checked.predicted).max() > coordinates.CLOSE
    assert "the first outputs" in checked.remark()


def test_after_five_small_steps_the_exponents_are_the_same() -> None:
    """They are so small that five on one batch go five times as far."""
    training = Training(parametrization="standard", optimizer="sgd")
    one, five = (coordinate_check(TANH, training, widths=(64, 256), seeds=1, steps=steps) for steps in (1, 5))
    np.testing.assert_allclose(one.slopes, five.slopes, atol=0.05)
    np.testing.assert_allclose(five.moves / one.moves, 5, rtol=0.05)


def test_layers_that_do_not_move_are_named() -> None:
    checked = coordinate_check(TANH.changed(initializer="zeros"), Training(), widths=(16, 32), seeds=1)
    assert checked.sentences()[0] == "Layer 1: its z does not move at all."
    assert checked.sentences()[-1].startswith("The output layer: ")


def test_on_the_command_line(capsys: CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        coordinate_check, "__kwdefaults__", {"widths": (8, 16), "seeds": 1, "steps": 1, "progress": None}
    )
    assert main(["coordinates", "--depth", "2", "--task", "circle", "--format", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["layer"] for row in rows] == [1, 2, 3]
    assert [row["predicted"] for row in rows] == pytest.approx([0.5, 1.0, 2.0], abs=1e-3)  # its std is 0.01 throughout
