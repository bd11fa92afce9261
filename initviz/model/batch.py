"""What a model is run on and made of besides its file: a batch of one's own, and layer sizes that are typed in.

Public: read_batch, typed_model.
"""

import csv
import io
import re
from itertools import pairwise
from math import prod
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.model.read import MIB, Limits, read_arrays
from initviz.network.initializers import INITIALIZERS, Settings

MOST_LAYERS = 200


def read_batch(file: str | Path | bytes, name: str = "", limits: Limits | None = None) -> FloatArray:
    """(samples, features), float32 or float64, from a CSV (a first line of words is skipped), NPY or NPZ file, whose
    largest array of two axes or more is taken; further axes are laid end to end.

    Raises InputError, in one sentence, for what cannot be read, is too large or holds no finite numbers.
    """
    limits = limits or Limits()
    name = name or (str(file) if not isinstance(file, bytes) else "the batch")
    if isinstance(file, bytes):
        data = file
    else:
        try:
            data = b"" if Path(file).stat().st_size > limits.mib * MIB else Path(file).read_bytes()
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror or error}.") from None
    if not data or len(data) > limits.mib * MIB:
        raise InputError(f"{name} is empty, or larger than the {limits.mib:g} MiB that are read here.")
    arrays = read_arrays(data, name, limits) if data[:4] == b"PK\x03\x04" or data[:6] == b"\x93NUMPY" else None
    if arrays is None:
        batch = _csv(data, name)
    else:
        large = [array for array in arrays if array.ndim > 1]
        if not large:
            raise InputError(f"{name} holds no array of samples by features.")
        largest = max(large, key=lambda array: array.size)
        batch = largest.reshape(len(largest), -1)
    if not batch.size or not np.isfinite(batch).all():
        raise InputError(f"{name} holds no samples, or values that are inf or nan.")
    return batch


def _csv(data: bytes, name: str) -> FloatArray:
    try:
        rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) if row]
        if rows and not _numbers(rows[0]):
            rows = rows[1:]
        return np.array([[float(cell) for cell in row] for row in rows], np.float32).reshape(len(rows), -1)
    except (UnicodeDecodeError, ValueError, csv.Error):
        raise InputError(f"{name} is no CSV of numbers, one sample a line, and no NPY or NPZ file.") from None


def _numbers(cells: list[str]) -> bool:
    try:
        return bool([float(cell) for cell in cells])
    except ValueError:
        return False


def typed_model(sizes: str, initializer: str, limits: Limits | None = None, seed: int = 0) -> bytes:
    """A safetensors file of dense layers as wide as typed, such as 784-256-10, as PyTorch keeps them, drawn by an
    initializer of the catalogue; biases are 0, but where the initializer draws them. Raises InputError."""
    limits, entry = limits or Limits(), INITIALIZERS[initializer]
    if entry.fit:
        raise InputError(f"{entry.name} fits weights to a batch, and layers of typed sizes are drawn without one.")
    widths = [int(number[:9]) for number in re.findall(r"\d+", sizes[:2000])]
    if len(widths) < 2 or min(widths) < 1 or re.sub(r"[\d\s,;x>-]", "", sizes):
        raise InputError("Layer sizes are whole numbers from the inputs to the outputs, such as 784-256-256-10.")
    if len(widths) > MOST_LAYERS + 1:
        raise InputError(f"{len(widths) - 1} layers were typed; at most {MOST_LAYERS} are drawn.")
    if sum(map(prod, pairwise(widths))) * 4 > limits.mib * MIB:
        raise InputError(f"Layers of these sizes take more than the {limits.mib:g} MiB that are read here.")
    rng, arrays = np.random.default_rng(seed), {}
    for layer, (fan_in, width) in enumerate(pairwise(widths)):
        weights = entry.draw(rng, fan_in, width, Settings())
        arrays[f"{2 * layer}.weight"] = np.ascontiguousarray(weights.T, np.float32)
        limit = fan_in**-0.5 if entry.id == "torch_default" else 0.0
        arrays[f"{2 * layer}.bias"] = rng.uniform(-limit, limit, width).astype(np.float32)
    return save(arrays)
