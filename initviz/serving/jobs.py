"""Long work for many askers: each key is computed once, in fair order, within limits of jobs and of memory.

A job waits in one queue, ordered by when it is *due*: its arrival plus a fifth of a second per GFLOP. So small jobs
pass big ones, but nothing starves: only what arrives before a job's due time can ever go ahead of it. One worker more
than the limit is kept for small jobs, and a share of the memory, so that a slider stays quick beside a big run.

With a cluster, work that can be sent (a `partial` of a function of a module) goes there at once and waits there, in the
same order. Small jobs stay here while there is room, and everything does when the cluster does not answer.
"""

import time
from bisect import insort
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import partial
from math import inf
from threading import Condition, Event, Thread
from traceback import clear_frames
from typing import Any, Generic, Literal, TypeAlias, TypeVar

from initviz.progress import Report
from initviz.serving.cluster import LOOK_EVERY, Cluster, Unreachable
from initviz.serving.counters import Counters
from initviz.serving.memo import ABSENT, Memo, own_copy

State: TypeAlias = Literal["waiting", "running", "done", "failed", "cancelled"]
Place: TypeAlias = Literal["here", "small", "away"]
"""Where a job runs: in a worker of this process, in the one kept for small jobs, or on the cluster."""
Origin: TypeAlias = Literal["cache", "shared", "new"]
"""Where an answer comes from: kept from before, somebody else's job, or a job of one's own."""

T = TypeVar("T")

SECONDS_PER_GFLOP = 0.2
"""Head start of small jobs: some ten times what a core needs for a GFLOP. One of 1 GFLOP passes those of 15 GFLOP that
came up to 2.8 s before it; one of 500 GFLOP lets others pass for 100 s at most."""

SMALL_GFLOP = 1.0
"""Jobs up to this size may use the extra worker: a core needs less than a tenth of a second for them."""

SMALL_MEMORY = 1 / 8
"""Share of the memory that belongs to the small jobs; no small job takes more. The rest belongs to the big ones."""


class Cancelled(Exception):
    """Everyone who waited for this work has left."""


class TooBig(ValueError):
    """A job needs more memory than one may take."""


@dataclass(eq=False)
class _Job:
    key: Hashable
    work: Callable[[Report], Any] | None = None
    gflop: float = 0.0
    mib: float = 0.0
    small: bool = True
    due: float = 0.0
    askers: int = 0
    deserted: float = 0.0
    """When the last asker left."""
    state: State = "waiting"
    place: Place = "here"
    progress: float = 0.0
    partial: Any = None
    value: Any = None
    error: BaseException | None = None
    ended: Event = field(default_factory=Event)


class Ticket(Generic[T]):
    """One asker's claim on a job. Leave it when the answer is no longer wanted; a `with` block does so at its end."""

    def __init__(self, jobs: "Jobs", job: _Job, origin: Origin) -> None:
        self.origin = origin
        self._jobs = jobs
        self._job = job
        self._left = False

    def wait(self, seconds: float | None = None) -> bool:
        """Whether the job has ended, after at most so many seconds (None: however long it takes)."""
        return self._job.ended.wait(seconds)

    @property
    def state(self) -> State:
        """Where the job is."""
        return self._job.state

    @property
    def progress(self) -> float:
        """Share of the work that is done, 0..1."""
        return self._job.progress

    @property
    def partial(self) -> Any:
        """What the work has handed over last of what it has so far; None before the first time. It stays known after
        leaving."""
        return self._job.partial

    @property
    def position(self) -> int:
        """Jobs before this one: those running and those ahead in the queue; 0 when it does not wait."""
        return self._jobs.position(self._job)

    def result(self) -> T:
        """The answer, waiting for it if need be; raises what the work raised."""
        self.wait()
        if self._job.error is not None:
            raise own_copy(self._job.error)
        value: T = self._job.value
        return value

    def leave(self) -> None:
        """Stop waiting. When nobody waits any more the job is dropped from the queue or stopped at its next report: not
        at once, since who redraws a page comes back for the same job."""
        self._leave(at_once=False)

    def stop(self) -> Any:
        """Leave for good, without that grace; returns the partial result."""
        self._leave(at_once=True)
        return self.partial

    def _leave(self, *, at_once: bool) -> None:
        if not self._left:
            self._left = True
            self._jobs.leave(self._job, at_once=at_once)

    def __enter__(self) -> "Ticket[T]":
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()


class Jobs:
    """Runs at most `running` jobs at once (and one small job more) whose estimated memory fits into `memory_mib`.

    Answers are kept in the memo, which may hold others too; failures are not kept. A job that everybody left goes on
    for `grace` seconds: who redraws a page comes back for the same job at once.
    """

    def __init__(
        self,
        running: int,
        memory_mib: float,
        memo: Memo,
        *,
        cluster: Cluster | None = None,
        grace: float = 0.1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.memo = memo
        self.cluster = cluster
        self._memory = {True: memory_mib * SMALL_MEMORY, False: memory_mib * (1 - SMALL_MEMORY)}
        self._grace = grace
        self._clock = clock
        self._changed = Condition()  # its lock guards everything below and the jobs themselves
        self._queue: list[_Job] = []
        self._running: list[_Job] = []
        self._wanted: dict[Hashable, _Job] = {}  # those of the queue, and the running ones that were not given up
        self._counters = Counters()
        self._closed = False
        here, rest = list[Place](["here"]) * running, list[Place](["small", "away"] if cluster else ["small"])
        self._workers = [
            Thread(target=self._serve, args=(place,), name=f"job-{i}", daemon=True)
            for i, place in enumerate(here + rest)
        ]
        for worker in self._workers:
            worker.start()

    @property
    def largest_mib(self) -> float:
        """The most memory that one job may take."""
        return self._memory[False]

    def ask(self, key: Hashable, work: Callable[[Report], T], *, gflop: float, mib: float) -> Ticket[T]:
        """Claim the answer to `key`: from the memo, from the job that already works on it, or from a new one.

        `gflop` and `mib` are what the work is expected to take. Raises TooBig when it could never run, RuntimeError
        after `close`.
        """
        with self._changed:
            self._counters.asked += 1
            known = self.memo.get(key)
            origin: Origin = "cache" if known is not ABSENT else "shared" if key in self._wanted else "new"
            if origin == "cache":
                job = self._known(key, known)
            elif origin == "shared":
                job = self._joined(key)
            else:
                job = self._new(key, work, gflop, mib)
            job.askers += 1
            return Ticket(self, job, origin)

    def counters(self) -> Counters:
        """A snapshot."""
        with self._changed:
            memory = sum(job.mib for job in self._running if job.place != "away")
            return replace(
                self._counters,
                queued=len(self._queue),
                running=len(self._running),
                memory_mib=memory,
                workers=self.cluster.workers if self.cluster else 0,
                cached=len(self.memo),
                cached_bytes=self.memo.nbytes,
            )

    def position(self, job: _Job) -> int:
        """Jobs that run or wait before this one; 0 when it does not wait."""
        with self._changed:
            if job.state != "waiting":
                return 0
            return len(self._running) + sum(1 for other in self._queue[: self._queue.index(job)] if other.askers)

    def leave(self, job: _Job, *, at_once: bool) -> None:
        """One asker less; tickets call it."""
        with self._changed:
            job.askers -= 1
            if not job.askers:
                job.deserted = -inf if at_once else self._clock()
                self._drop_deserted()
                self._changed.notify_all()  # it may have held up those behind it

    def close(self) -> None:
        """Drop what waits, stop what runs at its next report, and end the workers."""
        with self._changed:
            self._closed = True
            self._drop_deserted()
            self._changed.notify_all()
        for worker in self._workers:
            worker.join()
        if self.cluster:
            self.cluster.close()

    def __enter__(self) -> "Jobs":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- with the lock held ---

    def _known(self, key: Hashable, value: Any) -> _Job:
        self._counters.hits += 1
        job = _Job(key, state="done", progress=1.0, value=value)
        job.ended.set()
        return job

    def _joined(self, key: Hashable) -> _Job:
        self._counters.joined += 1
        self._changed.notify_all()  # a deserted one is worth running again
        return self._wanted[key]

    def _new(self, key: Hashable, work: Callable[[Report], Any], gflop: float, mib: float) -> _Job:
        if self._closed:
            raise RuntimeError("This service has been closed.")
        if mib > self.largest_mib:
            raise TooBig(f"This needs {mib:,.0f} MiB; one job may take {self.largest_mib:,.0f} MiB here.")
        small = gflop <= SMALL_GFLOP and mib <= self._memory[True]
        job = _Job(key, work, gflop, mib, small, self._clock() + SECONDS_PER_GFLOP * gflop)
        self._wanted[key] = job
        insort(self._queue, job, key=lambda other: other.due)
        self._changed.notify_all()
        return job

    def _next(self, place: Place) -> _Job | None:
        """The first job in the queue that fits. One that is due and does not fit holds up all after it that want the
        same memory: the small ones', or the big ones'."""
        self._drop_deserted()
        held_up = set[bool]()
        for job in self._queue:
            if job.askers and job.small not in held_up and self._suits(job, place):
                used = sum(other.mib for other in self._running if other.small == job.small and other.place != "away")
                if place == "away" or used + job.mib <= self._memory[job.small]:
                    return job
                if job.due <= self._clock():
                    held_up.add(job.small)
        return None

    def _suits(self, job: _Job, place: Place) -> bool:
        if place == "small":
            return job.small
        sent = self.cluster is not None and self.cluster.workers > 0 and isinstance(job.work, partial)
        if place == "away" and job.small:
            return sent and any(other.place == "small" for other in self._running)
        return sent == (place == "away")

    def _unwanted(self, job: _Job) -> bool:
        return self._closed or (not job.askers and self._clock() - job.deserted >= self._grace)

    def _drop_deserted(self) -> None:
        for job in [job for job in self._queue if self._unwanted(job)]:
            self._queue.remove(job)
            self._give_up(job)
            job.ended.set()

    def _give_up(self, job: _Job) -> None:
        """From now on, whoever asks for its key gets a new job."""
        job.state, job.work, job.error = "cancelled", None, Cancelled()
        del self._wanted[job.key]
        self._counters.cancelled += 1

    # --- the workers ---

    def _serve(self, place: Place) -> None:
        while job := self._take(place):
            if place == "away":  # it only waits: in a thread of its own
                Thread(target=self._run, args=(job,), name="job-away", daemon=True).start()
            else:
                self._run(job)
            del job  # an idle worker keeps no answer alive

    def _take(self, place: Place) -> _Job | None:
        with self._changed:
            while not self._closed:
                if job := self._next(place):
                    self._queue.remove(job)
                    self._running.append(job)
                    job.state, job.place = "running", place
                    return job
                self._changed.wait(LOOK_EVERY if self.cluster else None)  # it comes and goes without a word
            return None

    def _run(self, job: _Job) -> None:
        started, work = self._clock(), self._worker_of(job)
        value, error = None, None
        try:
            value = work(partial(self._report, job))
            self.memo.keep(job.key, value)  # before the job is over: in between, nobody starts it again
        except Unreachable:
            self._put_back(job)
            return
        except BaseException as raised:  # whatever it is, it belongs to the askers and must not end this worker
            clear_frames(raised.__traceback__)  # else the error keeps the arrays of the work alive
            error = raised
        with self._changed:
            self._running.remove(job)
            self._counters.runs += 1
            self._counters.seconds += self._clock() - started
            if job.state != "cancelled":
                self._end(job, value, error)
            self._changed.notify_all()
        job.ended.set()

    def _worker_of(self, job: _Job) -> Callable[[Report], Any]:
        assert job.work is not None
        if job.place != "away":
            return job.work
        assert self.cluster is not None
        return partial(self.cluster.run, job.work, wait=job.due - self._clock())

    def _put_back(self, job: _Job) -> None:
        with self._changed:
            self._running.remove(job)
            job.state, job.place, job.progress = "waiting", "here", 0.0
            insort(self._queue, job, key=lambda other: other.due)
            self._changed.notify_all()

    def _report(self, job: _Job, share: float, part: Any = None, /) -> None:
        with self._changed:
            if job.state == "running" and self._unwanted(job):
                self._give_up(job)
            if job.state == "cancelled":
                raise Cancelled
            job.progress = min(max(share, 0.0), 1.0)
            if part is not None:
                job.partial = part

    def _end(self, job: _Job, value: Any, error: BaseException | None) -> None:
        del self._wanted[job.key]
        job.work, job.value, job.error = None, value, error
        if error is not None:
            job.state = "failed"
            self._counters.failed += 1
        else:
            job.state, job.progress = "done", 1.0
            self._counters.gflop += job.gflop
