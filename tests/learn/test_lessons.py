"""What the experiments of the training page say happens, at their own size."""

from functools import lru_cache

import numpy as np
import pytest

from initviz.learn.history import COLUMNS
from initviz.learn.lessons import LESSONS, Lesson
from initviz.learn.run import Trained, train


@lru_cache(maxsize=50)
def runs(id: str) -> list[Trained]:
    return [train(*start) for start in LESSONS[id].starts]


@pytest.mark.parametrize("lesson", LESSONS.values(), ids=LESSONS)
def test_lessons_ask_and_follow_a_column(lesson: Lesson) -> None:

    assert "?" in lesson.question
    assert COLUMNS[lesson.follow].by_layer
    assert 1 <= len(lesson.starts) <= 4
    assert len({training.task for _, training in lesson.starts}) == 1


@pytest.mark.parametrize(
    ("id", "outcomes"),
    [
        ("playground", ["learns"]),
        ("constant", ["not", "learns"]),
        ("zeros", ["not", "learns"]),
        ("small", ["not", "learns"]),
        ("xavier_he", ["learns", "not"]),
        ("sigmoid", ["not", "learns"]),
        ("dying", ["learns", "learns", "learns"]),
        ("first_loss", ["learns", "learns"]),
        ("limit", ["learns", "learns", "not", "diverged"]),
        ("positive", ["not", "learns"]),
        ("selu", ["learns", "not"]),
        ("prelu", ["learns"]),
        ("batch_norm", ["learns", "not"]),
        ("article", ["learns", "learns", "diverged"]),
        ("six_times", ["learns", "learns", "not"]),
    ],
)
def test_outcomes(id: str, outcomes: list[str]) -> None:
    assert [run.outcome for run in runs(id)] == outcomes


def test_every_lesson_has_its_outcome_tested() -> None:
    marked = next(mark for mark in test_outcomes.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]
    assert {case[0] for case in marked.args[1]} == set(LESSONS)


def test_constant_units_stay_one() -> None:
    constant, random = runs("constant")
    assert (constant.history.column("distinct")[:, :-1] == 1).all()
    assert (random.history.column("distinct")[:, :-1] == 128).all()


def test_large_steps_kill_units_for_good() -> None:
    slow, fast, leaky = (run.history.column("dead")[-1, :-1].mean() for run in runs("dying"))
    assert fast > slow + 0.1
    assert leaky == 0


def test_first_losses() -> None:
    large, he = (run.history[0].loss for run in runs("first_loss"))
    assert large > 5 * np.log(10)
    assert he < 1.2 * np.log(10)


def test_the_loss_falls_below_the_limit_and_not_above() -> None:
    falls = [bool((np.diff(run.history.column("loss")) <= 0).all()) for run in runs("limit")]
    assert falls == [True, True, False, False]


def test_slopes_are_learnt() -> None:
    (prelu,) = runs("prelu")
    slopes = prelu.history.column("alpha")[:, :-1]
    assert (slopes[0] == 0.25).all()
    assert (np.abs(slopes[-1] - 0.25) > 0.5).sum() >= 2
