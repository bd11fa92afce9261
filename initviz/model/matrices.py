"""Which tensors of a model are weights, which way round they lie, and in which layer they stand.

Public: matrices, Matrix, role_of; chain; ORIENTATIONS.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Literal, TypeAlias

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.model.read import Tensor

Orientation: TypeAlias = Literal["out, in", "in, out"]


@dataclass(frozen=True)
class Order:
    """A way that matrices lie in a file, as an entry to choose."""

    id: Orientation
    name: str


ORIENTATIONS = Catalogue("orientation", [Order("out, in", "PyTorch, safetensors"), Order("in, out", "Keras, JAX")])

CONV1D = re.compile(r"(^|\.)(c_attn|c_proj|c_fc|q_attn)(\.|$)")
"""GPT-2's Conv1D keeps (in, out) where everything else in PyTorch keeps (out, in)."""
WIDENING = re.compile(r"(^|\.)(c_attn|c_fc)\.")
"""Those of them whose outputs are several times their inputs: nanoGPT has Linear layers of the same names."""

TABLE = re.compile(r"(embed|wte|wpe|position_ids|lm_head_table|token_type)", re.IGNORECASE)
"""Tables that are looked up, not multiplied: fan_in says nothing of them."""

RESIDUAL = re.compile(r"(^|\.)(c_proj|o_proj|out_proj|down_proj|wo|w2|dense_4h_to_h|attention\.dense|fc2|proj)(\.|$)")
"""The last matrix of a residual branch, as the common libraries name it."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """One weight matrix as a layer uses it."""

    name: str
    values: FloatArray
    """(fan_in, fan_out)."""
    kind: Literal["dense", "convolution", "table"]
    orientation: Orientation
    shape: tuple[int, ...]
    """As the file keeps it."""

    @property
    def fan_in(self) -> int:
        return self.values.shape[0]

    @property
    def fan_out(self) -> int:
        return self.values.shape[1]

    @property
    def role(self) -> str:
        """Its name without numbers: what its siblings in other layers share."""
        return role_of(self.name)

    @property
    def ends_branch(self) -> bool:
        """Whether it is what a residual branch ends in."""
        return bool(RESIDUAL.search(self.name.lower()))


def role_of(name: str) -> str:
    """A name with # for its numbers."""
    return re.sub(r"\d+", "#", name)


def matrices(tensors: Sequence[Tensor], orientation: Orientation | None = None) -> tuple[Matrix, ...]:
    """The tensors of two or more axes, as (fan_in, fan_out).

    orientation: how plain matrices lie in the file; None: guessed, see `guess_orientation`. Convolutions (out, in,
    kernel) are folded to fan_in = in * kernel. Tensors of one axis are no weights.
    """
    guess = orientation or guess_orientation(tensors)
    found = [tensor for tensor in tensors if 2 <= len(tensor.shape) <= 5 and min(tensor.shape) > 0]
    conv1d = _of_conv1d(found) or guess
    return tuple(_matrix(tensor, guess, conv1d) for tensor in found)


def _of_conv1d(tensors: Sequence[Tensor]) -> Orientation | None:
    """How the matrices with the names of GPT-2's Conv1D lie, told by those that widen; None where none does."""
    shapes = [tensor.shape for tensor in tensors if WIDENING.search(tensor.name) and len(tensor.shape) == 2]
    wide = sum(before < after for before, after in shapes)
    return ("in, out" if 2 * wide > len(shapes) else "out, in") if shapes else None


def _matrix(tensor: Tensor, guess: Orientation, conv1d: Orientation) -> Matrix:
    if len(tensor.shape) > 2:
        folded = tensor.values.reshape(tensor.shape[0], prod(tensor.shape[1:])).T
        return Matrix(tensor.name, folded, "convolution", "out, in", tensor.shape)
    way = conv1d if CONV1D.search(tensor.name) else guess
    kind: Literal["dense", "table"] = "table" if TABLE.search(tensor.name) else "dense"
    values = tensor.values if way == "in, out" or kind == "table" else tensor.values.T
    return Matrix(tensor.name, values, kind, way, tensor.shape)


def guess_orientation(tensors: Sequence[Tensor]) -> Orientation:
    """The way round in which more layers follow on each other, and biases fit; PyTorch's where both do."""
    plain = [tensor for tensor in tensors if len(tensor.shape) == 2 and not TABLE.search(tensor.name)]
    score = {"out, in": 0, "in, out": 0}
    for before, after in pairwise(plain):
        score["out, in"] += before.shape[0] == after.shape[1]
        score["in, out"] += before.shape[1] == after.shape[0]
    biases = {tensor.name: tensor.shape[0] for tensor in tensors if len(tensor.shape) == 1}
    for tensor in plain:
        bias = biases.get(bias_name(tensor.name, biases))
        score["out, in"] += bias == tensor.shape[0]
        score["in, out"] += bias == tensor.shape[1]
    return "in, out" if score["in, out"] > score["out, in"] else "out, in"


def bias_name(name: str, known: Sequence[str] | dict[str, int]) -> str:
    """The name of the bias that belongs to a weight of this name, "" where there is none."""
    ways = (("weight", "bias"), ("kernel", "bias"), ("weights", "biases"), ("W", "b"), ("w", "b"))
    for weight, bias in ways:
        for guess in (re.sub(rf"{weight}(\d*)$", rf"{bias}\1", name), re.sub(rf"^{weight}", bias, name)):
            if guess != name and guess in known:
                return guess
    return ""


def chain(found: Sequence[Matrix]) -> tuple[Matrix, ...]:
    """The dense matrices as layers of one network, each fan_out the next one's fan_in; empty where they are not."""
    dense = [matrix for matrix in found if matrix.kind != "table"]
    if len(dense) < len(found) or any(matrix.kind == "convolution" for matrix in dense):
        return ()
    follows = all(before.fan_out == after.fan_in for before, after in pairwise(dense))
    return tuple(dense) if follows else ()
