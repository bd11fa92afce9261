"""The coordinate check: exponents derived by hand, measured, and said in words."""

import json

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
    assert [row["predicted"] for row in rows] == [-0.5, 0.5, 1.0]
