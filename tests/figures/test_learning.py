"""What the charts of learning announce can be read from them."""

import numpy as np

from initviz.figures import gradients, learning
from initviz.figures.runs import Run
from initviz.learn.one_unit import GOAL, descent
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS
from initviz.ui.flow_charts import marks
from tests.figures.conftest import alone, run


def small(preset: str) -> Experiment:
    return PRESETS[preset].experiment.changed(width=30, samples=40, depth=4)


def test_constant_weights_have_one_column_but_in_the_last_layer() -> None:
    figure = learning.distinct_by_depth([Run("measured", simulate(small("constant")))])
    (trace,) = figure.data
    assert list(trace.y[:-1]) == [1] * 3
    assert trace.y[-1] == 30
    assert 1.0 in [shape.y0 for shape in figure.layout.shapes]


def test_positive_inputs_have_one_sign_in_every_layer() -> None:
    (trace,) = learning.same_sign_by_depth([Run("measured", simulate(small("positive_inputs")))]).data
    assert list(trace.y) == [100] * 4
    (centred,) = learning.same_sign_by_depth(alone("lecture")).data
    assert max(centred.y) < 5


def test_what_overflowed_is_neither_of_one_sign_nor_alike() -> None:
    """Kills a chart of what NaN compares to."""
    for draw in (learning.same_sign_by_depth, learning.distinct_by_depth):
        figure = draw(alone("overflow"))
        assert set(figure.data[0].y) == {None}
        assert "overflow" in figure.layout.annotations[-1].text


def test_entries_that_are_all_equal_are_not_called_zero() -> None:
    """The std of dL/dW is 0 where constant weights make all its entries equal."""
    figure = gradients.gradient_by_depth([Run("measured", simulate(small("constant")))])
    assert any("dL/dW: std exactly 0" in note.text for note in figure.layout.annotations)


def test_the_update_stands_against_the_weights_and_beside_the_gradient() -> None:
    figure = learning.ratio_by_depth(alone("lecture", theory=True))
    assert [trace.name for trace in figure.data] == ["dL/dW : W", "dL/dh"]  # measured only
    np.testing.assert_array_equal(figure.data[0].y, run("lecture").column("grad_w_ratio")[1:])


def test_one_sign_makes_a_zig_zag() -> None:
    positive, centred = np.diff(descent(1.0), axis=0), np.diff(descent(0.0), axis=0)
    assert (positive[:, 0] * positive[:, 1] > 0).all()  # both weights up, or both down
    assert not (centred[:, 0] * centred[:, 1] > 0).all()
    longer = [np.linalg.norm(steps, axis=1).sum() for steps in (positive, centred)]
    assert longer[0] > 1.5 * longer[1]
    for mean in (0.0, 1.0):
        assert np.linalg.norm(descent(mean)[-1] - GOAL) < 0.3
    figure = learning.paths({"one": descent(0.0), "other": descent(1.0)}, GOAL)
    np.testing.assert_allclose(figure.data[1].x, descent(1.0)[:, 0], atol=1e-3)


def test_the_line_of_half_the_power_stands_where_relu_meets_xavier() -> None:
    (line,) = marks(PRESETS["relu_xavier"].experiment)
    figure = gradients.factors_by_depth(alone("relu"), marks=[line])
    assert 2**-0.5 in [shape.y0 for shape in figure.layout.shapes]
    for preset in ("relu_he", "tanh_xavier", "constant"):
        assert marks(PRESETS[preset].experiment) == []


def test_a_low_chart_has_few_ticks() -> None:
    """Eight of them run into one another on the Overview."""
    axis = gradients.gradient_by_depth(alone("lecture"), compact=True).layout.yaxis
    assert 2 <= len(axis.tickvals) == len(axis.ticktext) <= 5
