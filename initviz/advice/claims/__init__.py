"""Sentences that textbooks, lectures, posts and documentations make, each put to the test: see `record`.

A new claim is one `Claim(...)` in the file of its topic: page, command line and tests read `CLAIMS`.
"""

from initviz.advice.claims import depth, functions, gradients, learning, rules, weights
from initviz.advice.claims.record import SEEDS, Case, Check, Claim, Results, Trial, Verdict, collect, judge
from initviz.catalogue import Catalogue

CLAIMS: Catalogue[Claim] = Catalogue(
    "claim",
    sorted(
        [*weights.CLAIMS, *rules.CLAIMS, *gradients.CLAIMS, *functions.CLAIMS, *depth.CLAIMS, *learning.CLAIMS],
        key=lambda claim: claim.topic == gradients.SMALL_PRINT,
    ),
)
"""All claims, those of one topic together."""

__all__ = ["CLAIMS", "SEEDS", "Case", "Check", "Claim", "Results", "Trial", "Verdict", "collect", "judge"]
