"""Works that a worker of a cluster can import."""

import os
import time
from pathlib import Path

from initviz.network.budget import OverBudget
from initviz.network.experiment import Experiment
from initviz.progress import Report


def slow(folder: str, name: str, seconds: float, report: Report) -> str:
    """Notes that it has begun, reports all the while, notes that it has ended or was stopped."""
    note(folder, f"begun {name}")
    end = time.monotonic() + seconds
    try:
        while (left := end - time.monotonic()) > 0:
            report(1 - left / seconds)
            time.sleep(0.01)
    except BaseException:
        note(folder, f"stopped {name}")
        raise
    note(folder, f"ended {name}")
    return name


def note(folder: str, text: str) -> None:
    """A file of that name whose time says when."""
    (Path(folder) / text).touch()


def refuse(report: Report) -> None:
    """What the budget does, in its own words."""
    raise OverBudget("Too big.", Experiment(width=7))


def process(report: Report) -> int:
    """Who does it."""
    return os.getpid()


def unsendable(report: Report) -> object:
    """What no pickle holds."""
    return lambda: report


class _TwoFaced(Exception):
    """Can be packed, but not unpacked: its pickle has one argument."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(one)


def fail_oddly(report: Report) -> None:
    """An error that gets lost on the way."""
    raise _TwoFaced("one", "other")
