"""Log lines and counters: complete, readable by machines, and silent about visitors."""

import json
from dataclasses import fields

import pytest

from initviz.catalogue import InputError
from initviz.serving.counters import Counters
from initviz.ui import operator


@pytest.mark.parametrize("kind", ["text", "json"])
def test_a_line_says_what_was_done_and_nothing_else(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INITVIZ_LOG", kind)
    operator.open_log()
    operator.note("Simulating", "new", 0.25, 15.0)
    (line,) = capsys.readouterr().err.splitlines()
    found = json.loads(line) if kind == "json" else dict(pair.split("=") for pair in line.split(" "))
    assert set(found) == {"time", "kind", "outcome", "seconds", "gflop"}
    assert (found["kind"], float(found["seconds"])) == ("Simulating", 0.25)


def test_there_is_no_log_unless_asked_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("INITVIZ_LOG", raising=False)
    operator.open_log()
    operator.note("Simulating", "new", 0.25, 15.0)
    assert capsys.readouterr().err == ""


def test_an_unknown_kind_of_log_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INITVIZ_LOG", "jsn")
    with pytest.raises(InputError, match="Did you mean 'json'"):
        operator.open_log()


def test_every_counter_is_a_metric() -> None:
    stats = operator._Stats(lambda: Counters(asked=3, queued=2))
    shown = stats.get_stats()
    assert set(shown) == set(stats.stats_families) == {f"initviz_{entry.name}" for entry in fields(Counters)}
    lines = {stat.to_metric_str() for family in shown.values() for stat in family}
    assert {"initviz_asked_total 3", "initviz_queued 2"} <= lines
    assert set(stats.get_stats(["initviz_asked"])) == {"initviz_asked"}
