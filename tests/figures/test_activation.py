"""Curves of the activations, as data."""

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS, Activation
from initviz.figures.activation import curves, gallery
from initviz.figures.theme import alt_text
from tests.figures.conftest import run

every = pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=lambda activation: activation.id)

DIGITS = 1e-4
"""Curves are drawn with five digits of their largest value: half of 10^-4 of it, and the same for moving z by 1e-9."""


def test_the_gallery_holds_every_activation() -> None:
    for slopes in (False, True):
        figure = gallery(slopes=slopes)
        assert [note.text for note in figure.layout.annotations] == [one.name for one in ACTIVATIONS.values()]
        assert len({trace.xaxis for trace in figure.data}) == len(ACTIVATIONS) == len(figure.data)
        assert len({tuple(figure.layout[f"yaxis{i or ''}"].range) for i in (0, 2, len(ACTIVATIONS))}) == 1
        domains = {(tuple(axis.domain)) for axis in figure.select_yaxes()}
        assert all(0 <= low < high <= 1 for low, high in domains)


@every
def test_curves_are_phi_and_its_slope(activation: Activation) -> None:
    alpha = activation.alpha(None)
    phi, dphi = curves([(activation, alpha)]).data
    z = np.array(phi.x)
    assert (z[0], z[-1]) == (-6.0, 6.0)
    expected = activation.phi(z.copy(), alpha)
    np.testing.assert_allclose(phi.y, expected, rtol=0, atol=DIGITS * np.abs(expected).max())
    assert (phi.line.dash, dphi.line.dash) == ("solid", "dot")
    smooth = np.all([np.abs(z - kink) > 1e-6 for kink in activation.kinks] or [np.full(z.size, True)], axis=0)
    expected = activation.dphi(z.copy(), alpha)
    np.testing.assert_allclose(np.array(dphi.y)[smooth], expected[smooth], rtol=0, atol=DIGITS * np.abs(expected).max())


@every
def test_jumps_are_upright(activation: Activation) -> None:
    """Both sides of each kink in view are there, within a millionth."""
    (dphi,) = curves([(activation, activation.alpha(None))], values=False).data
    x = np.array(dphi.x)
    for kink in activation.kinks:
        if -6 < kink < 6:
            assert np.any((x < kink) & (x > kink - 1e-6))
            assert np.any((x > kink) & (x < kink + 1e-6))


def test_several_curves_in_several_colours() -> None:
    items = [(ACTIVATIONS[id], ACTIVATIONS[id].alpha(None)) for id in ("relu", "tanh", "leaky_relu")]
    figure = curves(items, slopes=False)
    assert [trace.name for trace in figure.data] == ["ReLU", "Tanh", "Leaky ReLU (negative_slope 0.01)"]
    assert len({trace.line.color for trace in figure.data}) == 3
    assert "ReLU, Tanh" in alt_text(figure)


def test_density_lies_under_the_curves_on_its_own_scale() -> None:
    z = run("relu").layers[1].z
    assert z is not None
    density, *_ = curves([(ACTIVATIONS["relu"], 0.0)], density=z.histogram).data
    assert density.yaxis == "y2"
    assert max(density.y) == 1
    assert np.argmax(density.y) == np.argmax(z.histogram.counts)
    narrow, *_ = curves([(ACTIVATIONS["relu"], 0.0)], density=z.histogram, z_range=(100, 101)).data
    assert "100 % out of view" in narrow.name


def test_probe_says_value_and_slope() -> None:
    figure = curves([(ACTIVATIONS["tanh"], 0.0)], probe=[-10, 0, 1, 50])
    assert [note.text for note in figure.layout.annotations] == ["φ(0) = 0, φ'(0) = 1", "φ(1) = 0.762, φ'(1) = 0.42"]
    assert figure.data[-2].y == (0.0, pytest.approx(np.tanh(1)))
    # A probe on a curve of slopes only stands on that curve.
    slopes = curves([(ACTIVATIONS["tanh"], 0.0)], probe=[3], values=False)
    assert slopes.data[-1].y == (pytest.approx(1 - np.tanh(3) ** 2),)
    assert [note.text for note in slopes.layout.annotations] == ["φ'(3) = 0.00987"]


@pytest.mark.parametrize(
    ("z", "slope", "anchor", "to_right"),
    [(1, False, "right", False), (1, True, "left", True), (3, True, "center", True), (5.5, True, "right", False)],
)
def test_the_note_of_a_probe_stands_beside_the_curve_and_inside_the_chart(
    z: float, slope: bool, anchor: str, to_right: bool
) -> None:
    figure = curves([(ACTIVATIONS["tanh"], 0.0)], probe=[z], values=not slope, slopes=slope)
    (note,) = figure.layout.annotations
    assert (note.xanchor, note.ax > 0) == (anchor, to_right)


def test_shade() -> None:
    (shape,) = curves([(ACTIVATIONS["sigmoid"], 0.0)], shade=(-3, 3)).layout.shapes
    assert (shape.x0, shape.x1) == (-3, 3)
