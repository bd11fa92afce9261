"""Where experiments stand in the phase diagram."""

from math import sqrt

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS
from initviz.advice.phase_point import (
    DEEPEST,
    SIGMA_B,
    SIGMA_W,
    edge_at,
    gradient_left,
    moved,
    phase_point,
    place_sentence,
)
from initviz.catalogue import InputError
from initviz.gaussian.moments import critical_point, edge_of_chaos
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.text import changed, counted, percent, times
from initviz.theory.prediction import predict


def sentence(experiment: Experiment) -> str:
    place = phase_point(experiment)
    edge = edge_at(experiment.phi, experiment.phi_alpha, place.sigma_b) if place else None
    return place_sentence(experiment, place, edge)


def test_the_lecture() -> None:
    place = phase_point(Experiment())
    assert place is not None
    assert [place.sigma_w, place.sigma_b] == pytest.approx([0.01 * sqrt(500), 0])
    assert place.chi_1 == pytest.approx(0.05)  # tanh falls to 0, where its slope is 1: chi_1 = sigma_w^2
    assert place.depth_scale == pytest.approx(1 / np.log(20))
    assert place.phase == "ordered"
    said = sentence(Experiment())
    assert "Ordered" in said
    assert "0.05" in said
    assert r"\sigma_w = 1$" in said


@pytest.mark.parametrize(
    ("initializer", "sigma_w"), [("lecun_normal", 1), ("he_uniform", sqrt(2)), ("torch_default", 1 / sqrt(3))]
)
def test_scaled_initializers_have_one_place_at_every_width(initializer: str, sigma_w: float) -> None:
    for width in (50, 500):
        place = phase_point(Experiment(activation="relu", initializer=initializer, width=width))
        assert place is not None
        assert place.sigma_w == pytest.approx(sigma_w)


@pytest.mark.parametrize("id", [id for id, one in INITIALIZERS.items() if one.unpredictable])
def test_weights_that_are_not_random_have_no_place(id: str) -> None:
    experiment = Experiment(initializer=id)
    assert phase_point(experiment) is None
    assert INITIALIZERS[id].unpredictable in sentence(experiment)


@pytest.mark.parametrize("id", ["tanh", "erf", "hard_tanh", "softsign", "sigmoid"])
@pytest.mark.parametrize("sigma_b", [0.1, 1.0, 2.5])
def test_the_edge_for_a_bias(id: str, sigma_b: float) -> None:
    """Against the edge by its own formula, interpolated: its points lie 6 % apart in q, which costs below 1e-4."""
    edge = edge_of_chaos(ACTIVATIONS[id])
    expected = np.sqrt(np.interp(sigma_b**2, edge.sigma_b2, edge.sigma_w2))
    assert edge_at(ACTIVATIONS[id], None, sigma_b) == pytest.approx(expected, rel=3e-4)


@pytest.mark.parametrize("sigma_b", [0.0, 1.0])
def test_the_edge_of_relu_does_not_depend_on_biases(sigma_b: float) -> None:
    assert edge_at(ACTIVATIONS["relu"], None, sigma_b) == pytest.approx(sqrt(2), rel=1e-9)


@pytest.mark.parametrize("sigma_w", SIGMA_W[::20])
@pytest.mark.parametrize("sigma_b", SIGMA_B[::15])
def test_moving_there_puts_it_there(sigma_w: float, sigma_b: float) -> None:
    start = Experiment(activation="gelu", initializer="zeros", depth=4, width=300, gain=2.0, seed=7)
    place = phase_point(moved(start, sigma_w, sigma_b))
    assert place is not None
    # An experiment rounds its numbers to six digits.
    assert [place.sigma_w, place.sigma_b] == pytest.approx([sigma_w, sigma_b], rel=1e-5)
    kept = moved(start, sigma_w, sigma_b).changed(std=start.std, bias_std=start.bias_std, initializer="zeros")
    assert kept == start


@pytest.mark.parametrize(("sigma_w", "sigma_b", "name"), [(1e6, 1.0, "std"), (1.0, 10.5, "bias std")])
def test_a_point_out_of_reach_is_refused_not_replaced(sigma_w: float, sigma_b: float, name: str) -> None:
    """The critical point of swish with beta 0.05 has a bias std of 14.9: at 10 its chi is 0.72 instead of 1."""
    with pytest.raises(InputError, match=f"^{name} = .* is out of range"):
        moved(Experiment(width=2), sigma_w, sigma_b)


@pytest.mark.parametrize(
    ("experiment", "words"),
    [
        (Experiment(initializer="lecun_normal"), "On the edge of chaos"),
        (Experiment(std=0.1), "Chaotic"),
        (Experiment(activation="relu", initializer="he_normal", gain=2.0), "grows without end"),
        (Experiment(), "dies out"),
        (Experiment(activation="gelu", initializer="critical"), "the edge of chaos lies at"),
        (Experiment(activation="gelu", initializer="lecun_normal"), "where the variance runs away"),
        (Experiment(activation="relu", initializer="he_normal"), "the edge of chaos lies at"),
        (Experiment(activation="relu", initializer="he_normal", bias_std=0.5), "No edge of chaos, but"),
        (Experiment(activation="softplus", initializer="he_normal"), "No edge of chaos, but"),
        (Experiment(activation="relu", initializer="he_normal"), "this experiment lies on it"),
        (Experiment(activation="hard_swish", initializer="critical"), "On the edge of chaos"),
        (Experiment(normalization="batch"), "plain network"),
        (Experiment(residual=0.5), "residual"),
        (Experiment(tied=True), "one matrix"),
    ],
)
def test_sentences(experiment: Experiment, words: str) -> None:
    assert words in sentence(experiment)


def test_a_plain_network_is_not_excused() -> None:
    assert "plain network" not in sentence(Experiment())


CRITICAL = [id for id, one in ACTIVATIONS.items() if critical_point(one).kind == "critical"]


@pytest.mark.parametrize("id", CRITICAL)
def test_what_is_left_on_the_edge_is_what_theory_predicts(id: str) -> None:
    """The gradient at layer 1 of a hundred, over that at the last, for inputs of variance 1."""
    experiment = Experiment(activation=id, initializer="critical", depth=DEEPEST, width=2000, samples=2000)
    place = phase_point(experiment)
    assert place is not None
    predicted = predict(experiment).column("grad_h_std")
    left = gradient_left(experiment, place)
    assert left[-1] == pytest.approx(predicted[1] / predicted[-1], rel=0.05)
    said = sentence(experiment)
    assert changed(float(left[-1]), "keeps", "grows") in said
    assert "keep their size over" not in said
    beyond = np.flatnonzero((left < 0.5) | (left > 2))
    assert ("not at once" in said) == bool(beyond.size)
    if beyond.size:
        assert f"over {counted(int(beyond[0]), 'layer')}, and" in said


@pytest.mark.parametrize("std", [0.01, 0.03, 0.06, 0.1])
def test_off_the_edge_ten_layers_are_ten_factors(std: float) -> None:
    experiment = Experiment(std=std)
    place = phase_point(experiment)
    assert place is not None
    ten = place.chi_1**5
    assert (percent(ten) if ten < 1 else times(ten)) in sentence(experiment)
    assert "e-fold" not in sentence(experiment)


@pytest.mark.parametrize("id", [id for id, one in ACTIVATIONS.items() if critical_point(one).kind == "critical"])
def test_critical_points_lie_on_the_edge_of_chaos(id: str) -> None:
    experiment = Experiment(activation=id, initializer="critical")
    assert "the edge of chaos lies at" in sentence(experiment)
    place = phase_point(experiment)
    assert place is not None
    # With biases the variance touches q* without crossing: rounding decides whether it stays there or goes on to the
    # next fixed point, where chi_1 is nearly 1 (hard swish: 1.05).
    assert abs(place.chi_1 - 1) < (0.06 if place.sigma_b else 1e-3)
