"""What is kept: by value, bounded in bytes, computed once."""

import gc
import weakref
from threading import Barrier, Thread

import numpy as np
import pytest

from initviz.serving.memo import ABSENT, ENTRY_BYTES, Memo

LONG = 10.0
KB = np.zeros(1000, np.uint8)


class Answer:
    pass


def kilobytes(count: int) -> list[object]:
    return [KB.copy() for _ in range(count)]


def test_the_least_recently_used_goes_first() -> None:
    memo = Memo(10_000)
    memo.keep("a", kilobytes(3))
    memo.keep("b", kilobytes(3))
    assert memo.get("a") is not ABSENT  # used again: b is the oldest now
    memo.keep("c", kilobytes(3))
    assert memo.get("b") is ABSENT
    assert memo.get("a") is not ABSENT
    assert memo.get("c") is not ABSENT
    assert len(memo) == 2
    assert 6 * (1000 + 100) <= memo.nbytes <= 10_000


def test_keys_count_like_answers() -> None:
    """A result that is a key stays alive like one that is an answer: what hides there must not be free."""
    memo = Memo(10_000)
    held = tuple(bytes(1000) for _ in range(8))
    references = []
    for i in range(20):
        key = (i, *(bytes(1000 + i) for _ in range(8)))
        answer = Answer()
        references.append(weakref.ref(answer))
        memo.keep(key, answer)
        del key, answer
    gc.collect()
    assert len(memo) == sum(reference() is not None for reference in references) == 1
    assert memo.nbytes > len(held) * 1000


def test_an_answer_that_is_replaced_is_counted_once() -> None:
    memo = Memo(100_000)
    for _ in range(10):
        memo.keep("key", kilobytes(5))
    assert len(memo) == 1
    assert memo.nbytes < 7_000


def test_what_is_larger_than_all_the_room_is_given_but_not_kept() -> None:
    memo = Memo(5_000)
    memo.keep("small", "answer")
    assert len(memo("large", lambda: kilobytes(6))) == 6
    assert memo.get("large") is ABSENT
    assert memo.get("small") == "answer"


def test_entries_without_any_size_are_bounded_too() -> None:
    memo = Memo(100 * ENTRY_BYTES)
    for i in range(1000):
        memo.keep(i, None)
    assert 10 < len(memo) < 100


def test_it_computes_once_for_a_class_that_asks_at_the_same_moment() -> None:
    memo, together, answers = Memo(10_000), Barrier(10), list[object]()
    computed = []

    def compute() -> object:
        computed.append(1)
        together.wait(LONG)  # ends only when everybody has asked
        return Answer()

    def visitor(first: bool) -> None:
        if not first:
            together.wait(LONG)
        answers.append(memo("key", compute))

    threads = [Thread(target=visitor, args=(number == 0,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert len(computed) == 1
    assert len(answers) == 10
    assert len(set(answers)) == 1


def test_a_failure_reaches_all_who_wait_and_is_not_kept() -> None:
    memo, asked, raised = Memo(10_000), Barrier(3), list[Exception]()

    def compute() -> object:
        asked.wait(LONG)
        raise ZeroDivisionError("no answer")

    def visitor(first: bool) -> None:
        if not first:
            asked.wait(LONG)
        try:
            memo("bad", compute if first else lambda: "late, and therefore an answer")
        except ZeroDivisionError as error:
            raised.append(error)

    threads = [Thread(target=visitor, args=(number == 0,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    assert {str(error) for error in raised} == {"no answer"}
    assert len(set(map(id, raised))) == len(raised)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            memo("worse", lambda: 1 // 0)
    assert memo("worse", lambda: 1) == 1


def test_none_is_an_answer() -> None:
    memo, computed = Memo(10_000), []
    for _ in range(2):
        assert memo("key", lambda: computed.append(1)) is None
    assert computed == [1]
