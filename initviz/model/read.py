"""Reads the tensors of a model's file, and trusts nothing in it: sizes are checked before anything is allocated.

Public: read_model, read_arrays, Tensor, Limits.

Formats: safetensors (also bfloat16 and float8, which its own NumPy reader refuses) and NumPy's npz. Pickles are
refused, since loading one runs whatever program is in it.
"""

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import safetensors

from initviz.arrays import FloatArray
from initviz.catalogue import InputError

MIB = 2**20

DTYPES: dict[str, np.dtype[Any]] = {
    "F64": np.dtype(np.float64),
    "F32": np.dtype(np.float32),
    "F16": np.dtype(np.float16),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
}
"""Kinds of numbers that are read, as safetensors name them; integers and booleans are no weights and are left out."""

CONVERT = (
    "python -c \"import torch, safetensors.torch as s; m = torch.load('model.pt', map_location='cpu', "
    "weights_only=True); s.save_file({k: v.contiguous().clone() for k, v in m.items()}, 'model.safetensors')\""
)
"""What turns a PyTorch state dict into a file that can be read."""


@dataclass(frozen=True)
class Limits:
    """What a file may hold."""

    mib: float = 4096.0
    tensors: int = 2000


@dataclass(frozen=True, eq=False)
class Tensor:
    """One array of a model, in float32 or float64; `kind` is how the file keeps its numbers."""

    name: str
    values: FloatArray
    kind: str

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape


def read_model(file: str | Path | bytes, name: str = "", limits: Limits | None = None) -> tuple[Tensor, ...]:
    """All tensors of floats, in the natural order of their names (layer 2 before layer 10).

    file: a path, or the bytes of an upload, which `name` names in messages. Raises InputError, in one sentence, for
    what cannot be read, is too large or is no model.
    """
    limits = limits or Limits()
    name = name or (str(file) if not isinstance(file, bytes) else "the file")
    data = _bytes(file, name, limits)
    tensors = tuple(_npz(data, name, limits) if data[:4] == b"PK\x03\x04" else _safetensors(data, name, limits))
    if not tensors:
        raise InputError(f"{name} holds no tensor of floating-point numbers.")
    return tuple(sorted(tensors, key=lambda tensor: natural(tensor.name)))


def read_arrays(data: bytes, name: str, limits: Limits) -> list[FloatArray]:
    """The arrays of numbers of an NPY or NPZ file; whole numbers become float32. Raises InputError."""
    if data[:4] == b"PK\x03\x04":
        return [tensor.values for tensor in _npz(data, name, limits, "fiu")]
    values = _array(data, name, name, "fiu")
    return [] if values is None else [_as_float(values)]


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts numbers within names by size."""
    parts: list[tuple[int, int, str]] = []
    digits = ""
    for character in [*name, ""]:
        if character.isascii() and character.isdigit():
            digits += character
            continue
        if digits:
            parts.append((0, int(digits[:18]), digits))
            digits = ""
        parts.append((1, 0, character))
    return parts


def _bytes(file: str | Path | bytes, name: str, limits: Limits) -> bytes:
    if isinstance(file, bytes):
        data = file
    else:
        try:
            if Path(file).stat().st_size > limits.mib * MIB:
                raise InputError(f"{name} is larger than the {limits.mib:g} MiB that are read here.")
            data = Path(file).read_bytes()
        except OSError as error:
            raise InputError(f"{name} cannot be read: {error.strerror or error}.") from None
    if len(data) > limits.mib * MIB:
        raise InputError(f"{name} is larger than the {limits.mib:g} MiB that are read here.")
    if _is_pickle(data):
        raise InputError(
            f"{name} is a pickle, and loading one runs whatever program is in it. Convert it where it comes from:"
            f" {CONVERT}"
        )
    return data


def _is_pickle(data: bytes) -> bool:
    """Bare, or in PyTorch's zip. A safetensors file may begin with the same byte, its header's length, but the header
    itself begins with a brace, which is no instruction of a pickle there."""
    if data[:4] != b"PK\x03\x04":
        return data[:1] == b"\x80" and data[8:9] != b"{"
    try:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False
    return any(name.endswith(".pkl") for name in names)


# --- safetensors ---------------------------------------------------------------------------------------------------


def _safetensors(data: bytes, name: str, limits: Limits) -> Iterator[Tensor]:
    header = _header(data, name)
    if len(header) > limits.tensors:
        raise InputError(f"{name} holds {len(header):,} tensors; at most {limits.tensors:,} are read.")
    for key, entry in header.items():
        _check_entry(key, entry, name)
    try:
        stored = safetensors.deserialize(data)  # type: ignore[no-untyped-call]
    except (safetensors.SafetensorError, ValueError, OverflowError) as error:
        raise InputError(f"{name} is no whole safetensors file: {str(error)[:100]}.") from None
    for key, entry in stored:
        if (dtype := DTYPES.get(entry["dtype"])) is not None:
            values = np.frombuffer(entry["data"], dtype).reshape(entry["shape"])
            yield Tensor(key, _as_float(values), entry["dtype"])


def _header(data: bytes, name: str) -> dict[str, Any]:
    """The description of the tensors at the head of the file, without its metadata."""
    size = struct.unpack("<Q", data[:8])[0] if len(data) >= 8 else 0
    if not 2 <= size <= len(data) - 8:
        raise InputError(f"{name} is neither a safetensors nor an npz file. These two are read.")
    try:
        header = json.loads(data[8 : 8 + size])
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise InputError(f"{name} is no safetensors file: its header is no JSON object.")
    return {key: entry for key, entry in header.items() if key != "__metadata__"}


def _check_entry(key: str, entry: Any, name: str) -> None:
    """A shape of whole numbers that fits the bytes it is said to have: (0, 10^12) does not."""
    try:
        shape, (first, last) = [int(size) for size in entry["shape"]], entry["data_offsets"]
        whole = all(size >= 0 for size in shape) and last >= first and max([1, *shape]) <= 2**40
        fits = prod(shape) * _bits(str(entry["dtype"])) <= 8 * (last - first) and (prod(shape) > 0 or last == first)
    except (KeyError, TypeError, ValueError, IndexError):
        raise InputError(f"{name} is no safetensors file: '{key[:40]}' is described wrongly.") from None
    if not whole or not fits or (0 in shape and max(shape) > 2**20):
        raise InputError(f"{name}: the tensor '{key[:40]}' has an impossible shape, {str(shape)[:60]}.")


def _bits(kind: str) -> int:
    """Bits a value takes at least."""
    return int("".join(character for character in kind.split("_", maxsplit=1)[0] if character.isdigit()) or 1)


# --- npz -----------------------------------------------------------------------------------------------------------


def _npz(data: bytes, name: str, limits: Limits, kinds: str = "f") -> Iterator[Tensor]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = [info for info in archive.infolist() if info.filename.endswith(".npy")]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise InputError(f"{name} is no whole npz file: {error}.") from None
    if len(members) > limits.tensors:
        raise InputError(f"{name} holds {len(members):,} arrays; at most {limits.tensors:,} are read.")
    size = sum(info.file_size for info in members)
    if size > limits.mib * MIB:
        raise InputError(f"{name} unpacks to {size / MIB:,.0f} MiB; at most {limits.mib:g} MiB are read.")
    for info in members:
        key = info.filename.removesuffix(".npy")
        try:
            with archive.open(info) as member:
                unpacked = member.read(info.file_size + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
            raise InputError(f"{name}: the array '{key[:40]}' cannot be unpacked: {error}.") from None
        values = _array(unpacked, key, name, kinds)
        if values is not None:
            yield Tensor(key, _as_float(values), str(values.dtype))


def _array(data: bytes, key: str, name: str, kinds: str = "f") -> Any:
    """The array of an npy member, None where it holds no floats. Its header must agree with its size."""
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    except (ValueError, EOFError, TypeError, SyntaxError) as error:
        raise InputError(f"{name}: '{key[:40]}' is no NumPy array: {str(error)[:80]}.") from None
    if dtype.hasobject:
        raise InputError(f"{name}: '{key[:40]}' holds Python objects, which are pickles; save arrays of numbers.")
    if dtype.kind not in kinds:
        return None
    body = stream.read()
    if any(size < 0 for size in shape) or prod(shape) * dtype.itemsize != len(body):
        raise InputError(f"{name}: the array '{key[:40]}' says it is {str(shape)[:60]}, but has {len(body):,} bytes.")
    return np.frombuffer(body, dtype).reshape(shape, order="F" if fortran else "C")


def _as_float(values: Any) -> FloatArray:
    """float64 stays; everything shorter becomes float32, which holds it exactly."""
    return np.asarray(values, np.float64 if values.dtype.kind == "f" and values.dtype.itemsize > 4 else np.float32)
