"""What a diagnosis consists of: findings, graded, in the order of causes, with their consequences folded under them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import exp
from typing import Literal, TypeAlias

Severity: TypeAlias = Literal["bad", "warning", "note", "good"]
Direction: TypeAlias = Literal["forward", "backward", "both"]

GRAVEST_FIRST: tuple[Severity, ...] = ("bad", "warning", "note", "good")


@dataclass(frozen=True)
class Threshold:
    """From where on a number is worth a word: a warning at `warning`, bad at `bad`; and who says so."""

    warning: float
    bad: float
    source: str


THRESHOLDS = {
    "change": Threshold(10, 100, "ours: one and two orders of magnitude over all hidden layers"),
    "factor": Threshold(2, 4, "ours: halved or doubled by every layer"),
    "saturated": Threshold(
        0.4,
        0.75,
        "Glorot & Bengio (2010), section 3; shares ours: hard tanh has 1/3 where all is well",
    ),
    "zero": Threshold(0.9, 0.99, "ours: nine in ten outputs silent"),
    "dead": Threshold(0.3, 0.4, "zero for every sample; bad as in CS231n's notes on dying ReLUs, the warning is ours"),
    "cosine": Threshold(0.98, 0.999, "Schoenholz et al. (2017), arXiv:1611.01232: correlations go to 1; limits ours"),
    "float16": Threshold(0.05, 0.5, "Micikevicius et al. (2018), arXiv:1710.03740: gradients lost in float16"),
}
"""Every limit the diagnosis uses, in one place."""

ENOUGH_SAMPLES = 50
"""Fewer samples say nothing of dead units: by chance many a healthy ReLU unit is silent for all of a few."""

LARGEST_LOG = 700.0
"""Just below the logarithm of the largest number."""


@dataclass(frozen=True)
class Finding:
    """One observation: what it is called, how bad, the sentence, and the numbers it rests on.

    layers: where it shows (numbers of layers). evidence: name -> number, the very ones the sentence names.
    consequences: findings that this one explains, none of them graver than itself.
    """

    id: str
    severity: Severity
    direction: Direction
    title: str
    sentence: str
    layers: tuple[int, ...]
    evidence: dict[str, float]
    consequences: tuple["Finding", ...] = ()


def grade(value: float, name: str) -> Severity | None:
    """How grave a number is by the threshold of this name; None where it is not worth a word."""
    limit = THRESHOLDS[name]
    return "bad" if value >= limit.bad else "warning" if value >= limit.warning else None


def grade_log(log_value: float, name: str) -> Severity | None:
    """The same for a number known by its logarithm, which may be too large to be computed."""
    return grade(exp(min(log_value, LARGEST_LOG)), name)


def gravest(severities: Iterable[Severity | None]) -> Severity | None:
    """The worst of them; None where none is given."""
    return min((severity for severity in severities if severity), key=GRAVEST_FIRST.index, default=None)


# --- causes and consequences ---------------------------------------------------------------------------------------

_SIZES = ("exploding_signal", "vanishing_signal", "exploding_gradient", "vanishing_gradient")
_SHARES = ("saturated_units", "dead_units", "zero_units")
_LOST = ("signal_overflow", "gradient_overflow")

CAUSES: dict[str, tuple[str, ...]] = {
    "symmetry": (*_SIZES, *_LOST, *_SHARES, "inputs_alike", "tied_weights", "float16_loss"),
    "exploding_signal": (*_LOST, "float16_loss"),
    "signal_overflow": ("gradient_overflow", "float16_loss"),
    "vanishing_signal": ("zero_units", "dead_units"),
    "saturated_units": (),
    "exploding_gradient": ("gradient_overflow", "float16_loss"),
    "vanishing_gradient": ("inputs_alike", "float16_loss"),
    "inputs_alike": (),
    "dead_units": ("zero_units",),
    "zero_units": (),
    "gradient_overflow": ("float16_loss",),
    "few_samples": (),
    "tied_weights": (),
    "float16_loss": (),
    "healthy": (),
}
"""Every kind of finding in the order of causes: what it explains where both are found.

That the gradient dies is what makes inputs alike: one factor shrinks both it and the distance between two inputs
(Schoenholz et al. 2017).
"""


def in_order(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Causes with their consequences, the gravest first, equally grave ones in the order of `CAUSES`."""
    left = sorted(found, key=lambda finding: list(CAUSES).index(finding.id))
    causes = []
    while left:
        cause = left.pop(0)
        explained = [one for one in left if one.id in CAUSES[cause.id] and not _graver(one, cause)]
        left = [one for one in left if one not in explained]
        causes.append(replace(cause, consequences=tuple(explained)))
    return tuple(sorted(causes, key=lambda finding: GRAVEST_FIRST.index(finding.severity)))


def _graver(one: Finding, other: Finding) -> bool:
    return GRAVEST_FIRST.index(one.severity) < GRAVEST_FIRST.index(other.severity)


def every(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Each finding, followed by its consequences."""
    for finding in findings:
        yield finding
        yield from every(finding.consequences)


def is_healthy(findings: Iterable[Finding]) -> bool:
    """Whether nothing worse than a note was found."""
    return all(finding.severity in ("note", "good") for finding in every(findings))


def verdict(findings: Iterable[Finding]) -> dict[Direction, Severity]:
    """The gravest severity forward and backward; "good" where nothing was found."""
    worst: dict[Direction, Severity] = {"forward": "good", "backward": "good"}
    for finding in every(findings):
        for direction, severity in worst.items():
            if finding.direction in (direction, "both"):
                worst[direction] = min(severity, finding.severity, key=GRAVEST_FIRST.index)
    return worst
