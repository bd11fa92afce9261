"""`diagnose` on the command line: the library's findings, one line each, and the fix as flags that work."""

import json
import shlex

import pytest
from pytest import CaptureFixture

from initviz import Experiment, diagnose, simulate
from initviz.advice.findings import every
from initviz.advice.fix import propose
from initviz.cli import main
from initviz.network.experiment import FIELDS
from initviz.network.presets import PRESETS

SMALL = ["--depth", "10", "--width", "100", "--samples", "100"]
small = Experiment(depth=10, width=100, samples=100)


def out(capsys: CaptureFixture[str], *arguments: str) -> str:
    status = main(arguments)
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    return captured.out


def test_table_has_one_line_for_each_finding_and_the_fix(capsys: CaptureFixture[str]) -> None:
    findings, (fix,) = diagnose(small, simulate(small)), propose(small)
    lines = out(capsys, "diagnose", *SMALL).splitlines()
    assert len(lines) == len(list(every(findings))) + 2
    for line, finding in zip(lines, every(findings), strict=False):
        assert line.split()[:2] == [finding.severity, finding.direction]
        assert line.endswith(finding.sentence)
    assert lines[-2].split(maxsplit=1) == ["fix", fix.sentence]
    assert lines[-1].split(maxsplit=1) == ["flags", "--initializer lecun_normal"]


def test_json_has_everything(capsys: CaptureFixture[str]) -> None:
    record = json.loads(out(capsys, "diagnose", *SMALL, "--format", "json"))
    findings, (fix,) = diagnose(small, simulate(small)), propose(small)
    assert record["verdict"] == {"forward": "bad", "backward": "bad"}
    causes = {one.id: finding.id for finding in findings for one in finding.consequences}
    for printed, finding in zip(record["findings"], every(findings), strict=True):
        assert printed == {
            "id": finding.id,
            "severity": finding.severity,
            "direction": finding.direction,
            "title": finding.title,
            "sentence": finding.sentence,
            "layers": list(finding.layers),
            "evidence": finding.evidence,
            "cause": causes.get(finding.id),
        }
    printed = record["fix"]
    assert (printed["sentence"], printed["complete"]) == (fix.sentence, True)
    assert printed["changes"] == {"initializer": "lecun_normal"}
    assert [row["std"] for row in printed["predicted"]] == list(fix.prediction.column("std"))


@pytest.mark.parametrize(
    "flags",
    [
        ["--std", "1"],
        ["--activation", "sigmoid", "--initializer", "lecun_normal"],
        ["--activation", "prelu", "--residual", "1", "--initializer", "he_normal", "--tied", "1", "--bias-std", "2"],
    ],
)
def test_the_printed_flags_cure(flags: list[str], capsys: CaptureFixture[str]) -> None:
    """The later of two equal flags holds."""
    record = json.loads(out(capsys, "diagnose", *SMALL, *flags, "--format", "json"))
    assert record["fix"]["odds"] >= 0.9
    status = main(["diagnose", *SMALL, *flags, *shlex.split(record["fix"]["flags"]), "--format", "json"])
    assert status == 0
    after = json.loads(capsys.readouterr().out)
    assert after["fix"] is None
    assert set(after["verdict"].values()) <= {"good", "note"}


def test_a_parameter_that_no_longer_fits_is_named(capsys: CaptureFixture[str]) -> None:
    arguments = ["--activation", "maxout", "--alpha", "5", "--depth", "100", "--width", "20", "--samples", "10"]
    record = json.loads(out(capsys, "diagnose", *arguments, "--format", "json"))
    changes = record["fix"]["changes"]
    assert set(changes) <= set(FIELDS)
    assert ("(without --alpha)" in record["fix"]["flags"]) == ("alpha" in changes and changes["alpha"] is None)


def test_a_healthy_network_has_no_fix(capsys: CaptureFixture[str]) -> None:
    assert out(capsys, "diagnose", *SMALL, "--initializer", "lecun_normal").split()[:2] == ["good", "both"]
    record = json.loads(out(capsys, "diagnose", *SMALL, "--initializer", "lecun_normal", "--format", "json"))
    assert record["fix"] is None
    assert [finding["id"] for finding in record["findings"]] == ["healthy"]


def test_a_preset(capsys: CaptureFixture[str]) -> None:
    experiment = PRESETS["script_sigmoid_010"].experiment
    sentence = diagnose(experiment, simulate(experiment))[0].sentence
    assert sentence in out(capsys, "diagnose", "--preset", "script_sigmoid_010")


def test_an_overflow_is_valid_json(capsys: CaptureFixture[str]) -> None:
    flags = ["--activation", "relu", "--std", "100", "--depth", "60", "--width", "20", "--samples", "20"]
    record = json.loads(out(capsys, "diagnose", *flags, "--format", "json"))
    assert "signal_overflow" in [finding["id"] for finding in record["findings"]]


@pytest.mark.parametrize("form", ["csv", "xml"])
def test_other_formats_are_refused(form: str, capsys: CaptureFixture[str]) -> None:
    assert main(["diagnose", *SMALL, "--format", form]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Available: table, json." in captured.err
    assert captured.err.count("\n") == 1
