"""Reading models: every format, and files that mean harm or are broken get one sentence."""

import contextlib
import io
import json
import pickle
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from initviz.catalogue import InputError
from initviz.model.read import DTYPES, Limits, read_model

W = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)


def safetensors_of(header: object, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + body


def npz_of(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return out.getvalue()


def npy_of(array: np.ndarray, **options: bool) -> bytes:
    out = io.BytesIO()
    np.save(out, array, **options)
    return out.getvalue()


def npy_header(shape: object, dtype: str = "<f4") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


@pytest.mark.parametrize("kind", DTYPES)
def test_every_kind_of_float_is_read_exactly(kind: str) -> None:
    values = W.astype(DTYPES[kind])
    entry = {"dtype": kind, "shape": [5, 3], "data_offsets": [0, values.nbytes]}
    (tensor,) = read_model(safetensors_of({"w": entry, "__metadata__": {"a": "b"}}, values.tobytes()))
    assert tensor.kind == kind
    assert tensor.values.dtype == (np.float64 if kind == "F64" else np.float32)
    np.testing.assert_array_equal(tensor.values, values.astype(np.float64))


def test_names_are_in_their_natural_order_and_integers_left_out(tmp_path: Path) -> None:
    names = ["layers.10.w", "layers.2.w", "layers.1.w"]
    (tmp_path / "m.safetensors").write_bytes(save({**dict.fromkeys(names, W), "step": np.arange(3)}))
    np.savez(tmp_path / "m.npz", **dict.fromkeys(names, W), step=np.arange(3))  # type: ignore[arg-type]
    for file in ("m.safetensors", "m.npz"):
        assert [tensor.name for tensor in read_model(tmp_path / file)] == names[::-1]


def test_arrays_in_fortran_order_are_read() -> None:
    (tensor,) = read_model(npz_of(w=npy_of(np.asfortranarray(W))))
    np.testing.assert_array_equal(tensor.values, W)


GOOD = save({"w": W})
ENTRY = {"dtype": "F32", "shape": [5, 3], "data_offsets": [0, 60]}
BODY = W.tobytes()
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "one byte": b"\0",
    "text": b"hello world, this is no model",
    "header longer than the file": struct.pack("<Q", 2**60) + b"{}",
    "header of no length": struct.pack("<Q", 0) + b"{}",
    "header that is no JSON": safetensors_of(b"{nonsense"),
    "header that is a list": safetensors_of([1, 2]),
    "header of 100,000 brackets": safetensors_of(b"[" * 100_000),
    "no tensors": safetensors_of({}),
    "only metadata": safetensors_of({"__metadata__": {}}),
    "entry that is a number": safetensors_of({"w": 3}),
    "entry without shape": safetensors_of({"w": {"dtype": "F32", "data_offsets": [0, 0]}}),
    "shape of words": safetensors_of({"w": {**ENTRY, "shape": ["a"]}}, BODY),
    "negative shape": safetensors_of({"w": {**ENTRY, "shape": [-5, -3]}}, BODY),
    "shape (0, 10^12)": safetensors_of({"w": {"dtype": "F32", "shape": [0, 10**12], "data_offsets": [0, 0]}}),
    "shape 10^30": safetensors_of({"w": {**ENTRY, "shape": [10**15, 10**15]}}, BODY),
    "shape larger than its bytes": safetensors_of({"w": {**ENTRY, "shape": [50, 30]}}, BODY),
    "shape smaller than its bytes": safetensors_of({"w": {**ENTRY, "shape": [2, 3]}}, BODY),
    "offsets beyond the file": safetensors_of({"w": {**ENTRY, "data_offsets": [0, 600]}}, BODY),
    "offsets backwards": safetensors_of({"w": {**ENTRY, "data_offsets": [60, 0]}}, BODY),
    "offsets that are words": safetensors_of({"w": {**ENTRY, "data_offsets": "ab"}}, BODY),
    "offsets that are three": safetensors_of({"w": {**ENTRY, "data_offsets": [0, 1, 2]}}, BODY),
    "overlapping tensors": safetensors_of({"v": ENTRY, "w": ENTRY}, BODY),
    "unknown kind": safetensors_of({"w": {**ENTRY, "dtype": "X9"}}, BODY),
    "kind that is a list": safetensors_of({"w": {**ENTRY, "dtype": []}}, BODY),
    "truncated": GOOD[:-7],
    "truncated header": GOOD[:20],
    "bytes behind the end": GOOD + b"\0" * 10,
    "200,000 tensors": safetensors_of(
        {f"w{i}": {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for i in range(200_000)}
    ),
    "only integers": save({"i": np.arange(4)}),
    "pickle": pickle.dumps({"w": W}),
    "PyTorch file": npz_of(),
    "zip that is cut": npz_of(w=npy_of(W))[:-30],
    "zip of no arrays": npz_of(w=b"no array"),
    "zip with an empty member": npz_of(w=b""),
    "objects": npz_of(w=npy_of(np.array([{}, []], dtype=object), allow_pickle=True)),
    "npy of 10^30": npz_of(w=npy_header((10**15, 10**15))),
    "npy of (0, 10^12)": npz_of(w=npy_header((10**12, 1)) + b"abcd"),
    "npy of negative shape": npz_of(w=npy_header((-3, -5)) + BODY),
    "npy with code for a shape": npz_of(w=npy_header("__import__('os').system('true')")),
    "npy of words": npz_of(w=npy_header((3,), "<U4") + b"0" * 48),
    "npy that is cut": npz_of(w=npy_of(W)[:-8]),
    "npy of version 9": npz_of(w=b"\x93NUMPY\x09\x00" + b"\0" * 100),
    "bomb": npz_of(w=npy_of(np.zeros(40 * 2**20, np.uint8))),
    "3,000 arrays": npz_of(**{f"w{i}": npy_of(W[0]) for i in range(3000)}),
}
with zipfile.ZipFile(_archive := io.BytesIO(), "w") as _torch:
    _torch.writestr("archive/data.pkl", pickle.dumps([1]))
HOSTILE["PyTorch file"] = _archive.getvalue()


@pytest.mark.parametrize("name", HOSTILE)
def test_broken_and_hostile_files_get_one_sentence(name: str) -> None:
    with pytest.raises(InputError) as raised:
        read_model(HOSTILE[name], "m.bin", Limits(mib=32))
    said = str(raised.value)
    assert len(said) < 500
    assert "\n" not in said


def test_there_are_at_least_forty_hostile_files() -> None:
    assert len(HOSTILE) >= 40


def test_a_pickle_is_refused_with_the_way_to_convert_it() -> None:
    for name in ("pickle", "PyTorch file"):
        with pytest.raises(InputError, match=r"runs whatever program.*weights_only=True"):
            read_model(HOSTILE[name])


def test_a_header_of_128_bytes_makes_no_pickle() -> None:
    """Its length is the byte that pickles begin with, as one in thirty-two headers has."""
    text = json.dumps({"w": ENTRY}).encode().ljust(128)
    (tensor,) = read_model(struct.pack("<Q", len(text)) + text + BODY)
    np.testing.assert_array_equal(tensor.values, W)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_model(tmp_path / "none.safetensors")
    (tmp_path / "big").write_bytes(b"0" * 2**21)
    with pytest.raises(InputError, match="larger than the 1 MiB"):
        read_model(tmp_path / "big", limits=Limits(mib=1))


@settings(max_examples=300, deadline=2000)
@given(st.binary(max_size=12), st.integers(0, len(GOOD)), st.integers(0, 40))
def test_changed_bytes_are_read_or_refused(bytes_: bytes, at: int, removed: int) -> None:
    for good in (GOOD, npz_of(w=npy_of(W))):
        with contextlib.suppress(InputError):
            read_model(good[:at] + bytes_ + good[at + removed :])
