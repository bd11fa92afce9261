"""Curves of the activations, as data."""

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS, Activation
from initviz.figures.activation import curves
from initviz.figures.gallery import SLOPE_RANGES, VALUE_RANGES, gallery
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
        ranges = {tuple(axis.range) for axis in figure.select_yaxes()}
        assert ranges <= set(SLOPE_RANGES if slopes else VALUE_RANGES)
        sigmoid = next(trace for trace in figure.data if trace.name.endswith("Sigmoid"))
        low, high = figure.layout[f"yaxis{sigmoid.yaxis[1:]}"].range
        assert max(sigmoid.y) - min(sigmoid.y) > 0.8 * (high - low)  # it can be seen
        domains = {(tuple(axis.domain)) for axis in figure.select_yaxes()}
        assert all(0 <= low < high <= 1 for low, high in domains)


@every
def test_curves_are_phi_and_its_slope(activation: Activation) -> None:
    alpha = activation.alpha(None)
    phi, dphi, *_ = curves([(activation, alpha)]).data
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


def test_maxout_is_the_largest_of_its_pieces_and_abrelu_moves_with_the_mean() -> None:
    maxout = ACTIVATIONS["maxout"]
    figure = curves([(maxout, 3.0)], slopes=False)
    whole, *pieces = figure.data
    assert [trace.name for trace in pieces] == ["piece 1", "piece 2", "piece 3"]
    highest = np.max([np.interp(whole.x, piece.x, piece.y) for piece in pieces], axis=0)
    np.testing.assert_allclose(whole.y, highest, atol=2e-3)  # pieces are straight, and drawn with five digits
    _, below, above = curves([(ACTIVATIONS["abrelu"], 1.0)], slopes=False).data
    assert np.interp(0.5, below.x, below.y) == pytest.approx(1.5, abs=1e-2)
    assert np.interp(0.5, above.x, above.y) == pytest.approx(0, abs=1e-2)
    for id in ("maxout", "abrelu"):
        form = ACTIVATIONS[id].layer
        assert form is not None
        assert form.caption
