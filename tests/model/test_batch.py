"""Batches of one's own and typed layer sizes: read exactly, or refused in one sentence."""

import io

import numpy as np
import pytest

from initviz.catalogue import InputError
from initviz.model.audit import audit
from initviz.model.batch import read_batch, typed_model
from initviz.model.read import Limits, read_model

ROWS = np.random.default_rng(0).standard_normal((7, 4)).astype(np.float32)


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


TEXT = "\n".join(",".join(map(repr, row)) for row in ROWS.tolist())


@pytest.mark.parametrize(
    "data",
    [TEXT.encode(), f"a,b,c,d\n{TEXT}\n\n".encode(), npy(ROWS), npz(labels=np.arange(7.0), x=ROWS)],
)
def test_batches_are_read_exactly(data: bytes) -> None:
    np.testing.assert_array_equal(read_batch(data), ROWS)


def test_pictures_are_laid_end_to_end_and_whole_numbers_taken() -> None:
    pictures = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(read_batch(npy(pictures)), pictures.reshape(2, 12))


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"1,2\n3", b"1,nan", b"\xff\xfe\x00", npy(np.arange(3.0)), npy(ROWS)[:-3], npz(), b"a,b,c\n"],
)
def test_what_is_no_batch_gets_one_sentence(data: bytes) -> None:
    with pytest.raises(InputError) as told:
        read_batch(data, "x.csv")
    assert "\n" not in str(told.value)


def test_a_batch_that_is_too_large() -> None:
    with pytest.raises(InputError, match="larger than the 1 MiB"):
        read_batch(npy(np.zeros((600, 600))), limits=Limits(mib=1))


@pytest.mark.parametrize("law", ["torch_default", "he_normal", "glorot_uniform", "orthogonal"])
def test_typed_sizes_are_drawn_by_their_law(law: str) -> None:
    tensors = read_model(typed_model("64 - 96, 128-10", law))
    rows = audit(tensors)
    assert [(row.fan_in, row.fan_out) for row in rows] == [(64, 96), (96, 128), (128, 10)]
    assert [row.law for row in rows[:2]] == [law] * 2
    assert any(tensor.values.any() for tensor in tensors if "bias" in tensor.name) == (law == "torch_default")


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        ("", "whole numbers"),
        ("10", "whole numbers"),
        ("10-0-3", "whole numbers"),
        ("ten-20", "whole numbers"),
        ("-".join(["2"] * 300), "at most 200"),
        ("999999-999999", "take more than"),
    ],
)
def test_sizes_that_cannot_be_drawn(sizes: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        typed_model(sizes, "he_normal", Limits(mib=8))
