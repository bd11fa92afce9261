"""Answers that are kept, long and quick ones alike: known by value, and together bounded in bytes."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, TypeVar

from cachetools import LRUCache

from initviz.arrays import size_of

T = TypeVar("T")

ABSENT: Final = object()
"""What `Memo.get` returns for a key that it does not hold: None may be an answer."""

ENTRY_BYTES = 512
"""What an entry takes besides its key and its answer."""


@dataclass(frozen=True)
class _Entry:
    answer: Any
    size: int


class Memo:
    """Answers by key; the least recently used go first. Failures are not kept. Any thread may use it.

    Keys count like answers, so that nothing large can hide in them. Everyone gets the same object: do not change it.
    """

    def __init__(self, max_bytes: int) -> None:
        self._lock = Lock()
        self._kept: LRUCache[Hashable, _Entry] = LRUCache(max_bytes, getsizeof=lambda entry: entry.size)
        self._pending: dict[Hashable, Future[Any]] = {}

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def nbytes(self) -> int:
        """Bytes of all keys and answers."""
        return int(self._kept.currsize)

    def get(self, key: Hashable) -> Any:
        """The answer, or ABSENT."""
        with self._lock:
            return self._found(key)

    def keep(self, key: Hashable, answer: Any) -> None:
        """Keep an answer unless it is larger than all the room there is."""
        entry = _Entry(answer, ENTRY_BYTES + size_of((key, answer)))  # takes milliseconds: not with the lock held
        with self._lock:
            if entry.size <= self._kept.maxsize:
                self._kept[key] = entry

    def __call__(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What `compute` returned for this key, now or before; raises what it raises.

        It runs in the asker's own thread: once, even when a whole class asks at the same moment.
        """
        with self._lock:
            known = self._found(key)
            if known is not ABSENT:
                kept: T = known
                return kept
            pending = self._pending.get(key)
            if pending is None:
                mine = self._pending[key] = Future[Any]()
        if pending is not None:
            return _outcome(pending)
        try:
            answer = compute()
            self.keep(key, answer)
            mine.set_result(answer)
        except BaseException as error:
            mine.set_exception(own_copy(error))
            raise
        finally:
            with self._lock:
                del self._pending[key]
        return answer

    def _found(self, key: Hashable) -> Any:
        entry = self._kept.get(key)
        return ABSENT if entry is None else entry.answer


def _outcome(pending: "Future[T]") -> T:
    error = pending.exception()
    if error is not None:
        raise own_copy(error)
    return pending.result()


def own_copy(error: BaseException) -> BaseException:
    """The error as an object of its own: each asker who raises a shared one would add to its traceback, which keeps
    alive whatever the askers had in hand. What raised it first stays its cause."""
    copied = type(error).__new__(type(error), *error.args)  # the constructor may want other arguments than these
    copied.__dict__.update(error.__dict__)
    copied.__cause__ = error
    return copied
