"""Lessons: every step is open at its start and done after what it asks for, and every number in it is computed.

Kills: a predicate that is true from the start or never; a number written by hand; a truth out of reach.
"""

import re
from functools import cache

import numpy as np
import pytest

from initviz.lessons.catalogue import LESSONS
from initviz.lessons.lesson import Desk, Lesson, Question, Step, words
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.experiment import FIELDS, Experiment
from initviz.ui.pages import PAGES

STEPS = [
    pytest.param(step, id=f"{lesson.id}-{n}") for lesson in LESSONS.values() for n, step in enumerate(lesson.steps)
]
every_step = pytest.mark.parametrize("step", STEPS)
every_lesson = pytest.mark.parametrize("lesson", LESSONS.values(), ids=lambda lesson: lesson.id)

WRITTEN = re.compile(r"\d\.\d|\d ?%|\d[eE]-?\d")
"""What a measured number looks like: a decimal, a percentage, a power of ten."""


@cache
def run(experiment: Experiment) -> Propagation:
    return simulate(experiment)


def asked(step: Step) -> Question:
    assert step.question is not None
    return step.question


@every_step
def test_it_is_open_at_its_start_and_done_after_what_it_asks_for(step: Step) -> None:
    start = Desk(step.start, run)
    assert not step.is_done(start, shown=False)
    if step.question:
        assert step.is_done(start, shown=True)
        return
    assert not step.is_done(start, shown=True), "a truth that was shown elsewhere does nothing here"
    assert step.control in step.change
    assert set(step.change) <= set(FIELDS)
    after = step.start.changed(**step.change)
    assert step.start.uses(step.control) or after.uses(step.control)
    assert step.is_done(Desk(after, run), shown=False)


@every_step
def test_its_numbers_are_computed(step: Step) -> None:
    for text in (step.text, step.told):
        assert not WRITTEN.search(text), text
        said = step.words(text, run)
        assert "{" not in said
        assert "overflow" not in said
        assert "nan" not in said.split()


@every_step
def test_a_question_has_its_truth_within_reach_and_not_at_the_start(step: Step) -> None:
    if step.question is None:
        assert step.watch is not None
        drawn = step.watch(Desk(step.start, run))
        assert len(drawn.x) == len(drawn.y) > 1
        return
    question = asked(step)
    curve = question.curve(Desk(step.start, run))
    truth = question.truth(curve)
    assert question.answer.low <= truth <= question.answer.high
    assert question.line or curve.x[0] <= question.at <= curve.x[-1]
    assert question.gap(truth, truth) == "right on it"
    assert question.answer.low <= question.start <= question.answer.high
    assert question.gap(question.start, truth) != "right on it"


@every_lesson
def test_a_lesson_is_whole(lesson: Lesson) -> None:
    assert 5 <= lesson.minutes <= 10
    assert any(step.question for step in lesson.steps)
    assert any(not step.question for step in lesson.steps)
    assert all(re.fullmatch(r"S[0-3]-\d+", row) for row in lesson.rows)
    assert lesson.source
    assert not WRITTEN.search(lesson.take_away)
    known: dict[str, float | str] = {}
    for step in lesson.steps:
        known |= step.numbers(Desk(step.start, run))
        assert not step.page or step.page in PAGES
    assert words(lesson.take_away, known).endswith(".")


def test_there_are_ten() -> None:
    assert len(LESSONS) >= 10
    assert next(iter(LESSONS)) == "neuron"
    assert list(LESSONS)[-2:] == ["edge", "own"]


def test_a_line_is_asked_for_by_its_factor() -> None:
    question = next(asked(step) for step in LESSONS["relu"].steps if step.question and step.question.line)
    curve = question.curve(Desk(LESSONS["relu"].steps[0].start, run))
    assert question.truth(curve) == pytest.approx(float(np.exp(np.diff(np.log(curve.y)).mean())))
    assert question.gap(0.5, 1.0) == "2 times off"


def test_a_printed_number_is_filled_in() -> None:
    """The lecture's table has 0.213081 for layer 1; a draw of 500 linear units scatters by sqrt(2 / 500) / 2."""
    step = LESSONS["small"].steps[0]
    assert float(step.words("{first}", run)) == pytest.approx(0.213081, rel=4 * (2 / 500) ** 0.5 / 2)
