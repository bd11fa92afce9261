"""A batch of inputs as theory sees it: a few representative lengths and cosines, with weights.

Public: batch_of, summarized, Batch; gauss_rule, Rule.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from scipy.linalg import eigh_tridiagonal

from initviz.arrays import FloatArray, mean_pair_cosine
from initviz.network.experiment import Experiment
from initviz.network.streams import input_batch

POINTS = 3
"""Gauss points that stand for the samples' squared lengths, and for the cosines of their pairs.

Averages of polynomials up to degree 5 over all samples are exact; what that leaves is measured by
test_three_points_stand_for_all_samples.
"""
PAIRED = 256
"""Rows of which all pairs are looked at."""


@dataclass(frozen=True)
class Rule:
    """A few values with weights that average like a whole population of numbers."""

    points: FloatArray
    weights: FloatArray

    @property
    def mean(self) -> float:
        return float(self.points @ self.weights)


def gauss_rule(population: FloatArray, count: int = POINTS) -> Rule:
    """The Gauss quadrature rule of a population, flat; fewer points where it has fewer distinct values.

    Averages of polynomials up to degree 2 count - 1 are exact (Golub & Welsch 1969): Lanczos' recurrence, started from
    equal weights, yields the Jacobi matrix.
    """
    centre, scale = float(population.mean()), float(population.std())
    if scale <= 1e-7 * abs(centre):
        return Rule(np.array([centre]), np.ones(1))
    x = (population - centre) / scale
    this = np.full(x.size, x.size**-0.5)
    last = np.zeros_like(this)
    diagonal: list[float] = []
    beside: list[float] = []
    while True:
        image = x * this
        diagonal.append(float(image @ this))
        image -= diagonal[-1] * this + (beside[-1] if beside else 0.0) * last
        norm = float(np.linalg.norm(image))
        if len(diagonal) == count or norm < 1e-7:
            break
        beside.append(norm)
        this, last = image / norm, this
    points, vectors = eigh_tridiagonal(diagonal, beside)
    return Rule(centre + scale * points, vectors[0] ** 2)


@dataclass(frozen=True)
class Batch:
    """What theory needs to know of the inputs; `centred` is about the mean row, as batch normalization sees them."""

    samples: int
    mean: float
    std: float
    rms: float
    cosine: float
    square: Rule
    """Mean square of a sample's features."""
    cosines: Rule
    """Cosines of pairs of samples."""
    centred_square: Rule
    centred_cosines: Rule


_BATCH_FIELDS = ("width", "inputs", "input_std", "samples", "preprocessing", "seed", "dtype")


def batch_of(experiment: Experiment) -> Batch:
    """Statistics of the experiment's own batch, remembered. Raises InputError when it cannot be read."""
    return _batch(Experiment(**{name: getattr(experiment, name) for name in _BATCH_FIELDS}))


@lru_cache(maxsize=64)
def _batch(experiment: Experiment) -> Batch:
    return summarized(input_batch(experiment))


def summarized(rows: FloatArray) -> Batch:
    """Statistics of any batch of inputs, shape (samples, features)."""
    rows = rows.astype(np.float64, copy=False)
    centre = rows.mean(axis=0)
    square = np.vecdot(rows, rows)
    centred_square = np.maximum(square - 2 * rows @ centre + centre @ centre, 0)
    mean, mean_square = float(centre.mean()), float(square.mean()) / rows.shape[1]
    return Batch(
        len(rows),
        mean,
        sqrt(max(mean_square - mean**2, 0)),
        sqrt(mean_square),
        _mean_cosine(rows, square),
        gauss_rule(square / rows.shape[1]),
        gauss_rule(_pair_cosines(rows[:PAIRED])),
        gauss_rule(centred_square / rows.shape[1]),
        gauss_rule(_pair_cosines(rows[:PAIRED] - centre)),
    )


def _mean_cosine(rows: FloatArray, square: FloatArray) -> float:
    """Mean cosine of all pairs of rows that are not 0."""
    used = square > 0
    count = int(np.count_nonzero(used))
    total = np.divide(1, np.sqrt(square), out=np.zeros_like(square), where=used) @ rows
    return mean_pair_cosine(total, count)


def _pair_cosines(rows: FloatArray) -> FloatArray:
    """Cosines of all pairs, flat; 0 where there is no pair."""
    length = np.linalg.norm(rows, axis=1)
    directions = rows[length > 0] / length[length > 0, np.newaxis]
    if len(directions) < 2:
        return np.zeros(1)
    return (directions @ directions.T)[np.triu_indices(len(directions), 1)]
