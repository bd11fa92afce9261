"""Sweeps on a Dask cluster of real processes: the same table bit for bit, nothing lost, nothing run twice.

CI installs Dask (requirements-cluster.txt) and sets INITVIZ_REQUIRE_CLUSTER; elsewhere these tests may be skipped.
"""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from initviz.cli import main
from initviz.serving.cluster import Cluster
from initviz.sweep.memory import sweep_in_memory
from initviz.sweep.plan import Grid
from initviz.sweep.run import cluster, here, kept_cluster, local_pool, run_sweep
from initviz.sweep.store import Store
from tests.sweep.test_run import BASE, GRID, StopError, stop_after

if not os.environ.get("INITVIZ_REQUIRE_CLUSTER"):
    pytest.importorskip("distributed")

import dask
from distributed import Client, LocalCluster

pytestmark = pytest.mark.xdist_group("cluster")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    patient = dask.config.set({"distributed.comm.timeouts.connect": "60s"})  # the machine may be busy
    with (
        patient,
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, worker_dashboard_address=None
        ) as local,
    ):
        yield local.scheduler_address


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    store = Store(tmp_path_factory.mktemp("here"))
    run_sweep(GRID, store, here())
    return store.table()


def same(store: Store, table: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(store.table(), table, check_exact=True)


def test_one_table_from_one_process_a_pool_and_a_cluster(address: str, table: pd.DataFrame, tmp_path: Path) -> None:
    for name, opening in {"pool": local_pool(2), "cluster": cluster(address)}.items():
        outcome = run_sweep(GRID, Store(tmp_path / name), opening)
        assert (outcome.measured, outcome.failures, outcome.reopened) == (24, {}, 0)
        same(Store(tmp_path / name), table)


def test_a_killed_worker_loses_nothing(address: str, table: pd.DataFrame, tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_once(share: float) -> None:
        if share > 0.1 and not killed:
            with Client(address, set_as_default=False) as client:
                pids: dict[str, Any] = client.run(os.getpid)
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    outcome = run_sweep(GRID, Store(tmp_path), cluster(address), progress=kill_once)
    assert killed
    assert (outcome.measured, outcome.failures) == (24, {})
    same(Store(tmp_path), table)


def test_a_stopped_sweep_goes_on_and_a_wider_one_runs_what_is_new(
    address: str, table: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StopError):
        run_sweep(GRID, Store(tmp_path), cluster(address), progress=stop_after)
    half = len(Store(tmp_path).keys())
    assert 0 < half < 24
    outcome = run_sweep(GRID, Store(tmp_path), cluster(address))
    assert (outcome.known, outcome.measured) == (half, 24 - half)
    same(Store(tmp_path), table)
    wider = Grid.parse(BASE, {"activation": "tanh,relu,gelu,swish", "depth": "1,3"}, seeds=4)
    outcome = run_sweep(wider, Store(tmp_path), cluster(address))
    assert (outcome.known, outcome.measured) == (24, 8)
    flags = ["--depth", "1,3", "--activation", "tanh,relu,gelu,swish", "--std", "0.3", "--width", "12"]
    flags += ["--samples", "20", "--seeds", "5", "--cluster", address, "--out", str(tmp_path)]
    assert main(["sweep", *flags]) == 0
    assert "Measured: 8. There already: 32." in capsys.readouterr().out


def test_the_sweep_of_a_page_runs_there_and_here_when_it_is_gone(address: str, table: pd.DataFrame) -> None:
    for where in (address, "tcp://127.0.0.1:9"):
        kept = Cluster(where)
        end = time.monotonic() + 30
        while where == address and not kept.workers and time.monotonic() < end:
            time.sleep(0.05)
        swept = sweep_in_memory(GRID, opening=kept_cluster(kept, 1.0))
        kept.close()
        last = table.groupby("point", sort=False)["std"].last()
        assert swept.column("std").ravel().tolist() == last.tolist()


def test_where_no_scheduler_answers_the_folder_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--depth", "1,2", "--out", str(tmp_path), "--cluster", "tcp://127.0.0.1:9"]) == 2
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in capsys.readouterr().err
