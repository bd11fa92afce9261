"""What a network answers while it learns: over the plane, along the curve, for digits one can look at."""

from dataclasses import dataclass
from math import isqrt

import numpy as np

from initviz.arrays import CountArray, FloatArray
from initviz.learn.losses import probabilities
from initviz.learn.start import at_rest
from initviz.learn.tasks import RADIUS
from initviz.learn.trainer import EVALUATED, Trainer
from initviz.network.network import Network

GRID = 32
"""Points along each side of the plane."""

REACH = 1.2 * RADIUS
"""The pictures of the plane and the curve go from -REACH to REACH."""

UNITS = 12
"""First-layer units whose own picture is drawn."""

SHOWN = 12
"""Digits that are shown."""

CURVE = 121
"""Points along the curve."""


def _resting(trainer: Trainer) -> Network:
    return at_rest(trainer.network, trainer.data.train_x[:EVALUATED])


@dataclass(frozen=True, eq=False)
class Plane:
    """Answers over the plane. axis: (GRID,) of both coordinates; share: (GRID, GRID), the probability of class 1, rows
    by the second coordinate; units: (k, GRID, GRID), h of the first layer's first units; points and classes of the
    training and the test part."""

    axis: FloatArray
    share: FloatArray
    units: FloatArray
    train: tuple[FloatArray, CountArray]
    test: tuple[FloatArray, CountArray]


def plane(trainer: Trainer) -> Plane:
    """The network's answers over the plane, for a task of two features and two classes."""
    axis = np.linspace(-REACH, REACH, GRID)
    first, second = np.meshgrid(axis, axis)
    points = trainer.data.scaled(np.stack([first.ravel(), second.ravel()], axis=1))
    with np.errstate(all="ignore"):
        values = _resting(trainer).forward(points)
        share = probabilities(values[-1].out)[:, 1]
    units = values[0].out[:, :UNITS].T.reshape(-1, GRID, GRID)
    return Plane(axis, share.reshape(GRID, GRID), units, *(_points(trainer, part) for part in ("train", "test")))


def _points(trainer: Trainer, part: str) -> tuple[FloatArray, CountArray]:
    """At most a few hundred examples, where they lie in the plane, and their classes."""
    data = trainer.data
    x, y = (data.train_x, data.train_y) if part == "train" else (data.test_x, data.test_y)
    return x[:300] * data.divisor + data.shift, y[:300].argmax(axis=1)


@dataclass(frozen=True, eq=False)
class Curve:
    """A regression. x, y: (CURVE,), what the network answers; points: (n, 2) training examples."""

    x: FloatArray
    y: FloatArray
    points: FloatArray


def curve(trainer: Trainer) -> Curve:
    """The network's answers along its one feature."""
    data, x = trainer.data, np.linspace(-REACH, REACH, CURVE)
    with np.errstate(all="ignore"):
        y = _resting(trainer).forward(data.scaled(x[:, np.newaxis]))[-1].out[:, 0]
    raw = data.train_x[:300] * data.divisor + data.shift
    return Curve(x, y, np.hstack([raw, data.train_y[:300]]))


@dataclass(frozen=True, eq=False)
class Answers:
    """Test examples. confusion: (classes, classes) counts, rows by truth. images: (k, side, side) in 0..1; truth, said,
    sure: (k,) class, answer and its probability; wrong answers come first."""

    confusion: CountArray
    images: FloatArray
    truth: CountArray
    said: CountArray
    sure: FloatArray


def answers(trainer: Trainer) -> Answers:
    """What the network says of at most so many test images as a record looks at."""
    data = trainer.data
    x, truth = data.test_x[:EVALUATED], data.test_y[:EVALUATED].argmax(axis=1)
    with np.errstate(all="ignore"):
        shares = probabilities(_resting(trainer).forward(x)[-1].out)
    said = shares.argmax(axis=1)
    classes = data.task.classes
    counts = np.bincount(classes * truth + said, minlength=classes**2).reshape(classes, classes)
    order = np.argsort(said == truth, kind="stable")[:SHOWN]
    side = isqrt(x.shape[1])
    images = (x[order] * data.divisor + data.shift).reshape(-1, side, side)
    return Answers(counts, images, truth[order], said[order], shares[order, said[order]])
