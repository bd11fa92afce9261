"""What an experiment costs, from shapes alone, and the largest one that is run."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initviz.catalogue import InputError
from initviz.network.budget import Budget, Cost, OverBudget, cost, network_cost
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.serving.jobs import SMALL_GFLOP
from tests.network.test_experiment import experiments


def test_products_are_three_a_layer() -> None:
    """6 n m w operations: forward, dL/dh and dL/dW, a multiplication and an addition each."""
    assert cost(Experiment(samples=10, depth=4, width=100)).products == pytest.approx(4 * 6 * 10 * 100 * 100 / 1e9)
    assert cost(Experiment(activation="maxout", alpha=4)).products == pytest.approx(4 * cost(Experiment()).products)


@pytest.mark.parametrize("initializer", INITIALIZERS)
def test_weights_are_work_whatever_is_multiplied(initializer: str) -> None:
    """25 million weights for two samples: they take a second, and must not pass for a small job."""
    needed = cost(Experiment(initializer=initializer, depth=100, width=500, samples=2))
    assert needed.products < SMALL_GFLOP / 2
    assert needed.gflop > 10 * SMALL_GFLOP  # its layers alone, whatever their size, count half of that


def test_drawing_counts_where_it_takes_longer_than_a_draw() -> None:
    drawn = cost(Experiment(samples=2, width=1024)).gflop
    for initializer in ("orthogonal", "lsuv", "sparse"):
        assert cost(Experiment(initializer=initializer, samples=2, width=1024)).gflop > 1.5 * drawn


def test_values_and_layers_are_work_too() -> None:
    narrow = cost(Experiment(width=2, samples=10_000))
    assert narrow.gflop > 20 * narrow.products
    assert cost(Experiment(width=2, samples=2, depth=100)).gflop > SMALL_GFLOP


def test_a_network_that_is_there_costs_no_drawing() -> None:
    """A model of somebody's own has a cost too; layers may differ."""
    e = Experiment(initializer="orthogonal")
    given_ = network_cost(e.spec(), e.samples)
    drawn = cost(e)
    assert given_.products == drawn.products
    assert given_.gflop < drawn.gflop
    assert given_.mib < drawn.mib
    first, *others = e.spec().layers
    wide = replace(e.spec(), layers=(replace(first, width=2000), replace(others[0], fan_in=2000), *others[1:]))
    assert network_cost(wide, e.samples).products == pytest.approx((4 + 4 + 8) / 10 * given_.products)


def test_threads_that_draw_side_by_side_need_memory_each(monkeypatch: pytest.MonkeyPatch) -> None:
    def mib(threads: str) -> float:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
        return cost(Experiment(initializer="orthogonal", width=2048, depth=3, samples=2)).mib

    assert mib("3") - mib("2") == pytest.approx(mib("2") - mib("1"))
    assert mib("2") > mib("1") + 100
    assert mib("64") == mib("3"), "no more than there are layers"


@pytest.mark.parametrize(("gflop", "mib", "covered"), [(1, 1, True), (2, 1, False), (1, 2, False)])
def test_a_budget_covers_what_stays_within_both(gflop: float, mib: float, covered: bool) -> None:
    assert Budget(1, 1).covers(Cost(gflop, mib, 0)) == covered


def test_a_data_set_costs_the_rows_it_has() -> None:
    assert cost(Experiment(inputs="digits", samples=10_000)) == cost(Experiment(inputs="digits", samples=1797))


@settings(deadline=None)
@given(experiments(), st.floats(0.1, 100), st.floats(80, 4000))
def test_the_nearest_fit_fits_and_is_the_largest(e: Experiment, gflop: float, mib: float) -> None:
    budget = Budget(gflop, mib)
    fit = budget.nearest_fit(e)
    assert budget.allows(fit)
    if budget.allows(e):
        assert fit == e
        return
    changed = [name for name in ("width", "samples", "depth") if getattr(fit, name) != getattr(e, name)]
    assert e.changed(**{name: getattr(fit, name) for name in changed}) == fit, "only the size changes"
    name = changed[-1]
    assert not budget.allows(fit.changed(**{name: getattr(fit, name) + 1})), "one more would fit too"


def test_too_big_is_refused_with_the_nearest_size() -> None:
    big = Experiment(depth=100, width=2048, samples=10_000)
    with pytest.raises(OverBudget) as caught:
        Budget().check(big)
    fit = caught.value.fit
    assert f"depth {fit.depth}, width {fit.width}, {fit.samples} samples" in str(caught.value)
    assert "500 GFLOP" in str(caught.value)
    Budget().check(fit)


def test_the_environment_raises_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("INITVIZ_MAX_GFLOP", "INITVIZ_MAX_MIB"):
        monkeypatch.delenv(variable, raising=False)
    assert Budget.from_environment() == Budget()
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", "1e6")
    assert Budget.from_environment() == Budget(gflop=1e6)
    monkeypatch.setenv("INITVIZ_MAX_MIB", "64")
    assert Budget.from_environment() == Budget(gflop=1e6, mib=64)


@pytest.mark.parametrize("text", ["", "many", "0", "-1", "nan"])
def test_an_environment_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", text)
    with pytest.raises(InputError, match=f"INITVIZ_MAX_GFLOP must be a positive number, not '{text}'"):
        Budget.from_environment()
