"""Inputs: the distributions, the digits, MNIST files and broken ones, preprocessing."""

import gzip
import struct
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from initviz.catalogue import InputError
from initviz.network.budget import Budget
from initviz.network.experiment import Experiment
from initviz.network.inputs import INPUTS, MNIST_FOLDER, PREPROCESSING, _mnist_in, read_idx_images


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


# --- distributions ---


@pytest.mark.parametrize(
    ("id", "mean", "std", "kurtosis"), [("gaussian", 0, 1, 3.0), ("uniform", 0.5, sqrt(1 / 12), 1.8)]
)
def test_distributions(id: str, mean: float, std: float, kurtosis: float) -> None:
    """Mean and variance within four standard errors: std / sqrt(n) and variance * sqrt((kurtosis - 1) / n)."""
    batch = INPUTS[id].batch(rng(), 400, 150)
    assert batch.shape == (400, 150)
    assert abs(batch.mean() - mean) < 4 * std / sqrt(batch.size)
    assert batch.var() == pytest.approx(std**2, rel=4 * sqrt((kurtosis - 1) / batch.size))
    assert INPUTS[id].features(150) == 150
    assert INPUTS[id].count(400) == 400


def test_uniform_inputs_are_all_positive() -> None:
    batch = INPUTS["uniform"].batch(rng(), 50, 20)
    assert 0 <= batch.min() < batch.max() < 1


@pytest.mark.parametrize("id", ["gaussian", "uniform", "digits"])
def test_the_seed_decides(id: str) -> None:
    source = INPUTS[id]
    np.testing.assert_array_equal(source.batch(rng(1), 20, 8), source.batch(rng(1), 20, 8))
    assert not np.array_equal(source.batch(rng(1), 20, 8), source.batch(rng(2), 20, 8))


# --- digits ---


def test_digits_are_the_1797_shipped_ones() -> None:
    digits = INPUTS["digits"]
    assert digits.features(500) == 64
    assert digits.count(10_000) == 1797
    batch = digits.batch(rng(), 10_000, 500)
    assert batch.shape == (1797, 64)
    assert (batch.min(), batch.max()) == (0, 1)
    np.testing.assert_array_equal(batch * 16, np.round(batch * 16))


def test_digits_are_drawn_without_replacement() -> None:
    """All 1797 images differ, so that a repeated row would show."""
    digits = INPUTS["digits"]
    everything = {row.tobytes() for row in digits.batch(rng(), 1797, 2)}
    assert len(everything) == 1797
    some = {row.tobytes() for row in digits.batch(rng(5), 1000, 2)}
    assert len(some) == 1000
    assert some < everything


def test_a_batch_does_not_change_the_data_set() -> None:
    batch = INPUTS["digits"].batch(rng(), 10, 2)
    before = batch.copy()
    batch[:] = -1
    np.testing.assert_array_equal(INPUTS["digits"].batch(rng(), 10, 2), before)


# --- MNIST from a person's own files ---


def idx(images: int = 3, height: int = 4, width: int = 5, magic: int = 0x0803) -> bytes:
    pixels = bytes(range(images * height * width))
    return struct.pack(">IIII", magic, images, height, width) + pixels


def packed(data: bytes) -> bytes:
    """gzip without the time of day: data that name tests must be the same in every process that collects them."""
    return gzip.compress(data, mtime=0)


def mnist_like(images: int = 10_000, height: int = 28, width: int = 28) -> bytes:
    """Images that are all white in one row of pixels and black elsewhere, another row from image to image."""
    pixels = np.zeros((images, height, width), np.uint8)
    pixels[np.arange(images), np.arange(images) % height] = 255
    return struct.pack(">IIII", 0x0803, images, height, width) + pixels.tobytes()


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-images.idx3-ubyte.gz"])
def test_idx_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / name).write_bytes(packed(mnist_like()) if name.endswith(".gz") else mnist_like())
    monkeypatch.setenv(MNIST_FOLDER, str(tmp_path))
    mnist = INPUTS["mnist"]
    batch = mnist.batch(rng(), 10_000, 500)
    assert batch.shape == (mnist.count(10_000), mnist.features(500)) == (10_000, 784)
    np.testing.assert_array_equal(batch.sum(axis=1), 28)
    rows = batch.reshape(-1, 28, 28)[:, :, 0].argmax(axis=1)
    np.testing.assert_array_equal(np.bincount(rows), np.bincount(np.arange(10_000) % 28))


@pytest.mark.parametrize(("images", "width"), [(9_999, 28), (10_000, 27)])
def test_files_of_another_shape_are_not_mnist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, images: int, width: int
) -> None:
    (tmp_path / "train-images-idx3-ubyte").write_bytes(mnist_like(images, width=width))
    monkeypatch.setenv(MNIST_FOLDER, str(tmp_path))
    with pytest.raises(InputError, match=r"not MNIST: it holds .* images of .* pixels, not 10,000 or more of 784"):
        INPUTS["mnist"].batch(rng(), 10, 10)


def test_a_data_set_has_the_shape_it_declares() -> None:
    for source in INPUTS.values():
        if source.rows and source.id != "mnist":  # MNIST's is checked whenever it is read
            assert source.rows().shape == source.shape


def test_sizes_and_costs_read_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MNIST_FOLDER, raising=False)
    experiment = Experiment(inputs="mnist", samples=10_000, width=2)
    assert experiment.shapes()[0] == (784, 2, 1)
    assert experiment.spec().features == 784
    Budget().check(experiment)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is not an IDX image file"),
        (b"hello, this is no image file", "is not an IDX image file"),
        (idx(magic=0x0801), "is not an IDX image file"),
        (idx()[:-1], "promises 3 images of 4 x 5 pixels = 60 bytes, it holds 59"),
        (idx() + b"x", "it holds 61"),
        (idx(images=0), "is damaged"),
        (struct.pack(">IIII", 0x0803, 2**32 - 1, 2**32 - 1, 2**32 - 1), "is damaged"),
        (packed(idx())[:30], "cannot be read"),
        (packed(idx())[:12] + b"\xff" * 20, "cannot be read"),
        (b"\x1f\x8b" + b"\x00" * 20, "cannot be read"),
        (packed(b"text"), "is not an IDX image file"),
    ],
)
def test_malformed_files_are_named(tmp_path: Path, data: bytes, sentence: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(data)
    with pytest.raises(InputError, match=sentence) as caught:
        read_idx_images(path)
    assert "train-images-idx3-ubyte" in str(caught.value)
    assert str(tmp_path) not in str(caught.value), "a visitor need not know the server's folders"


@pytest.fixture(autouse=True)
def _forget_mnist() -> Iterator[None]:
    yield
    _mnist_in.cache_clear()


def test_mnist_without_a_folder_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MNIST_FOLDER, raising=False)
    with pytest.raises(InputError, match=f"set {MNIST_FOLDER} to the folder with train-images-idx3-ubyte"):
        INPUTS["mnist"].batch(rng(), 10, 10)


def test_mnist_in_an_empty_folder_says_what_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MNIST_FOLDER, str(tmp_path))
    with pytest.raises(InputError, match="looked for train-images-idx3-ubyte"):
        INPUTS["mnist"].batch(rng(), 10, 10)


# --- preprocessing ---


def test_preprocessing() -> None:
    batch = np.array([[1.0, 5.0, 7.0], [3.0, 9.0, 7.0]])
    np.testing.assert_array_equal(PREPROCESSING["none"].apply(batch), batch)
    np.testing.assert_array_equal(PREPROCESSING["center"].apply(batch), [[-1, -2, 0], [1, 2, 0]])
    np.testing.assert_array_equal(PREPROCESSING["standardize"].apply(batch), [[-1, -1, 0], [1, 1, 0]])


@pytest.mark.parametrize("id", ["center", "standardize"])
def test_preprocessed_digits(id: str) -> None:
    """Pixels that are black in every image have no std to divide by: they become 0, not nan."""
    raw = INPUTS["digits"].batch(rng(), 1797, 2)
    before = raw.copy()
    batch = PREPROCESSING[id].apply(raw)
    np.testing.assert_array_equal(raw, before)
    np.testing.assert_allclose(batch.mean(axis=0), 0, atol=1e-12)
    varies = raw.std(axis=0) > 0
    assert 0 < varies.sum() < 64
    assert not batch[:, ~varies].any()
    if id == "standardize":
        np.testing.assert_allclose(batch[:, varies].std(axis=0), 1, rtol=1e-12)
