"""Presets: every one is simulated, and what its sentence says is measured.

One network scatters about the prediction for infinite width: log Var h of layer l of a ReLU network of width n has the
std sqrt(5 l / n), of the other networks less. Four of those, halved for a std, are the tolerance `spread(l, n)`.
"""

import re
from collections.abc import Callable
from functools import cache
from itertools import groupby
from math import exp, log, sqrt

import numpy as np
import pytest

from initviz.arrays import FloatArray
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.budget import Budget
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS, Preset, preset_of

ROOM = 31
"""Characters of a label that the box in the sidebar shows."""

every_preset = pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda p: p.id)


@cache
def run(id: str) -> Propagation:
    return simulate(PRESETS[id].experiment)


def col(id: str, name: str) -> FloatArray:
    return run(id).column(name)


def spread(layers: int, width: int) -> float:
    return 4 * sqrt(5 * layers / width) / 2


def forward(id: str, first: int = 1) -> FloatArray:
    """Factor of the std of h from each layer to the next, from layer `first` on."""
    std = col(id, "std")[first:]
    return std[1:] / std[:-1]


def backward(id: str, first: int = 0) -> FloatArray:
    """Factor of the std of dL/dh from each layer to the one before, back to layer `first`."""
    std = col(id, "grad_h_std")[first:]
    return std[:-1] / std[1:]


def mean_factor(factors: FloatArray) -> float:
    return float(np.exp(np.log(factors).mean()))


# --- what the sentences say ---


def tanh_small() -> None:
    predicted = 0.01 * sqrt(500)  # tanh is a straight line at this size
    one_layer = 4 * sqrt(2 / 500) / 2  # a linear layer scatters by sqrt(2 / n)
    np.testing.assert_allclose(forward("tanh_small"), predicted, rtol=one_layer)
    np.testing.assert_allclose(backward("tanh_small"), predicted, rtol=one_layer)


def tanh_large() -> None:
    assert (col("tanh_large", "saturated")[1:] > 0.9).all()
    assert (col("tanh_large", "grad_z_median")[1:] < 1e-6 * col("tanh_large", "grad_z_std")[1:]).all()
    assert (backward("tanh_large") > 1).all()
    weights = run("tanh_large").layers[1].weights
    assert weights is not None
    inside = weights.histogram.rebinned(np.array([-1.0, 1.0]))[0] / weights.histogram.total
    assert 1 - inside == pytest.approx(0.3173, abs=4 * sqrt(0.3173 * 0.6827 / weights.histogram.total))


def tanh_xavier() -> None:
    assert (forward("tanh_xavier", 0) > 0.6).all()  # the first layer loses most: sqrt(E tanh(Z)^2) = 0.628
    assert col("tanh_xavier", "std")[-1] > 1e5 * col("tanh_small", "std")[-1]


def relu_xavier() -> None:
    assert mean_factor(forward("relu_xavier")) == pytest.approx(1 / sqrt(2), rel=spread(9, 500) / 9)


def relu_he() -> None:
    assert abs(log(col("relu_he", "std")[-1] / col("relu_he", "std")[1])) < spread(9, 500)
    assert abs(log(col("relu_he", "grad_h_std")[0])) < spread(10, 500)
    assert np.nanmean(col("relu_he", "zero")) == pytest.approx(0.5, abs=0.05)


def constant() -> None:
    columns = col("constant", "grad_w_unique_columns")[1:]
    assert set(columns[:-1]) == {1}
    assert columns[-1] == 500


def positive_inputs() -> None:
    assert set(col("positive_inputs", "grad_w_same_sign")[1:]) == {1}
    assert set(col("tanh_small", "grad_w_same_sign")[1:]) == {0}


def digits_raw() -> None:
    assert (col("digits_raw", "cosine")[:4] > 0.5).all()
    assert run("digits_raw").layers[0].h.min == 0


def digits_centered() -> None:
    assert (np.abs(col("digits_centered", "cosine")[:4]) < 0.05).all()
    assert abs(col("digits_centered", "mean")[0]) < 1e-6


def digits_standardized() -> None:
    varying = 64 * col("digits_standardized", "rms")[0] ** 2
    assert varying == pytest.approx(round(varying), rel=1e-5), "std 1 in every pixel that varies, 0 in the others"
    assert (col("digits_standardized", "std")[:4] > col("digits_centered", "std")[:4]).all()


def orthogonal() -> None:
    """Float32 rounds each of the 50 products to about 1e-7 sqrt(n), one way or the other."""
    np.testing.assert_allclose(col("orthogonal", "rms"), col("orthogonal", "rms")[0], rtol=1e-4)
    np.testing.assert_allclose(col("orthogonal", "grad_h_std"), col("orthogonal", "grad_h_std")[-1], rtol=1e-4)


def zeros() -> None:
    assert not col("zeros", "rms")[1:].any()
    assert not col("zeros", "grad_w_norm")[1:].any()


def zeros_sigmoid() -> None:
    assert set(col("zeros_sigmoid", "mean")[1:]) == {0.5}
    assert not col("zeros_sigmoid", "grad_w_norm")[1:-1].any()
    assert col("zeros_sigmoid", "grad_w_norm")[-1] > 0


def linear() -> None:
    assert abs(log(col("linear", "std")[-1])) < spread(10, 500)
    assert abs(log(col("linear", "grad_h_std")[0])) < spread(10, 500)


def relu_large() -> None:
    predicted = sqrt(500 / 2)
    assert mean_factor(forward("relu_large")) == pytest.approx(predicted, rel=spread(9, 500) / 9)
    assert mean_factor(backward("relu_large")) == pytest.approx(predicted, rel=spread(10, 500) / 10)
    assert col("relu_large", "float16_overflow")[5] > 0
    assert col("relu_large", "grad_h_float16_overflow")[5] > 0


def sigmoid_vanishing() -> None:
    settled = col("sigmoid_vanishing", "std")[3:]
    assert settled.max() / settled.min() < exp(2 * 4 / sqrt(2 * 500))  # the std of 500 units' own means
    np.testing.assert_allclose(backward("sigmoid_vanishing", 1), 0.25, rtol=0.2)


def sigmoid_exploding() -> None:
    assert (col("sigmoid_exploding", "saturated")[1:] > 0.5).all()
    assert (backward("sigmoid_exploding") > 1).all()


def sigmoid_kumar() -> None:
    assert mean_factor(backward("sigmoid_kumar")) > 2 * mean_factor(backward("sigmoid_vanishing"))
    assert mean_factor(backward("sigmoid_kumar")) < 1


def _passed(id: str) -> float:
    """Share of the size of dL/dh that comes through the first layer's activation."""
    return float(col(id, "grad_z_std")[1] / col(id, "grad_h_std")[1])


def sigmoid_wide_inputs() -> None:
    assert col("sigmoid_wide_inputs", "saturated")[1] > 0.5
    density_at_0, area = 1 / (sqrt(2 * np.pi) * 100), 1 / 6  # the integral of sigmoid'^2 is 1/6
    assert _passed("sigmoid_wide_inputs") == pytest.approx(sqrt(area * density_at_0), rel=0.1)


def sigmoid_narrow_inputs() -> None:
    assert _passed("sigmoid_narrow_inputs") == pytest.approx(0.25, rel=1e-3)


def lsuv() -> None:
    np.testing.assert_allclose(col("lsuv", "z_std")[1:] ** 2, 1, atol=0.1)


def relu_deep() -> None:
    assert abs(log(col("relu_deep", "std")[-1] / col("relu_deep", "std")[1])) < spread(49, 200)
    cosine, dead = col("relu_deep", "cosine"), col("relu_deep", "dead")
    assert abs(cosine[0]) < 0.1
    assert (cosine[25:] > 0.9).all()
    assert dead[1] == 0
    assert dead[-1] > 0.1


def tailored() -> None:
    """The cosine scatters from network to network as the signal does."""
    cosine = col("tailored", "cosine")
    assert cosine[-1] < 0.9 * exp(spread(50, 200) / 4)
    assert cosine[-1] < col("relu_deep", "cosine")[-1] - 0.05
    assert not col("tailored", "dead")[1:].any()


def script_sigmoid_010() -> None:
    np.testing.assert_allclose(col("script_sigmoid_010", "mean")[2:], 0.5, atol=0.1)
    assert (col("script_sigmoid_010", "std")[2:] < 0.15).all()
    assert (backward("script_sigmoid_010", 1) < 0.25 * exp(spread(1, 100))).all()


def script_sigmoid_014() -> None:
    assert col("script_sigmoid_014", "std")[-1] > col("script_sigmoid_010", "std")[-1]


def script_sigmoid_028() -> None:
    assert col("script_sigmoid_028", "std")[-1] > col("script_sigmoid_014", "std")[-1]


def _narrows_slowly(id: str) -> None:
    assert 0.5 < col(id, "std")[-1] / col(id, "std")[2] < 1
    assert (forward(id, 2) > 0.75).all()


def script_tanh_010() -> None:
    _narrows_slowly("script_tanh_010")


def script_tanh_014() -> None:
    ends = [col(id, "std")[-1] / col(id, "std")[2] for id in ("script_tanh_014", "script_tanh_010")]
    assert ends[0] > ends[1]
    assert col("script_tanh_014", "std")[-1] > 1.5 * col("script_tanh_010", "std")[-1]


def script_tanh_028() -> None:
    assert (col("script_tanh_028", "saturated")[2:] > 0.25).all()
    for layer in run("script_tanh_028").layers[2:]:
        ends = layer.h.histogram.rebinned(np.array([-1, -0.9])) + layer.h.histogram.rebinned(np.array([0.9, 1]))
        assert ends > 2 * layer.h.histogram.rebinned(np.array([-0.1, 0.1]))


def script_relu_010() -> None:
    assert (forward("script_relu_010", 2) < 1).all()
    assert mean_factor(forward("script_relu_010", 2)) == pytest.approx(1 / sqrt(2), rel=spread(4, 100) / 4)


def _steady_relu(id: str) -> None:
    assert abs(log(col(id, "std")[-1] / col(id, "std")[2])) < spread(4, 100)
    assert (
        col(id, "std")[-1] / col(id, "std")[2]
        > 2 * col("script_relu_010", "std")[-1] / col("script_relu_010", "std")[2]
    )


def script_relu_014() -> None:
    _steady_relu("script_relu_014")


def script_relu_028() -> None:
    assert mean_factor(forward("script_relu_028", 2)) == pytest.approx(0.28 * sqrt(50), rel=spread(4, 100) / 4)
    assert col("script_relu_028", "zero")[2:].mean() == pytest.approx(0.5, abs=0.1)
    np.testing.assert_array_equal(col("script_relu_028", "zero"), col("script_relu_010", "zero"))


def script_sigmoid_glorot() -> None:
    std = col("script_sigmoid_glorot", "std")[2:]
    assert std.max() / std.min() < exp(2 * 4 / sqrt(2 * 100))
    np.testing.assert_allclose(backward("script_sigmoid_glorot", 1), 0.25, rtol=0.2)


def script_tanh_glorot() -> None:
    _narrows_slowly("script_tanh_glorot")
    assert col("script_tanh_glorot", "grad_h_std")[1] > 0.5


def script_relu_he() -> None:
    _steady_relu("script_relu_he")


def script_tied() -> None:
    assert len(set(col("script_tied", "weight_std")[2:])) == 1
    assert len(set(col("script_tanh_glorot", "weight_std")[2:])) == 5


CLAIMS: dict[str, Callable[[], None]] = {
    claim.__name__: claim
    for claim in (
        tanh_small, tanh_large, tanh_xavier, relu_xavier, relu_he, constant, positive_inputs,
        digits_raw, digits_centered, digits_standardized, orthogonal,
        zeros, zeros_sigmoid, linear, relu_large, sigmoid_vanishing, sigmoid_exploding, sigmoid_kumar,
        sigmoid_wide_inputs, sigmoid_narrow_inputs, lsuv, relu_deep, tailored,
        script_sigmoid_010, script_sigmoid_014, script_sigmoid_028, script_tanh_010, script_tanh_014, script_tanh_028,
        script_relu_010, script_relu_014, script_relu_028,
        script_sigmoid_glorot, script_tanh_glorot, script_relu_he, script_tied,
    )
}  # fmt: skip


@every_preset
def test_what_a_preset_says_is_so(preset: Preset) -> None:
    assert preset.id in CLAIMS, f"write down what is measured for the sentence of {preset.id}"
    CLAIMS[preset.id]()


@every_preset
def test_a_preset_fits_and_is_a_link(preset: Preset) -> None:
    Budget().check(preset.experiment)
    assert Experiment.from_query(preset.experiment.to_query()) == (preset.experiment, [])


@every_preset
def test_a_preset_is_one_sentence_with_a_source(preset: Preset) -> None:
    assert preset.shows.endswith(".")
    assert len(preset.label) <= ROOM
    assert preset.source_rows
    assert all(re.fullmatch(r"S[0-3]-\d+", row) for row in preset.source_rows)


def test_presets_of_a_group_stand_together_under_one_label_each() -> None:
    groups = [group for group, _ in groupby(PRESETS.values(), key=lambda preset: preset.group)]
    assert groups == ["Lecture", "Articles", "Inputs", "Cures", "Traps"]
    assert len({preset.label for preset in PRESETS.values()}) == len(PRESETS)


def test_the_preset_of_an_experiment() -> None:
    assert [preset_of(preset.experiment) for preset in PRESETS.values()] == list(PRESETS.values())
    assert preset_of(Experiment(std=0.5)) is None


def test_the_first_preset_is_the_default() -> None:
    assert next(iter(PRESETS.values())).experiment == Experiment()


def test_no_two_presets_are_the_same_experiment() -> None:
    assert len({preset.experiment for preset in PRESETS.values()}) == len(PRESETS)


def test_the_experiments_the_sources_ask_for_are_there() -> None:
    asked = {f"S2-{n}" for n in range(4, 13)} | {f"S3-{n}" for n in (23, *range(25, 33))}
    asked |= {f"S0-{n}" for n in (2, 3, 7, 10, 13, 14)} | {"S1-6", "S1-8"}
    assert asked <= {row for preset in PRESETS.values() for row in preset.source_rows}
