"""Runs the missing experiments of a sweep on any executor, and survives workers that die.

Public: run_sweep, Keeper, Outcome; Opening, local_pool, here, cluster, kept_cluster.

A process pool breaks as a whole when one of its workers is killed: all that was under way is lost. So only a few tasks
a worker are under way at a time, a broken pool is opened again, and what is missing runs again. Dask does that itself.
"""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import Protocol, TypeAlias

from initviz.network.experiment import Experiment
from initviz.progress import Progress
from initviz.serving.cluster import Cluster, connected
from initviz.sweep.plan import Grid, point_key
from initviz.sweep.table import Rows, rows_of

Opening: TypeAlias = Callable[[], AbstractContextManager[tuple[Executor, int]]]
"""Opens an executor and says how many tasks it runs at once; called again when one breaks."""

SUSPECT = 2
"""A task that was under way when so many executors broke runs alone from then on, so that it fails alone."""
ATTEMPTS = 5
"""And is given up when so many did."""

UNDER_WAY = 4
"""Tasks a worker: enough that none waits for the next, and few are lost with a broken pool."""


class Keeper(Protocol):
    """Where rows go: a `Store` on disk, or memory."""

    def begin(self, grid: Grid, last_layer_only: bool, /) -> None:
        """Called first. Raises InputError where the rows of this sweep cannot be kept."""

    def keys(self) -> set[str]:
        """Keys of the experiments that need not run."""

    def add(self, rows: Rows, /) -> None:
        """Keep the rows of one experiment."""

    def writing(self) -> AbstractContextManager[None]:
        """Around everything that is added."""


@dataclass
class Outcome:
    """What a run of a sweep came to."""

    measured: int = 0
    known: int = 0
    """Experiments that the store held already."""
    failures: dict[str, str] = field(default_factory=dict)
    """Summary of an experiment -> why it has no rows."""
    reopened: int = 0
    """How often an executor broke."""


def run_sweep(
    grid: Grid,
    store: Keeper,
    opening: Opening,
    *,
    progress: Progress | None = None,
    last_layer_only: bool = False,
) -> Outcome:
    """Measure what the store does not hold yet. `progress` may raise to stop: what is measured by then is kept.

    Raises InputError where the store belongs to another kind of sweep.
    """
    store.begin(grid, last_layer_only)
    held = store.keys()
    missing = [point for point in grid.points() if point_key(point) not in held]
    outcome = Outcome(known=len(grid) - len(missing))
    run = _Run(missing, store, outcome, progress or (lambda share: None), last_layer_only)
    with store.writing():
        while run.waiting:
            try:
                with opening() as (executor, workers):
                    run.work(executor, UNDER_WAY * workers)
            except BrokenExecutor:
                outcome.reopened += 1
                run.put_back()
    return outcome


class _Run:
    """What is waiting, and what is under way."""

    def __init__(
        self, missing: list[Experiment], store: Keeper, outcome: Outcome, progress: Progress, last_layer_only: bool
    ) -> None:
        self.waiting = missing[::-1]
        self._total = len(missing)
        self._store, self._outcome, self._progress = store, outcome, progress
        self._last_layer_only = last_layer_only
        self._under_way: dict[Future[Rows], Experiment] = {}
        self._attempts: dict[Experiment, int] = {}

    def work(self, executor: Executor, most: int) -> None:
        """Until nothing is left. Raises BrokenExecutor when the executor does."""
        try:
            while self.waiting or self._under_way:
                while self.waiting and len(self._under_way) < self._room(most):
                    point = self.waiting[-1]
                    future = executor.submit(rows_of, point, self._last_layer_only)
                    self._under_way[future] = point
                    self.waiting.pop()
                    if future.done():  # it ran here: say so before the next one
                        break
                done, _ = wait(self._under_way, timeout=1.0, return_when=FIRST_COMPLETED)
                for future in done:
                    self._take(future)
                self._progress(1 - (len(self.waiting) + len(self._under_way)) / self._total)
        except BaseException:
            for future in self._under_way:
                future.cancel()
            raise

    def _room(self, most: int) -> int:
        return 1 if self._attempts.get(self.waiting[-1], 0) >= SUSPECT else most

    def _take(self, future: Future[Rows]) -> None:
        point = self._under_way[future]
        try:
            rows = future.result()
        except CancelledError:
            raise BrokenExecutor("The connection to the cluster was lost.") from None
        except BrokenExecutor:
            raise
        except Exception as error:  # whatever it is, it belongs to this experiment and the others go on
            self._outcome.failures[_named(point)] = str(error) or type(error).__name__
        else:
            self._store.add(rows)
            self._outcome.measured += 1
        del self._under_way[future]

    def put_back(self) -> None:
        """Whatever was under way waits again; what has seen too many executors break is given up."""
        for future, point in self._under_way.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                self._store.add(future.result())
                self._outcome.measured += 1
                continue
            self._attempts[point] = self._attempts.get(point, 0) + 1
            if self._attempts[point] < ATTEMPTS:
                self.waiting.append(point)
            else:
                self._outcome.failures[_named(point)] = "its worker died every time"
        self._under_way.clear()


def _named(point: Experiment) -> str:
    return f"{point.summary()} · seed {point.seed}"


# --- executors -----------------------------------------------------------------------------------------------------

ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def local_pool(workers: int) -> Opening:
    """Processes of this machine, started afresh, each with one BLAS thread."""

    @contextmanager
    def opening() -> Iterator[tuple[Executor, int]]:
        with _environment(dict.fromkeys(ONE_THREAD, "1")):  # read when a worker loads NumPy
            pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_leave_interrupts)
            for _ in range(workers):
                pool.submit(os.getpid)  # starts a worker while the environment holds
        try:
            yield pool, workers
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    return opening


def _leave_interrupts() -> None:
    """Ctrl-C reaches every process of a terminal; the sweep itself decides what happens then."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


class _Here(Executor):
    """Runs each task when it is handed in, in this very process."""

    def submit(self, function, /, *arguments, **options):  # type: ignore[no-untyped-def]
        future: Future[object] = Future()
        try:
            future.set_result(function(*arguments, **options))
        except Exception as error:
            future.set_exception(error)
        return future


def here() -> Opening:
    """This process: for small sweeps, and where processes cannot be started."""

    @contextmanager
    def opening() -> Iterator[tuple[Executor, int]]:
        yield _Here(), 1

    return opening


def kept_cluster(kept: Cluster | None, wait: float) -> Opening:
    """The cluster of a shared instance, or this process while none answers; `wait` as in `Cluster.run`."""

    @contextmanager
    def opening() -> Iterator[tuple[Executor, int]]:
        if kept is not None and kept.workers:
            yield kept.executor(wait), kept.workers
        else:
            yield _Here(), 1

    return opening


MOST_WORKERS = 250
"""For so many workers of a cluster tasks are under way even where there are fewer: more may come."""


def cluster(address: str) -> Opening:
    """Workers of a Dask cluster, such as tcp://scheduler:8786. Raises InputError without Dask or scheduler."""

    @contextmanager
    def opening() -> Iterator[tuple[Executor, int]]:
        with connected(address) as client:
            yield client.get_executor(pure=False), max(MOST_WORKERS, sum(client.nthreads().values()))

    return opening
