"""`precision`: the lens of the pages on the command line, of experiments, files and typed sizes."""

import csv
import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from pytest import CaptureFixture
from safetensors.numpy import save_file

from initviz.cli import main
from initviz.measure.precision import FORMATS, precision_at_start
from initviz.network.drawing import draw_network
from initviz.network.experiment import Experiment
from initviz.network.streams import input_batch
from initviz.text import percent

SHRINKING = Experiment(activation="relu", initializer="torch_default", width=60, depth=40, samples=50)
FLAGS = ["--activation", "relu", "--initializer", "torch_default", "--width", "60", "--depth", "40", "--samples", "50"]


def out(capsys: CaptureFixture[str], *arguments: str) -> str:
    status = main(["precision", *arguments])
    captured = capsys.readouterr()
    assert (status, captured.err) == (0, "")
    return captured.out


def test_json_and_csv_have_what_was_measured(capsys: CaptureFixture[str]) -> None:
    """Gradients that shrink by 6^-1/2 a layer leave float16; forward and backward must not be swapped."""
    seen = precision_at_start(draw_network(SHRINKING), input_batch(SHRINKING))
    rows = json.loads(out(capsys, *FLAGS, "--format", "json"))
    assert [(row["format"], row["layer"]) for row in rows] == [(id, layer) for id in FORMATS for layer in range(41)]
    for id in FORMATS:
        own = [row for row in rows if row["format"] == id]
        for way, losses in (("forward", seen.forward[id]), ("backward", seen.backward[id])):
            for kind in ("lost", "underflow", "overflow", "subnormal"):
                np.testing.assert_array_equal([row[f"{way}_{kind}"] for row in own], getattr(losses, kind))
        assert {row["loss_scale_exponent"] for row in own} == {seen.scales[id].exponent}
        assert {(row["unscaled_lost"], row["scaled_lost"]) for row in own} == {
            (seen.scales[id].before, seen.scales[id].after)
        }
    first = rows[0]
    assert first["backward_lost"] == 1
    read = list(csv.DictReader(StringIO(out(capsys, *FLAGS, "--format", "csv"))))
    assert [float(row["backward_lost"]) for row in read] == [row["backward_lost"] for row in rows]


def test_the_table_has_a_row_for_each_layer_and_the_loss_scales(capsys: CaptureFixture[str]) -> None:
    seen = precision_at_start(draw_network(SHRINKING), input_batch(SHRINKING))
    lines = out(capsys, *FLAGS).splitlines()
    assert lines[1].split()[:2] == ["layer", "forward_float16"]
    assert lines[2].split()[0] == "0"
    assert percent(float(seen.backward["float16"].lost[0])) in lines[2]
    assert len(lines) == 1 + 1 + 41 + 1 + len(FORMATS)
    for line, one in zip(lines[-len(FORMATS) :], seen.scales.values(), strict=True):
        assert f"loss scale 2^{one.exponent}: {percent(one.before)} of all" in line


def test_files_and_typed_sizes(tmp_path: Path, capsys: CaptureFixture[str]) -> None:
    """Weights of 1e-5 send a third layer below the smallest float16, weights of He do not."""
    tiny = {f"{k}.weight": np.full((30, 30), 1e-5, np.float32) for k in range(4)}
    save_file(tiny, tmp_path / "tiny.safetensors")
    drawn = ["--sizes", "30,30,30,30,30", "--initializer", "he_normal", "--activation", "relu", "--format", "json"]
    lost = []
    for flags in ([str(tmp_path / "tiny.safetensors"), *drawn[4:]], drawn):
        rows = [row for row in json.loads(out(capsys, *flags)) if row["format"] == "float16"]
        assert [row["layer"] for row in rows] == [0, 1, 2, 3]
        lost.append(rows[-1]["forward_lost"])
    assert lost == [1, pytest.approx(0, abs=0.01)]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--width", "500"], "the limits are"),
        (["--sizes", "500,500,500,10", "--activation", "relu"], "the limits are"),
        (["--batch", "x.npy"], "give its path"),
        (["none.safetensors", "--activation", "relu"], "cannot be read"),
    ],
)
def test_what_is_not_possible_is_one_line(
    flags: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: CaptureFixture[str]
) -> None:
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", "0.01")
    assert main(["precision", *flags]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert said in captured.err
