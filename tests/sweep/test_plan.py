"""Grids: what they hold, what they refuse, and names that stay."""

import json

import pytest

from initviz.catalogue import InputError
from initviz.network.budget import cost
from initviz.network.experiment import Experiment
from initviz.sweep.plan import Grid, plan_cost, point_key

BASE = Experiment(depth=2, width=8, samples=10, seed=2**31 - 2)


def test_every_combination_with_every_seed_once() -> None:
    grid = Grid.parse(BASE, {"activation": "tanh, relu", "std": "0.1,0.2,1"}, seeds=3)
    points = list(grid.points())
    assert len(grid) == len(points) == len(set(points)) == 18
    assert {point.seed for point in points} == {2**31 - 2, 2**31 - 1, 0}
    assert {(point.activation, point.std) for point in points} == {
        (a, s) for a in ("tanh", "relu") for s in (0.1, 0.2, 1)
    }
    assert len({point_key(point) for point in points}) == 18


def test_names_of_points_stay_over_processes_and_releases() -> None:
    assert point_key(Experiment(depth=3, std=0.5)) == "9e96fc75cb1fd3a6"
    assert point_key(Experiment()) != point_key(Experiment(seed=1))


def test_a_manifest_gives_the_grid_back() -> None:
    grid = Grid.parse(BASE, {"tied": "0,1", "depth": "2,5"}, seeds=2)
    again = Grid.from_record(json.loads(json.dumps(grid.record())))
    assert list(again.points()) == list(grid.points())


def test_cost_is_that_of_all_networks() -> None:
    grid = Grid.parse(BASE, {"width": "8,16"}, seeds=5)
    expected = 5 * (cost(BASE).gflop + cost(BASE.changed(width=16)).gflop)
    assert plan_cost(grid) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("texts", "seeds", "message"),
    [
        ({"activation": "tanh,relux"}, 1, "Did you mean 'relu'"),
        ({"depht": "1,2"}, 1, "no axis 'depht'"),
        ({"seed": "1,2"}, 1, "no axis 'seed'"),
        ({"depth": "1,0"}, 1, "from 1 to 100"),
        ({"depth": ","}, 1, "at least one value"),
        ({"depth": "2,2"}, 1, "a value twice"),
        ({"depth": "1,2"}, 0, "1 to 10000 seeds, not 0"),
        ({"activation": "tanh,prelu", "alpha": "0.1,0.2"}, 1, "impossible experiment"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(texts: dict[str, str], seeds: int, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Grid.parse(BASE, texts, seeds)


@pytest.mark.parametrize("record", [{}, {"base": 1, "axes": {}, "seeds": 1}, {"base": {}, "axes": 3, "seeds": 1}])
def test_what_is_no_manifest_is_refused(record: dict[str, object]) -> None:
    with pytest.raises(InputError, match="no grid"):
        Grid.from_record(record)
