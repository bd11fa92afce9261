"""The simulation against finite differences of the whole network, naive statistics, and what is known exactly."""

import csv
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod, sqrt
from pathlib import Path
from threading import Thread, active_count, current_thread, main_thread
from time import sleep
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from threadpoolctl import threadpool_info

from initviz.activations import ACTIVATIONS
from initviz.arrays import FloatArray, Workspace
from initviz.measure import run as run_module
from initviz.measure.histograms import histogram
from initviz.measure.propagation import Bins, Layer, Propagation
from initviz.measure.simulate import DRAWN, simulate, simulate_network
from initviz.measure.statistics import flush, gradient, signal
from initviz.measure.threads import SHARE, Worker, own_threads, row_chunks, run_team, threads
from initviz.network.budget import Budget, OverBudget
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS, standard_normal
from initviz.network.network import Network
from initviz.network.normalization import NORMALIZATIONS
from initviz.network.spec import LayerSpec, NetworkSpec
from initviz.network.streams import Streams, input_batch

Biases: TypeAlias = list[FloatArray | float]


@dataclass
class Recording:
    """A simulation, and the arrays behind its statistics: from the same draws, by `Network` on the whole batch."""

    result: Propagation
    batch: FloatArray
    weights: list[FloatArray]
    biases: Biases
    z: list[FloatArray]
    """What enters the activation."""
    grad_w: list[FloatArray]
    grad_h: list[FloatArray]
    """dL/dh of layers 0..depth."""


def record(experiment: Experiment) -> Recording:
    network, batch = draw_network(experiment), input_batch(experiment)
    with np.errstate(all="ignore"):
        values = network.forward(batch)
        shape = values[-1].out.shape
        assert prod(shape) <= DRAWN
        upstream = standard_normal(Streams(experiment).gradient(), shape).astype(batch.dtype)
        gradients = network.backward(values, upstream)
    return Recording(
        simulate(experiment),
        batch,
        [layer.weights for layer in network.layers],
        [0.0 if layer.biases is None else layer.biases for layer in network.layers],
        [each.z for each in values],
        [each.weights for each in gradients],
        [*(each.h for each in gradients if each.h is not None), upstream],
    )


def outputs(experiment: Experiment, batch: FloatArray, weights: list[FloatArray], biases: Biases) -> list[FloatArray]:
    """h of layers 0..depth, written as a textbook would."""
    hs = [batch]
    for layer, (w, b) in enumerate(zip(weights, biases, strict=True), start=1):
        z = hs[-1] @ w + b
        if (axis := experiment.norm.axis) is not None:
            z = (z - z.mean(axis, keepdims=True)) / np.sqrt(z.var(axis, keepdims=True) + 1e-5)
        activation, alpha = experiment.layer_activation(layer)
        h = activation.forward(z, alpha)
        hs.append(hs[-1] + experiment.residual * h if experiment.has_skip(layer) else h)
    return hs


# --- the backward pass is the derivative of the forward pass ---

NETWORKS: dict[str, dict[str, Any]] = {
    "plain": {},
    "batch norm": {"normalization": "batch"},
    "layer norm": {"normalization": "layer", "linear_first": True},
    "residual": {"residual": 0.7, "bias_std": 0.3},
    "everything": {"normalization": "batch", "residual": 1.3, "bias_std": 0.5, "linear_first": True, "tied": True},
}
assert {str(network.get("normalization", "none")) for network in NETWORKS.values()} == set(NORMALIZATIONS)


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_backward_is_the_derivative_of_the_whole_network(activation: str, network: str) -> None:
    """Central differences in float64, along the gradient and a random direction mixed.

    A step of 1e-5 leaves a truncation error of about 1e-10 and a rounding error of about 1e-11, relative to the slope
    along the gradient. The few values in a small network keep clear of kinks: the seed is one where none is crossed.
    """
    experiment = Experiment(
        activation=activation, initializer="he_normal", depth=3, width=6, samples=5, dtype="float64", seed=3
    ).changed(**NETWORKS[network])
    run = record(experiment)
    upstream = run.grad_h[-1]

    def loss(batch: FloatArray, weights: list[FloatArray]) -> float:
        return float((upstream * outputs(experiment, batch, weights, run.biases)[-1]).sum())

    def check(gradient: FloatArray, moved: Callable[[FloatArray], float]) -> None:
        assert np.isfinite(gradient).all()
        noise = np.random.default_rng(1).standard_normal(gradient.shape)
        direction = gradient / np.linalg.norm(gradient) + 0.5 * noise / np.linalg.norm(noise)
        slope = (moved(1e-5 * direction) - moved(-1e-5 * direction)) / 2e-5
        assert slope == pytest.approx(float((gradient * direction).sum()), rel=1e-6)

    for index in range(experiment.depth):

        def moved(step: FloatArray, index: int = index) -> float:
            weights = [w + step if i == index else w for i, w in enumerate(run.weights)]
            return loss(run.batch, weights)

        check(run.grad_w[index], moved)
    check(run.grad_h[0], lambda step: loss(run.batch + step, run.weights))


# --- the statistics are those of the arrays ---


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "values",
    [
        {},
        {"activation": "relu", "initializer": "he_normal", "residual": 0.5, "linear_first": True},
        {"activation": "sigmoid", "initializer": "torch_default", "inputs": "digits", "samples": 200},
        {"activation": "maxout", "initializer": "glorot_uniform", "normalization": "batch", "bias_std": 0.1},
        {"activation": "hard_tanh", "std": 1.0, "inputs": "uniform"},
    ],
)
def test_statistics_are_those_of_the_arrays(values: dict[str, Any], dtype: str) -> None:
    experiment = Experiment(depth=3, width=40, samples=60, dtype=dtype).changed(**values)
    run = record(experiment)
    hs = outputs(experiment, run.batch, run.weights, run.biases)
    close = 1e-4 if dtype == "float32" else 1e-9  # what a differently ordered forward pass may change
    for layer, h, grad_h in zip(run.result, hs, run.grad_h, strict=True):
        assert layer.h.mean == pytest.approx(h.mean(dtype=float), abs=close * layer.h.rms)
        assert layer.h.std == pytest.approx(h.std(dtype=float), rel=close)
        assert layer.h.rms == pytest.approx(sqrt(np.square(h, dtype=float).mean()), rel=close)
        assert (layer.h.min, layer.h.max) == pytest.approx((h.min(), h.max()), rel=close, abs=close * layer.h.rms)
        assert layer.h.histogram.total == h.size
        assert layer.grad_h.std == pytest.approx(grad_h.std(dtype=float), rel=1e-5)
        assert layer.grad_h.median == pytest.approx(np.median(np.abs(grad_h)), rel=1e-5)
    for index, layer in enumerate(run.result.layers[1:]):
        _check_hidden_layer(experiment, run, layer, hs[index])


def _check_hidden_layer(experiment: Experiment, run: Recording, layer: Layer, before: FloatArray) -> None:
    """The numbers only a layer with weights has, from the recorded arrays."""
    z, w, grad_w = (arrays[layer.layer - 1] for arrays in (run.z, run.weights, run.grad_w))
    assert layer.z and layer.weights
    activation, alpha = experiment.layer_activation(layer.layer)
    out = activation.forward(z, alpha)
    low, high = activation.saturation(alpha)
    assert layer.z.std == pytest.approx(z.std(dtype=float), rel=1e-5)
    assert layer.saturated == pytest.approx(((out < low) | (out > high)).mean())
    assert layer.zero == pytest.approx((out == 0).mean())
    assert layer.dead == pytest.approx((out == 0).all(axis=0).mean())
    assert layer.weights.fan_in == len(w)
    assert layer.weights.std == pytest.approx(w.std(dtype=float), rel=1e-5)
    assert layer.weights.gradient.std == pytest.approx(grad_w.std(dtype=float), rel=1e-5)
    assert layer.weights.norm == pytest.approx(np.linalg.norm(grad_w.astype(float)), rel=1e-5)
    assert layer.weights.ratio == pytest.approx(grad_w.std(dtype=float) / w.std(dtype=float), rel=1e-5)
    assert layer.weights.unique_columns == np.unique(grad_w, axis=1).shape[1]
    one_sign = (before >= 0).all(axis=1) | (before <= 0).all(axis=1)
    assert layer.weights.same_sign == pytest.approx(one_sign.mean())


def test_gradients_start_as_independent_unit_normals_and_add_up_over_samples() -> None:
    experiment = Experiment(activation="linear", initializer="lecun_normal", depth=1, width=100, samples=400)
    run = record(experiment)
    start = run.grad_h[-1]
    assert start.std() == pytest.approx(1, abs=5 / sqrt(2 * start.size))
    assert start.mean() == pytest.approx(0, abs=5 / sqrt(start.size))
    summed = np.sum([np.outer(h, g) for h, g in zip(run.batch, start, strict=True)], axis=0)
    assert run.grad_w[0] == pytest.approx(summed, abs=1e-3)


# --- exact facts ---


def test_same_seed_same_result_another_seed_another() -> None:
    experiment = Experiment(depth=2, width=30, samples=50)
    first, again, other = (simulate(e).to_frame() for e in (experiment, experiment, experiment.changed(seed=1)))
    assert first.equals(again)
    assert not first.equals(other)


def test_memory_that_is_used_again_leaves_no_trace() -> None:
    """A larger experiment in between fills the kept block with other numbers."""
    experiment = Experiment(activation="maxout", depth=2, width=30, samples=50, residual=1.0)
    before = simulate(experiment).to_frame()
    simulate(experiment.changed(depth=5, width=70, initializer="he_normal"))
    assert simulate(experiment).to_frame().equals(before)


@pytest.mark.parametrize("values", [{}, {"activation": "maxout"}, {"bias_std": 0.5, "residual": 1.0}])
def test_another_depth_leaves_the_first_layers_as_they_were(values: dict[str, Any]) -> None:
    shallow = Experiment(depth=3, width=30, samples=50).changed(**values)
    deep = simulate(shallow.changed(depth=7))
    for layer, deeper in zip(simulate(shallow), deep.layers[:4], strict=True):
        assert layer.h.mean == deeper.h.mean and layer.h.std == deeper.h.std
        assert np.array_equal(layer.h.histogram.counts, deeper.h.histogram.counts)
        if layer.weights and deeper.weights:
            assert layer.weights.std == deeper.weights.std


def test_tied_layers_share_one_matrix_and_others_do_not() -> None:
    experiment = Experiment(depth=4, width=30, samples=20, tied=True)
    first, *others = record(experiment).weights
    assert all(np.array_equal(first, w) for w in others)
    free = record(experiment.changed(tied=False)).weights
    assert not any(np.array_equal(a, b) for i, a in enumerate(free) for b in free[:i])
    _, second, *later = record(experiment.changed(inputs="digits")).weights  # 64 pixels: the first layer stands apart
    assert all(np.array_equal(second, w) for w in later)


def test_a_linear_network_is_one_matrix() -> None:
    experiment = Experiment(activation="linear", initializer="lecun_normal", depth=6, width=50, dtype="float64")
    run = record(experiment)
    matrix = np.linalg.multi_dot(run.weights)
    assert run.result.layers[-1].h.std == pytest.approx((run.batch @ matrix).std(), rel=1e-6)
    hs = outputs(experiment, run.batch, run.weights, run.biases)
    assert np.abs(hs[-1] - run.batch @ matrix).max() < 1e-6


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_zero_weights_never_learn(activation: str) -> None:
    for layer in simulate(Experiment(activation=activation, initializer="zeros", depth=4, width=30)).layers[1:]:
        assert layer.weights
        assert layer.weights.norm == 0 and layer.weights.unique_columns == 1
        assert np.isnan(layer.weights.ratio)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize(
    "network",
    [
        {"initializer": "constant", "normalization": "layer"},
        {"initializer": "ones", "normalization": "layer"},
        {"initializer": "zeros", "bias_std": 0.5, "normalization": "batch", "samples": 3000},
    ],
)
def test_what_cancels_on_paper_is_exactly_0(network: dict[str, Any], activation: str, dtype: str) -> None:
    """Units that are all one have no spread to normalize, samples that are all one neither: z is 0, and so is every
    gradient below the last layer."""
    result = simulate(
        Experiment(activation=activation, depth=4, width=100, samples=200, dtype=dtype).changed(**network)
    )
    for name in ("mean", "std", "max", "z_std", "grad_w_std", "grad_w_norm"):
        assert (result.column(name)[1:] == 0).all(), name
    assert (result.column("zero")[1:] == 1).all() and (result.column("dead")[1:] == 1).all()
    assert (result.column("grad_h_std")[:-1] == 0).all() and result.column("grad_h_std")[-1] > 0.9


def test_zero_weights_under_sigmoid_move_the_last_layer_only() -> None:
    result = simulate(Experiment(activation="sigmoid", initializer="zeros", depth=4, width=30))
    norms = [layer.weights.norm for layer in result.layers[1:] if layer.weights]
    assert norms[:-1] == [0, 0, 0] and norms[-1] > 0


@pytest.mark.parametrize("initializer", ["constant", "ones"])
def test_constant_weights_give_every_unit_of_a_layer_the_same_gradient(initializer: str) -> None:
    """All but the last layer, whose units start from independent random gradients."""
    result = simulate(Experiment(activation="tanh", initializer=initializer, depth=4, width=30, dtype="float64"))
    unique = [layer.weights.unique_columns for layer in result.layers[1:] if layer.weights]
    assert unique == [1, 1, 1, 30]


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
def test_lsuv_gives_every_layer_unit_variance(activation: str) -> None:
    result = simulate(Experiment(activation=activation, initializer="lsuv", depth=6, width=100, samples=300))
    assert (result.column("z_std")[1:] ** 2) == pytest.approx(np.ones(6), abs=0.1)


def test_data_dependent_weights_give_every_unit_mean_0_and_variance_1() -> None:
    experiment = Experiment(activation="relu", initializer="data_dependent", depth=4, width=50, samples=200)
    for z in record(experiment).z:
        assert z.mean(axis=0) == pytest.approx(np.zeros(50), abs=1e-4)  # float32 sums of 200 values
        assert z.std(axis=0) == pytest.approx(np.ones(50), abs=1e-4)


# --- overflow is a result ---


@pytest.fixture
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.usefixtures("no_warnings")
def test_overflow_is_counted_and_not_raised() -> None:
    """Each layer multiplies by 100 sqrt(40 / 2): float32 ends after 13 layers or so."""
    result = simulate(Experiment(activation="relu", std=100.0, depth=100, width=40, samples=30))
    nonfinite, std = result.column("nonfinite"), result.column("std")
    assert nonfinite[:10].max() == 0 and nonfinite[-1] == 1
    assert np.isfinite(std[nonfinite < 1]).all() and np.isnan(std[-1])
    assert (result.column("float16_overflow") >= nonfinite - 1e-12).all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_no_gradient_is_known_where_z_is_no_number(activation: str) -> None:
    """Sums of +inf and -inf are nan, long before layer 60. The gradient of the sine explodes by itself."""
    experiment = Experiment(activation=activation, std=100.0, depth=60, width=40, samples=30)
    result = simulate(experiment)
    bounded = simulate(experiment.changed(depth=1)).column("max")[1] < 10
    assert result.column("nonfinite")[-1] == (not bounded)
    if activation != "sin":
        assert (result.column("grad_h_nonfinite")[:-1] == (not bounded)).all()


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("initializer", INITIALIZERS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_finite_values_have_finite_statistics(activation: str, initializer: str) -> None:
    """Every pair, on the smallest network there is and with the largest inputs there are."""
    experiment = Experiment(
        activation=activation, initializer=initializer, depth=3, width=2, samples=3, input_std=1e6, bias_std=1.0
    )
    for layer in simulate(experiment):
        for one in (layer.h, layer.z):
            assert one is None or one.nonfinite == 1 or np.isfinite([one.mean, one.std, one.rms]).all()
        for each in (layer.grad_h, layer.grad_z, layer.weights and layer.weights.gradient):
            assert not each or each.nonfinite == 1 or np.isfinite([each.std, each.median]).all()


def test_negligible_values_are_flushed_before_products_and_counted_before_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Saturated tanh has slopes down to 1e-45. What they would add is below the rounding of the sums."""
    flushed: list[FloatArray] = []

    def counted(x: FloatArray) -> None:
        flushed.append(x)
        flush(x)

    monkeypatch.setattr(run_module, "flush", counted)
    experiment = Experiment(std=1.0, depth=2, width=500, samples=100)
    run = record(experiment)
    assert flushed
    z, start = run.z[-1], run.grad_h[-1]
    exact = start / np.cosh(z.astype(float)) ** 2
    assert (np.abs(exact[exact != 0]) < 1e-38).mean() > 0.01
    grad_w = np.tanh(run.z[0]).T.astype(float) @ exact
    last = run.result.layers[-1]
    assert last.weights and last.weights.norm == pytest.approx(np.linalg.norm(grad_w), rel=1e-4)
    assert last.grad_z and last.grad_z.histogram.edges[0] < -38


# --- the source documents ---

TABLES = Path(__file__).parents[1] / "data" / "layer_tables.csv"
LECTURE = {
    "tanh_normal_0.01": Experiment(),
    "tanh_normal_1": Experiment(std=1.0),
    "tanh_fan_in": Experiment(initializer="lecun_normal"),
    "relu_fan_in": Experiment(activation="relu", initializer="lecun_normal"),
    "relu_he": Experiment(activation="relu", initializer="he_normal"),
}


def printed() -> dict[str, FloatArray]:
    """experiment -> rows (layer, mean, std) as the lecture prints them, six digits after the point."""
    rows: dict[str, list[list[float]]] = {}
    with TABLES.open() as file:
        for row in csv.DictReader(file):
            rows.setdefault(row["experiment"], []).append([float(row[name]) for name in ("layer", "mean", "std")])
    return {name: np.array(table) for name, table in rows.items()}


@pytest.mark.parametrize("name", LECTURE)
def test_the_lectures_tables_are_reproduced_within_the_spread_over_seeds(name: str) -> None:
    """One printed run against twelve of ours, layer by layer.

    The printed value is one more draw: its distance from our mean, in units of our spread times sqrt(1 + 1/12), follows
    Student's t with 11 degrees of freedom. At 1 in 1e4 the 110 comparisons of all tables fail together once in 90
    draws, and the seeds are fixed. The layers of a relu network move together, so a floor from theory helps where our
    runs happen to agree: the log of its variance scatters by sqrt(5 l / n) (THEORY.md, 3), its std by half of that.
    Printed digits end at 5e-7.
    """
    table = printed()[name]
    runs = [simulate(LECTURE[name].changed(seed=seed)) for seed in range(12)]
    layers = table[:, 0]
    scatter = 0.5 * np.sqrt(5 * layers / 500) if "relu" in name else np.zeros(len(layers))
    for column, values in (("mean", table[:, 1]), ("std", table[:, 2])):
        ours = np.array([run.column(column) for run in runs])
        spread = np.maximum(ours.std(axis=0, ddof=1), scatter * np.abs(ours.mean(axis=0)))
        limit = stats.t.isf(0.5e-4, df=len(runs) - 1) * sqrt(1 + 1 / len(runs)) * spread
        assert (np.abs(values - ours.mean(axis=0)) <= limit + 5e-7).all(), column


def test_every_printed_table_is_tested() -> None:
    assert set(printed()) == set(LECTURE)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("std", [0.10, 0.14, 0.28])
def test_the_scripts_networks_run_on_the_digits(activation: str, std: float) -> None:
    """A linear layer, then five: a larger std spreads every layer more, and relu never dies (S2-7 to S2-9)."""
    experiment = Experiment(
        activation=activation, std=std, depth=6, width=100, inputs="digits", samples=1797, linear_first=True
    )
    result, wider = simulate(experiment), simulate(experiment.changed(std=2 * std))
    assert (result.samples, result.features) == (1797, 64)
    assert (wider.column("std")[2:] > result.column("std")[2:]).all()
    if activation == "relu":
        assert result.column("zero")[2:] == pytest.approx(np.full(5, 0.5), abs=0.25)
        assert result.column("dead")[2:].max() < 0.3


# --- draws ---


def test_normal_draws_are_normal() -> None:
    """2e6 values: moments within 5 of their own standard errors, the largest gap of the distribution functions below
    the 1 - 1e-6 point of Kolmogorov's law (2.7 / sqrt n), tails counted beyond 3, 4 and 4.5."""
    n = 2_000_000
    x = standard_normal(np.random.default_rng(11), (1000, 2000)).ravel().astype(float)
    for power, (expected, variance) in {1: (0, 1), 2: (1, 2), 3: (0, 15), 4: (3, 96)}.items():
        assert (x**power).mean() == pytest.approx(expected, abs=5 * sqrt(variance / n))
    assert stats.kstest(x, "norm").statistic < 2.7 / sqrt(n)
    for limit in (3, 4, 4.5):
        beyond = 2 * stats.norm.sf(limit) * n
        assert np.count_nonzero(np.abs(x) > limit) == pytest.approx(beyond, abs=5 * sqrt(beyond))


def test_neighbouring_draws_are_independent() -> None:
    """Cosine and sine of one angle share a radius: values, and their squares, must not correlate at any small lag,
    nor at the distance of the pairs."""
    x = standard_normal(np.random.default_rng(12), (1_000_000,)).astype(float)
    for lag in (1, 2, 3, 32_768, 500_000):
        a, b = x[:-lag], x[lag:]
        assert (a * b).mean() == pytest.approx(0, abs=5 / sqrt(a.size))
        assert ((a**2 - 1) * (b**2 - 1)).mean() == pytest.approx(0, abs=5 * 2 / sqrt(a.size))


@pytest.mark.parametrize("shape", [(), (1,), (3, 5), (2, 65_537)])
def test_draws_have_the_shape_that_was_asked_for(shape: tuple[int, ...]) -> None:
    drawn = standard_normal(np.random.default_rng(0), shape)
    assert drawn.shape == shape and drawn.dtype == np.float32 and np.isfinite(drawn).all()


def test_float32_and_float64_are_the_same_network() -> None:
    single, double = (simulate(Experiment(depth=4, width=60, samples=80, dtype=d)) for d in ("float32", "float64"))
    for column in ("mean", "std", "weight_std", "grad_h_std", "grad_w_std"):
        rms = np.nan_to_num(double.column("std"), nan=1.0)
        assert single.column(column) == pytest.approx(
            double.column(column), rel=1e-4, abs=1e-5 * rms.max(), nan_ok=True
        )


# --- cost ---


def test_memory_stays_below_one_and_a_half_times_weights_and_activations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "threads", lambda: min(threads(), 2))  # each more draws in 2 MB of its own
    experiment = Experiment()
    Workspace._kept.clear()
    simulate(experiment.changed(depth=1, width=2, samples=2))  # imports and thread pools are not the experiment's
    Workspace._kept.clear()
    tracemalloc.start()
    simulate(experiment)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    values = experiment.depth * (experiment.width**2 + experiment.samples * experiment.width)
    assert peak <= 1.5 * 4 * values


def test_progress_rises_to_the_end_and_can_stop_the_work() -> None:
    class Stop(Exception):
        pass

    seen: list[float] = []
    simulate(Experiment(depth=5, width=10, samples=10), progress=seen.append)
    assert seen == sorted(seen) and seen[0] >= 0 and seen[-1] == 1

    def stop(share: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        simulate(Experiment(depth=5, width=10, samples=10), progress=stop)


def test_too_big_an_experiment_is_refused_before_it_runs() -> None:
    with pytest.raises(OverBudget):
        simulate(Experiment(), budget=Budget(gflop=1.0))


def test_fixed_bins_are_those_of_the_lecture() -> None:
    first, *hidden = (layer.h.fine.histogram(Bins(30, -1.0, 1.0)) for layer in simulate(Experiment(depth=2, width=30)))
    assert first.edges == pytest.approx(np.linspace(-1, 1, 31))
    assert first.below > 0 and first.above > 0  # unit normals reach further
    assert all(histogram.counts.sum() == histogram.total for histogram in hidden)


# --- a network of somebody's own ---


def test_a_drawn_network_gives_the_same_as_its_experiment() -> None:
    """All but the last gradient, which its own seed draws."""
    experiment = Experiment(depth=3, width=30, samples=50, bias_std=0.3, residual=0.5, normalization="batch")
    whole = simulate(experiment).to_frame()
    network, batch = draw_network(experiment), input_batch(experiment)
    before = [layer.weights.copy() for layer in network.layers], batch.copy()
    own = simulate_network(network, batch).to_frame()
    forward = [name for name in whole.columns if "grad" not in name]
    assert len(forward) > 15
    pd.testing.assert_frame_equal(own[forward], whole[forward], check_exact=True)
    assert all(np.array_equal(a, layer.weights) for a, layer in zip(before[0], network.layers, strict=True))
    assert np.array_equal(before[1], batch)


def test_every_layer_may_be_different() -> None:
    """Widths, activations, normalizations with learnt scale and shift, arrays that cannot be written to or lie by
    columns: the statistics are those of `Network` on the whole batch."""
    rng = np.random.default_rng(0)
    kinds = [
        ("tanh", 7, "none", False),
        ("maxout", 12, "layer", False),
        ("relu", 12, "batch", True),
        ("gelu", 3, "none", False),
    ]
    fan_in, layers, arrays = 5, [], []
    for id, width, norm, skip in kinds:
        phi = ACTIVATIONS[id]
        alpha = phi.alpha(None)
        branch = 0.5 if skip else 1.0
        layers.append(
            LayerSpec(phi, alpha, fan_in, width, phi.pieces(alpha), None, 0.0, branch, skip, NORMALIZATIONS[norm])
        )
        units = layers[-1].weight_shape[1]
        learnt = (1 + rng.random(units), rng.random(units)) if norm != "none" else (None, None)
        arrays.append((np.asfortranarray(rng.standard_normal((fan_in, units))), rng.random(units), *learnt))
        fan_in = width
    network = Network(NetworkSpec(tuple(layers), dtype="float64"), *zip(*arrays, strict=True))
    batch = rng.standard_normal((40, 5))
    batch.flags.writeable = False
    result = simulate_network(network, batch, seed=3)
    values = network.forward(batch)
    upstream = standard_normal(np.random.default_rng(3), (40, 3)).astype(float)
    gradients = network.backward(values, upstream)
    assert result.column("std")[1:] == pytest.approx([each.out.std() for each in values])
    assert result.column("z_std")[1:] == pytest.approx([each.z.std() for each in values])
    assert result.column("grad_h_std") == pytest.approx(
        [*(each.h.std() for each in gradients if each.h is not None), upstream.std()]
    )
    assert result.column("grad_w_std")[1:] == pytest.approx([each.weights.std() for each in gradients])
    assert result.column("fan_in")[1:].tolist() == [5, 7, 12, 12]


# --- threads ---


def blas_threads() -> list[int]:
    return [int(library["num_threads"]) for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_gets_its_threads_back_however_simulations_overlap() -> None:
    before = blas_threads()
    with own_threads(), own_threads():
        assert set(blas_threads()) == {1}
    with pytest.raises(ZeroDivisionError), own_threads():
        raise ZeroDivisionError
    assert blas_threads() == before


def test_blas_works_on_one_thread_whoever_comes_first_and_leaves_last() -> None:
    before = blas_threads()
    first, second = own_threads(), own_threads()
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        for enter, leave in ((one, other), (other, one)):
            with own_threads():
                assert set(blas_threads()) == {1}
            enter.submit(first.__enter__).result()
            assert set(blas_threads()) == {1}
            leave.submit(second.__enter__).result()
            enter.submit(first.__exit__, None, None, None).result()
            assert set(blas_threads()) == {1}
            leave.submit(second.__exit__, None, None, None).result()
            assert blas_threads() == before
            first, second = own_threads(), own_threads()


def test_every_thread_computes_the_same_network() -> None:
    """To the last bit: chaotic networks blow up any difference."""
    experiment = Experiment(std=1.0)
    here = simulate(experiment)
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(simulate, experiment).result()
    pd.testing.assert_frame_equal(here.to_frame(), there.to_frame(), check_exact=True)


def test_members_meet_share_and_keep_the_error_state() -> None:
    def work(member: Worker) -> tuple[list[int], list[list[int]], int]:
        steps = [member.gather(10 * step + member.rank) for step in range(50)]
        np.log(np.zeros(1))
        return member.once(lambda: [member.rank]), steps, len(member.share(range(7)))

    with np.errstate(divide="ignore"):
        once, steps, share = run_team(work, 3)
    assert once == [0]
    assert steps == [[10 * step + rank for rank in range(3)] for step in range(50)]
    assert share == 3  # 0, 3 and 6
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        run_team(work, 3)


@pytest.mark.parametrize("unlucky", range(3))
@pytest.mark.parametrize("before_meeting", [True, False])
def test_a_members_error_ends_all_and_is_raised(unlucky: int, before_meeting: bool) -> None:
    def work(member: Worker) -> None:
        if not before_meeting:
            member.gather(None)
        if member.rank == unlucky:
            raise ZeroDivisionError
        if before_meeting:
            member.gather(None)

    before = active_count()
    with pytest.raises(ZeroDivisionError):
        run_team(work, 3)
    assert active_count() == before


@pytest.mark.parametrize("items", [1, 2, 7, 1000])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_members_have_all_items_among_them(items: int, size: int) -> None:
    parts = run_team(lambda member: member.gather(list(member.neighbours(range(items)))), size)
    assert [item for part in parts for item in part] == list(range(items))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_thread_that_cannot_start_ends_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = Thread.start, active_count()

    def unlucky(thread: Thread) -> None:
        if thread.name == "initviz-2":
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(Thread, "start", unlucky)
    with pytest.raises(RuntimeError, match="can't start"):
        run_team(lambda member: member.gather(None), 3)
    assert active_count() == started


@pytest.mark.parametrize("shape", [(1, 1), (2, 2048), (1000, 500), (1797, 100), (10_000, 3)])
def test_chunks_hold_every_row_once_and_are_enough_for_two_threads(shape: tuple[int, int]) -> None:
    chunks = row_chunks(*shape)
    assert [row for chunk in chunks for row in range(chunk.start, chunk.stop)] == list(range(shape[0]))
    assert len(chunks) >= min(2, shape[0]) or prod(shape) < 2 * SHARE


@pytest.mark.parametrize(
    ("activation", "initializer", "dtype"),
    [("relu", "he_normal", "float32"), ("sigmoid", "random_normal", "float64"), ("tanh", "lsuv", "float32")],
)
@pytest.mark.parametrize("network", NETWORKS)
def test_one_thread_and_many_agree_to_the_last_bit(
    network: str, activation: str, initializer: str, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sigmoid's values lie so far from 0 that they are read twice; the batch is not a multiple of anything."""
    experiment = Experiment(
        activation=activation,
        initializer=initializer,
        depth=3,
        width=101,
        samples=613,
        dtype=dtype,
        **NETWORKS[network],
    )
    monkeypatch.setattr(run_module, "threads", lambda: 1)
    alone = simulate(experiment)
    for late, size in ((True, 2), (False, 3)):
        monkeypatch.setattr(run_module, "threads", lambda size=size: size)
        for name, measure in (("signal", signal), ("gradient", gradient), ("histogram", histogram)):
            monkeypatch.setattr(run_module, name, _delayed(measure, late))
        several = simulate(experiment)
        pd.testing.assert_frame_equal(several.to_frame(), alone.to_frame(), check_exact=True)
        for layer, other in zip(alone, several, strict=True):
            assert np.array_equal(layer.h.fine.counts, other.h.fine.counts)
            assert np.array_equal(layer.grad_h.histogram.counts, other.grad_h.histogram.counts)


def _delayed(measure: Callable[..., Any], late: bool) -> Callable[..., Any]:
    """Measures late in the main thread, or in all others: nobody may change meanwhile what is measured."""

    def delayed(*arguments: Any) -> Any:
        if late == (current_thread() is main_thread()):
            sleep(0.02)
        return measure(*arguments)

    return delayed
