"""Sentences that textbooks, lectures, posts and documentations make, each put to the test: see `record`.

A new claim is one `Claim(...)` in the file of its topic: page, command line and tests read `CLAIMS`.
"""

from functools import cache

from initviz.advice.claims import depth, functions, gradients, learning, rules, weights
from initviz.advice.claims.record import SEEDS, Case, Check, Claim, Results, Trial, Verdict, collect, judge
from initviz.catalogue import Catalogue
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS

CLAIMS: Catalogue[Claim] = Catalogue(
    "claim",
    sorted(
        [*weights.CLAIMS, *rules.CLAIMS, *gradients.CLAIMS, *functions.CLAIMS, *depth.CLAIMS, *learning.CLAIMS],
        key=lambda claim: claim.topic == gradients.SMALL_PRINT,
    ),
)
"""All claims, those of one topic together."""

_SIZES = {"width": 2, "depth": 1, "samples": 2, "seed": 0}
"""Fields that say how large a network is drawn, not which, and one value for all."""


@cache
def claims_about(preset: str) -> tuple[Claim, ...]:
    """The claims that are tested on this preset, in whatever size."""
    of_one_size = PRESETS[preset].experiment.changed(**_SIZES)
    return tuple(claim for claim in CLAIMS.values() if of_one_size in _kinds(claim))


def _kinds(claim: Claim) -> set[Experiment]:
    return {trial.experiment.changed(**_SIZES) for trial in claim.trials}


__all__ = [
    "CLAIMS",
    "SEEDS",
    "Case",
    "Check",
    "Claim",
    "Results",
    "Trial",
    "Verdict",
    "claims_about",
    "collect",
    "judge",
]
