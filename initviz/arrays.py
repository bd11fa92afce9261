"""Array types used throughout the core, the memory arrays are cut from, and what values take of it."""

import sys
from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import nan, prod
from types import BuiltinFunctionType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.floating[Any]]
"""An array of float32 or float64; functions keep the dtype they are given."""

CountArray: TypeAlias = NDArray[np.signedinteger[Any]]


_INTEGERS = {size: np.dtype(f"i{size}") for size in (4, 8)}


def as_integers(x: FloatArray) -> CountArray:
    """The same memory, read as integers of the same size."""
    return x.view(_INTEGERS[x.itemsize])


def mean_pair_cosine(direction: FloatArray, count: int) -> float:
    """Mean cosine of all pairs of `count` vectors whose directions add up to `direction`; nan for fewer than two.

    The sum over all pairs of unit vectors is the squared length of their sum, less the diagonal.
    """
    return (float(direction @ direction) - count) / (count * (count - 1)) if count > 1 else nan


class Workspace:
    """Memory that arrays are cut from. Fresh memory is slow: the system clears every page on its first use, which can
    take longer than filling it with an activation's values. So one block is kept for the next simulation."""

    KEPT_BYTES: ClassVar[int] = 2**26
    """Larger blocks go back to the system."""

    _kept: ClassVar[list[NDArray[np.uint8]]] = []

    def __init__(self, size: int) -> None:
        try:
            kept = self._kept.pop()
        except IndexError:
            kept = np.empty(0, np.uint8)
        self._block = kept if kept.size >= size else np.empty(size, np.uint8)
        self._used = 0

    def cut(self, shape: tuple[int, ...], dtype: str) -> FloatArray:
        """The next array, its values arbitrary; aligned to cache lines."""
        size = prod(shape) * np.dtype(dtype).itemsize
        first, self._used = self._used, self._used + -(-size // 64) * 64
        array: FloatArray = self._block[first : first + size].view(dtype).reshape(shape)
        return array

    def release(self) -> None:
        """Offer the block to the next workspace; arrays cut from it must not be used any more."""
        if self._block.size <= self.KEPT_BYTES and not self._kept:
            self._kept.append(self._block)


_CODE = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, np.ufunc, np.dtype)
_PLAIN = frozenset({float, int, bool, str, bytes, type(None)})


def size_of(value: object) -> int:
    """Bytes that a value keeps alive, each object in it counted once; code counts nothing."""
    return sum(map(sys.getsizeof, _kept_alive(value)))


def make_read_only(value: object) -> None:
    """Let nobody write into the arrays that a value keeps alive: arrays that were sent have forgotten it."""
    for one in _kept_alive(value):
        if isinstance(one, np.ndarray):
            one.flags.writeable = False


def _kept_alive(value: object) -> Iterator[object]:
    seen, waiting = set[int](), [value]
    while waiting:
        one = waiting.pop()
        if id(one) not in seen:
            seen.add(id(one))
            if type(one) in _PLAIN:
                yield one
            elif not isinstance(one, _CODE):
                yield one
                waiting.extend(_parts(one))


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, np.ndarray):
        return (value.base, *(value.tolist() if value.dtype == object else ()))  # a view keeps all of its base
    if isinstance(value, dict | MappingProxyType):
        return (*value.keys(), *value.values())
    if isinstance(value, list | tuple | set | frozenset):
        return value
    return (getattr(value, "__dict__", None), *(getattr(value, name, None) for name in _slots(type(value).__mro__)))


@lru_cache(maxsize=256)
def _slots(kinds: tuple[type, ...]) -> tuple[str, ...]:
    return tuple(name for kind in kinds for name in getattr(kind, "__slots__", ()))
