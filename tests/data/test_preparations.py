"""Preparations: what each makes of the moments, who it learns them from, and the way of two weights."""

import numpy as np
import pytest

from initviz.arrays import FloatArray
from initviz.data.preparations import (
    MEANS,
    PREPARATIONS,
    cloud,
    condition_number,
    digit_images,
    digit_pixels,
    layers_of_data,
    mean_cosine,
    second_moments,
)
from initviz.learn.one_unit import GOAL, NEAR, batch_descent, steps_until_near
from initviz.network.experiment import Experiment
from initviz.network.inputs import PREPROCESSING

every_preparation = pytest.mark.parametrize("id", PREPARATIONS)
RAW = cloud(2.0, 0.4, 0.8)


def test_the_cloud_has_the_mean_the_scale_and_the_correlation_that_are_set() -> None:
    """300 points: four standard errors."""
    np.testing.assert_allclose(RAW.mean(axis=0), 2, atol=4 / 300**0.5)
    np.testing.assert_allclose(RAW.std(axis=0), [1, 0.4], rtol=4 / 600**0.5)
    assert np.asarray(np.corrcoef(RAW.T))[0, 1] == pytest.approx(0.8, abs=4 * (1 - 0.8**2) / 300**0.5)


@pytest.mark.parametrize("rows", [RAW, digit_images()[0]], ids=["cloud", "digits"])
def test_what_each_does_to_the_moments(rows: FloatArray) -> None:
    made = {id: preparation.apply(rows) for id, preparation in PREPARATIONS.items()}
    np.testing.assert_array_equal(made["none"], rows)
    for id in ("none", "center", "standardize"):
        np.testing.assert_allclose(made[id], PREPROCESSING[id].apply(rows), atol=1e-12)
    for id in list(PREPARATIONS)[1:]:
        np.testing.assert_allclose(made[id].mean(axis=0), 0, atol=1e-12)
    moments = second_moments(made["decorrelate"])
    np.testing.assert_allclose(moments, np.diag(np.diag(moments)), atol=1e-12)
    whitened = second_moments(made["whiten"])
    np.testing.assert_allclose(whitened, np.eye(len(whitened)) * (1 - 1 / len(rows)), atol=1e-9)  # PCA divides by n - 1


@every_preparation
def test_statistics_come_from_the_training_part(id: str) -> None:
    """Other rows to prepare change nothing for the training rows; other training rows do."""
    images = digit_images()[0]
    first, alone = images[:900], PREPARATIONS[id].apply(images[:900])
    np.testing.assert_allclose(PREPARATIONS[id].apply(images, first)[:900], alone)
    if id != "none":
        both = PREPARATIONS[id].apply(images)[:900]
        assert both.shape != alone.shape or not np.allclose(both, alone)


def test_two_weights_take_the_more_steps_the_worse_the_condition() -> None:
    made = [preparation.apply(RAW) for preparation in PREPARATIONS.values()]
    conditions, steps = [condition_number(x) for x in made], [steps_until_near(x) for x in made]
    assert conditions[-1] == pytest.approx(1)
    assert steps[-1] == 1
    assert conditions[0] > conditions[1] > conditions[2] > conditions[-1]
    assert steps[0] > steps[1] > steps[2] > steps[-1]
    for x, count in zip(made, steps, strict=True):
        away = np.linalg.norm(batch_descent(x, count) - GOAL, axis=1) / np.linalg.norm(GOAL)
        assert away[-1] <= NEAR * (1 + 1e-9)
        assert away[-2] > NEAR


def test_the_condition_number_leaves_out_what_does_not_vary() -> None:
    assert condition_number(np.array([[2.0, 0.0, 0.0], [0.0, 1.0, 0.0]])) == pytest.approx(4)


def test_layers_tell_what_a_mean_does() -> None:
    """Positive pixels: one sign for all weights of a unit, and samples alike; centred, neither."""
    experiment = Experiment(initializer="lecun_normal", width=50)
    images = digit_images()[0][:300]
    raw, centred = (layers_of_data(experiment, PREPARATIONS[id].apply(images)) for id in ("none", "center"))
    assert len(raw) == 6
    assert (raw.column("grad_w_same_sign")[1], centred.column("grad_w_same_sign")[1]) == (1, 0)
    assert raw.column("cosine")[1] > 0.6
    assert abs(centred.column("cosine")[1]) < 0.1
    assert digit_pixels(images).shape == digit_pixels(images[:, :40]).shape == (300, 2)


def test_mean_image_and_mean_of_a_channel() -> None:
    assert MEANS["image"].shape(32, 32, 3) == (32, 32, 3)
    assert MEANS["channel"].shape(32, 32, 3) == (3,)
    images = digit_images()[0]
    raw, image, channel = mean_cosine(images), *(mean_cosine(images - mean.mean(images)) for mean in MEANS.values())
    assert raw > channel > 0.2
    assert abs(image) < 0.01
