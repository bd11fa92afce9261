"""Independent pieces of work side by side, on as many threads as BLAS may use."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import lru_cache
from itertools import pairwise
from threading import Lock
from typing import TypeVar

from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
Result = TypeVar("Result")


@lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")


@lru_cache(maxsize=1)
def threads() -> int:
    """How many threads one simulation may use: as many as BLAS had when this was first asked.

    A shared server sets OPENBLAS_NUM_THREADS=1, so that its visitors' simulations do not fight for the cores.
    """
    return min([os.cpu_count() or 1, *(int(library["num_threads"]) for library in _blas().info())])


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads(), thread_name_prefix="initviz")


def start(work: Callable[[Item], Result], item: Item) -> Callable[[], Result]:
    """Begin work(item) on another thread; calling what is returned waits for the result. With one thread it is done at
    once. NumPy's error state is the caller's. `work` must not use this module itself: it could wait for ever.
    """
    if threads() == 1:
        result = work(item)
        return lambda: result
    return _pool().submit(copy_context().run, work, item).result


def side_by_side(work: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """[work(item) for item in items], on all threads, after what was started before."""
    waiting = [start(work, item) for item in items]
    return [wait() for wait in waiting]


def row_parts(rows: int) -> list[slice]:
    """As many ranges of rows as there are threads, of nearly equal length (fewer, if there are fewer rows)."""
    parts = min(threads(), rows)
    edges = [rows * part // parts for part in range(parts + 1)]
    return [slice(first, last) for first, last in pairwise(edges)]


class _Guests:
    """How many simulations run now; BLAS gets its threads back after the last."""

    lock = Lock()
    count = 0
    limit = None


@contextmanager
def own_threads() -> Iterator[None]:
    """Inside, BLAS works on the calling thread only: its own threads keep spinning after a product, and would take
    the cores from `side_by_side`."""
    if threads() == 1:
        yield
        return
    with _Guests.lock:
        if _Guests.count == 0:
            _Guests.limit = _blas().limit(limits=1)
        _Guests.count += 1
    try:
        yield
    finally:
        with _Guests.lock:
            _Guests.count -= 1
            if _Guests.count == 0 and _Guests.limit is not None:
                _Guests.limit.restore_original_limits()
