"""Splitting data into parts: counts, folds, and what a score on each part is worth.

Public: SPLITS, Part, held_out; folds, accuracy_of_folds, Fold; best_of_many, Choice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from initviz.catalogue import Catalogue
from initviz.data.nearest_mean import accuracy
from initviz.data.preparations import digit_images
from initviz.learn.run import train
from initviz.learn.settings import Training
from initviz.learn.tasks import TASKS, fitted_data
from initviz.network.experiment import Experiment
from initviz.progress import Progress

MOST_HELD_OUT, SHARE = 10_000, 10
"""A part to validate or test on has 10,000 examples, or a tenth of all where that is less."""

FOLDS = 5


class Part(NamedTuple):
    """A share of the examples and what it is for."""

    name: str
    size: int


def held_out(examples: int) -> int:
    """How many examples to keep for validation, and as many for the test."""
    return min(MOST_HELD_OUT, examples // SHARE)


def _train_test(examples: int) -> tuple[Part, ...]:
    test = held_out(examples)
    return Part("train", examples - test), Part("test", test)


def _three(examples: int) -> tuple[Part, ...]:
    held = held_out(examples)
    return Part("train", examples - 2 * held), Part("validation", held), Part("test", held)


def _folded(examples: int) -> tuple[Part, ...]:
    """Folds as equal as can be, the first ones larger by one where it does not come out even."""
    test = held_out(examples)
    each, more = divmod(examples - test, FOLDS)
    return (*(Part(f"fold {k}", each + (k <= more)) for k in range(1, FOLDS + 1)), Part("test", test))


@dataclass(frozen=True)
class Split:
    """One way to split: its parts for a number of examples, and what to think of it."""

    id: str
    name: str
    parts: Callable[[int], tuple[Part, ...]]
    says: str


SPLITS = Catalogue(
    "split",
    [
        Split(
            "two",
            "Train / test",
            _train_test,
            "Misleads: whoever chooses by the test part has trained on it, and its score is no longer an estimate.",
        ),
        Split(
            "three",
            "Train / validation / test",
            _three,
            "Choose by the validation part; look at the test part once, at the very end.",
        ),
        Split(
            "folds",
            f"{FOLDS} folds + test",
            _folded,
            "Each fold validates once while the others train; the mean is steadier, and its spread can be seen.",
        ),
    ],
)

# --- folds on the digits -------------------------------------------------------------------------------------------

SMALL = Experiment(activation="relu", initializer="he_normal", depth=1, width=32)
BRIEF = Training(epochs=6)


class Fold(NamedTuple):
    """One round: how many examples trained and validated, and the share that was right."""

    trained: int
    validated: int
    accuracy: float


def accuracy_of_folds(folds: int = FOLDS, seed: int = 0, progress: Progress | None = None) -> tuple[Fold, ...]:
    """A small network on the digits, trained afresh for every fold, each class in every fold alike."""
    from sklearn.model_selection import StratifiedKFold, train_test_split  # noqa: PLC0415 - takes half a second

    images, labels = digit_images()
    kept, _ = train_test_split(
        np.arange(len(images)), test_size=held_out(len(images)), random_state=seed, stratify=labels
    )
    rounds = []
    split = StratifiedKFold(folds, shuffle=True, random_state=seed).split(images[kept], labels[kept])
    for number, (training, validation) in enumerate(split, 1):
        parts = [(images[kept[rows]], labels[kept[rows]].astype(np.int64)) for rows in (training, validation)]
        data = fitted_data(TASKS["digits"], *parts, preprocessing="standardize", dtype=SMALL.dtype)
        trained = train(SMALL.changed(seed=seed), BRIEF, data=data)
        rounds.append(Fold(len(training), len(validation), trained.test_accuracy))
        if progress:
            progress(number / folds)
    return tuple(rounds)


# --- choosing by the test part -------------------------------------------------------------------------------------

CANDIDATES, LOOKED_AT, FEATURES = 100, 50, 6
"""Models that compete, examples of the part that they are chosen by, and pixels that each of them sees."""


class Choice(NamedTuple):
    """Accuracy of the best of many models on the part it was chosen by, and on examples that nobody has looked at."""

    chosen: float
    fresh: float


def best_of_many(seed: int = 0) -> Choice:
    """Models that see some pixels each, drawn at random; the one that is best on a small test part."""
    images, labels = digit_images()
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(images))
    training, test, fresh = np.split(order, [600, 600 + LOOKED_AT])
    varying = np.flatnonzero(images.std(axis=0) > 0.1)
    scores = []
    for _ in range(CANDIDATES):
        pixels = rng.choice(varying, FEATURES, replace=False)
        seen = images[:, pixels]
        parts = [(seen[rows], labels[rows]) for rows in (training, test, fresh)]
        scores.append([accuracy(parts[0], part) for part in parts[1:]])
    return Choice(*max(scores))


def mean_choice(seeds: int = 10) -> Choice:
    """The average over seeds."""
    return Choice(*np.mean([best_of_many(seed) for seed in range(seeds)], axis=0).tolist())
