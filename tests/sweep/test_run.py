"""Sweeps: the same table from any executor, nothing lost when a worker dies, nothing run twice."""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet, ref

import numpy as np
import pandas as pd
import pytest

from initviz.catalogue import InputError
from initviz.cli import main
from initviz.measure.simulate import simulate
from initviz.network.budget import cost
from initviz.network.experiment import Experiment
from initviz.sweep.plan import Grid, point_key
from initviz.sweep.run import UNDER_WAY, here, local_pool, run_sweep
from initviz.sweep.store import PART_POINTS, Store
from initviz.sweep.table import rows_of
from initviz.theory.prediction import predict

BASE = Experiment(depth=3, width=12, samples=20, std=0.3)
GRID = Grid.parse(BASE, {"activation": "tanh,relu,gelu", "depth": "1,3"}, seeds=4)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    store = Store(tmp_path_factory.mktemp("here"))
    outcome = run_sweep(GRID, store, here())
    assert (outcome.measured, outcome.known, outcome.failures) == (24, 0, {})
    return store.table()


def test_rows_are_what_simulation_and_theory_say(table: pd.DataFrame) -> None:
    start = 0
    for point in GRID.points():
        rows = table.iloc[start : start + point.depth + 1]
        start += point.depth + 1
        assert (rows["activation"] == point.activation).all()
        assert (rows["set_std"] == 0.3).all()
        assert (rows["seed"] == point.seed).all()
        measured, predicted = simulate(point), predict(point)
        for name in ("layer", "std", "dead", "grad_h_std", "weight_std"):
            np.testing.assert_array_equal(rows[name], measured.column(name))
        for name in ("std", "chi", "grad_w_std"):
            np.testing.assert_array_equal(rows[f"predicted_{name}"], predicted.column(name))
    assert start == len(table)


def test_a_killed_worker_loses_nothing(table: pd.DataFrame, tmp_path: Path) -> None:
    """The pool breaks, is opened again, and every number is the one of a run without it."""
    killed: list[int] = []

    def kill_once(share: float) -> None:
        workers = multiprocessing.active_children()
        if share > 0.1 and not killed and workers:
            assert workers[0].pid
            killed.append(workers[0].pid)
            os.kill(workers[0].pid, signal.SIGKILL)

    store = Store(tmp_path)
    outcome = run_sweep(GRID, store, local_pool(2), progress=kill_once)
    assert killed
    assert outcome.reopened >= 1
    assert (outcome.measured, outcome.failures) == (24, {})
    pd.testing.assert_frame_equal(store.table(), table, check_exact=True)


class StopError(Exception):
    pass


def stop_after(share: float) -> None:
    if share > 0.4:
        raise StopError


def test_a_stopped_sweep_goes_on_where_it_was(table: pd.DataFrame, tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(StopError):
        run_sweep(GRID, store, here(), progress=stop_after)
    half = len(store.keys())
    assert 0 < half < 24
    (tmp_path / ".part-1.parquet.abc").write_bytes(b"what a kill leaves behind")
    outcome = run_sweep(GRID, Store(tmp_path), here())
    assert (outcome.known, outcome.measured) == (half, 24 - half)
    pd.testing.assert_frame_equal(Store(tmp_path).table(), table, check_exact=True)


def test_a_wider_grid_runs_only_what_is_new(table: pd.DataFrame, tmp_path: Path) -> None:
    run_sweep(GRID, Store(tmp_path), here())
    wider = Grid.parse(BASE, {"activation": "tanh,relu,gelu,swish", "depth": "1,3"}, seeds=5)
    outcome = run_sweep(wider, Store(tmp_path), here())
    assert (outcome.known, outcome.measured) == (24, 16)
    everything = Store(tmp_path).table()
    assert len(everything) == 5 * 4 * (2 + 4)
    kept = everything[everything["point"].isin(table["point"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, table, check_exact=True)


def test_the_last_layer_alone(tmp_path: Path) -> None:
    run_sweep(GRID, Store(tmp_path), here(), last_layer_only=True)
    rows = Store(tmp_path).table()
    assert len(rows) == 24
    assert (rows["layer"] == rows["depth"]).all()
    with pytest.raises(InputError, match="keeps the last layer only"):
        run_sweep(GRID, Store(tmp_path), here())


@pytest.mark.parametrize("text", ["", "{", '{"format": 99}', "[]"])
def test_a_folder_that_is_no_sweep_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(InputError):
        Store(tmp_path).table()
    with pytest.raises(InputError, match="holds no sweep"):
        Store(tmp_path / "nowhere").table()


class _Kept(dict[str, list[object]]):
    """Rows that a weak reference may watch."""


class _Counting(Executor):
    """Hands out the rows of one experiment under other names, and counts those that somebody still has."""

    def __init__(self) -> None:
        self._rows = rows_of(BASE)
        self.alive: WeakSet[Future[object]] = WeakSet()
        self.rows: list[ref[_Kept]] = []

    def submit(self, function, /, *arguments, **options):  # type: ignore[no-untyped-def]
        future: Future[object] = Future()
        rows = _Kept(self._rows | {"point": [point_key(arguments[0])] * (BASE.depth + 1)})
        future.set_result(rows)
        self.alive.add(future)
        self.rows.append(ref(rows))
        return future


def test_memory_does_not_grow_with_the_sweep(tmp_path: Path) -> None:
    """A run that keeps its futures, or a store that keeps its rows, has thousands at the end."""
    executor, most = _Counting(), 0

    @contextmanager
    def opening() -> Iterator[tuple[Executor, int]]:
        yield executor, 2

    def look(share: float) -> None:
        nonlocal most
        most = max(most, len(executor.alive), sum(rows() is not None for rows in executor.rows))

    run_sweep(Grid(BASE, seeds=700), Store(tmp_path), opening, progress=look)
    assert len(Store(tmp_path).keys()) == 700
    assert most <= PART_POINTS + 2 * UNDER_WAY


# --- the command line ---

SMALL = ["sweep", "--depth", "2", "--samples", "10", "--workers", "0"]


def test_the_command_says_what_it_will_take_and_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = [*SMALL, "--width", "8", "--activation", "tanh,relu", "--seeds", "2", "--out", str(tmp_path / "new")]
    assert main(command) == 0
    said = capsys.readouterr()
    assert "4 experiments" in said.err
    assert "GFLOP: about" in said.err
    assert "Measured: 4. There already: 0." in said.out
    assert main(command) == 0
    assert "Measured: 0. There already: 4." in capsys.readouterr().out


def test_failures_are_named_and_the_rest_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = cost(Experiment(depth=2, width=8, samples=10)).gflop
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", str(2 * small))
    assert main([*SMALL, "--width", "8,500", "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert "Measured: 1." in said
    assert "2 x 500" in said
    assert "needs about" in said


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--depth", "1,2"], "Give --out"),
        (["--depth", "1,2", "--seeds", "few", "--out", "x"], "not a whole number"),
        (["--seeds", "9999", "--depth", "1,2,3,4,5,6,7,8,9,10,11", "--out", "x"], "add --yes"),
        (["--std", "a,b", "--out", "x"], "not a number"),
    ],
)
def test_what_cannot_be_is_refused(flags: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", *flags]) == 2
    assert message in capsys.readouterr().err
