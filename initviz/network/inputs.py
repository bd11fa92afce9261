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
    """A source of batches. A data set has `rows` (all of it; `white` stands for 1) and its own number of features; a
    distribution has `draw` and as many features as the network is wide."""

    id: str
    name: str
    source: str
    draw: Callable[[np.random.Generator, int, int], FloatArray] | None = None
    rows: Callable[[], Pixels] | None = None
    white: int = 255

    def features(self, width: int) -> int:
        """Number of columns of a batch for a network of this width."""
        return self.rows().shape[1] if self.rows else width

    def count(self, samples: int) -> int:
        """Number of rows a batch gets when `samples` are asked for: a data set may hold fewer."""
        return min(samples, len(self.rows())) if self.rows else samples

    def batch(self, rng: np.random.Generator, samples: int, width: int) -> FloatArray:
        """Array (count(samples), features(width)) of floats; rows of a data set are drawn without replacement."""
        if self.rows:
            rows = self.rows()
            return rows[rng.permutation(len(rows))[: self.count(samples)]] / self.white
        assert self.draw is not None
        return self.draw(rng, samples, width)


@lru_cache(maxsize=1)
def _digits() -> Pixels:
    """1,797 handwritten digits of 8 x 8 pixels in 0..16."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - takes half a second, and few visitors ask for it

    rows: Pixels = load_digits().data.astype(np.uint8)
    rows.flags.writeable = False
    return rows


def read_idx_images(path: Path) -> Pixels:
    """Images of an IDX file (gzipped or not) as (images, pixels) in 0..255, read-only.

    Raises MissingData when the file is not a complete IDX file of unsigned bytes in three dimensions.
    Source: the format description on the MNIST page (LeCun, Cortes, Burges).
    """
    try:
        raw = path.read_bytes()
        data = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, zlib.error) as error:
        raise MissingData(f"{path.name} cannot be read: {error}.") from None
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
    folder = os.environ.get(MNIST_FOLDER)
    if not folder:
        raise MissingData(
            f"MNIST is not shipped: set {MNIST_FOLDER} to the folder with train-images-idx3-ubyte (or .gz),"
            " or choose the digits."
        )
    return _mnist_in(folder)


@lru_cache(maxsize=1)
def _mnist_in(folder: str) -> Pixels:
    names = [
        f"{part}-images{dash}idx3-ubyte{end}" for part in ("train", "t10k") for dash in "-." for end in ("", ".gz")
    ]
    for name in names:
        if (path := Path(folder) / name).is_file():
            return read_idx_images(path)
    raise MissingData(
        f"No MNIST images in the folder {MNIST_FOLDER} names; looked for {names[0]}, {names[1]} and so on."
    )


INPUTS = Catalogue(
    "inputs",
    [
        Inputs(
            id="gaussian",
            name="Gaussian",
            draw=lambda rng, samples, width: standard_normal(rng, (samples, width)),
            source="independent N(0, 1) values, as many features as the network is wide",
        ),
        Inputs(
            id="uniform",
            name="Uniform 0..1 (all positive)",
            draw=lambda rng, samples, width: rng.random((samples, width)),
            source="independent values between 0 and 1, as many features as the network is wide",
        ),
        Inputs(
            id="digits",
            name="Handwritten digits (8 x 8)",
            rows=_digits,
            white=16,
            source="1,797 digits of 64 pixels, / 16; Alpaydin & Kaynak (1998), shipped with scikit-learn",
        ),
        Inputs(id="mnist", name="MNIST (your files)", rows=_mnist, source="LeCun et al. (1998); 784 pixels, / 255"),
    ],
)


@dataclass(frozen=True)
class Preprocessing:
    """What is done to each feature (column) of the batch."""

    id: str
    name: str
    apply: Callable[[FloatArray], FloatArray]


def _standardize(batch: FloatArray) -> FloatArray:
    """Mean 0 and std 1 per feature; a feature that never changes becomes 0."""
    centred = batch - batch.mean(axis=0)
    std = centred.std(axis=0)
    return centred / np.where(std > 0, std, 1)


PREPROCESSING = Catalogue(
    "preprocessing",
    [
        Preprocessing("none", "None", lambda batch: batch),
        Preprocessing("center", "Center", lambda batch: batch - batch.mean(axis=0)),
        Preprocessing("standardize", "Standardize", _standardize),
    ],
)
