"""A finished sweep, opened again: a folder of it, a zip of such a folder, or one Parquet table.

Public: Opened, open_file, open_folder, named_sweeps, changed_at, open_named, MOST_EXPERIMENTS.

A manifest names the grid; a table alone is taken for the smallest grid that holds all its experiments. Whoever made the
file is a stranger: sizes are read before numbers, and nothing of it is written to disk.
"""

import os
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import chain
from math import prod
from pathlib import Path
from typing import Any, TypeAlias
from zipfile import BadZipFile, ZipFile

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from initviz.catalogue import InputError
from initviz.network.columns import COLUMNS
from initviz.network.experiment import FIELDS, Experiment
from initviz.sweep.memory import Swept
from initviz.sweep.plan import Grid, point_key, possible_axes
from initviz.sweep.store import MANIFEST, read_manifest
from initviz.sweep.table import KEY, PREFIX, field_column

MOST_EXPERIMENTS = 50_000
"""Of a grid that is opened."""
MOST_DRAWN = 2_000
"""Experiments of one picture."""
UNPACKED = 8
"""A MiB of a file may hold so many MiB of numbers."""
LONGEST_NAME = 100
MOST_ENTRIES = 10_000
MANIFEST_BYTES = 2**20

FOLDERS = "INITVIZ_SWEEPS"
"""The variable that names the directory of the sweeps that an operator offers."""

NAMES = {KEY: KEY} | {field_column(name): name for name in FIELDS}
MEASURED = [*COLUMNS, *(PREFIX + name for name in COLUMNS)]

Part: TypeAlias = tuple[str, bytes]
"""What a part is called in a sentence, and its bytes."""


@dataclass(frozen=True, eq=False)
class Opened:
    """The first and the last hidden layer of every experiment of a sweep, by its key; `first` is nan where only the
    last layer was kept."""

    name: str
    grid: Grid
    first: pd.DataFrame
    last: pd.DataFrame

    def __len__(self) -> int:
        """Experiments that were measured."""
        return len(self.last)

    @property
    def axes(self) -> Mapping[str, tuple[Any, ...]]:
        """Fields that vary, with their values."""
        return {name: values for name, values in self.grid.axes.items() if len(values) > 1}

    def cut(self, names: Iterable[str], fixed: Mapping[str, Any]) -> Swept:
        """The experiments in which only the named fields vary, the first of them from row to row, and every other one
        has its value of `fixed`, or its first. Raises InputError where a picture would be too large."""
        axes = {name: self.grid.axes[name] for name in names} or {"activation": (self.grid.base.activation,)}
        drawn = prod(map(len, axes.values())) * self.grid.seeds
        if drawn > MOST_DRAWN:
            raise InputError(f"These fields make {drawn:,} experiments; a picture shows {MOST_DRAWN:,}: choose others.")
        values = {name: values[0] for name, values in self.grid.axes.items()}
        grid = Grid(self.grid.base.changed(**values | dict(fixed)), axes, self.grid.seeds)
        keys = [key for key in map(point_key, grid.points()) if key in self.last.index]
        if not keys:
            raise InputError("None of these experiments was measured: choose other values.")
        first, last = (table.loc[keys].to_dict("list") for table in (self.first, self.last))
        rows = {
            key: {KEY: [key] * 2} | {str(name): [first[name][index], last[name][index]] for name in last}
            for index, key in enumerate(keys)
        }
        return Swept(grid, rows)


# --- where sweeps are --------------------------------------------------------------------------------------------


def open_file(data: bytes, name: str, mib: float) -> Opened:
    """The sweep in an upload of `name`, of at most `mib` MiB. Raises InputError, in one sentence."""
    if len(data) > mib * 2**20:
        raise InputError(f"{name} has {len(data) / 2**20:.0f} MiB; {mib:g} are the limit.")
    if data.startswith(b"PK"):
        return _opened(name, *_zip(data, name, UNPACKED * mib), UNPACKED * mib)
    if data.startswith(b"PAR1"):
        return _opened(name, None, iter([(name, data)]), UNPACKED * mib)
    raise InputError(f"{name} is neither a zip of a sweep's folder nor a Parquet table.")


def open_folder(folder: Path, mib: float) -> Opened:
    """The sweep in a folder, of at most `mib` MiB. Raises InputError."""
    paths = sorted(folder.glob("part-*.parquet"))
    size = sum(path.stat().st_size for path in paths) / 2**20
    if size > mib:
        raise InputError(f"The sweep {folder.name} has {size:,.0f} MiB; {mib:g} are the limit.")
    try:
        manifest = (folder / MANIFEST).read_bytes()
        return _opened(folder.name, manifest, ((path.name, path.read_bytes()) for path in paths), UNPACKED * mib)
    except OSError as error:
        raise InputError(f"The sweep {folder.name} cannot be read: {error.strerror}.") from None


def named_sweeps() -> list[str]:
    """Names of the sweeps that the operator offers: the folders with a manifest in INITVIZ_SWEEPS."""
    if not (place := os.environ.get(FOLDERS)):
        return []
    return sorted(path.parent.name for path in Path(place).glob(f"*/{MANIFEST}"))


def changed_at(name: str) -> float:
    """When a sweep of that name last got a part; 0 where there is none."""
    return (Path(os.environ[FOLDERS]) / name).stat().st_mtime if name in named_sweeps() else 0.0


def open_named(name: str, mib: float) -> Opened:
    """One of `named_sweeps`: no other name reaches the disk. Raises InputError."""
    if name not in (names := named_sweeps()):
        offered = f"Available: {', '.join(names)}." if names else "None is offered."
        raise InputError(f"There is no sweep '{name[:40]}' here. {offered}")
    return open_folder(Path(os.environ[FOLDERS]) / name, mib)


# --- reading -----------------------------------------------------------------------------------------------------


def _zip(data: bytes, name: str, mib: float) -> tuple[bytes, Iterator[Part]]:
    """Manifest and parts, wherever in the zip their folder is."""
    try:
        file = ZipFile(BytesIO(data))
        infos = {info.filename: info for info in file.infolist()[: MOST_ENTRIES + 1]}
        if len(infos) > MOST_ENTRIES or sum(info.file_size for info in infos.values()) > mib * 2**20:
            raise InputError(f"{name} holds more than {mib:g} MiB or {MOST_ENTRIES:,} files.")
        manifests = [one for one in infos if Path(one).name == MANIFEST]
        if len(manifests) != 1:
            raise InputError(f"{name} holds {len(manifests) or 'no'} {MANIFEST}; a sweep's folder has one.")
        beside = Path(manifests[0]).parent
        parts = sorted(one for one in infos if Path(one).parent == beside and Path(one).match("part-*.parquet"))
        if infos[manifests[0]].file_size > MANIFEST_BYTES:
            raise InputError(f"The {MANIFEST} of {name} is too large for one.")
        # Each part is read when its turn comes, so that one of them is in memory at a time.
        return file.read(manifests[0]), (_unzipped(file, part, name) for part in parts)
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise InputError(f"{name} is a broken or locked zip.") from None


def _unzipped(file: ZipFile, part: str, name: str) -> Part:
    try:
        return Path(part).name, file.read(part)
    except (BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError):
        raise InputError(f"{name} is a broken or locked zip.") from None


def _opened(name: str, manifest: bytes | None, parts: Iterator[Part], mib: float) -> Opened:
    grid = None if manifest is None else _grid(read_manifest(manifest, f"The {MANIFEST} of {name}")["grid"], name)
    firsts, lasts, left = list[pd.DataFrame](), list[pd.DataFrame](), mib
    for part, data in parts:
        table, used = _table(data, part, left)
        left -= used
        table = table.drop_duplicates([KEY, "layer"]).sort_values([KEY, "layer"])
        last = table.drop_duplicates(KEY, keep="last").set_index(KEY)
        firsts.append(table[table["layer"] == 1].set_index(KEY).reindex(last.index))
        lasts.append(last)
    if not lasts or not sum(map(len, lasts)):
        raise InputError(f"{name} holds no measured experiment.")
    first, last = (_whole(tables) for tables in (firsts, lasts))
    if grid is None:
        grid, keys = _derived(last, name)
        first, last = first.set_index(keys), last.set_index(keys)
    if not any(point_key(point) in last.index for point in grid.points()):
        raise InputError(f"{name} holds no experiment of the grid that its {MANIFEST} names.")
    return Opened(name, grid, first, last)


def _whole(tables: list[pd.DataFrame]) -> pd.DataFrame:
    table = pd.concat(tables)
    return table[~table.index.duplicated()]


def _table(data: bytes, name: str, mib: float) -> tuple[pd.DataFrame, float]:
    """The columns that a sweep writes, and how many MiB of numbers they are."""
    foreign = InputError(f"{name} is no table of a sweep.")
    try:
        file = pq.ParquetFile(BytesIO(data))
        kinds = {str(one.name): one.type for one in file.schema_arrow}
        wanted = [one for one in dict.fromkeys([*NAMES, *MEASURED]) if one in kinds]
        words = [one for one in wanted if one in NAMES and _word(kinds[one])]
        numbers = all(one in words or _number(kinds[one]) for one in wanted)
        if not numbers or not {KEY, "layer", "activation"} <= kinds.keys():
            raise foreign
        used = file.metadata.num_rows * len(wanted) * 8 / 2**20
        if used > mib:
            raise InputError(f"{name} holds more numbers than can be opened here: {used:,.0f} MiB.")
        # A word is kept once, however often it stands in the table.
        packed = pq.ParquetFile(BytesIO(data), read_dictionary=words).read(columns=wanted)
        table: pd.DataFrame = packed.to_pandas(strings_to_categorical=True)
    except (pa.ArrowException, OSError, MemoryError, UnicodeDecodeError):
        raise InputError(f"{name} is a broken Parquet file.") from None
    categories = [table[one].cat.categories for one in words if isinstance(table[one].dtype, pd.CategoricalDtype)]
    if any(len(str(word)) > LONGEST_NAME for word in chain(*categories)):
        raise foreign
    return table.astype(dict.fromkeys(words, object)), used


def _number(kind: Any) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def _word(kind: Any) -> bool:
    """Text, or a column in which every value is missing."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_null(kind))


# --- the grid ----------------------------------------------------------------------------------------------------


def _grid(record: Any, name: str) -> Grid:
    """The manifest's, its size seen before it is made."""
    wrong = InputError(f"The {MANIFEST} of {name} describes no grid.")
    try:
        size = prod(len(values) for values in record["axes"].values()) * int(record["seeds"])
        _check_size(size, name)
        return Grid.from_record(record)
    except InputError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError):
        raise wrong from None


def _derived(last: pd.DataFrame, name: str) -> tuple[Grid, pd.Index]:
    """The smallest grid that holds all experiments, and their keys."""
    there = {column: field for column, field in NAMES.items() if column in last.columns and column != KEY}
    _check_size(len(last), name)
    try:
        experiments = [
            _experiment({there[str(column)]: value for column, value in row.items()})
            for row in last[[*there]].to_dict("records")
        ]
    except (InputError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{name} holds what is no experiment of this release: {str(error)[:200]}") from None
    axes = {field: dict.fromkeys(getattr(one, field) for one in experiments) for field in possible_axes()}
    varied = {field: tuple(values) for field, values in axes.items() if len(values) > 1}
    seeds = [one.seed for one in experiments]
    count = max(seeds) - min(seeds) + 1
    _check_size(prod(map(len, varied.values())) * count, name)
    grid = Grid(replace(experiments[0], seed=min(seeds)), varied, count)
    return grid, pd.Index([point_key(one) for one in experiments])


def _experiment(values: dict[str, Any]) -> Experiment:
    """Of a row; the table has the parameter that acts, also where it is the activation's own default."""
    alpha = values.pop("alpha", None)
    one = Experiment(**values)
    return one if alpha is None or one.phi.param is None else one.changed(alpha=alpha)


def _check_size(experiments: int, name: str) -> None:
    if experiments > MOST_EXPERIMENTS:
        raise InputError(f"{name} is a grid of {experiments:,} experiments; {MOST_EXPERIMENTS:,} are the limit here.")
