"""What the experiments of the training page say happens, at their own size."""

from functools import lru_cache

import numpy as np
import pytest

from initviz.learn.history import COLUMNS
from initviz.learn.lessons import LESSONS, Lesson
from initviz.learn.run import Trained, train
from initviz.learn.verdict import constant_loss


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


def test_zeros_learn_how_frequent_the_classes_are_and_nothing_else() -> None:
    zeros, _ = runs("zeros")
    assert (zeros.history.column("grad_w_std")[1:] == 0).all()
    assert zeros.history[-1].loss == pytest.approx(constant_loss(zeros.data, zeros.training), rel=0.01)


def test_a_factor_of_two_over_twenty_layers_is_one_of_a_million() -> None:
    """In the variance; the draw of either network is worth a factor of some two in the std."""
    he, lecun = (run.history.column("std")[0, 19] for run in runs("xavier_he"))
    assert (he / lecun) ** 2 == pytest.approx(2.0**20, rel=3)
    assert (he / lecun) ** 2 > 2.0**18


def test_sigmoids_gradient_dies_on_the_way_back_but_at_the_edge_arrives() -> None:
    left = [run.history.column("grad_w_std")[1, 1] / run.history.column("grad_w_std")[1, 9] for run in runs("sigmoid")]
    assert left[0] < 1e-4
    assert left[1] > 0.02


def test_the_lectures_std_kills_the_signal_and_batch_normalization_keeps_it() -> None:
    small, lecun = (run.history.column("std")[0, 9] for run in runs("small"))
    assert small < 1e-6
    assert lecun > 0.1
    normalized, plain = (run.history.column("std")[0, 5] for run in runs("batch_norm"))
    assert plain < 1e-3
    assert normalized > 0.5


def test_selu_keeps_twenty_layers_in_shape() -> None:
    selu, relu = (run.history.column("std")[0, :20] for run in runs("selu"))
    assert ((selu > 0.5) & (selu < 2)).all()
    assert relu[-1] < 0.01


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
