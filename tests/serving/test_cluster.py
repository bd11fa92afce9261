"""Jobs on a Dask cluster of real processes: the answers of this process, its order, its errors; nothing lost when a
worker or the scheduler dies.

CI installs Dask (requirements-cluster.txt) and sets INITVIZ_REQUIRE_CLUSTER; elsewhere these tests may be skipped.
"""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from initviz.catalogue import InputError
from initviz.measure.ensemble import Ensemble, repeat
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.budget import OverBudget
from initviz.network.experiment import Experiment
from initviz.serving.cluster import Cluster
from initviz.serving.jobs import Jobs, Ticket
from initviz.serving.limits import check
from initviz.serving.memo import Memo
from tests.serving.works import fail_oddly, process, refuse, slow, unsendable

if not os.environ.get("INITVIZ_REQUIRE_CLUSTER"):
    pytest.importorskip("distributed")

from tests.load.cluster import DaskCluster

pytestmark = pytest.mark.xdist_group("cluster")

LONG = 60.0
BIG = 10.0
MANY = 12
SMALL = Experiment(depth=3, width=20, samples=30)


@pytest.fixture(scope="module")
def dask() -> Iterator[DaskCluster]:
    with DaskCluster() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def jobs(dask: DaskCluster) -> Iterator[Jobs]:
    """Of a process that does nothing big itself while the cluster is there."""
    with Jobs(1, 1000, Memo(2**24), cluster=Cluster(dask.address), grace=0.0) as service:
        there(service)
        yield service


def there(service: Jobs) -> None:
    until(lambda: service.counters().workers == 2)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def ask(jobs: Jobs, work: Callable[..., object], name: object, gflop: float = BIG) -> Ticket[object]:
    return jobs.ask(("cluster", name), work, gflop=gflop, mib=1)


def test_answers_are_those_of_this_process_and_read_only(jobs: Jobs) -> None:
    propagation = ask(jobs, partial(simulate, SMALL), "simulate").result()
    assert isinstance(propagation, Propagation)
    expected = simulate(SMALL)
    pd.testing.assert_frame_equal(propagation.to_frame(), expected.to_frame(), check_exact=True)
    for layer, other in zip(propagation.layers, expected.layers, strict=True):
        np.testing.assert_array_equal(layer.h.fine.counts, other.h.fine.counts)
        assert not layer.h.fine.counts.flags.writeable
    ensemble = ask(jobs, partial(repeat, SMALL, 3), "repeat").result()
    assert isinstance(ensemble, Ensemble)
    again = repeat(SMALL, 3)
    for name, values in again.values.items():
        np.testing.assert_array_equal(ensemble.values[name], values)
    assert not ensemble.values["std"].flags.writeable


def test_errors_are_those_of_this_process(jobs: Jobs) -> None:
    with pytest.raises(OverBudget, match=r"^Too big.* width 7, ") as raised:
        ask(jobs, partial(refuse), "refuse").result()
    assert raised.value.fit == Experiment(width=7)


def test_the_check_of_settings_knows_whether_it_answers(dask: DaskCluster, jobs: Jobs) -> None:
    for address, fit, why in (
        (dask.address, True, "its workers run 2 tasks at once"),
        ("tcp://127.0.0.1:1", False, "No Dask scheduler answers at tcp://127.0.0.1:1"),
    ):
        (finding,) = [one for one in check({"INITVIZ_CLUSTER": address}) if one.name == "INITVIZ_CLUSTER"]
        assert (finding.value, finding.fit) == (address, fit)
        assert why in finding.why


@pytest.mark.parametrize("work", [unsendable, fail_oddly])
def test_what_cannot_be_sent_is_said_and_holds_nobody_up(
    dask: DaskCluster, work: Callable[..., object], tmp_path: Path
) -> None:
    """Dask alone would try again and again. Not in `jobs`: the failures of those are counted."""
    with Jobs(1, 1000, Memo(2**20), cluster=Cluster(dask.address), grace=0.0) as service:
        there(service)
        with pytest.raises(InputError, match=r"^A worker of the cluster has done this, but .* cannot be sent here: "):
            ask(service, partial(work), work.__name__).result()
        assert ask(service, partial(slow, str(tmp_path), "after", 0.0), "after").result() == "after"


def test_it_tells_how_far_it_is_and_stops_when_nobody_waits(jobs: Jobs, tmp_path: Path) -> None:
    ticket = ask(jobs, partial(slow, str(tmp_path), "long", LONG), "long")
    until(lambda: ticket.progress > 0)
    ticket.stop()
    until((tmp_path / "stopped long").exists)
    until(lambda: jobs.counters().running == 0)


def test_what_is_due_first_runs_first_whoever_sent_it(dask: DaskCluster, jobs: Jobs, tmp_path: Path) -> None:
    """Two jobs fill the workers, five wait; one of another process that is due before them passes them."""
    with Jobs(1, 1000, Memo(2**20), cluster=Cluster(dask.address)) as another:
        there(another)  # connecting may take longer than the big ones
        others = [ask(jobs, partial(slow, str(tmp_path), f"big-{i}", 0.5), f"big-{i}", gflop=100) for i in range(MANY)]
        until((tmp_path / "begun big-0").exists)
        assert ask(another, partial(slow, str(tmp_path), "next", 0.0), "next", gflop=2).result() == "next"
        assert not (tmp_path / f"ended big-{MANY - 1}").exists()
    assert [ticket.result() for ticket in others] == [f"big-{i}" for i in range(MANY)]


def test_a_killed_worker_loses_nothing(dask: DaskCluster, jobs: Jobs, tmp_path: Path) -> None:
    tickets = [ask(jobs, partial(slow, str(tmp_path), str(i), 0.3), f"kill-{i}") for i in range(8)]
    until((tmp_path / "begun 0").exists)
    dask.kill_worker()
    assert [ticket.result() for ticket in tickets] == [str(i) for i in range(8)]
    assert jobs.counters().failed == 1  # the one that was to fail, above
    there(jobs)


def test_without_its_scheduler_work_is_done_here_until_it_is_back(dask: DaskCluster, jobs: Jobs) -> None:
    tickets = [ask(jobs, partial(simulate, SMALL.changed(seed=i)), f"gone-{i}") for i in range(4)]
    dask.kill_scheduler()
    tickets += [ask(jobs, partial(simulate, SMALL.changed(seed=i)), f"gone-{i}") for i in range(4, 8)]
    for seed, ticket in enumerate(tickets):
        propagation = ticket.result()
        assert isinstance(propagation, Propagation)
        assert propagation.column("std")[-1] == simulate(SMALL.changed(seed=seed)).column("std")[-1]
    until(lambda: jobs.counters().workers == 0)
    assert ask(jobs, partial(simulate, SMALL), "alone").result()
    dask.start()
    there(jobs)
    assert ask(jobs, partial(process), "back").result() != os.getpid()
