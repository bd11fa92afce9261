"""The page about frameworks: what each default makes of the experiment, by theory, and loads at a click."""

import pytest

from initviz.activations import ACTIVATIONS
from initviz.advice.trends import signal_sizes, trend
from initviz.export.defaults import DEFAULTS, DENSE
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.text import say
from initviz.theory.prediction import predict
from initviz.ui.framework_parts import with_default
from tests.app.conftest import Visit, shown, works


@pytest.mark.parametrize("framework", DENSE)
def test_a_default_is_loaded_at_a_click(framework: str, open_page: Visit) -> None:
    """Its initializer, its biases and no gain; and the numbers in its box are the prediction's."""
    page = works(open_page("frameworks", activation="relu", gain="2", bias_std="0.3", tied="1"))
    expected = with_default(shown(page), framework)
    factor = trend(signal_sizes(predict(expected))).factor
    assert any(f"signal: **x {say(factor)}** a layer" in text.value for text in page.markdown)
    page = works(page.button(key=f"load-{framework}").click().run())
    assert shown(page) == expected
    assert (expected.initializer, expected.gain, expected.bias_std, expected.tied) == (
        DENSE[framework],
        1.0,
        0.0,
        False,
    )


def test_the_sentence_is_about_the_framework_in_the_link(open_page: Visit) -> None:
    for framework, name in (("keras", "Keras 3"), ("jax", "JAX / Flax"), ("numpy", "PyTorch")):
        page = works(open_page("frameworks", framework=framework))
        assert any(f"A dense layer of {name} starts with" in text.value for text in page.markdown)


def test_every_default_stands_in_the_table(open_page: Visit) -> None:
    page = works(open_page("frameworks"))
    said = page.table[0].value.to_string()
    for default in DEFAULTS:
        assert f"{default.law}; std {say(default.std(32, 32))}" in said
        assert not default.note or any(default.note in text.value for text in page.markdown)


def test_one_matrix_for_all_layers_is_loaded(open_page: Visit) -> None:
    page = works(open_page("frameworks"))
    page = works(page.button(key="load-tied").click().run())
    assert shown(page).tied
    works(page.button(key="load-tied").click().run())
    assert not shown(page).tied


def test_pytorchs_default_is_not_he() -> None:
    """30 layers of ReLU: PyTorch's start loses what He's keeps; the claim of the page, simulated."""
    he = Experiment(activation="relu", initializer="he_normal", depth=30, width=100, samples=100)
    kept = [simulate(one).column("grad_h_std") for one in (he, with_default(he, "torch"))]
    assert 0.01 < kept[0][1] / kept[0][-1] < 100
    assert kept[1][1] / kept[1][-1] < 1e-9


def test_activations_without_prediction_are_told(open_page: Visit) -> None:
    """Every page says so where theory is silent, this one too: layers that share a matrix are not what it compares."""
    silent = [one for one in ACTIVATIONS if predict(Experiment(activation=one)).reason]
    for activation in silent:
        page = works(open_page("frameworks", activation=activation))
        assert any("cannot be predicted" in text.value for text in page.markdown)
