"""What leaks when statistics are taken from all data, test part included: measured as test accuracy, right and wrong.

Public: LEAKS, Leak, measured_leak.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from initviz.arrays import CountArray, FloatArray
from initviz.catalogue import Catalogue
from initviz.data.nearest_mean import accuracy
from initviz.data.preparations import PREPARATIONS, digit_images

TRAINED = 100
"""Digits to train on: the fewer, the less they know of the rest."""

SHUFFLED, NOISE, KEPT = 80, 1000, 20
"""Examples, features of pure noise, and those that are chosen of them."""


class Scores(NamedTuple):
    """Test accuracy with statistics of the training part alone, and with those of all data."""

    training: float
    all: float


@dataclass(frozen=True)
class Leak:
    """One thing that is estimated from data before training, and what its two ways are worth with one seed."""

    id: str
    name: str
    says: str
    scores: Callable[[int], Scores]


def _prepared(preparation: str, seed: int) -> Scores:
    images, labels = digit_images()
    order = np.random.default_rng(seed).permutation(len(images))
    first, rest = order[:TRAINED], order[TRAINED:]

    def score(known: FloatArray) -> float:
        x = PREPARATIONS[preparation].apply(images, known)
        return accuracy((x[first], labels[first]), (x[rest], labels[rest]))

    return Scores(score(images[first]), score(images))


def _selected(seed: int) -> Scores:
    """Labels are a coin: nothing can be learnt, and an honest score is one half."""
    from sklearn.feature_selection import SelectKBest  # noqa: PLC0415 - takes half a second

    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((SHUFFLED, NOISE)), rng.permutation(np.arange(SHUFFLED) % 2).astype(float)
    first, rest = np.arange(SHUFFLED // 2), np.arange(SHUFFLED // 2, SHUFFLED)

    def score(rows: CountArray) -> float:
        chosen = SelectKBest(k=KEPT).fit(x[rows], y[rows]).get_support()
        return accuracy((x[np.ix_(first, chosen)], y[first]), (x[np.ix_(rest, chosen)], y[rest]))

    return Scores(score(first), score(np.arange(SHUFFLED)))


LEAKS = Catalogue(
    "leak",
    [
        Leak(
            "standardize",
            "Mean and std of every pixel",
            f"{TRAINED} digits to train on: their means and stds are nearly those of all.",
            lambda seed: _prepared("standardize", seed),
        ),
        Leak(
            "whiten",
            "Axes of the data (whitening)",
            f"{TRAINED} digits say little of 64 axes; with those of all, the score is that of another method.",
            lambda seed: _prepared("whiten", seed),
        ),
        Leak(
            "selection",
            "Features chosen by the labels",
            f"{KEPT} of {NOISE} features of noise: whoever chooses them with the test labels in hand finds what is not"
            " there.",
            _selected,
        ),
    ],
)


def measured_leak(leak: Leak, seeds: int = 10) -> tuple[Scores, Scores]:
    """(mean, standard deviation) of both accuracies over seeds."""
    every = np.array([leak.scores(seed) for seed in range(seeds)])
    return Scores(*every.mean(axis=0).tolist()), Scores(*every.std(axis=0, ddof=1).tolist())
