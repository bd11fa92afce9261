"""Where a sweep is kept: a folder of Parquet parts, each written whole, and a manifest of the grid.

A single Parquet file cannot be appended to after a kill. So rows go into parts of their own, written under another name
and renamed when complete: whatever happens, the folder holds whole parts, and a later run measures what is missing.
"""

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from initviz.catalogue import InputError
from initviz.sweep.plan import Grid, point_key
from initviz.sweep.table import KEY, Rows, in_order

MANIFEST = "manifest.json"
FORMAT = 1
"""Of the manifest; a folder of another format is refused."""

PART_POINTS = 100
PART_SECONDS = 10.0
"""A part is written after so many experiments, or so many seconds: what a kill may cost, and what is in memory."""


class Store:
    """The folder of one sweep; several grids of one kind may grow in it, one after another."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._buffer: list[Rows] = []
        self._written = time.monotonic()

    # --- reading ---

    def grid(self) -> Grid:
        """The grid of the last run. Raises InputError when the folder holds no sweep."""
        return Grid.from_record(self._manifest()["grid"])

    def keys(self) -> set[str]:
        """The experiments that are measured already."""
        held: set[str] = set()
        for part in self._parts():
            held |= set(pd.read_parquet(part, columns=[KEY])[KEY])
        return held

    def table(self) -> pd.DataFrame:
        """All rows of the grid in its order; experiments that are still missing have none.

        Raises InputError when the folder holds no sweep.
        """
        keys = [point_key(point) for point in self.grid().points()]
        parts = [pd.read_parquet(part) for part in self._parts()]
        if not parts:
            return pd.DataFrame({KEY: pd.Series(dtype=str)})
        return in_order(pd.concat(parts, ignore_index=True).drop_duplicates([KEY, "layer"]), keys)

    def _parts(self) -> list[Path]:
        return sorted(self.folder.glob("part-*.parquet"))

    def _manifest(self) -> dict[str, Any]:
        path = self.folder / MANIFEST
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            raise InputError(f"{self.folder} holds no sweep: there is no {MANIFEST} in it.") from None
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error}.") from None
        return read_manifest(text, str(path))

    # --- writing ---

    def begin(self, grid: Grid, last_layer_only: bool) -> None:
        """Note what is to be measured. Raises InputError where the folder cannot be written, or keeps other rows."""
        if (self.folder / MANIFEST).exists() and self._manifest().get("last_layer_only") != last_layer_only:
            kept = "all layers" if last_layer_only else "the last layer only"
            raise InputError(f"{self.folder} keeps {kept}; choose another folder.")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            manifest = {"format": FORMAT, "grid": grid.record(), "last_layer_only": last_layer_only}
            self._write_whole(MANIFEST, json.dumps(manifest, indent=1).encode())
        except OSError as error:
            raise InputError(f"{self.folder} cannot be written: {error}.") from None

    def add(self, rows: Rows) -> None:
        """Keep the rows of one experiment; they reach the disk with their part."""
        self._buffer.append(rows)
        if len(self._buffer) >= PART_POINTS or time.monotonic() - self._written > PART_SECONDS:
            self._flush()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """What is buffered reaches the disk on the way out, whatever ends the block."""
        self._written = time.monotonic()
        try:
            yield
        finally:
            self._flush()

    def _flush(self) -> None:
        self._written = time.monotonic()
        if not self._buffer:
            return
        data: bytes = _together(self._buffer).to_parquet(None, index=False)
        self._write_whole(f"part-{time.time_ns():020d}-{uuid.uuid4().hex[:6]}.parquet", data)
        self._buffer.clear()

    def _write_whole(self, name: str, data: bytes) -> None:
        beside = self.folder / f".{name}.{uuid.uuid4().hex[:6]}"
        beside.write_bytes(data)
        beside.replace(self.folder / name)


def _together(parts: Sequence[Rows]) -> pd.DataFrame:
    """All rows one after another, None in columns that a part lacks. Column by column: a table for each part would
    take many times the memory of the rows."""
    names = dict.fromkeys(name for rows in parts for name in rows)
    return pd.DataFrame(
        {name: [value for rows in parts for value in rows.get(name, [None] * len(rows[KEY]))] for name in names}
    )


def read_manifest(text: bytes, name: str) -> dict[str, Any]:
    """What a manifest says; `name` stands for it in messages. Raises InputError."""
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} cannot be read: {error}.") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT or "grid" not in manifest:
        raise InputError(f"{name} is not the manifest of a sweep of this release.")
    return manifest
