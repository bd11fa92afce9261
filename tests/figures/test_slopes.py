"""Slopes at a layer's z, secants, tanh as a sigmoid and the diagram of a unit, as data."""

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS
from initviz.figures.neuron import neuron
from initviz.figures.slopes import secants, slope_shares, tanh_as_sigmoid
from initviz.figures.theme import THEMES, Theme
from initviz.gaussian.properties import secant_slopes, tanh_from_sigmoid
from initviz.measure.slopes import slopes_at
from initviz.text import show
from tests.figures.conftest import EXPERIMENTS, run
from tests.figures.test_valid import check

Z = np.array([-4.0, -1.0, 0.0, 2.0])


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.id)
def test_all_are_valid(theme: Theme) -> None:
    check(neuron("Tanh", theme=theme))
    check(tanh_as_sigmoid(theme))
    for activation in ACTIVATIONS.values():
        check(secants(activation, activation.alpha(None), Z, theme=theme))


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_slopes_of_every_run(name: str) -> None:
    experiment = EXPERIMENTS[name]
    for layer in run(name).layers[1:]:
        assert layer.z is not None
        slopes = slopes_at(experiment.phi, experiment.phi_alpha, layer.z.fine)
        if slopes is None:
            assert not layer.z.fine.counts.any() or not np.isfinite(layer.z.max - layer.z.min)
            continue
        figure = slope_shares(slopes)
        check(figure)
        (bars,), (mark,), (note,) = figure.data, figure.layout.shapes, figure.layout.annotations
        assert sum(bars.y) == pytest.approx(100, abs=0.1)
        assert mark.x0 == mark.x1 == note.x == slopes.mean
        assert note.text == f"mean {show(slopes.mean)}"


def test_secants_go_through_the_curve_and_name_their_slopes() -> None:
    figure = secants(ACTIVATIONS["tanh"], 0.0, Z)
    chords = figure.data[1]
    np.testing.assert_allclose(chords.y, np.tanh(Z), atol=1e-4)
    slopes = np.diff(np.tanh(Z)) / np.diff(Z)
    assert [note.text for note in figure.layout.annotations] == [show(slope) for slope in slopes]


@pytest.mark.parametrize("id", ACTIVATIONS)
def test_only_a_linear_function_has_one_secant_slope(id: str) -> None:
    slopes = secant_slopes(ACTIVATIONS[id], None, Z)
    assert (np.ptp(slopes) < 1e-9) == (id == "linear")


def test_tanh_is_a_sigmoid_but_for_rounding() -> None:
    """Each rounds to half a unit in the last place of a number below 2, the sigmoid's doubled."""
    z = np.linspace(-6, 6, 121)
    twin, largest = tanh_from_sigmoid(z)
    np.testing.assert_allclose(twin, np.tanh(z), atol=4 * np.finfo(float).eps)
    assert largest == np.abs(twin - np.tanh(z)).max()
    tanh, drawn, difference = tanh_as_sigmoid().data
    np.testing.assert_allclose(tanh.y, drawn.y, atol=1e-4)
    assert np.abs(difference.y).max() == pytest.approx(largest, rel=1e-3)
    assert show(largest) in difference.name


def test_a_unit_names_its_parts() -> None:
    figure = neuron("ReLU")
    words = [note.text for note in figure.layout.annotations]
    assert {"z", "h"} <= set(words)
    assert any("ReLU" in word for word in words)
    assert {"Σ", "φ", "b", "x₁"} <= set(figure.data[0].text)
