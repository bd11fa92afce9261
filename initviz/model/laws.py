"""The laws that weights are drawn from, and which of them a matrix got.

Public: LAWS, Law, Context, law_of, Fit; KURTOSIS, has_shape.

A law says a standard deviation for a shape and a distribution about 0: normal, normal cut at two of its standard
deviations, or uniform. Their likelihoods depend on the values only through E w^2 and max |w|, so one pass is enough.
The free alternative, any scale with any of the three distributions, pays for its scale in logs of the number of
values (Schwarz 1978); where it wins, or the fourth moment is none of theirs, the matrix follows no known law.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import erf, exp, frexp, inf, isfinite, ldexp, log, nan, pi, sqrt
from typing import Literal

import numpy as np

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.model.matrices import Matrix
from initviz.network.initializers import INITIALIZERS, TRUNCATED_STD, Settings, VarianceScaling


@dataclass(frozen=True)
class Context:
    """What a law may depend on besides the shape."""

    blocks: int
    """Residual blocks (transformer layers) of the model; 1 where it has none."""


@dataclass(frozen=True)
class Law:
    """A rule for the standard deviation of a matrix, and the distribution that goes with it."""

    id: str
    name: str
    std: Callable[[Matrix, Context], float]
    uniform: bool = False
    source: str = ""


def _catalogue_law(id: str) -> Law:
    entry = INITIALIZERS[id]
    assert isinstance(entry.law, VarianceScaling)
    variance = entry.law.variance
    return Law(
        id,
        entry.name,
        lambda matrix, context: sqrt(variance(matrix.fan_in, matrix.fan_out, Settings())),
        entry.law.distribution == "uniform",
        entry.source,
    )


def _width(matrix: Matrix) -> int:
    """The width of the stream that a residual branch reads from or writes to."""
    return min(matrix.fan_in, matrix.fan_out)


NAMED = (
    *("torch_default", "he_normal", "he_uniform", "glorot_normal", "glorot_uniform", "lecun_normal", "lecun_uniform"),
    *("he_normal_fan_out", "he_uniform_fan_out"),
)

LAWS: Catalogue[Law] = Catalogue(
    "law",
    [
        *map(_catalogue_law, NAMED),
        Law("normal_0.02", "N(0, 0.02²)", lambda matrix, context: 0.02, source="Radford et al. (2019), GPT-2"),
        Law(
            "normal_0.02_residual",
            "0.02 / sqrt(2 L)",
            lambda matrix, context: 0.02 / sqrt(2 * context.blocks),
            source="Radford et al. (2019), GPT-2: residual layers are scaled by 1 / sqrt(number of residual layers)",
        ),
        Law(
            "small_init",
            "sqrt(2 / (5 d))",
            lambda matrix, context: sqrt(2 / (5 * _width(matrix))),
            source="Nguyen & Salazar (2019), arXiv:1910.05895",
        ),
        Law(
            "wang_init",
            "2 / (L sqrt(d))",
            lambda matrix, context: 2 / (context.blocks * sqrt(_width(matrix))),
            source="Wang (2021), GPT-J",
        ),
        Law(
            "deepnorm",
            "DeepNorm, (8 L)^(-1/4) Glorot",
            lambda matrix, context: (8 * context.blocks) ** -0.25 * sqrt(2 / (matrix.fan_in + matrix.fan_out)),
            source="Wang et al. (2022), arXiv:2203.00555, decoder only",
        ),
        Law(
            "mup_output",
            "muP output, 1 / fan_in",
            lambda matrix, context: 1 / matrix.fan_in,
            source="Yang et al. (2022), arXiv:2203.03466, table 3",
        ),
    ],
)
"""Laws with a scale; those before win where two say the same of a shape and nothing else decides."""

FIXED = {"zeros": "all zero", "ones": "all one", "constant": "all equal", "identity": "the identity"}
"""Matrices that are no draw."""


@dataclass(frozen=True)
class Fit:
    """What was found out about one matrix."""

    law: str
    """Id of the law, one of LAWS or FIXED, "orthogonal", or "none"."""
    odds: float
    """How sure that is beside all other laws and none of them, 0..1."""
    equal: tuple[str, ...] = ()
    """Laws that say the same of this shape, the one named in `law` included."""
    close: tuple[str, ...] = ()
    """Laws that cannot be ruled out by this matrix alone, the equal ones included."""
    trained: bool = False
    """Whether the largest singular value stands out of the Marchenko-Pastur law, as learning makes it."""
    std: float = nan
    """About the mean; nan where a value is not finite."""
    kurtosis: float = nan
    """In excess of a normal distribution's; nan where all values are equal, or one is not finite."""


CLOSE = 6.0
"""Difference of log-likelihoods, odds of 1 to 400, up to which siblings decide between two laws."""


def law_of(matrix: Matrix, context: Context, precision: float) -> Fit:
    """The law of a matrix. `precision` is the relative rounding of the kind of numbers it is kept in.

    Raises nothing: a matrix with values that are not finite has the law "none".
    """
    values = matrix.values
    largest = max(float(values.max()), -float(values.min()))
    if not isfinite(largest):
        return Fit("none", 1.0)
    exponent = 0 if USUAL[0] < largest < USUAL[1] else frexp(largest)[1]
    scaled = np.ldexp(values, -exponent) if exponent else values
    mean, std, kurtosis = _moments(scaled)
    if fixed := _fixed(values):
        fit = Fit(fixed, 1.0)
    elif _is_orthogonal(scaled, max(PRECISE, precision)):
        fit = Fit("orthogonal", 1.0)
    elif exponent:
        fit = Fit("none", 1.0)
    else:
        seen = _Values(values.size, mean**2 + std**2, largest, max(precision, 1e-6))
        fit = _drawn(matrix, context, seen, std, kurtosis)
    return replace(fit, std=ldexp(std, exponent), kurtosis=kurtosis)


USUAL = 1e-15, 1e15
"""No law says a std outside; such values are scaled before they are squared."""


BLOCK = 2**17
"""Values that are worked on at a time, so that they stay in the processor's cache."""


def _moments(values: FloatArray) -> tuple[float, float, float]:
    """(mean, std about the mean, excess kurtosis) of all values, in float64; kurtosis is nan for equal values."""
    flat = values.ravel(order="K")
    mean, second, fourth = float(flat.mean(dtype=np.float64)), 0.0, 0.0
    for first in range(0, flat.size, BLOCK):
        square = np.square(np.subtract(flat[first : first + BLOCK], mean, dtype=np.float64))
        second += float(square.sum())
        fourth += float(square @ square)
    variance = second / flat.size
    return mean, sqrt(variance), fourth / flat.size / variance**2 - 3 if variance > 1e-60 else nan


def _fixed(values: FloatArray) -> Literal["zeros", "ones", "constant", "identity", ""]:
    first = values.flat[0]
    if (values == first).all():
        return "zeros" if first == 0 else "ones" if first == 1 else "constant"
    diagonal = np.diagonal(values)
    if diagonal[0] != 0 and (diagonal == diagonal[0]).all() and np.count_nonzero(values) == len(diagonal):
        return "identity"
    return ""


ROWS = 64
"""Rows of the shorter side that are compared with each other: those of random matrices are far from orthogonal."""
PRECISE = 0.01
"""Products of orthogonal rows, as a share of what they are between random rows, where hardly anything is rounded."""


def _is_orthogonal(values: FloatArray, tolerance: float) -> bool:
    """Whether rows of one length have products far below those of random rows, which are 1 / sqrt(n) of that length.

    Rounding by a share eps makes those of orthogonal rows some eps / 3 of that.
    """
    short = values if values.shape[0] <= values.shape[1] else values.T
    rows = short[np.linspace(0, len(short) - 1, min(ROWS, len(short))).astype(int)].astype(np.float64)
    gram = rows @ rows.T
    size = float(np.trace(gram)) / len(gram)
    if len(gram) < 3 or size == 0:
        return False
    rest = gram / size - np.eye(len(gram))
    return float(np.sqrt(np.square(rest).mean())) * sqrt(rows.shape[1]) < tolerance


# --- draws ---------------------------------------------------------------------------------------------------------

KURTOSIS = {"normal": 0.0, "uniform": -1.2, "truncated": -0.6319}


def has_shape(kurtosis: float, shape: str, count: int) -> bool:
    """Whether so many values with this kurtosis may come from one of KURTOSIS: within five standard errors."""
    return abs(kurtosis - KURTOSIS[shape]) < 5 * sqrt(24 / count) + 0.02


INSIDE = erf(sqrt(2))
"""Share of a normal that is left when it is cut at two standard deviations."""


@dataclass(frozen=True)
class _Values:
    """All that the likelihoods need."""

    count: int
    square: float
    largest: float
    precision: float

    def log_likelihood(self, shape: str, std: float) -> float:
        """Of all values under a distribution of this standard deviation about 0."""
        if std <= 0:
            return -inf
        if shape == "normal":
            each = -log(std) - self.square / (2 * std**2) - log(2 * pi) / 2
        elif shape == "uniform":
            limit = sqrt(3) * std
            each = -log(2 * limit) if self.largest <= limit * (1 + self.precision) else -inf
        else:
            uncut = std / TRUNCATED_STD
            inside = self.largest <= 2 * uncut * (1 + self.precision)
            each = -log(uncut) - self.square / (2 * uncut**2) - log(2 * pi) / 2 - log(INSIDE) if inside else -inf
        return self.count * each

    def free(self) -> float:
        """The best of the three distributions at any scale, less what the free scale costs: half a log of the number
        of values where their spread tells it, to 1 / sqrt(n); a whole one where their limit does, to 1 / n."""
        fitted = sqrt(self.square)
        cut = max(fitted, self.largest / 2 * TRUNCATED_STD)
        cost = log(self.count)
        return max(
            self.log_likelihood("normal", fitted) - cost / 2,
            self.log_likelihood("uniform", self.largest / sqrt(3)) - cost,
            self.log_likelihood("truncated", cut) - cost,
        )


def _drawn(matrix: Matrix, context: Context, seen: _Values, std: float, kurtosis: float) -> Fit:
    scores = {law.id: _score(law, matrix, context, seen, kurtosis) for law in LAWS.values()}
    best = max(scores, key=lambda id: scores[id])
    free = seen.free()
    trained = _stands_out(matrix.values, std)
    if trained or scores[best] < free:
        close = () if trained else tuple(id for id, score in scores.items() if score > free - CLOSE)
        return Fit("none", _sure(free, list(scores.values())), close=("none", *close), trained=trained)
    equal = tuple(id for id, score in scores.items() if score > scores[best] - 1e-6 * seen.count)
    equal = tuple(id for id in equal if abs(LAWS[id].std(matrix, context) / LAWS[best].std(matrix, context) - 1) < 1e-9)
    close = tuple(id for id, score in scores.items() if score > scores[best] - CLOSE)
    others = [score for id, score in scores.items() if id not in equal]
    return Fit(best, _sure(scores[best], [*others, free]), equal, close)


def _score(law: Law, matrix: Matrix, context: Context, seen: _Values, kurtosis: float) -> float:
    """Log-likelihood of the better of a law's distributions whose kurtosis fits; -inf where none does."""
    std, scores = law.std(matrix, context), [-inf]
    for shape in ("uniform",) if law.uniform else ("normal", "truncated"):
        if has_shape(kurtosis, shape, seen.count):
            scores.append(seen.log_likelihood(shape, std))
    return max(scores)


def _sure(best: float, others: list[float]) -> float:
    """Share of the belief that one has beside the others, all equally likely before."""
    return 1 / (1 + sum(exp(min(score - best, 700.0)) for score in others))


def _stands_out(values: FloatArray, std: float) -> bool:
    """Whether the largest singular value is beyond the edge of the Marchenko-Pastur law, sigma (sqrt m + sqrt n).

    The largest of a random matrix scatters about the edge by its size to the power -2/3 (Johnstone 2001).
    """
    short = min(values.shape)
    if short < 8:
        return False
    edge = std * (sqrt(values.shape[0]) + sqrt(values.shape[1]))
    return _largest_singular_value(values) > edge * (1 + 4 * short ** (-2 / 3))


SMALL = 128
"""Up to so many columns all singular values cost no more than the largest alone."""
STEPS = 30
"""Of the Lanczos process: where a singular value of a matrix with n = 1000 stands out by 4 n^(-2/3), its share of the
error is e^(-30) (Golub & Van Loan 2013, theorem 10.1.2)."""


def _largest_singular_value(values: FloatArray) -> float:
    """From below, and exact where it stands out from the others."""
    tall = values if values.shape[0] >= values.shape[1] else values.T
    columns = tall.shape[1]
    if columns <= SMALL:
        return sqrt(float(np.linalg.eigvalsh(tall.T @ tall)[-1]))
    basis, reduced = np.zeros((STEPS, columns), tall.dtype), np.zeros((STEPS, STEPS))
    vector = np.asarray(np.random.default_rng(0).standard_normal(columns), tall.dtype)
    length = float(np.linalg.norm(vector))
    for step in range(STEPS):
        basis[step] = vector / length
        image = tall @ basis[step]
        reduced[step, step] = np.vdot(image, image)
        vector = image @ tall
        for _ in range(2):  # rounding leaves a rest of the directions that were taken away
            vector -= (basis @ vector) @ basis
        length = float(np.linalg.norm(vector))
        if step + 1 == STEPS or length <= 1e-6 * reduced[0, 0]:
            break
        reduced[step + 1, step] = length
    return sqrt(float(np.linalg.eigvalsh(reduced)[-1]))
