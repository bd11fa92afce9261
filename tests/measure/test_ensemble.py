"""Many networks of one experiment: their own columns, ordered quantiles, bounded work."""

from threading import active_count

import numpy as np
import pytest

from initviz.catalogue import InputError
from initviz.measure import ensemble
from initviz.measure.ensemble import Ensemble, at_once, check_seeds, repeat
from initviz.measure.simulate import simulate
from initviz.network.budget import Budget, OverBudget, cost
from initviz.network.experiment import SEEDS, Experiment

small = Experiment(depth=3, width=8, samples=10)


def test_each_network_is_the_one_of_its_seed() -> None:
    together = repeat(small, 3)
    assert together.seeds == 3
    for index in range(3):
        alone = simulate(small.changed(seed=index)).to_frame()
        for name, values in together.values.items():
            np.testing.assert_array_equal(values[index], alone[name].to_numpy(float))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_networks_side_by_side_are_those_one_after_another(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = Experiment(depth=2, width=300, samples=300)
    monkeypatch.setattr(ensemble, "threads", lambda: size)
    assert at_once(wide, Budget()) == size
    shares: list[float] = []
    together = repeat(wide, 4, shares.append)
    assert shares == sorted(shares) and shares[-1] == 1
    for index in range(4):
        np.testing.assert_array_equal(
            together.values["grad_w_std"][index], simulate(wide.changed(seed=index)).column("grad_w_std")
        )


def test_networks_run_side_by_side_as_far_as_memory_and_their_size_allow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "threads", lambda: 8)
    wide = Experiment(depth=2, width=300, samples=300)
    assert at_once(wide, Budget(mib=3.5 * cost(wide).mib)) == 3
    assert at_once(small, Budget()) == 1


def test_a_visitor_who_leaves_stops_all_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    class LeftError(Exception):
        pass

    def leave(share: float) -> None:
        if share > 0.1:
            raise LeftError

    monkeypatch.setattr(ensemble, "threads", lambda: 3)
    before = active_count()
    with pytest.raises(LeftError):
        repeat(Experiment(depth=2, width=300, samples=300), 9, leave)
    assert active_count() == before


def test_seeds_go_round_at_their_end() -> None:
    together = repeat(small.changed(seed=SEEDS - 1), 2)
    np.testing.assert_array_equal(together.values["std"][1], simulate(small.changed(seed=0)).column("std"))


def test_median_and_band_are_quantiles_of_the_seeds() -> None:
    together = repeat(small, 9)
    low, high = together.band("std")
    expected = np.quantile(together.values["std"], [0.05, 0.5, 0.95], axis=0)
    np.testing.assert_allclose([low, together.column("std"), high], expected, rtol=1e-12)
    assert (low < together.column("std")).all()
    assert (together.column("std") < high).all()


def test_what_is_no_number_in_some_networks_is_left_out() -> None:
    values = {"layer": np.zeros((3, 3)), "std": np.array([[1.0, np.nan, np.nan], [2, 5, np.inf], [3, 7, np.nan]])}
    np.testing.assert_array_equal(Ensemble(small, values).column("std"), [2, 6, np.nan])


def test_progress_grows_to_one_and_may_stop_the_work() -> None:
    shares: list[float] = []
    repeat(small, 2, shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)

    class StopError(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.5:
            raise StopError

    with pytest.raises(StopError):
        repeat(small, 2, stop)


@pytest.mark.parametrize("seeds", [-1, 0, 1, Budget().seeds + 1])
def test_impossible_numbers_of_seeds(seeds: int) -> None:
    with pytest.raises(InputError, match=f"2 to {Budget().seeds:g} seeds, not {seeds}"):
        repeat(small, seeds)


def test_an_ensemble_has_a_budget_of_its_own() -> None:
    one = cost(small).gflop
    budget = Budget(gflop=5 * one)
    check_seeds(small, 10, budget)
    with pytest.raises(InputError, match="here 10 seeds fit"):
        check_seeds(small, 11, budget)
    with pytest.raises(OverBudget):
        check_seeds(small, 2, Budget(gflop=one / 2))
