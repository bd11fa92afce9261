"""A control on its way through its values: where the edge is, what is measured there, what cannot be walked."""

from math import sqrt
from typing import Any

import numpy as np
import pytest
from pytest import MonkeyPatch

from initviz.catalogue import InputError
from initviz.measure.simulate import simulate
from initviz.network.budget import OverBudget
from initviz.network.experiment import Experiment
from initviz.sweep.walk import BINS, DEPTHS, FACTOR, SAMPLES, STEPS, walk, walk_cost, walk_values
from tests.load.server import image_settings

TANH = Experiment(width=64, depth=3, samples=50)
RELU = TANH.changed(activation="relu", initializer="he_normal")


@pytest.mark.parametrize(
    ("experiment", "name", "critical"),
    [
        (TANH, "std", 1 / sqrt(64)),  # sigma_w = 1
        (RELU, "std", sqrt(2 / 64)),
        (RELU, "gain", 1.0),  # He is critical as it is
        (RELU.changed(initializer="lecun_normal"), "gain", sqrt(2)),
        (TANH.changed(initializer="glorot_uniform"), "gain", 1.0),
        (RELU.changed(activation="leaky_relu", initializer="lecun_normal"), "alpha", None),  # never chaotic
        (RELU, "depth", None),
    ],
)
def test_the_edge_is_on_the_way(experiment: Experiment, name: str, critical: float | None) -> None:
    """In the middle of it, to four digits, for a std or a gain."""
    values, found = walk_values(experiment, name)
    assert list(values) == sorted(set(values))
    if critical is None or found is None:
        assert found is critical
        return
    assert found == pytest.approx(critical, rel=1e-3)
    assert found == pytest.approx(values[len(values) // 2])
    assert values[0] == pytest.approx(found / FACTOR, rel=1e-3)
    assert values[-1] == pytest.approx(found * FACTOR, rel=1e-3)


def test_steps_are_what_simulations_measure() -> None:
    """Each on its own; the densities are shares of all values, and the edge has nearly all of them on its axis."""
    walked = walk(TANH, "std")
    assert walked.critical is not None
    for number in (0, walked.critical, len(walked.steps) - 1):
        step = walked.steps[number]
        alone = simulate(TANH.changed(std=step.value))
        np.testing.assert_array_equal(step.std, alone.column("std")[1:])
        np.testing.assert_array_equal(step.gradient, alone.column("grad_h_std")[1:])
    shares = np.array([step.densities.sum(axis=1) for step in walked.steps]) * np.diff(walked.edges)[0]
    assert (shares <= 1 + 1e-9).all()
    assert (shares[walked.critical] > 0.98).all()
    assert walked.steps[0].densities.shape == (3, BINS)


def test_the_walk_goes_from_order_to_chaos() -> None:
    walked = walk(TANH, "std")
    chi = [step.place.chi_1 for step in walked.steps if step.place]
    assert walked.critical is not None
    assert len(chi) == len(walked.steps)
    assert max(chi[: walked.critical]) < 1 < min(chi[walked.critical + 1 :])
    std, gradient = (
        np.array([getattr(step, name)[index] for step in walked.steps])
        for name, index in (("std", -1), ("gradient", 0))
    )
    assert (np.diff(std) > 0).all()
    assert gradient[0] < 0.05  # two matrices of a fifth of the critical std
    assert gradient[-1] > 1


def test_alpha_moves_the_border_and_depth_the_number_of_layers() -> None:
    walked = walk(RELU.changed(activation="leaky_relu"), "alpha")
    borders = [step.border[0][0] for step in walked.steps]
    slopes = np.array([step.value for step in walked.steps])
    np.testing.assert_allclose(borders, np.sqrt(2 / (1 + slopes**2)), rtol=0.01)
    deep = walk(TANH.changed(width=16), "depth")
    assert [len(step.std) for step in deep.steps] == list(DEPTHS)
    assert deep.nearest(3) == 2
    assert deep.nearest(100) == len(DEPTHS) - 1


def test_the_batch_is_small_and_the_std_has_a_law_that_uses_it() -> None:
    walked = walk(RELU.changed(samples=1000, width=16), "std")
    assert {step.experiment.samples for step in walked.steps} == {SAMPLES}
    assert {step.experiment.initializer for step in walked.steps} == {"random_normal"}


def test_without_a_variance_there_is_no_place() -> None:
    assert all(step.place is None for step in walk(TANH.changed(initializer="zeros", width=8), "depth").steps)


@pytest.mark.parametrize(
    ("changed", "name", "said"),
    [({}, "gain", "Gain does nothing"), ({}, "alpha", "Tanh has no alpha"), ({"inputs": "mnist"}, "std", "MNIST")],
)
def test_what_cannot_be_walked_is_said(changed: dict[str, Any], name: str, said: str, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.delenv("INITVIZ_MNIST_DIR", raising=False)
    with pytest.raises(InputError, match=said):
        walk(TANH.changed(**changed), name)


@pytest.mark.parametrize("name", ["std", "depth"])
def test_the_default_experiment_can_be_walked_in_the_image(name: str) -> None:
    assert walk_cost(Experiment(), name).gflop <= float(image_settings()["INITVIZ_MAX_GFLOP"])


def test_too_big_a_walk_is_refused_with_the_size_that_fits(monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", "5")
    big = RELU.changed(width=512)
    with pytest.raises(OverBudget, match=f"Dragging through {STEPS} values") as refusal:
        walk_cost(big, "std")
    fit = refusal.value.fit
    assert (fit.initializer, fit.std) == (big.initializer, big.std)
    assert walk_cost(fit, "std").gflop <= 5
