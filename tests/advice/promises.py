"""What fixes promise, against networks that are drawn and measured."""

from functools import cache
from math import sqrt

from initviz.advice.diagnosis import diagnose
from initviz.advice.findings import is_healthy
from initviz.advice.fix import COVERAGE, LIKELY, propose
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment

FRESH = range(100, 105)
"""Seeds that no other test uses."""

SLACK = 0.1
"""What theory may leave out of the odds, on average."""

GROUPS = ((0.0, LIKELY), (LIKELY, COVERAGE), (COVERAGE, 1.1))
"""Odds that are checked together: a fix alone has too few networks to tell."""


@cache
def run(experiment: Experiment) -> Propagation:
    return simulate(experiment)


def healthy(experiment: Experiment) -> bool:
    return is_healthy(diagnose(experiment, run(experiment)))


def are_kept(experiments: list[Experiment], least: int) -> None:
    """Every fix of these experiments is applied and measured: in each group as many fresh networks are healthy as were
    promised, within four standard errors of networks drawn one by one and a tenth for what theory leaves out."""
    fixes = [fix for one in experiments if not healthy(one) for fix in propose(one)]
    assert len(fixes) >= least
    for low, high in GROUPS:
        promised = [fix for fix in fixes if low <= fix.odds < high]
        kept = sum(is_well(fix.experiment.changed(seed=seed)) for fix in promised for seed in FRESH)
        networks, expected = len(promised) * len(FRESH), len(FRESH) * sum(fix.odds for fix in promised)
        error = 4 * sqrt(len(FRESH) * sum(fix.odds * (1 - fix.odds) for fix in promised) + 1)
        assert kept >= expected - error - SLACK * networks, (low, kept, expected, networks)


def is_well(experiment: Experiment) -> bool:
    """`healthy` of a network that is asked for once."""
    return is_healthy(diagnose(experiment, simulate(experiment)))
