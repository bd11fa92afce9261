"""Sentences of the pages against the run they speak of."""

import re
from functools import cache

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS
from initviz.advice.sentences import learning, slope_sentence
from initviz.gaussian.properties import properties
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.text import changed, percent, show
from tests.advice.claims import well_said
from tests.advice.sample import SAMPLE

MIDDLE = Experiment(width=50, samples=50)


@cache
def run(experiment: Experiment) -> Propagation:
    return simulate(experiment)


def share(sentence: str) -> float:
    found = re.search(r"lets \*\*([\d.e-]+) %\*\* of", sentence)
    assert found
    return float(found[1]) / 100


@pytest.mark.parametrize("activation", [id for id, one in ACTIVATIONS.items() if one.elementwise or id == "maxout"])
@pytest.mark.parametrize("changes", [{}, {"inputs": "digits"}, {"linear_first": True}], ids=str)
def test_no_slope_lets_more_through_than_the_largest(activation: str, changes: dict[str, object]) -> None:
    """Layer 1 has no skip connection where the inputs have another width, and may be linear."""
    experiment = MIDDLE.changed(activation=activation, residual=0.5, std=0.3, **changes)
    for layer in run(experiment).layers[1:3]:
        spec = experiment.spec().layers[layer.layer - 1]
        limit = 1.0 if activation == "maxout" else max(map(abs, _slopes(spec.activation.id)))
        said = slope_sentence(experiment, layer)
        assert share(said) <= limit * 1.001 + 1e-9
        assert f"{spec.activation.name} lets" in said
        well_said(said)


def _slopes(activation: str) -> tuple[float, float]:
    known = properties(ACTIVATIONS[activation])
    return known.slope_low, known.slope_high


def test_the_input_has_no_slope() -> None:
    assert slope_sentence(MIDDLE, run(MIDDLE).layers[0]) == ""


@pytest.mark.parametrize("experiment", SAMPLE[::3], ids=lambda one: one.summary())
def test_which_layers_learn(experiment: Experiment) -> None:
    layers = run(experiment)
    finding = learning(layers)
    norm, ratio = layers.column("grad_w_norm")[1:], layers.column("grad_w_ratio")[1:]
    well_said(finding.sentence)
    finite = layers.column("grad_w_nonfinite")[1:] == 0
    still = (norm == 0) & finite
    assert ("exactly 0" in finding.sentence) == bool(still.any())
    assert finding.layers == tuple(1 + np.flatnonzero(still))
    if finding.evidence:
        pace = np.where(np.isfinite(ratio), ratio, norm) if np.isfinite(ratio).any() else norm
        alive = pace[np.isfinite(pace) & (pace > 0) & finite]
        assert (finding.evidence["high"], finding.evidence["low"]) == (alive.max(), alive.min())
        assert show(alive.max()) in finding.sentence
        assert show(alive.min()) in finding.sentence
        assert ("same pace" in finding.sentence) == (alive.max() < 10 * alive.min())


def test_a_flat_gradient_of_the_weights_is_explained_beside_a_dying_one() -> None:
    """ReLU with Xavier: dL/dh dies while dL/dW is the same in all layers."""
    layers = run(MIDDLE.changed(activation="relu", initializer="lecun_normal", width=200))
    said, back = learning(layers).sentence, layers.column("grad_h_std")
    assert "same pace" in said
    assert f"dL/dh {changed(back[1] / back[-1], 'keeps')} on its way back" in said
    assert percent(back[1] / back[-1]) in said


def test_zeros_with_one_layer_learn() -> None:
    """The first layer's gradient is dL/dz times the inputs, which no weight has passed."""
    assert "Only layer 1 learns" in learning(run(MIDDLE.changed(initializer="zeros", depth=1))).sentence
    assert "nothing is learnt" in learning(run(MIDDLE.changed(initializer="zeros"))).sentence
