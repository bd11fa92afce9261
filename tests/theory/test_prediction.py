"""Prediction against measurement. Every tolerance is the spread of the networks that were measured, plus named biases.

The bias of finite width: E sqrt(M) = sqrt(E M) (1 - V/8) and E log sqrt(M) = log sqrt(E M) - V/4 for a size M with
relative variance V; and, as M2 is locally a power q^p with 0 <= p <= 2, a layer that sees q scattered by V (of a single
sample) has a mean size off by at most p |p - 1| / 2 V <= V, hence a std off by V/2. Both V come from
`Prediction.scatter`, whose own test is below.
"""

import csv
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initviz import Experiment, predict, simulate
from initviz.activations import ACTIVATIONS
from initviz.fields import Number
from initviz.gaussian.kernels import pair_moments
from initviz.gaussian.moments import moments
from initviz.network.columns import COLUMNS as ALL_COLUMNS
from initviz.network.experiment import FIELDS
from initviz.network.initializers import INITIALIZERS
from initviz.network.streams import input_batch
from initviz.theory.batches import batch_of, gauss_rule
from initviz.theory.limits import BATCH_ERROR
from initviz.theory.phase import pair_growth, phase_map
from initviz.theory.prediction import Prediction, layer_masses
from tests.networks import measured, within

COLUMNS = tuple(column.id for column in ALL_COLUMNS.values() if column.predicted)

IID = [initializer.id for initializer in INITIALIZERS.values() if initializer.iid]


# --- size and gradient of every layer ---


def check_sizes(experiment: Experiment, seeds: int) -> None:
    """Mean, std and gradient of every layer over `seeds` networks, against the prediction."""
    prediction = predict(experiment)
    assert prediction.reason == ""
    scatter = prediction.scatter
    assert scatter is not None
    runs = measured(experiment, seeds)
    std, rms = prediction.column("std")[1:], prediction.column("rms")[1:]
    bias = scatter.variance[1:] / 8 + scatter.sample_square[1:] / 2
    slack = 1e-5 + bias  # float32 sums
    within(runs.std / std, 1, slack)
    within(runs.mean / rms, prediction.column("mean")[1:] / rms, slack)
    logs = np.log(runs.grad_h / prediction.column("grad_h_std"))
    within(logs, 0, 1e-5 + scatter.gradient / 4 + scatter.sample_gradient / 2)


@pytest.mark.slow
@pytest.mark.parametrize("activation", ACTIVATIONS)  # varies fastest, so that draws are shared
@pytest.mark.parametrize("initializer", IID)
def test_every_pair_measures_what_is_predicted(activation: str, initializer: str) -> None:
    check_sizes(Experiment(activation=activation, initializer=initializer, std=0.05, width=250, samples=30), seeds=20)


@pytest.mark.parametrize(
    "changes",
    [
        {"activation": "tanh", "std": 1.0},
        {"activation": "gelu", "initializer": "critical"},
        {"activation": "relu", "initializer": "he_uniform", "inputs": "digits"},
        {"activation": "softplus", "initializer": "torch_default", "inputs": "uniform"},
        {"activation": "tanh", "initializer": "truncated_normal", "std": 0.1, "bias_std": 0.5},
        {"activation": "maxout", "initializer": "lecun_normal"},
        {"activation": "relu", "initializer": "he_normal", "residual": 0.5},
        {"activation": "softplus", "initializer": "glorot_normal", "residual": 0.3, "linear_first": True},
        {"activation": "tanh", "initializer": "he_normal", "inputs": "digits", "preprocessing": "standardize"},
        {"activation": "selu", "initializer": "orthogonal"},
        {"activation": "abrelu", "initializer": "he_normal"},
    ],
    ids=lambda changes: "-".join(str(value) for value in changes.values()),
)
def test_settings_measure_what_is_predicted(changes: dict[str, object]) -> None:
    check_sizes(Experiment(width=200, samples=50, depth=6).changed(**changes), seeds=20)


def test_sparse_weights_to_leading_order() -> None:
    """A unit sees 15 inputs: the variance of its z scatters by sqrt(2/15), which shifts E tanh^2 and E tanh'^2 by the
    order of 1/15 a layer; one layer here, as shifts do not add up in the saturated signal but in the gradient."""
    experiment = Experiment(initializer="sparse", std=0.3, width=200, samples=50, depth=1)
    runs, prediction = measured(experiment, 10), predict(experiment)
    np.testing.assert_allclose(runs.std.mean(axis=0), prediction.column("std")[1:], rtol=1 / 15)
    np.testing.assert_allclose(runs.grad_h.mean(axis=0), prediction.column("grad_h_std"), rtol=1 / 15)


@pytest.mark.parametrize("normalization", ["batch", "layer"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("inputs", ["gaussian", "digits"])
@pytest.mark.parametrize("residual", [0.0, 0.5])
def test_normalized_networks(normalization: str, activation: str, inputs: str, residual: float) -> None:
    """Corrections are of order 1 / (how many directions the batch fills): a layer's std scatters from unit to unit by
    sqrt(2 / directions), and each layer divides the gradient by it; E 1/std^2 is off by 2 / directions.
    """
    experiment = Experiment(
        activation=activation,
        initializer="he_normal",
        normalization=normalization,
        inputs=inputs,
        residual=residual,
        width=300,
        samples=300,
        depth=5,
    )
    prediction = predict(experiment)
    runs = measured(experiment, 6, grad_w=True)
    rows = input_batch(experiment).astype(float)
    rows = rows - rows.mean(axis=0)
    spectrum = np.linalg.eigvalsh(rows @ rows.T)
    directions = min(spectrum.sum() ** 2 / np.square(spectrum).sum(), 300 / experiment.depth)
    tolerance = 2 / directions
    np.testing.assert_allclose(np.median(runs.std, axis=0), prediction.column("std")[1:], rtol=tolerance)
    logs = np.log(np.median(runs.grad_h, axis=0) / prediction.column("grad_h_std"))
    assert np.abs(logs).max() < tolerance + 0.1, logs  # 0.1: three of the gradient's own spread over six networks
    grad_w = np.log(np.median(runs.grad_w, axis=0) / prediction.column("grad_w_std")[1:])
    assert np.abs(grad_w).max() < tolerance + 0.2, grad_w


# --- the lecture ---

TABLES: dict[str, dict[str, object]] = {
    "tanh_normal_0.01": {"std": 0.01},
    "tanh_normal_1": {"std": 1.0},
    "tanh_fan_in": {"initializer": "lecun_normal"},
    "relu_fan_in": {"activation": "relu", "initializer": "lecun_normal"},
    "relu_he": {"activation": "relu", "initializer": "he_normal"},
}


def lecture() -> dict[str, list[tuple[float, float]]]:
    tables: dict[str, list[tuple[float, float]]] = {}
    with (Path(__file__).parents[1] / "data" / "layer_tables.csv").open() as file:
        for row in csv.DictReader(file):
            tables.setdefault(row["experiment"], []).append((float(row["mean"]), float(row["std"])))
    return tables


@pytest.mark.parametrize("name", TABLES)
def test_the_lectures_tables_are_predicted(name: str) -> None:
    """All 50 stds, as printed (six decimals), lie within 4 standard deviations of one network's log std.

    Its inputs were another draw: 500,000 values, whose std is known to 1 / sqrt(2 * 500,000), for us and for them.
    """
    prediction = predict(Experiment().changed(**TABLES[name]))
    assert prediction.scatter is not None
    printed = np.array([std for _, std in lecture()[name]])[1:]
    assert len(printed) == 10
    expected = prediction.column("std")[1:]
    spread = np.sqrt(prediction.scatter.variance[1:]) / 2 + 2 / np.sqrt(2 * 500_000)
    off = np.abs(printed - expected) - 0.5e-6
    assert (off <= 4 * spread * expected).all(), off / (spread * expected)


# --- closed forms ---


def test_cosines_of_he_and_relu() -> None:
    """c' = (sqrt(1 - c^2) + c (pi - arccos c)) / pi from 0: 0.318 after one layer, 0.872 after ten."""
    prediction = predict(Experiment(activation="relu", initializer="he_normal", samples=1000))
    c = 0.0
    expected = []
    for _ in range(10):
        c = (np.sqrt(1 - c**2) + c * (np.pi - np.arccos(c))) / np.pi
        expected.append(c)
    assert expected[0] == pytest.approx(0.32, abs=0.005)
    assert expected[-1] == pytest.approx(0.872, abs=0.0005)
    # pairs of 1000 random directions in 500 dimensions have cosines of mean 1e-4 and square 1/500: curvature adds 1/500
    np.testing.assert_allclose(prediction.column("cosine")[1:], expected, atol=0.002)


@pytest.mark.parametrize("inputs", ["gaussian", "uniform", "digits"])
@pytest.mark.parametrize(("activation", "bias_std"), [("relu", 0.0), ("tanh", 0.3), ("gelu", 0.2)])
def test_cosines_are_those_of_networks(inputs: str, activation: str, bias_std: float) -> None:
    """The mean over pairs scatters like one cosine at most: (1 - c^2) sqrt(l / n) after l layers, halved by 5 networks.

    Three times that, plus 0.01 for what pairs of samples of unequal length are taken to be equal.
    """
    experiment = Experiment(
        activation=activation,
        initializer="he_normal",
        bias_std=bias_std,
        inputs=inputs,
        depth=6,
        width=300,
        samples=100,
    )
    runs = [simulate(experiment.changed(seed=seed)).column("cosine") for seed in range(5)]
    predicted = np.mean([predict(experiment.changed(seed=seed)).column("cosine") for seed in range(5)], axis=0)
    layers = np.arange(7)
    tolerance = 3 * (1 - predicted**2) * np.sqrt(layers / 300) / np.sqrt(5) + 0.01
    assert (np.abs(np.mean(runs, axis=0) - predicted) <= tolerance).all()


def test_weight_gradients_need_no_cross_terms() -> None:
    """(dL/dW)^2 sums (h_a h_b)(delta_a delta_b) over pairs; start gradients are independent of each other and average
    out all pairs a != b, even where inputs are alike (uniform: cosine .75): E (dL/dW)^2 = sum of E h_a^2 E delta_a^2.

    Tolerance: 4 standard errors over 20 networks.
    """
    experiment = Experiment(
        activation="relu", initializer="he_normal", inputs="uniform", depth=3, width=200, samples=30
    )
    runs = measured(experiment, 20, grad_w=True)
    ratio = np.square(runs.grad_w / predict(experiment).column("grad_w_std")[1:])
    # the mean of dL/dW, which a std leaves out, holds 1/width of it times a share mean^2 / E h^2 below 1
    within(ratio, 1, np.full(3, 1 / 200))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_few_samples_may_take_over_a_normalized_batch(activation: str) -> None:
    """Standardized digits hold a few samples of great size; theory lets the ReLU family make them greater. They fill
    few directions: no unit's std over them is known well enough to tell gradients of 20 layers."""
    changes = {"inputs": "digits", "preprocessing": "standardize", "normalization": "batch", "depth": 20, "width": 200}
    prediction = predict(Experiment(activation=activation, initializer="he_normal", samples=100).changed(**changes))
    taken_over = "take over" in prediction.reason
    assert taken_over or activation not in ("relu", "gelu", "swish", "maxout")
    assert not taken_over or activation not in ("linear", "sigmoid", "tanh", "selu")
    assert np.isnan(prediction.column("std")[-1]) == taken_over
    assert np.isfinite(prediction.column("std")[1])
    assert "No prediction for gradients" in prediction.reason
    assert all(np.isnan(prediction.column(name)).all() for name in ("grad_h_std", "grad_z_std", "grad_w_std", "chi"))


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu"])
@pytest.mark.parametrize(
    ("samples", "width", "depth"), [(5, 100, 1), (5, 100, 4), (50, 50, 3), (50, 50, 12), (300, 200, 6)]
)
def test_gradients_of_normalized_batches_are_right_or_withheld(
    activation: str, samples: int, width: int, depth: int
) -> None:
    """BATCH_ERROR at the median of 20 networks, whose own spread is known to 5 % or so; what is withheld would be off
    by up to 2 / samples and 2 / width a layer: 50 samples and units, 12 layers, e^(12 * .04) at most."""
    experiment = Experiment(
        activation=activation,
        initializer="he_normal",
        normalization="batch",
        samples=samples,
        width=width,
        depth=depth,
    )
    prediction = predict(experiment)
    told = not prediction.reason
    assert told == ((samples, depth) in ((5, 1), (50, 3), (300, 6)))
    if told:
        runs = measured(experiment, 20)
        off = np.log(np.median(runs.grad_h, axis=0) / prediction.column("grad_h_std"))
        assert np.abs(off).max() < np.log(BATCH_ERROR) + 0.05


@pytest.mark.parametrize("std", [1e-3, sqrt(2 / 20), 100])
def test_relu_scatters_exactly_so(std: float) -> None:
    """E M^2 / (E M)^2 = (1 + 5/n)^l for one input, at any width (Hanin & Nica 2020); gradients: (1 + 2/n) more."""
    prediction = predict(Experiment(activation="relu", std=std, depth=40, width=20, samples=10))
    assert prediction.scatter is not None
    layers = np.arange(41)
    np.testing.assert_allclose(1 + prediction.scatter.sample_square, 1.25**layers, rtol=1e-9)
    np.testing.assert_allclose(1 + prediction.scatter.sample_gradient, 1.1 * 1.25 ** layers[::-1], rtol=1e-9)


@pytest.mark.parametrize(
    "changes",
    [
        {"activation": "relu", "initializer": "he_normal"},
        {"activation": "relu", "initializer": "he_normal", "inputs": "digits"},
        {"activation": "tanh", "initializer": "lecun_normal", "inputs": "digits"},
        {"activation": "gelu", "initializer": "critical", "inputs": "digits"},
        {"activation": "tanh", "std": 0.5},
        {"activation": "tanh", "std": 0.2, "bias_std": 1, "inputs": "digits"},
        {"activation": "tanh", "std": 0.1, "bias_std": 3, "depth": 12, "width": 200},
        {"activation": "relu", "initializer": "he_normal", "residual": 0.5, "inputs": "uniform"},
    ],
    ids=lambda changes: "-".join(str(value) for value in changes.values()),
)
def test_the_spread_is_that_of_networks(changes: dict[str, object]) -> None:
    """The spread of 60 networks is known to 1 / sqrt(2 * 60) = 9 %; four of these, and 15 % for the next order in
    depth / width = .06."""
    experiment = Experiment(width=100, samples=60, depth=6).changed(**changes)
    runs, prediction = measured(experiment, 60), predict(experiment)
    assert prediction.scatter is not None
    for measured_logs, variance in (
        (np.log(runs.std), prediction.scatter.variance[1:]),
        (np.log(runs.grad_h), prediction.scatter.gradient),
    ):
        ratio = measured_logs.std(axis=0) / (np.sqrt(np.log1p(variance)) / 2)
        assert (np.abs(np.log(ratio)) < 4 * 0.09 + 0.15).all(), ratio


# --- distributions and shares ---


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "maxout", "elu"])
def test_histograms_are_predicted(activation: str) -> None:
    """Shares of 100,000 values in 20 bins. The values of a unit go together, so the error is that of 300 units at
    worst, sqrt(p / 300); five of these."""
    experiment = Experiment(activation=activation, initializer="lecun_normal", depth=2, width=300, samples=300)
    layer = simulate(experiment).layers[2]
    prediction = predict(experiment)
    assert layer.z is not None
    for quantity, signal in (("h", layer.h), ("z", layer.z)):
        edges = np.linspace(signal.histogram.edges[0] - 1e-9, signal.histogram.edges[-1] + 1e-9, 61)
        masses = layer_masses(prediction, 2, edges, "h" if quantity == "h" else "z")
        counted = signal.histogram.counts / signal.histogram.total
        merged = masses.reshape(20, 3).sum(axis=1)
        assert masses.sum() == pytest.approx(1, abs=1e-3)
        assert (np.abs(counted.reshape(20, 3).sum(axis=1) - merged) < 5 * np.sqrt(merged / 300) + 1e-3).all()


def test_shares_are_those_of_networks() -> None:
    """Tanh with std 1: 90 % saturated; relu: half of all outputs are 0. Known to sqrt(.25 / 500) over 500 units."""
    tanh = Experiment(std=1.0, depth=3)
    relu = Experiment(activation="relu", initializer="he_normal", depth=3)
    for experiment, name in ((tanh, "saturated"), (relu, "zero")):
        predicted = predict(experiment).column(name)[1:]
        np.testing.assert_allclose(simulate(experiment).column(name)[1:], predicted, atol=4 * np.sqrt(0.25 / 500))
    assert predict(relu).column("zero")[1:] == pytest.approx(0.5)


# --- three points stand for a batch ---


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=30))
def test_gauss_rule_keeps_averages_of_polynomials(values: list[float]) -> None:
    """Up to degree 5; rounding grows with 10^5."""
    population = np.array(values)
    rule = gauss_rule(population)
    assert (rule.weights >= 0).all()
    assert population.min() * (1 - 1e-6) <= rule.points.min() <= rule.points.max() <= population.max() * (1 + 1e-6)
    for degree in range(6):
        assert rule.points**degree @ rule.weights == pytest.approx((population**degree).mean(), rel=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_three_points_stand_for_all_samples(activation: str) -> None:
    """Digits, whose lengths differ most: mean and std of the first layer from every sample's own q, to 1e-3."""
    experiment = Experiment(activation=activation, initializer="he_normal", inputs="digits", std=1.0, samples=1797)
    q = 2 * np.square(input_batch(experiment).astype(float)).mean(axis=1)
    if experiment.settings.negative_slope:
        q /= 1 + experiment.settings.negative_slope**2
    at = moments(experiment.phi, experiment.phi_alpha, q)
    prediction = predict(experiment)
    assert prediction.column("mean")[1] == pytest.approx(at.m1.mean(), rel=1e-3, abs=1e-12)
    assert prediction.column("std")[1] == pytest.approx(np.sqrt(at.m2.mean() - at.m1.mean() ** 2), rel=1e-3)


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "sigmoid"])
def test_pairs_of_equal_length_stand_for_all_pairs(activation: str) -> None:
    """Digits: the mean cosine of the first layer from every pair's own lengths and angle, to 0.005."""
    experiment = Experiment(activation=activation, initializer="lecun_normal", inputs="digits", samples=60)
    rows = input_batch(experiment).astype(float)
    products = rows @ rows.T / rows.shape[1]
    q = np.diag(products)
    a, b = np.triu_indices(len(rows), 1)
    both = pair_moments(experiment.phi, None, q[a], q[b], products[a, b] / np.sqrt(q[a] * q[b])).product
    m2 = moments(experiment.phi, None, q).m2
    assert predict(experiment).column("cosine")[1] == pytest.approx(
        float((both / np.sqrt(m2[a] * m2[b])).mean()), abs=0.005
    )


# --- whatever the experiment ---


def values_of(name: str) -> st.SearchStrategy[object]:
    spec = FIELDS[name]
    if isinstance(spec, Number):
        return st.sampled_from(spec.ticks() if spec.log or spec.marks else [spec.low, spec.high])
    return st.sampled_from(list(getattr(spec, "options", (True, False))))


EXPERIMENTS = st.fixed_dictionaries(
    {
        name: values_of(name)
        for name in (
            *("activation", "initializer", "std", "gain", "input_std", "preprocessing", "bias_std"),
            *("normalization", "residual", "tied", "linear_first", "dtype"),
        )
    }
    | {"inputs": st.sampled_from(["gaussian", "uniform", "digits"])}
    | {"depth": st.sampled_from([1, 2, 7, 100]), "width": st.sampled_from([2, 10, 64]), "samples": st.integers(2, 20)}
)


@settings(max_examples=100, deadline=None)
@given(EXPERIMENTS)
def test_numbers_are_missing_only_with_a_reason(values: dict[str, object]) -> None:
    experiment = Experiment().changed(**values)
    prediction = predict(experiment)
    frame = prediction.to_frame()
    assert tuple(frame.columns) == COLUMNS
    assert len(frame) == experiment.depth + 1
    hidden = frame.iloc[1:]
    if prediction.reason == "":
        assert [name for name in COLUMNS if not np.isfinite(hidden[name]).all()] == []
        for name in ("saturated", "zero"):
            assert hidden[name].between(0, 1 + 1e-9).all()
        assert hidden["cosine"].abs().max() <= 1 + 1e-9
        low, high = prediction.band("grad_h_std")
        known = ~np.isnan(low)
        assert (low[known] <= high[known]).all()
        died = (hidden[["std", "grad_h_std"]] == 0).any(axis=None)
        assert known.all() or died or "No band" in prediction.note


@pytest.mark.parametrize("initializer", [id for id, it in INITIALIZERS.items() if it.unpredictable])
def test_no_prediction_says_why(initializer: str) -> None:
    prediction = predict(Experiment(initializer=initializer, depth=2, width=10, samples=5))
    assert INITIALIZERS[initializer].unpredictable in prediction.reason
    assert prediction.to_frame().drop(columns="layer").isna().all(axis=None)
    assert np.isnan(layer_masses(prediction, 1, np.linspace(-1, 1, 5))).all()


def test_tied_layers_are_not_predicted_but_one_layer_is() -> None:
    assert "share one matrix" in predict(Experiment(tied=True, width=10, samples=5)).reason
    assert predict(Experiment(tied=True, depth=1, width=10, samples=5)).reason == ""


def test_the_seed_of_the_weights_plays_no_part() -> None:
    """Only the batch changes with the seed: digits drawn whole are the same for all."""
    first, second = (predict(Experiment(inputs="digits", samples=1797, width=50, seed=seed)) for seed in (0, 1))
    np.testing.assert_allclose(first.column("std"), second.column("std"), rtol=1e-6)


def test_values_beyond_float32_are_numbers() -> None:
    prediction = predict(Experiment(activation="linear", std=100.0, depth=30, width=1024, samples=5))
    assert np.isfinite(prediction.column("std")).all()
    assert prediction.column("std")[-1] > np.finfo(np.float32).max


@pytest.mark.parametrize("initializer", ["lecun_normal", "zeros"])
def test_columns_cannot_be_changed(initializer: str) -> None:
    """They are shared by all who ask."""
    prediction = predict(Experiment(initializer=initializer, depth=2, width=10, samples=5))
    assert not any(prediction.column(name).flags.writeable for name in COLUMNS)
    assert not any(values.flags.writeable for values in prediction.columns.values())


# --- whole ranges ---


@pytest.mark.parametrize("changes", [{}, {"residual": 0.5}, {"normalization": "layer", "bias_std": 0.3}])
def test_growth_is_that_of_the_predictions(changes: dict[str, object]) -> None:
    """Of one sample of mean size, against the whole batch of Gaussian inputs, whose sizes vary by sqrt(2/500)."""
    experiment = Experiment(samples=20).changed(**changes)
    growth = pair_growth(experiment)
    for activation, initializer in (("tanh", "lecun_normal"), ("gelu", "critical"), ("maxout", "he_uniform")):
        prediction: Prediction = predict(experiment.changed(activation=activation, initializer=initializer))
        rms, grad = prediction.column("rms"), prediction.column("grad_h_std")
        cell = growth.activations.index(activation), growth.initializers.index(initializer)
        assert growth.forward[cell] == pytest.approx((rms[-1] / rms[1]) ** (1 / 9), rel=0.01)
        assert growth.backward[cell] == pytest.approx((grad[1] / grad[-1]) ** (1 / 9), rel=0.01)
    unpredictable = [bool(initializer.unpredictable) for initializer in INITIALIZERS.values()]
    assert np.array_equal(np.isnan(growth.forward).all(axis=0), unpredictable)
    assert np.isnan(growth.forward).sum() == sum(unpredictable) * len(ACTIVATIONS)


def test_phase_map_of_tanh_and_relu() -> None:
    """tanh: chi_1 = sw2 where q* = 0; relu: chi_1 = sw2/2 anywhere; on the edge the depth scale is infinite."""
    sigma_w, sigma_b = np.array([0.5, 0.9]), np.array([0.0, 1.0])
    tanh = phase_map(ACTIVATIONS["tanh"], None, sigma_w, sigma_b)
    np.testing.assert_allclose(tanh.chi_1[0], sigma_w**2, rtol=1e-9)
    assert (tanh.q[0] == 0).all()
    assert (tanh.q[1] > 1).all()
    relu = phase_map(ACTIVATIONS["relu"], None, np.array([1.0, np.sqrt(2)]), sigma_b)
    np.testing.assert_allclose(relu.chi_1, [[0.5, 1], [0.5, 1]], rtol=1e-9)
    assert relu.depth_scale[0, 1] > 1e9
    assert relu.depth_scale[0, 0] == pytest.approx(1 / np.log(2))


def test_batches_are_remembered_by_what_they_depend_on() -> None:
    assert batch_of(Experiment(samples=5)) is batch_of(Experiment(samples=5, activation="relu", depth=3))
    assert batch_of(Experiment(samples=5)) is not batch_of(Experiment(samples=6))
