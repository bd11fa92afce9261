"""The distribution of slopes in a layer, against the slopes themselves."""

import numpy as np
import pytest

from initviz.activations import ACTIVATIONS
from initviz.measure.propagation import FINE, FineCounts
from initviz.measure.simulate import simulate
from initviz.measure.slopes import slopes_at
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.streams import input_batch

SMALL = Experiment(width=50, samples=100, depth=3, initializer="lecun_normal")


@pytest.mark.parametrize("id", ACTIVATIONS)
def test_shares_and_mean_are_those_of_the_slopes(id: str) -> None:
    experiment = SMALL.changed(activation=id, dtype="float64")
    z = simulate(experiment).layers[2].z
    assert z is not None
    found = slopes_at(experiment.phi, experiment.phi_alpha, z.fine)
    if not experiment.phi.elementwise:
        assert found is None
        return
    assert found is not None
    assert found.shares.sum() == pytest.approx(1)
    values = draw_network(experiment).forward(input_batch(experiment))[1].z
    slopes = experiment.phi.dphi(values.copy(), experiment.phi_alpha)
    # A value lies within its fine bin: that moves a slope of at most 1 per unit of z by no more than the bin is wide,
    # and all values of a bin may lie on one side of a jump.
    width = (z.max - z.min) / FINE
    jumps = sum(
        z.fine.counts[int((k - z.min) / width)] / values.size for k in experiment.phi.kinks if z.min < k < z.max
    )
    assert found.mean == pytest.approx(slopes.mean(), abs=2 * width + jumps)
    middles = (found.edges[1:] + found.edges[:-1]) / 2
    bin_width = found.edges[1] - found.edges[0]
    assert middles @ found.shares == pytest.approx(found.mean, abs=0.501 * bin_width)  # at an edge, rounding decides


def test_a_saturated_sigmoid_is_flat_and_a_narrow_one_as_steep_as_it_gets() -> None:
    means = {}
    for std in (0.01, 10.0):
        z = simulate(SMALL.changed(activation="sigmoid", input_std=std)).layers[1].z
        assert z is not None
        found = slopes_at(ACTIVATIONS["sigmoid"], 0.0, z.fine)
        assert found is not None
        means[std] = found.mean
    assert means[0.01] == pytest.approx(0.25, abs=1e-4)
    assert means[10.0] < 0.1


def test_equal_values_have_one_slope_and_no_values_none() -> None:
    counts = np.zeros(FINE, dtype=np.int64)
    assert slopes_at(ACTIVATIONS["tanh"], 0.0, FineCounts(0.0, 1.0, counts)) is None
    counts[0] = 7
    found = slopes_at(ACTIVATIONS["tanh"], 0.0, FineCounts(1.0, 1.0, counts))
    assert found is not None
    assert found.mean == pytest.approx(1 - np.tanh(1) ** 2)
    assert found.shares.max() == pytest.approx(1)
