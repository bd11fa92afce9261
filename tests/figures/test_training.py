"""Charts of training: their data, their axes, their words."""

from math import log10

import numpy as np
import pytest

from initviz.figures import answers as pictures
from initviz.figures import training as figures
from initviz.figures import training_layers as by_layer
from initviz.figures.theme import DARK, LIGHT, alt_text
from initviz.learn.history import COLUMNS, History
from initviz.learn.pictures import Answers, Curve, Plane, answers, curve, plane
from initviz.learn.settings import Training
from initviz.learn.trainer import Trainer
from initviz.network.experiment import Experiment
from tests.figures.test_valid import check

HE = Experiment(activation="relu", initializer="he_normal", depth=2, width=8)


def trained(task: str, **changed: object) -> Trainer:
    trainer = Trainer(HE.changed(**changed), Training(task=task, examples=200, epochs=3))
    trainer.run()
    return trainer


@pytest.fixture(scope="module")
def circle() -> Trainer:
    return trained("circle")


BY_LAYER = [column.id for column in COLUMNS.values() if column.by_layer]


@pytest.mark.parametrize("column", BY_LAYER)
def test_layers_are_valid_in_every_column(column: str, circle: Trainer) -> None:
    for history in (circle.history, trained("regression", initializer="zeros").history):
        for theme in (LIGHT, DARK):
            check(by_layer.layer_lines(history, column, total=15, theme=theme))
            check(by_layer.layer_heat(history, column, theme=theme))
            check(by_layer.first_step(history, column, theme=theme))


def test_lines_are_the_history(circle: Trainer) -> None:
    drawn = by_layer.layer_lines(circle.history, "mean", total=15)
    assert len(drawn.data) == 3
    np.testing.assert_allclose(drawn.data[1].y, circle.history.column("mean")[:, 1], rtol=1e-3)
    heat = by_layer.layer_heat(circle.history, "std")
    np.testing.assert_allclose(heat.data[0].z[2], np.log10(circle.history.column("std")[:, 2]), rtol=1e-3, atol=1e-4)


def test_courses_show_training_solid_and_test_dotted(circle: Trainer) -> None:
    one = figures.Course("A", circle.history)
    drawn = figures.courses([one], "loss", total=15, line=0.693, name="constant answer")
    check(drawn)
    assert [trace.line.dash for trace in drawn.data] == ["solid", "dot"]
    np.testing.assert_allclose(drawn.data[0].y, circle.history.column("loss"), rtol=1e-3)
    assert drawn.layout.annotations[0].y == log10(0.693)
    check(figures.courses([one], "accuracy", total=15))


def test_bands_hold_every_seed(circle: Trainer) -> None:
    others = tuple(trained("circle", seed=seed).history for seed in (1, 2))
    drawn = figures.courses([figures.Course("A", circle.history, 0, others)], "loss", total=15)
    check(drawn)
    band = np.array(drawn.data[0].y)
    half = len(band) // 2
    for history in (circle.history, *others):
        column = history.column("loss")
        assert (band[:half] <= column * 1.001).all()
        assert (band[half:][::-1] >= column * 0.999).all()


def test_axes_do_not_move_while_a_loss_stays_within_its_decades(circle: Trainer) -> None:
    axes = []
    for stop in (1, 5, len(circle.history)):
        part = History(15)
        for index in range(stop):
            part.add(circle.history[index])
        drawn = figures.courses([figures.Course("A", part)], "loss", total=15)
        axes.append((drawn.layout.xaxis.range, drawn.layout.yaxis.range))
    assert axes[0] == axes[1] == axes[2]


def test_overflow_draws_a_gap() -> None:
    trainer = Trainer(
        HE.changed(activation="linear"), Training(task="circle", examples=60, epochs=50, learning_rate=1000.0)
    )
    trainer.run()
    assert trainer.diverged
    one = figures.Course("A", trainer.history)
    check(figures.courses([one], "loss", total=trainer.total))
    assert figures.courses([one], "loss", total=trainer.total).data[0].y[-1] is None
    for column in BY_LAYER:
        check(by_layer.layer_lines(trainer.history, column, total=trainer.total))
    check(pictures.decision(plane(trainer)))
    check(pictures.units(plane(trainer)))


def test_the_plane(circle: Trainer) -> None:
    answered = plane(circle)
    assert isinstance(answered, Plane)
    for theme in (LIGHT, DARK):
        check(pictures.decision(answered, theme=theme))
        check(pictures.units(answered, theme=theme))
    middle, corner = answered.share[16, 16], answered.share[0, 0]
    point = circle.network.forward(circle.data.scaled(np.array([[answered.axis[16], answered.axis[16]]])))[-1].out[0]
    assert middle == pytest.approx(1 / (1 + np.exp(point[0] - point[1])), rel=1e-4)
    assert middle != corner


def test_the_curve() -> None:
    answered = curve(trained("regression"))
    assert isinstance(answered, Curve)
    check(pictures.regression(answered))


def test_digits_and_confusion() -> None:
    trainer = trained("digits")
    answered = answers(trainer)
    assert isinstance(answered, Answers)
    for theme in (LIGHT, DARK):
        check(pictures.confusion(answered, theme=theme))
        check(pictures.digits(answered, theme=theme))
    assert answered.confusion.sum() == len(trainer.data.test_x)
    assert np.trace(answered.confusion) / answered.confusion.sum() == trainer.history[-1].test_accuracy
    wrong = int((answered.truth != answered.said).sum())
    drawn = pictures.digits(answered)
    assert sum("(is " in note.text for note in drawn.layout.annotations) == wrong
    assert f"{wrong} of them are wrong" in alt_text(drawn)


def test_a_mosaic_keeps_its_pictures_apart() -> None:
    whole = pictures.mosaic(np.arange(5.0)[:, np.newaxis, np.newaxis] * np.ones((5, 2, 2)))
    assert whole.shape == (5, 11)
    assert whole[0, 3] == 1
    assert whole[3, 0] == 4
    assert np.isnan(whole[2]).all()
