"""What only the operator sees: a log line for every answer, and counters beside Streamlit's own in /_stcore/metrics.

No line and no counter says who asked or for what: neither experiment nor address nor session.
"""

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields

from streamlit import runtime
from streamlit.runtime.stats import CounterStat, GaugeStat, Stat

from initviz.catalogue import Catalogue, Named
from initviz.serving.counters import Counters

LOGS = Catalogue("INITVIZ_LOG", [Named("off", "no lines"), Named("text", "plain lines"), Named("json", "JSON lines")])

_log = logging.getLogger("initviz.answers")


class _Formatter(logging.Formatter):
    def __init__(self, as_json: bool) -> None:
        super().__init__()
        self._json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """One line: when, then the fields of the message."""
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created))
        line: Mapping[str, object] = {"time": when} | dict(record.args if isinstance(record.args, Mapping) else {})
        return json.dumps(line) if self._json else " ".join(f"{name}={value}" for name, value in line.items())


def open_log() -> None:
    """Write lines to standard error if INITVIZ_LOG is `text` or `json`. Raises InputError for anything unknown."""
    kind = LOGS[os.environ.get("INITVIZ_LOG", "off")].id
    _log.handlers.clear()
    _log.propagate = False
    _log.setLevel(logging.CRITICAL if kind == "off" else logging.INFO)
    if kind != "off":
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_Formatter(kind == "json"))
        _log.addHandler(handler)


def note(kind: str, outcome: str, seconds: float, gflop: float) -> None:
    """One answer: what was done, where it came from or that the visitor left, how long the visitor waited."""
    _log.info("", {"kind": kind, "outcome": outcome, "seconds": round(seconds, 4), "gflop": round(gflop, 3)})


class _Stats:
    """Streamlit's protocol for whoever has something to say in /_stcore/metrics."""

    def __init__(self, counters: Callable[[], Counters]) -> None:
        self._counters = counters

    @property
    def stats_families(self) -> Sequence[str]:
        return [f"initviz_{entry.name}" for entry in fields(Counters)]

    def get_stats(self, family_names: Sequence[str] | None = None) -> Mapping[str, Sequence[Stat]]:
        counters = self._counters()
        kinds = {entry.name: GaugeStat if entry.metadata else CounterStat for entry in fields(Counters)}
        return {
            f"initviz_{name}": [kind(f"initviz_{name}", round(getattr(counters, name), 3))]
            for name, kind in kinds.items()
            if family_names is None or f"initviz_{name}" in family_names
        }


def show_counters(counters: Callable[[], Counters]) -> None:
    """Add the counters to the metrics page of the running server, if there is one."""
    if runtime.exists():
        runtime.get_instance().stats_mgr.register_provider(_Stats(counters))
