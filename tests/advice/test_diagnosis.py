"""The diagnosis: what each preset is known for, each pair of the catalogues, limits, extremes.

Findings are checked on measured networks; the limits themselves on columns made up for the purpose.
"""

from dataclasses import dataclass
from functools import cache
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from initviz.activations import ACTIVATIONS
from initviz.advice.diagnosis import diagnose, settled
from initviz.advice.findings import THRESHOLDS, Finding, every, verdict
from initviz.advice.trends import trend
from initviz.arrays import FloatArray
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.network.presets import PRESETS
from initviz.text import show
from tests.advice.claims import check
from tests.advice.sample import SAMPLE

SMALL = Experiment(width=64, samples=64, depth=6)


@cache
def run(experiment: Experiment) -> Propagation:
    return simulate(experiment)


def findings(experiment: Experiment) -> dict[str, Finding]:
    found = list(every(diagnose(experiment, run(experiment))))
    assert len({finding.id for finding in found}) == len(found)
    return {finding.id: finding for finding in found}


def troubles(experiment: Experiment) -> set[str]:
    return {id for id, finding in findings(experiment).items() if finding.severity in ("bad", "warning")}


# --- presets: what each sentence says, as findings -----------------------------------------------------------------

HEALTHY: set[str] = set()
SIGMOID = {"vanishing_gradient"}
EXPECTED = {
    "tanh_small": {"vanishing_signal", "vanishing_gradient"},
    "tanh_large": {"saturated_units", "exploding_gradient"},
    "tanh_xavier": HEALTHY,
    "relu_xavier": {"vanishing_signal", "vanishing_gradient"},
    "relu_he": HEALTHY,
    "constant": {"symmetry", "saturated_units", "vanishing_gradient"},
    "positive_inputs": SIGMOID,
    "digits_raw": HEALTHY,
    "digits_centered": HEALTHY,
    "digits_standardized": HEALTHY,
    "orthogonal": HEALTHY,
    "zeros": {"vanishing_signal", "vanishing_gradient", "symmetry", "zero_units", "dead_units"},
    "zeros_sigmoid": {"vanishing_signal", "vanishing_gradient", "symmetry"},
    "linear": HEALTHY,
    "relu_large": {"exploding_signal", "exploding_gradient"},
    "sigmoid_vanishing": SIGMOID,
    "sigmoid_exploding": {"saturated_units", "exploding_gradient"},
    "sigmoid_kumar": SIGMOID,
    "sigmoid_wide_inputs": SIGMOID | {"saturated_units"},
    "sigmoid_narrow_inputs": SIGMOID,
    "lsuv": HEALTHY,
    "relu_deep": {"inputs_alike", "dead_units"},
    "tailored": HEALTHY,
    "script_sigmoid_010": SIGMOID,
    "script_sigmoid_014": SIGMOID,
    "script_sigmoid_028": SIGMOID,
    "script_tanh_010": HEALTHY,
    "script_tanh_014": HEALTHY,
    "script_tanh_028": {"saturated_units"},
    "script_relu_010": HEALTHY,  # six layers: what it loses is not yet a tenth
    "script_relu_014": HEALTHY,
    "script_relu_028": {"exploding_signal", "exploding_gradient"},
    "script_sigmoid_glorot": SIGMOID,
    "script_tanh_glorot": HEALTHY,
    "script_relu_he": HEALTHY,
    "script_tied": HEALTHY,
}


@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.id)
def test_preset_has_the_verdict_its_sentence_promises(preset) -> None:  # type: ignore[no-untyped-def]
    assert troubles(preset.experiment) == EXPECTED[preset.id]


@pytest.mark.parametrize("width", [100, 256])
def test_the_headline_is_the_cause_and_not_what_follows_from_it(width: int) -> None:
    """PyTorch's own start in 30 layers of ReLU: that the gradient dies comes before units that are dead, as grave."""
    experiment = Experiment(activation="relu", initializer="torch_default", depth=30, width=width, samples=200)
    found = diagnose(experiment, run(experiment))
    assert [one.id for one in found[:2]] == ["vanishing_gradient", "dead_units"]
    assert {one.severity for one in found[:2]} == {"bad"}


def test_tied_weights_are_noted_not_blamed() -> None:
    found = findings(PRESETS["script_tied"].experiment)
    assert found["tied_weights"].severity == "note"
    assert found["tied_weights"].layers == (2, 3, 4, 5, 6)
    assert found["tied_weights"].evidence == {"layers": 5}


@pytest.mark.parametrize("initializer", ["lecun_normal", "glorot_normal"])
def test_sigmoid_is_healthy_forward_and_dying_backward(initializer: str) -> None:
    experiment = Experiment(activation="sigmoid", initializer=initializer, width=200, samples=200)
    judged = verdict(diagnose(experiment, run(experiment)))
    assert judged["backward"] == "bad"
    assert judged["forward"] in ("good", "note")


# --- every pair ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_every_pair_has_a_diagnosis_with_its_own_numbers(activation: str, initializer: str) -> None:
    experiment = Experiment(activation=activation, initializer=initializer, width=32, samples=64, depth=8)
    check(experiment, run(experiment))


# --- measured, not named -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("activation", "initializer", "scale"), [("relu", "he_normal", 2), ("tanh", "lecun_normal", 1)]
)
@pytest.mark.parametrize("gain", [0.3, 1.0, 3.0])
def test_the_same_variance_has_the_same_verdict(activation: str, initializer: str, scale: float, gain: float) -> None:
    """random_normal draws the same unit normals, so that the very numbers agree to rounding of the scale."""
    one = Experiment(activation=activation, initializer=initializer, gain=gain, width=200, samples=100)
    other = one.changed(initializer="random_normal", std=gain * sqrt(scale / 200))
    assert verdict(diagnose(one, run(one))) == verdict(diagnose(other, run(other)))
    assert troubles(one) == troubles(other)
    assert (troubles(one) == set()) == (gain == 1)


def test_equal_weights_are_found_whoever_made_them() -> None:
    assert findings(SMALL.changed(initializer="identity"))["tied_weights"].evidence["layers"] == 6
    assert "tied_weights" not in findings(SMALL.changed(initializer="orthogonal"))


# --- extremes ------------------------------------------------------------------------------------------------------

EXTREMES = {
    "one layer": {"depth": 1},
    "one layer, huge weights": {"depth": 1, "std": 100},
    "two units": {"width": 2},
    "two samples": {"samples": 2},
    "two of each": {"width": 2, "samples": 2, "activation": "relu", "depth": 20},
    "overflow": {"activation": "relu", "std": 100, "depth": 100},
    "overflow of float64": {"activation": "linear", "std": 100, "input_std": 1e6, "depth": 100, "width": 256,
                            "samples": 2, "dtype": "float64"},
    "overflow in layer 1": {"activation": "linear", "initializer": "ones", "gain": 100, "input_std": 1e6, "depth": 100},
    "underflow": {"std": 1e-5, "depth": 100, "input_std": 1e-6},
    "zeros": {"initializer": "zeros", "activation": "relu"},
    "ones": {"initializer": "ones"},
    "ones, linear": {"initializer": "ones", "activation": "linear", "depth": 40},
    "constant": {"initializer": "constant", "std": 100, "activation": "relu", "depth": 60},
    "digits": {"inputs": "digits", "activation": "relu"},
    "digits, centred, tied": {"inputs": "digits", "preprocessing": "center", "tied": True},
    "uniform": {"inputs": "uniform", "activation": "sin", "std": 10},
}  # fmt: skip


@pytest.mark.parametrize("changes", EXTREMES.values(), ids=EXTREMES)
def test_extremes_have_a_diagnosis(changes: dict[str, object]) -> None:
    experiment = SMALL.changed(**changes)
    check(experiment, run(experiment))


def test_an_overflow_also_says_how_fast_it_grew() -> None:
    """relu, std 100, width 64: the std grows by 100 sqrt(64 / 2) a layer. One network's scatter over the first ten
    layers is sqrt(5 * 10 / 64) / 2 in logs, of which each layer has a tenth."""
    found = findings(SMALL.changed(activation="relu", std=100, depth=100))
    assert found["signal_overflow"].severity == "bad"
    assert found["exploding_signal"].evidence["factor"] == pytest.approx(100 * sqrt(32), rel=4 * sqrt(50 / 64) / 2 / 10)
    assert found["signal_overflow"].evidence["layer"] - found["exploding_signal"].layers[-1] in (0, 1)


def test_a_gradient_that_is_lost_in_an_overflow_is_not_said_to_die_or_to_be_alike() -> None:
    found = findings(SMALL.changed(activation="relu", std=100, depth=100))
    assert found["gradient_overflow"].title == "The gradient is lost"
    assert not {"vanishing_gradient", "symmetry"} & set(found)


def test_a_gradient_that_underflows_dies_and_is_not_said_to_be_alike() -> None:
    found = findings(SMALL.changed(activation="tanh", std=1e-5, depth=100))
    assert found["vanishing_gradient"].evidence["first"] == 0
    assert "symmetry" not in found


def test_one_layer_has_nothing_to_compare() -> None:
    found = findings(SMALL.changed(depth=1))
    assert set(found) == {"healthy"}
    assert "one layer" in found["healthy"].sentence


# --- the limits ----------------------------------------------------------------------------------------------------


@dataclass
class Made:
    """Columns of a network of five hidden layers without any trouble, but for what is replaced."""

    replaced: dict[str, FloatArray]

    def column(self, name: str, /) -> FloatArray:
        plain = {
            "std": 1.0, "grad_h_std": 1.0, "cosine": 0.0, "grad_w_unique_columns": 9.0, "grad_w_std": 1.0,
            "fan_in": 9.0, "weight_mean": 0.0, "grad_w_norm": 1.0,
        }  # fmt: skip
        if name == "weight_std" and name not in self.replaced:
            return np.arange(6.0)
        return self.replaced.get(name, np.full(6, plain.get(name, 0.0)))


FIVE = Experiment(depth=5)


def graded(**columns: FloatArray | list[float]) -> dict[str, str]:
    made = Made({name: np.asarray(values, dtype=float) for name, values in columns.items()})
    return {finding.id: finding.severity for finding in every(diagnose(FIVE, made))}


def test_nothing_wrong_is_healthy() -> None:
    assert graded() == {"healthy": "good"}


@pytest.mark.parametrize("name", ["saturated", "zero", "dead"])
@pytest.mark.parametrize("layer", [1, 3, 5])
def test_shares_are_graded_at_their_limits(name: str, layer: int) -> None:
    limit = THRESHOLDS[name]
    shares = np.zeros(6)
    for share, severity in (
        (np.nextafter(limit.warning, 0), None),
        (limit.warning, "warning"),
        (limit.bad, "bad"),
        (1.0, "bad"),
    ):
        shares[layer] = share
        assert graded(**{name: shares}).get(f"{name}_units") == severity


@pytest.mark.parametrize(("name", "what"), [("std", "signal"), ("grad_h_std", "gradient")])
@pytest.mark.parametrize("sign", [1, -1])
def test_sizes_are_graded_at_their_limits(name: str, what: str, sign: int) -> None:
    """Over four steps the limit of the whole way comes first: 10^(1/4) < 2, 100^(1/4) < 4."""
    for total, severity in ((9.9, None), (10.1, "warning"), (99, "warning"), (101, "bad"), (1e300, "bad")):
        values = np.concatenate([[1.0], total ** (sign * np.linspace(0, 1, 5))])
        grows = (sign > 0) == (name == "std")
        assert graded(**{name: values}).get(f"{'exploding' if grows else 'vanishing'}_{what}") == severity


def test_two_layers_are_graded_by_the_factor() -> None:
    def grade(factor: float) -> str | None:
        columns = {"std": np.array([1.0, 1.0, factor]), "grad_h_std": np.ones(3)}
        short = {name: np.full(3, 9.0) for name in ("grad_w_unique_columns", "grad_w_norm", "fan_in")}
        zero = (
            "saturated",
            "zero",
            "dead",
            "cosine",
            "nonfinite",
            "grad_h_nonfinite",
            "grad_w_nonfinite",
            "weight_mean",
        )
        half = ("grad_h_float16_zero", "grad_h_float16_overflow")
        made = Made(columns | short | {name: np.zeros(3) for name in zero + half} | {"weight_std": np.arange(3.0)})
        return verdict(diagnose(Experiment(depth=2), made))["forward"]

    assert [grade(factor) for factor in (1.9, 2.1, 4.1, 1 / 2.1, 1 / 4.1)] == [
        "good",
        "warning",
        "bad",
        "warning",
        "bad",
    ]


def test_a_signal_that_finds_its_level_neither_dies_nor_explodes() -> None:
    assert graded(std=[1, 1e-3, 0.5, 0.9, 0.95, 0.95]) == {"healthy": "good"}
    assert graded(std=[1, 1, 0.01, 0.01, 0.01, 0.01]) == {"healthy": "good"}
    assert "vanishing_signal" in graded(std=[1, 1, 0.1, 0.01, 0.001, 0])


@pytest.mark.parametrize(("last", "severity"), [(0.979, None), (0.98, "warning"), (0.999, "bad")])
def test_likeness_is_graded(last: float, severity: str | None) -> None:
    assert graded(cosine=[0, 0, 0, 0, 0, last]).get("inputs_alike") == severity
    assert "inputs_alike" not in graded(cosine=[0.995, 0, 0, 0, 0, last])


def test_likeness_is_a_note_where_the_gradient_dies() -> None:
    found = graded(cosine=[0, 0, 0, 0, 0, 1], grad_h_std=[1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1])
    assert found == {"vanishing_gradient": "bad", "inputs_alike": "note"}
    found = graded(cosine=[0, 0, 0, 0, 0, 1], grad_h_std=[1e6, 1e5, 1e4, 1e3, 1e2, 1])
    assert found == {"exploding_gradient": "bad", "inputs_alike": "bad"}


def test_float16_is_a_note() -> None:
    assert graded(grad_h_float16_zero=[0.04, 0, 0, 0, 0, 0]) == {"healthy": "good"}
    assert graded(grad_h_float16_zero=[0.06, 0, 0, 0, 0, 0]) == {"float16_loss": "note", "healthy": "good"}
    assert graded(grad_h_float16_overflow=[0.06, 0, 0, 0, 0, 0])["float16_loss"] == "note"


def test_columns_without_a_number_raise_nothing() -> None:
    nothing = np.full(6, np.nan)
    names = ("std", "grad_h_std", "saturated", "zero", "dead", "cosine", "grad_h_float16_zero", "weight_std")
    assert graded(**dict.fromkeys(names, nothing), nonfinite=[0, 1, 1, 1, 1, 1]) == {"signal_overflow": "bad"}


def test_limits_are_ordered_and_have_a_source() -> None:
    for limit in THRESHOLDS.values():
        assert 0 < limit.warning < limit.bad
        assert limit.source


# --- trend ---------------------------------------------------------------------------------------------------------


@given(st.floats(-500, 500), st.integers(2, 100))
def test_trend_is_the_mean_factor(log_change: float, count: int) -> None:
    values = np.exp(np.linspace(0, log_change, count))
    change = trend(values)
    assert change.factor ** (count - 1) == pytest.approx(values[-1], rel=1e-9)
    assert (change.severity is None) == (abs(log_change) < np.log(10) and abs(log_change) < np.log(2) * (count - 1))


def test_trend_stops_where_numbers_end() -> None:
    change = trend(np.array([1.0, 2.0, 4.0, np.inf, np.nan]))
    assert (round(change.factor, 12), change.start, change.end, change.count) == (2, 1, 4, 3)
    assert trend(np.array([np.nan, 1.0])).factor == 1
    assert trend(np.array([1.0, 0.5, 0.0])).factor == 0
    assert trend(np.array([1e-300, 1e300])).severity == "bad"  # the quotient overflows


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_the_healthy_direction_has_a_sentence(direction) -> None:  # type: ignore[no-untyped-def]
    said = settled(direction, run(SMALL))
    assert (said.severity, said.direction) == ("good", direction)


def test_a_direction_without_trouble_says_its_own_numbers() -> None:
    experiment = Experiment(activation="sigmoid", initializer="glorot_normal", width=100, samples=100, depth=5)
    layers = simulate(experiment)
    finding = settled("forward", layers)
    stds = layers.column("std")
    assert finding.evidence["start"] == stds[1]
    assert finding.evidence["end"] == stds[-1]
    assert show(float(stds[-1])) in finding.sentence
    assert "gradient" in finding.sentence


# --- the whole space -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("experiment", SAMPLE, ids=lambda one: one.summary())
def test_every_sentence_of_a_random_sample_is_true(experiment: Experiment) -> None:
    check(experiment, run(experiment))
