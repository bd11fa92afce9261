"""Finished sweeps opened again: the numbers of the sweep from every kind of file, any two fields, one sentence for what
is broken, foreign, too large or not on offer."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from initviz.catalogue import InputError
from initviz.network.experiment import Experiment
from initviz.sweep import opened as opened_module
from initviz.sweep.memory import sweep_in_memory
from initviz.sweep.opened import Opened, named_sweeps, open_file, open_folder, open_named
from initviz.sweep.plan import Grid
from initviz.sweep.run import here, run_sweep
from initviz.sweep.store import MANIFEST, Store
from initviz.sweep.summary import FACTOR, summary

BASE = Experiment(width=12, samples=20, seed=3)
GRID = Grid.parse(BASE, {"activation": "tanh,leaky_relu", "depth": "1,3", "std": "0.1,0.3"}, seeds=2)
MIB = 8.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sweeps") / "three"
    run_sweep(GRID, Store(path), here())
    return path


def zipped(folder: Path, under: str = "") -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for path in folder.iterdir():
            file.write(path, under + path.name)
    return data.getvalue()


def table(folder: Path) -> bytes:
    data: bytes = Store(folder).table().to_parquet(None, index=False)
    return data


def kinds(folder: Path) -> list[Opened]:
    files = {"a.zip": zipped(folder), "b.zip": zipped(folder, "deep/three/"), "c.parquet": table(folder)}
    return [open_folder(folder, MIB), *(open_file(data, name, MIB) for name, data in files.items())]


def test_any_two_fields_of_any_kind_of_file_have_the_numbers_of_the_sweep(folder: Path) -> None:
    for sweep in kinds(folder):
        assert len(sweep) == len(GRID)
        assert {name: set(values) for name, values in sweep.axes.items()} == {
            name: set(values) for name, values in GRID.axes.items()
        }
        for down, across, held, value in (
            ("activation", "depth", "std", 0.3),
            ("std", "activation", "depth", 3),
            ("depth", "std", "activation", "leaky_relu"),
        ):
            swept = sweep.cut([down, across], {held: value})
            expected = sweep_in_memory(Grid(BASE.changed(**{held: value}), swept.grid.axes, 2))
            assert swept.done
            for measure, shown in (("std", "measured"), (FACTOR, "predicted"), ("std", "difference")):
                for place in ("first", "last"):
                    np.testing.assert_array_equal(
                        summary(swept, measure, shown, place),
                        summary(expected, measure, shown, place),
                    )


def test_where_only_the_last_layer_was_kept_there_is_no_first(tmp_path: Path) -> None:
    """Taking the last for the first would make a factor of exactly 1 of it."""
    run_sweep(GRID, Store(tmp_path), here(), last_layer_only=True)
    swept = open_folder(tmp_path, MIB).cut(["activation", "depth"], {})
    assert np.isfinite(summary(swept, "std", "measured", "last")).all()
    assert np.isnan(summary(swept, FACTOR, "measured", "last")).all()
    assert np.isnan(summary(swept, "std", "measured", "first")[:, 1]).all()


def manifest(**changed: object) -> bytes:
    data = io.BytesIO()
    record = {"format": 1, "grid": GRID.record(), "last_layer_only": False} | changed
    with zipfile.ZipFile(data, "w") as file:
        file.writestr(MANIFEST, json.dumps(record))
    return data.getvalue()


def parquet(**columns: Any) -> bytes:
    data: bytes = pd.DataFrame(columns).to_parquet(None)
    return data


ROW: dict[str, list[Any]] = {"point": ["a"], "layer": [1.0], "activation": ["tanh"]}
HUGE = GRID.record() | {"axes": {name: list(range(1000)) for name in ("depth", "width", "samples")}}
BROKEN = {
    "text": (b"hello", "neither a zip"),
    "empty": (b"", "neither a zip"),
    "broken zip": (b"PK\x03\x04" + bytes(50), "broken or locked zip"),
    "broken Parquet": (b"PAR1" + bytes(50), "broken Parquet"),
    "too large": (bytes(9 * 2**20), "9 MiB; 8 are the limit"),
    "no manifest": (b"PK\x05\x06" + bytes(18), "holds no manifest.json"),
    "other format": (manifest(format=7), "not the manifest of a sweep of this release"),
    "no grid": (manifest(grid=[1]), "describes no grid"),
    "unhashable": (manifest(grid=GRID.record() | {"axes": {"depth": [[1], [2]]}}), "describes no grid"),
    "unknown axis": (manifest(grid=GRID.record() | {"axes": {"colour": [1, 2]}}), "no axis 'colour'"),
    "endless grid": (manifest(grid=HUGE), "grid of 2,000,000,000 experiments"),
    "no rows": (manifest(), "holds no measured experiment"),
    "foreign": (parquet(a=[1], b=["x"]), "no table of a sweep"),
    "words for numbers": (parquet(**ROW, std=["x"]), "no table of a sweep"),
    "lists for numbers": (parquet(**ROW, std=[[1.0, 2.0]]), "no table of a sweep"),
    "long word": (parquet(**ROW | {"activation": ["x" * 1000]}), "no table of a sweep"),
    "unknown activation": (parquet(**ROW | {"activation": ["relux"]}), "Did you mean 'relu'"),
}


@pytest.mark.parametrize("id", BROKEN)
def test_what_cannot_be_opened_is_said_in_one_sentence(id: str) -> None:
    data, said = BROKEN[id]
    with pytest.raises(InputError, match=r"^[^\n]+$") as raised:
        open_file(data, "theirs", MIB)
    assert said in str(raised.value)


def test_half_a_file_and_more_numbers_than_fit_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for data in (table(folder), zipped(folder)):
        with pytest.raises(InputError, match="broken"):
            open_file(data[: len(data) // 2], "half", MIB)
    with pytest.raises(InputError, match="more numbers than can be opened here"):
        open_file(parquet(**{name: value * 2_000_000 for name, value in ROW.items()}), "bomb", 1.0)
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(MANIFEST, bytes(9 * 2**20))
    with pytest.raises(InputError, match="holds more than 8 MiB"):
        open_file(bomb.getvalue(), "bomb", 1.0)
    monkeypatch.setattr(opened_module, "MOST_DRAWN", 7)
    with pytest.raises(InputError, match="make 8 experiments; a picture shows 7"):
        open_folder(folder, MIB).cut(["activation", "depth"], {})


def test_only_what_is_offered_is_opened_by_name(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder.parent / "notes").mkdir(exist_ok=True)
    monkeypatch.setenv("INITVIZ_SWEEPS", str(folder.parent))
    assert named_sweeps() == ["three"]
    assert len(open_named("three", MIB)) == len(GRID)
    for name in ("../sweeps/three", "/etc", "notes", "", ".", "three/", "three/../three", "x" * 9999, "\0"):
        with pytest.raises(InputError, match=r"^There is no sweep '.{0,40}' here. Available: three\.$"):
            open_named(name, MIB)
    with pytest.raises(InputError, match=r"MiB; 0\.001 are the limit"):
        open_named("three", 0.001)
    monkeypatch.delenv("INITVIZ_SWEEPS")
    with pytest.raises(InputError, match="None is offered"):
        open_named("three", MIB)
