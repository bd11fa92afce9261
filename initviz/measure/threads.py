"""Several threads that do one piece of work side by side, as many as BLAS may use."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from functools import lru_cache
from math import ceil, log2
from threading import Barrier, BrokenBarrierError, Lock, Thread
from typing import Any, TypeVar

from threadpoolctl import OpenBLASController, ThreadpoolController

T = TypeVar("T")

SHARE = 2**14
"""Values of a layer for which another thread is worth its start and its meetings."""

CHUNK_ROWS = 512
"""Rows of a matrix product; with half as many it would spend a tenth of its time on arranging the other matrix."""


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


@lru_cache(maxsize=1)
def threads() -> int:
    """How many threads one simulation may use: as many as BLAS had when this was first asked.

    A shared server sets OPENBLAS_NUM_THREADS=1, so that its visitors' simulations do not fight for the cores.
    """
    return min([os.cpu_count() or 1, *(int(library["num_threads"]) for library in _blas().info())])


class _Team:
    """What the members of one piece of work have in common."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.barrier = Barrier(size)
        self.slots: tuple[list[Any], list[Any]] = ([None] * size, [None] * size)
        self.error: BaseException | None = None


class Worker:
    """One of the threads that do a piece of work together. All of them take the same steps, each with its own share."""

    def __init__(self, team: _Team, rank: int) -> None:
        self._team = team
        self.rank = rank
        """0 is the thread that called `run_team`."""
        self._met = 0

    def gather(self, value: T) -> list[T]:
        """What each member gives, in order of rank: a meeting, where the first to come waits for the last."""
        slots: list[T] = self._team.slots[self._met % 2]  # two sets in turn: nobody writes what another still reads
        self._met += 1
        slots[self.rank] = value
        if self._team.size > 1:
            self._team.barrier.wait()
        return slots[:]

    def once(self, work: Callable[[], T]) -> T:
        """What `work` returns: done by one member, after all have come and before any goes on."""
        self.gather(None)
        return self.gather(work() if self.rank == 0 else None)[0]  # type: ignore[return-value]

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """Every so many-th of the items."""
        return items[self.rank :: self._team.size]

    def neighbours(self, items: Sequence[T]) -> range:
        """Places of a run of the items, nearly as long as everyone else's."""
        count, size = len(items), self._team.size
        return range(count * self.rank // size, count * (self.rank + 1) // size)


def run_team(work: Callable[[Worker], T], size: int) -> T:
    """What work(member) returns for the calling thread, after `size` members have done their share.

    When one of them fails, the others stop at their next meeting and its error is raised. NumPy's error state is the
    caller's.
    """
    team = _Team(size)
    others = [
        Thread(target=copy_context().run, args=(_follow, work, team, rank), name=f"initviz-{rank}")
        for rank in range(1, size)
    ]
    started: list[Thread] = []
    try:
        for other in others:
            other.start()
            started.append(other)
        result = work(Worker(team, 0))
    except BrokenBarrierError:
        assert team.error
        raise team.error from None
    except BaseException:
        team.barrier.abort()
        raise
    finally:
        for other in started:
            other.join()
    if team.error:
        raise team.error
    return result


def _follow(work: Callable[[Worker], object], team: _Team, rank: int) -> None:
    try:
        work(Worker(team, rank))
    except BrokenBarrierError:
        pass  # somebody else's error, who has kept it
    except BaseException as error:
        team.error = error
        team.barrier.abort()


class _Guests:
    """How many simulations run now; BLAS gets its threads back after the last."""

    lock = Lock()
    count = 0
    limit = None


@contextmanager
def own_threads() -> Iterator[None]:
    """Inside, BLAS works on the calling thread only: its own threads keep spinning after a product, and would take
    the cores from the members of `run_team`."""
    if threads() == 1:
        yield
        return
    with _Guests.lock:
        if _Guests.count == 0:
            _take_control()
            _Guests.limit = _blas().limit(limits=1)
        _Guests.count += 1
    try:
        yield
    finally:
        with _Guests.lock:
            _Guests.count -= 1
            if _Guests.count == 0 and _Guests.limit is not None:
                _take_control()
                _Guests.limit.restore_original_limits()


def _take_control() -> None:
    """threadpoolctl lets one thread set limits and silently ignores all others until it is told that the first is done.
    Here whoever comes first and whoever leaves last may be any thread; `_Guests` sees to the order."""
    OpenBLASController.clear_controlling_thread(force=True)


def row_chunks(rows: int, columns: int) -> list[slice]:
    """The rows in nearly equal chunks: a power of two of them, two or more where threads are worth it."""
    wanted = max(rows / CHUNK_ROWS, min(2, rows * columns / SHARE), 1)
    count = min(rows, 2 ** ceil(log2(wanted)))
    return [slice(rows * part // count, rows * (part + 1) // count) for part in range(count)]
