"""The command line: what it prints, and how it says that something is wrong."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from math import isnan
from typing import Any

import pytest
from pytest import CaptureFixture

from initviz import Experiment, simulate
from initviz.cli import networks
from initviz.cli.flags import FORMATS
from initviz.cli.main import COMMANDS, main
from initviz.fields import Choice, Number, Switch
from initviz.network.experiment import FIELDS
from initviz.network.presets import PRESETS

SMALL = ["--depth", "3", "--width", "20", "--samples", "30"]
small = Experiment(depth=3, width=20, samples=30)


def out(capsys: CaptureFixture[str], *arguments: str) -> str:
    status = main(arguments)
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    return captured.out


# --- simulate ---


def test_csv_has_every_column_in_full_precision(capsys: CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(io.StringIO(out(capsys, "simulate", *SMALL, "--format", "csv"))))
    frame = simulate(small).to_frame()
    assert list(rows[0]) == list(frame.columns)
    for row, (_, expected) in zip(rows, frame.iterrows(), strict=True):
        for name, text in row.items():
            assert text == "" if isnan(expected[name]) else float(text) == expected[name]


def test_json_is_strict_json_with_null(capsys: CaptureFixture[str]) -> None:
    def refuse(constant: str) -> float:
        raise AssertionError(f"{constant} is no JSON")

    rows = json.loads(out(capsys, "simulate", *SMALL, "--format", "json"), parse_constant=refuse)
    frame = simulate(small).to_frame()
    assert [row["layer"] for row in rows] == [0, 1, 2, 3]
    assert list(rows[0]) == list(frame.columns)
    assert rows[0]["grad_w_std"] is None
    assert [row["std"] for row in rows] == list(frame["std"])


def test_an_overflow_is_a_result(capsys: CaptureFixture[str]) -> None:
    """std 100 and 16 inputs: each linear layer multiplies by 400, so 40 of them leave float32."""
    arguments = [
        "simulate",
        "--activation",
        "linear",
        "--std",
        "100",
        "--depth",
        "40",
        "--width",
        "16",
        "--samples",
        "9",
    ]
    rows = json.loads(out(capsys, *arguments, "--format", "json"))
    assert rows[-1]["nonfinite"] == 1
    assert rows[-1]["std"] is None
    assert out(capsys, *arguments).splitlines()[-1].split()[:2] == ["40", "-"]


def test_the_table_lines_up_with_sensible_digits(capsys: CaptureFixture[str]) -> None:
    lines = out(capsys, "simulate", *SMALL).splitlines()
    assert len(lines) == 5
    assert len({len(line) for line in lines}) == 1
    head = lines[0].split()
    columns = list(simulate(small).to_frame().columns)
    assert head == columns[: len(head)]
    assert head[-1] == "grad_w_std"
    assert len(lines[0]) <= 120
    std = simulate(small).column("std")[3]
    assert lines[-1].split()[2] == f"{std:.4g}"
    assert lines[1].split()[-1] == "-"


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_a_flag(name: str, capsys: CaptureFixture[str]) -> None:
    """Another value than the default, given as --bias-std or --bias_std, reaches the experiment."""
    start = small.changed(activation="leaky_relu", initializer="glorot_normal" if name == "gain" else "random_normal")
    spec, default = FIELDS[name], getattr(start, name)
    value: Any
    match spec:
        case Choice():
            value = next(id for id in spec.options if id not in (default, "mnist"))
        case Switch():
            value = not default
        case Number():
            value = spec.check(0.5 if name in ("alpha", "residual", "bias_std") else 2)
        case _:
            raise AssertionError(spec)
    expected = simulate(start.changed(**{name: value})).to_frame()
    given = [f"--{field}={FIELDS[field].text(getattr(start, field))}" for field in start.to_query()]
    for flag in (f"--{name}", f"--{name.replace('_', '-')}"):
        printed = out(capsys, "simulate", *given, f"{flag}={spec.text(value)}", "--format", "csv")
        assert [float(row["std"]) for row in csv.DictReader(io.StringIO(printed))] == list(expected["std"])


def test_flags_override_the_preset(capsys: CaptureFixture[str]) -> None:
    printed = out(
        capsys, "simulate", "--preset", "script_relu_he", "--depth", "2", "--samples", "20", "--format", "json"
    )
    expected = simulate(PRESETS["script_relu_he"].experiment.changed(depth=2, samples=20))
    assert [row["std"] for row in json.loads(printed)] == list(expected.column("std"))


def test_a_flag_without_effect_is_pointed_out(capsys: CaptureFixture[str]) -> None:
    assert main(["simulate", *SMALL, "--initializer", "he_normal", "--std", "0.5"]) == 0
    assert capsys.readouterr().err == "initviz: note: --std does nothing with He normal (Kaiming).\n"


# --- presets and help ---


def test_presets_are_listed(capsys: CaptureFixture[str]) -> None:
    printed = out(capsys, "presets")
    flat = " ".join(printed.split())
    for preset in PRESETS.values():
        assert f"{preset.id} {preset.label} {preset.shows}" in flat
    assert max(map(len, printed.splitlines())) <= 120


def test_help_explains_every_command_and_flag(capsys: CaptureFixture[str]) -> None:
    overview = out(capsys, "--help")
    for command in COMMANDS.values():
        assert command.id in overview
        assert command.name in overview
        assert f"python -m initviz {command.id}" in out(capsys, command.id, "--help")
    text = " ".join(out(capsys, "simulate", "-h").split())
    for name, spec in FIELDS.items():
        assert f"--{name.replace('_', '-')} " in text
        assert spec.help in text
    assert "From 0 to 2147483647. Default: 0." in text
    assert all(id in text for id in FORMATS)


# --- what is wrong ---


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Which command? Available: simulate, "),
        (["simulat"], "Unknown command 'simulat'. Did you mean 'simulate'?"),
        (["simulate", "--actvation", "relu"], "Unknown argument '--actvation'. Did you mean '--activation'?"),
        (["simulate", "--bias_sdt=1"], "Unknown argument '--bias-sdt'. Did you mean '--bias-std'?"),
        (["simulate", "relu"], "Unknown argument 'relu'. See python -m initviz simulate --help."),
        (["simulate", "--depth"], "Argument --depth: expected one argument."),
        (["simulate", "--dep", "3"], "Unknown argument '--dep'."),
        (["simulate", "--activation", "relux"], "Unknown activation 'relux'. Did you mean 'relu'?"),
        (["simulate", "--activation", "two\nlines"], "Unknown activation 'two lines'."),
        (["simulate", "--depth", "0"], "depth = 0 is out of range: it goes from 1 to 100."),
        (["simulate", "--depth", "ten"], "depth 'ten' is not a number; it goes from 1 to 100."),
        (["simulate", "--std=-inf"], "std = -inf is out of range"),
        (["simulate", "--tied", "maybe"], "neither on (1) nor off (0)"),
        (["simulate", "--alpha", "1"], "Tanh takes no parameter: leave alpha unset."),
        (["simulate", "--activation", "prelu", "--alpha", "2"], "negative slope = 2 is out of range"),
        (["simulate", "--preset", "tanh_smal"], "Unknown preset 'tanh_smal'. Did you mean 'tanh_small'?"),
        (["simulate", "--preset", ""], "Unknown preset ''."),
        (["simulate", "--format", "xml"], "Unknown format 'xml'. Available: table, csv, json."),
        (["simulate", "--depth", "100", "--width", "2048", "--samples", "10000"], "The nearest that fits: depth 100"),
        (["presets", "--verbose"], "Unknown argument '--verbose'."),
    ],
)
def test_what_is_wrong_is_one_line_and_status_2(
    arguments: list[str], sentence: str, capsys: CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("initviz: ")
    assert sentence in captured.err
    assert captured.err.count("\n") == 1


def test_missing_data_is_one_line_too(capsys: CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INITVIZ_MNIST_DIR", raising=False)
    assert main(["simulate", "--inputs", "mnist"]) == 2
    assert capsys.readouterr().err.startswith("initviz: MNIST is not shipped: set INITVIZ_MNIST_DIR")


def test_ctrl_c_ends_quietly(capsys: CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(networks, "simulate", interrupted)
    assert main(["simulate"]) == 128 + signal.SIGINT
    assert capsys.readouterr() == ("", "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    """As in `python -m initviz presets | head`: the pipe is closed before anything is written to it."""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [sys.executable, "-m", "initviz", "presets"], stdout=write, stderr=subprocess.PIPE, check=False, timeout=60
    )
    os.close(write)
    assert (process.returncode, process.stderr) == (128 + signal.SIGPIPE, b"")


def test_the_package_imports_nothing_heavy() -> None:
    """`from initviz import simulate` in a notebook waits for neither Streamlit, Plotly nor scikit-learn."""
    code = "import sys, initviz; print(*({'streamlit', 'plotly', 'sklearn'} & set(sys.modules)))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert process.stdout.strip() == ""
