"""What the jobs of this process came to, in numbers."""

from dataclasses import dataclass, field
from typing import Any


def _now(value: Any) -> Any:
    """A counter that goes up and down: the state of things, where the others only grow."""
    return field(default=value, metadata={"now": True})


@dataclass
class Counters:
    """What happened since the start, and what is going on now."""

    asked: int = 0
    hits: int = 0
    """Answered from the cache."""
    joined: int = 0
    """Shared a job that somebody else had asked for."""
    runs: int = 0
    """Jobs that were started and have ended, in whatever way."""
    cancelled: int = 0
    """Given up because all askers had left: in the queue or while running."""
    failed: int = 0
    seconds: float = 0.0
    """Spent running, over all jobs."""
    gflop: float = 0.0
    """Estimated work of the jobs that ended with an answer."""
    queued: int = _now(0)
    running: int = _now(0)
    memory_mib: float = _now(0.0)
    """Estimated memory of the jobs that run here."""
    workers: int = _now(0)
    """Of the cluster; 0 where there is none, and while it does not answer."""
    cached: int = _now(0)
    cached_bytes: int = _now(0)
