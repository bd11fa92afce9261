"""MNIST's files with whatever images and labels a test wants."""

import struct
from pathlib import Path

from initviz.network.inputs import Pixels


def write_mnist(folder: Path, images: Pixels, labels: Pixels | None) -> None:
    """IDX files of the training part; images are (images, 784)."""
    head = b"\x00\x00\x08\x03" + struct.pack(">III", len(images), 28, 28)
    (folder / "train-images-idx3-ubyte").write_bytes(head + images.tobytes())
    if labels is not None:
        head = b"\x00\x00\x08\x01" + struct.pack(">I", len(labels))
        (folder / "train-labels-idx1-ubyte").write_bytes(head + labels.tobytes())
