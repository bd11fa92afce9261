"""Work that workers of a Dask cluster do instead of this process, where the operator has one.

Public: Cluster, Unreachable, connected. Dask is imported only by who asks for a cluster.

Dask sends functions and results as pickles: its scheduler's port is for this app alone, and TLS is set by Dask's own
variables (docs/deployment.md).
"""

import logging
import os
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor
from contextlib import contextmanager
from threading import Event, Thread
from traceback import clear_frames
from typing import Any, TypeAlias
from uuid import uuid4

from initviz.arrays import make_read_only
from initviz.catalogue import InputError
from initviz.progress import Report

_log = logging.getLogger(__name__)

CONNECTING = 5.0
"""Seconds for the scheduler to answer."""

LOOK_EVERY = 2.0
"""Seconds between two looks at the cluster, and between two attempts to reach it."""

SILENT = 3 * LOOK_EVERY
"""Seconds without a word from the scheduler after which it counts as gone."""

POLL = 0.2
"""Seconds between two looks at whether anybody still waits, and between two reports of a worker."""

Work: TypeAlias = Callable[[Report], Any]


class Unreachable(Exception):
    """The cluster was lost before it had done the work."""


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A `distributed.Client`. Raises InputError without Dask or scheduler."""
    client = _client(address)
    try:
        yield client
    finally:
        client.close()


def _dask() -> Any:
    try:
        import distributed  # noqa: PLC0415 - optional: requirements-cluster.txt
    except ImportError:
        raise InputError("A cluster needs Dask: pip install -r requirements-cluster.txt.") from None
    return distributed


def _client(address: str) -> Any:
    distributed = _dask()
    try:
        return distributed.Client(address, timeout=CONNECTING, set_as_default=False)
    except (OSError, TypeError, ValueError) as error:  # TypeError: an address with TLS without certificates
        raise InputError(f"No Dask scheduler answers at {address[:100]}: {error}.") from None


class Cluster:
    """One connection that is kept and made again when it was lost. Any thread may use it.

    Raises InputError where Dask is not installed; a scheduler that does not answer may come later.
    """

    def __init__(self, address: str) -> None:
        _dask()
        self.address = address
        self._client: Any = None
        self._workers = 0
        self._seen = 0.0
        self._shares: dict[str, float] = {}
        self._closed = Event()
        self._watcher = Thread(target=self._watch, name="cluster", daemon=True)
        self._watcher.start()

    @classmethod
    def from_environment(cls) -> "Cluster | None":
        """Of INITVIZ_CLUSTER; None where it is not set."""
        address = os.environ.get("INITVIZ_CLUSTER")
        return cls(address) if address else None

    @property
    def workers(self) -> int:
        """Tasks that it runs at once; 0 while it does not answer or has no worker."""
        return self._workers if time.monotonic() - self._seen < SILENT else 0

    def run(self, work: Work, report: Report, wait: float) -> Any:
        """What `work` returns, done by a worker; raises what it raises, and Unreachable when the cluster was lost.

        Next is, of what all processes sent, whatever has waited `wait` seconds or is closest to it. `report` may raise
        to give up; a worker that has begun stops at the next report of its own.
        """
        client, name = self._client, uuid4().hex
        if not self.workers:
            raise Unreachable
        self._shares[name] = 0.0
        try:
            priority = -time.time() - wait
            future = client.submit(_do, work, _topic(client), name, key=f"{TASK}-{name}", priority=priority)
            try:
                answer, error = self._awaited(future, report, name)
            finally:
                future.release()  # at once: an error would keep it alive
        finally:
            del self._shares[name]
        if error is not None:
            raise error
        make_read_only(answer)
        return answer

    def executor(self, wait: float) -> Executor:
        """For many tasks of one piece of work, which are next when it is. Raises BrokenExecutor."""
        if (client := self._client) is None:
            raise BrokenExecutor("The connection to the cluster was lost.")
        return _Executor(client, -time.time() - wait)

    def close(self) -> None:
        """Give up the connection."""
        self._closed.set()
        self._watcher.join()

    def _awaited(self, future: Any, report: Report, name: str) -> tuple[Any, Exception | None]:
        while True:
            try:
                sent: bytes = future.result(timeout=POLL)
            except TimeoutError:
                report(self._shares[name])
                if not self.workers:
                    raise Unreachable from None
            except _dask().KilledWorker:
                raise InputError("Every worker that tried this died: it may be too big for them.") from None
            except (Exception, CancelledError) as error:
                _log.warning("the cluster lost a job: %s", error)
                raise Unreachable from None
            else:
                return _unpacked(sent)

    # --- the thread that keeps the connection ---

    def _watch(self) -> None:
        while not self._closed.is_set():
            before = self.workers
            try:
                self._look()
            except (Exception, CancelledError) as error:  # whatever it is: it is tried again
                self._workers = 0
                if before:
                    _log.warning("the cluster at %s is gone, work is done here: %s", self.address, error)
            self._closed.wait(LOOK_EVERY)
        self._drop()

    def _look(self) -> None:
        if self._client is None or self._client.status != "running":
            self._drop()
            client = _client(self.address)
            client.subscribe_topic(_topic(client), self._hear)
            self._client = client
        threads = self._client.sync(self._client.scheduler.ncores, callback_timeout=CONNECTING)
        self._workers, self._seen = sum(threads.values()), time.monotonic()

    def _drop(self) -> None:
        client, self._client, self._workers = self._client, None, 0
        if client is not None:
            client.close(timeout=CONNECTING)

    def _hear(self, event: tuple[float, tuple[str, float]]) -> None:
        name, share = event[1]
        if name in self._shares:
            self._shares[name] = share


TASK = "initviz"


def _topic(client: Any) -> str:
    return f"{TASK}-{client.id}"


class _Executor(Executor):
    """Dask's executor, with a priority."""

    def __init__(self, client: Any, priority: float) -> None:
        self._inner, self._priority = client.get_executor(pure=False), priority

    def submit(self, function, /, *arguments, **options):  # type: ignore[no-untyped-def]
        return self._inner.submit(function, *arguments, priority=self._priority, **options)


# --- on a worker ---------------------------------------------------------------------------------------------------


class _Unwanted(Exception):
    """Nobody waits for this task any more."""


def _do(work: Work, topic: str, name: str) -> bytes:
    """What the work returns or raises, packed, with reports to whoever sent it."""
    worker = _dask().get_worker()
    key, told = worker.get_current_task(), 0.0

    def report(share: float, partial: Any = None, /) -> None:
        nonlocal told
        task = worker.state.tasks.get(key)
        if task is None or task.state == "cancelled":
            raise _Unwanted
        if time.monotonic() - told > POLL:
            told = time.monotonic()
            worker.log_event(topic, (name, share))

    try:
        return _packed(work(report), None)
    except Exception as error:  # whatever it is, it belongs to who asked
        clear_frames(error.__traceback__)
        return _packed(None, error.with_traceback(None))


def _packed(answer: Any, error: Exception | None) -> bytes:
    """Packed here rather than by Dask, which would try for ever to send what cannot be."""
    try:
        return pickle.dumps((answer, error))
    except Exception as fault:  # pickle raises whatever an object's own methods raise
        return pickle.dumps((None, _unsendable(error or answer, fault)))


def _unpacked(sent: bytes) -> tuple[Any, Exception | None]:
    try:
        found: tuple[Any, Exception | None] = pickle.loads(sent)  # noqa: S301 - of the own workers, as all that Dask sends
    except Exception as fault:
        return None, _unsendable("an answer", fault)
    return found


def _unsendable(found: object, fault: Exception) -> InputError:
    _log.error("a worker could not send %s: %s", type(found).__name__, fault)
    return InputError(f"A worker of the cluster has done this, but what came of it cannot be sent here: {fault}.")
