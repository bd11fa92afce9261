"""What enters the network: synthetic batches, the shipped digits, MNIST from a person's own files; preprocessing."""

import gzip
import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, InputError
from initviz.network.initializers import standard_normal

MNIST_FOLDER = "INITVIZ_MNIST_DIR"
"""Environment variable that names the folder with MNIST's IDX files."""

Pixels: TypeAlias = NDArray[np.uint8]
"""Images as (images, pixels), in bytes: 60,000 of MNIST take 47 MB."""


class MissingData(InputError):
    """The files of a data set are not there, or cannot be read."""


@dataclass(frozen=True)
class Inputs:
    """A source of batches. A data set has a `shape` and `rows` to read (`white` stands for 1); a distribution has
    `draw` and as many features as the network is wide."""

    id: str
    name: str
    source: str
    draw: Callable[[np.random.Generator, int, int], FloatArray] | None = None
    rows: Callable[[], Pixels] | None = None
    shape: tuple[int, int] | None = None
    """(rows, features) of a data set. Declared, so that no size and no cost waits for a file."""
    white: int = 255
    code: str | None = None
    """The batch as exported scripts spell it, in NumPy with `rng`, SAMPLES and FEATURES."""
    labels: Callable[[], Pixels] | None = None
    """The class of each row, where the rows have one."""
    reading_mib: float = 0.0
    """Memory that reading the file takes, and keeping it for the next time."""

    def features(self, width: int) -> int:
        """Number of columns of a batch for a network of this width."""
        return self.shape[1] if self.shape else width

    def count(self, samples: int) -> int:
        """Number of rows a batch gets when `samples` are asked for: a data set may hold fewer."""
        return min(samples, self.shape[0]) if self.shape else samples

    def batch(self, rng: np.random.Generator, samples: int, width: int) -> FloatArray:
        """Array (count(samples), features(width)) of floats; rows of a data set are drawn without replacement.

        Raises InputError when the data set is not there or damaged.
        """
        if self.rows:
            rows = self.rows()
            return rows[rng.permutation(len(rows))[: self.count(samples)]] / self.white
        assert self.draw is not None
        return self.draw(rng, samples, width)


DIGITS_SHAPE = (1797, 64)
MNIST_SHAPE = (10_000, 784)
"""The training set has 60,000 rows, the test set so many; no batch is larger."""


@lru_cache(maxsize=1)
def _digits() -> tuple[Pixels, Pixels]:
    """1,797 handwritten digits of 8 x 8 pixels in 0..16, and what they are."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - takes half a second, and few visitors ask for it

    bunch = load_digits()
    arrays: tuple[Pixels, Pixels] = bunch.data.astype(np.uint8), bunch.target.astype(np.uint8)
    for array in arrays:
        array.flags.writeable = False
    return arrays


def _unpacked(path: Path) -> bytes:
    """The file's bytes, without gzip."""
    try:
        raw = path.read_bytes()
        return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise MissingData(f"{path.name} cannot be read: {error}.") from None


def read_idx_labels(path: Path) -> Pixels:
    """Labels of an IDX file (gzipped or not), (images,), read-only.

    Raises InputError when the file is not a complete IDX file of unsigned bytes in one dimension.
    """
    data = _unpacked(path)
    if len(data) < 8 or data[:4] != b"\x00\x00\x08\x01":
        raise MissingData(f"{path.name} is not an IDX label file: it must start with the bytes 00 00 08 01.")
    (count,) = struct.unpack(">I", data[4:8])
    if count == 0 or len(data) - 8 != count:
        raise MissingData(f"{path.name} is damaged: its header promises {count} labels, it holds {len(data) - 8}.")
    return np.frombuffer(data, np.uint8, offset=8)


def read_idx_images(path: Path) -> Pixels:
    """Images of an IDX file (gzipped or not) as (images, pixels) in 0..255, read-only.

    Raises MissingData when the file is not a complete IDX file of unsigned bytes in three dimensions.
    Source: the format description on the MNIST page (LeCun, Cortes, Burges).
    """
    data = _unpacked(path)
    if len(data) < 16 or data[:4] != b"\x00\x00\x08\x03":
        raise MissingData(f"{path.name} is not an IDX image file: it must start with the bytes 00 00 08 03.")
    count, height, width = struct.unpack(">III", data[4:16])
    expected = count * height * width
    if count == 0 or expected == 0 or len(data) - 16 != expected:
        raise MissingData(
            f"{path.name} is damaged: its header promises {count} images of {height} x {width} pixels"
            f" = {expected} bytes, it holds {len(data) - 16}."
        )
    return np.frombuffer(data, np.uint8, offset=16).reshape(count, -1)


def _mnist() -> Pixels:
    return _mnist_in(_mnist_folder())[0]


def _mnist_labels() -> Pixels:
    images, part = _mnist_in(_mnist_folder())
    labels = _mnist_labels_in(_mnist_folder(), part)
    if len(labels) != len(images):
        raise MissingData(f"MNIST's {part} files do not belong together: {len(images)} images, {len(labels)} labels.")
    return labels


def _mnist_folder() -> str:
    folder = os.environ.get(MNIST_FOLDER)
    if not folder:
        raise MissingData(
            f"MNIST is not shipped: set {MNIST_FOLDER} to the folder with train-images-idx3-ubyte (or .gz),"
            " or choose the digits."
        )
    return folder


def _mnist_files(part: str, kind: str) -> list[str]:
    return [f"{part}-{kind}ubyte{end}".replace("*", dash) for dash in "-." for end in ("", ".gz")]


@lru_cache(maxsize=1)
def _mnist_in(folder: str) -> tuple[Pixels, str]:
    """The images, and which part of MNIST they are: train or t10k."""
    for part in ("train", "t10k"):
        for name in _mnist_files(part, "images*idx3-"):
            if (path := Path(folder) / name).is_file():
                return _checked_mnist(name, read_idx_images(path)), part
    first, second = _mnist_files("train", "images*idx3-")[:2]
    raise MissingData(f"No MNIST images in the folder {MNIST_FOLDER} names; looked for {first}, {second} and so on.")


def _checked_mnist(name: str, images: Pixels) -> Pixels:
    if len(images) < MNIST_SHAPE[0] or images.shape[1] != MNIST_SHAPE[1]:
        raise MissingData(
            f"{name} is not MNIST: it holds {len(images):,} images of {images.shape[1]} pixels, not"
            f" {MNIST_SHAPE[0]:,} or more of {MNIST_SHAPE[1]}."
        )
    return images


@lru_cache(maxsize=1)
def _mnist_labels_in(folder: str, part: str) -> Pixels:
    for name in _mnist_files(part, "labels*idx1-"):
        if (path := Path(folder) / name).is_file():
            return read_idx_labels(path)
    raise MissingData(f"No {part}-labels-idx1-ubyte (or .gz) beside the images in the folder {MNIST_FOLDER} names.")


INPUTS = Catalogue(
    "inputs",
    [
        Inputs(
            id="gaussian",
            name="Gaussian",
            draw=lambda rng, samples, width: standard_normal(rng, (samples, width)),
            code="rng.standard_normal((SAMPLES, FEATURES))",
            source="independent N(0, 1) values, as many features as the network is wide",
        ),
        Inputs(
            id="uniform",
            name="Uniform 0..1 (all positive)",
            draw=lambda rng, samples, width: rng.random((samples, width)),
            code="rng.random((SAMPLES, FEATURES))",
            source="independent values between 0 and 1, as many features as the network is wide",
        ),
        Inputs(
            id="digits",
            name="Handwritten digits (8 x 8)",
            rows=lambda: _digits()[0],
            labels=lambda: _digits()[1],
            shape=DIGITS_SHAPE,
            white=16,
            code="rng.permutation(load_digits().data)[:SAMPLES] / 16",
            source="1,797 digits of 64 pixels, / 16; Alpaydin & Kaynak (1998), shipped with scikit-learn",
        ),
        Inputs(
            id="mnist",
            name="MNIST (your files)",
            rows=_mnist,
            labels=_mnist_labels,
            shape=MNIST_SHAPE,
            reading_mib=60.0,
            code="rng.permutation(read_mnist())[:SAMPLES] / 255",
            source="LeCun et al. (1998); 784 pixels, / 255",
        ),
    ],
)


Fitted: TypeAlias = tuple[FloatArray, FloatArray]
"""Shift and divisor of each feature, (features,)."""


@dataclass(frozen=True)
class Preprocessing:
    """What is done to each feature (column): a shift and a divisor that `fit` reads off some rows."""

    id: str
    name: str
    fit: Callable[[FloatArray], Fitted]

    def apply(self, batch: FloatArray) -> FloatArray:
        """The batch, prepared by its own statistics."""
        shift, divisor = self.fit(batch)
        prepared: FloatArray = batch - shift
        prepared /= divisor
        return prepared


def _untouched(rows: FloatArray) -> Fitted:
    return np.zeros(rows.shape[1], rows.dtype), np.ones(rows.shape[1], rows.dtype)


def _centred(rows: FloatArray) -> Fitted:
    return rows.mean(axis=0), np.ones(rows.shape[1], rows.dtype)


def _standardized(rows: FloatArray) -> Fitted:
    """Mean 0 and std 1; a feature that never changes becomes 0."""
    mean = rows.mean(axis=0)
    std = (rows - mean).std(axis=0)
    return mean, np.where(std > 0, std, 1)


PREPROCESSING = Catalogue(
    "preprocessing",
    [
        Preprocessing("none", "None", _untouched),
        Preprocessing("center", "Center", _centred),
        Preprocessing("standardize", "Standardize", _standardized),
    ],
)
