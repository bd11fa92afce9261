"""What is learnt: real digits, four classifications in the plane (those of TensorFlow Playground), a curve.

A task draws or reads its examples; `prepare` splits them, and scales them by statistics of the training part alone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import pi
from typing import TypeAlias

import numpy as np

from initviz.arrays import CountArray, FloatArray
from initviz.catalogue import Catalogue, InputError
from initviz.network.inputs import INPUTS, PREPROCESSING, Inputs

Examples: TypeAlias = tuple[FloatArray, FloatArray | CountArray]
"""Inputs (examples, features), and labels (examples,) or target values (examples, 1)."""

RADIUS = 2.0
"""Half the side of the square in which the tasks of the plane live; their inputs then have a std of about 1."""


@dataclass(frozen=True)
class Task:
    """Something to learn. `draw` takes a generator, a number of examples and the noise, 0..1."""

    id: str
    name: str
    draw: Callable[[np.random.Generator, int, float], Examples]
    features: Callable[[], int]
    classes: int
    """0 for a task whose targets are numbers."""
    plane: bool = False
    """Whether the inputs are points of a plane."""
    noisy: bool = True
    """Whether noise acts."""

    @property
    def outputs(self) -> int:
        """Columns of the network's last layer."""
        return self.classes or 1


@dataclass(frozen=True, eq=False)
class Data:
    """The examples of a task as the network sees them. Targets are one-hot for classes, (samples, outputs)."""

    task: Task
    train_x: FloatArray
    train_y: FloatArray
    test_x: FloatArray
    test_y: FloatArray
    shift: FloatArray
    """What was subtracted from each feature; with `divisor` it brings points of the plane into the network."""
    divisor: FloatArray

    def scaled(self, x: FloatArray) -> FloatArray:
        """Raw inputs as the network sees them."""
        return ((x - self.shift) / self.divisor).astype(self.train_x.dtype)


def prepare(
    task: Task,
    *,
    examples: int,
    noise: float,
    test_share: float,
    preprocessing: str,
    scale: float,
    seed: int,
    dtype: str,
) -> Data:
    """Draw, split at random (each class alike) and scale. `scale` multiplies the prepared inputs.

    Raises InputError when the data set cannot be read, or a part would not hold every class.
    """
    from sklearn.model_selection import train_test_split  # noqa: PLC0415 - takes half a second

    x, y = task.draw(np.random.default_rng(np.random.SeedSequence((seed, 1))), examples, noise)
    try:
        parts = train_test_split(x, y, test_size=test_share, random_state=seed, stratify=y if task.classes else None)
    except ValueError as error:
        raise InputError(f"{task.name} cannot be split: {error}") from None
    train_x, test_x, train_y, test_y = parts
    return fitted_data(
        task, (train_x, train_y), (test_x, test_y), preprocessing=preprocessing, scale=scale, dtype=dtype
    )


def fitted_data(
    task: Task, train: Examples, test: Examples, *, preprocessing: str, scale: float = 1.0, dtype: str
) -> Data:
    """Two parts that are split already, both scaled by statistics of the training part."""
    (train_x, train_y), (test_x, test_y) = train, test
    shift, divisor = PREPROCESSING[preprocessing].fit(train_x)
    divisor = divisor / scale
    inputs = [((part - shift) / divisor).astype(dtype) for part in (train_x, test_x)]
    targets = [_targets(part, task.classes).astype(dtype) for part in (train_y, test_y)]
    return Data(task, inputs[0], targets[0], inputs[1], targets[1], shift, divisor)


def _targets(y: FloatArray | CountArray, classes: int) -> FloatArray:
    return np.eye(classes)[y] if classes else np.asarray(y, dtype=float)


# --- the tasks -----------------------------------------------------------------------------------------------------


def _images(source: Inputs, rng: np.random.Generator, examples: int, noise: float) -> Examples:
    assert source.rows and source.labels
    rows, labels = source.rows(), source.labels()
    chosen = rng.permutation(len(rows))[:examples]
    return rows[chosen] / source.white, labels[chosen].astype(np.int64)


def _labels(examples: int) -> CountArray:
    """0 for the first half, 1 for the second."""
    return np.arange(examples) * 2 // examples


def _polar(radius: FloatArray, angle: FloatArray) -> FloatArray:
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)


def _square(rng: np.random.Generator, examples: int, side: float) -> FloatArray:
    return rng.uniform(-side, side, (examples, 2))


def _circle(rng: np.random.Generator, examples: int, noise: float) -> Examples:
    """A disc and a ring around it; noise moves the points before their class is read off."""
    inside = _labels(examples)
    low, high = np.where(inside, 0.0, 0.7 * RADIUS), np.where(inside, 0.5 * RADIUS, RADIUS)
    x = _polar(rng.uniform(low, high), rng.uniform(0, 2 * pi, examples))
    moved = x + noise * _square(rng, examples, RADIUS)
    return x, (np.hypot(*moved.T) < RADIUS / 2).astype(np.int64)


def _xor(rng: np.random.Generator, examples: int, noise: float) -> Examples:
    """Two opposite quarters of the square against the other two, with a gap along the axes."""
    x = _square(rng, examples, 0.94 * RADIUS)
    x += np.where(x > 0, 0.06, -0.06) * RADIUS
    moved = x + noise * _square(rng, examples, RADIUS)
    return x, (moved.prod(axis=1) >= 0).astype(np.int64)


def _gaussians(rng: np.random.Generator, examples: int, noise: float) -> Examples:
    """Two normal clouds; noise widens them."""
    labels = _labels(examples)
    centres = np.where(labels, 0.4 * RADIUS, -0.4 * RADIUS)[:, np.newaxis]
    return centres + RADIUS * (0.14 + 0.3 * noise) * rng.standard_normal((examples, 2)), labels


def _spiral(rng: np.random.Generator, examples: int, noise: float) -> Examples:
    """Two arms of 1 3/4 turns; noise scatters the points."""
    labels = _labels(examples)
    along = rng.random(examples)
    x = _polar(RADIUS * along, 1.75 * 2 * pi * along + pi * labels)
    return x + 0.2 * noise * _square(rng, examples, RADIUS), labels


def curve(x: FloatArray) -> FloatArray:
    """The function of the regression."""
    return np.sin(3 * x)


def _regression(rng: np.random.Generator, examples: int, noise: float) -> Examples:
    x = _square(rng, examples, RADIUS)[:, :1]
    return x, curve(x) + noise * rng.standard_normal(x.shape)


def _image_task(id: str) -> Task:
    source = INPUTS[id]
    return Task(id, source.name, partial(_images, source), partial(source.features, 0), classes=10, noisy=False)


def _plane_task(id: str, name: str, draw: Callable[[np.random.Generator, int, float], Examples]) -> Task:
    return Task(id, name, draw, lambda: 2, classes=2, plane=True)


TASKS = Catalogue(
    "task",
    [
        _image_task("digits"),
        _plane_task("circle", "Circle", _circle),
        _plane_task("xor", "Exclusive or", _xor),
        _plane_task("gaussians", "Two Gaussians", _gaussians),
        _plane_task("spiral", "Spiral", _spiral),
        Task("regression", "Regression: sin 3x", _regression, lambda: 1, classes=0),
        _image_task("mnist"),
    ],
)
