"""What pages show, by the value that asks for it: results, and what is built from them.

All of it is kept in one memo, bounded in bytes together; `waiting` says how an answer is found or computed.
"""

from dataclasses import replace
from functools import partial
from threading import Event
from typing import TypeVar

from initviz.activations import ACTIVATIONS
from initviz.advice.claims import Claim, Verdict, judge
from initviz.advice.diagnosis import diagnose
from initviz.advice.findings import Finding
from initviz.advice.fix import Fix, propose
from initviz.advice.phase_point import SIGMA_B, SIGMA_W
from initviz.measure.ensemble import Ensemble, at_once, check_seeds, repeat
from initviz.measure.linear import collapse_error, collapse_gflop
from initviz.measure.passes import compile_all
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate
from initviz.network.budget import Budget, cost
from initviz.network.experiment import Experiment
from initviz.progress import Progress
from initviz.theory.phase import PairGrowth, PhaseMap, pair_growth, phase_map
from initviz.theory.prediction import Prediction, predict
from initviz.ui.waiting import answer, jobs, known, remembered

T = TypeVar("T")

COMPILING_GFLOP, COMPILING_MIB = 100.0, 128.0
"""What compiling takes where nothing is there to be loaded: some ten seconds, and the compiler's memory."""

TESTING = "Testing"

_prepared = Event()

PROPOSAL_GFLOP, PROPOSAL_MIB = 0.1, 8.0
"""What the search for a fix takes: for each layer the time of so many GFLOP, some hundredth of a second at most."""


def prepare() -> None:
    """Compile what measures, or load what was compiled before: once in a process, while the page says how far it is."""
    if not _prepared.is_set():
        mib = min(COMPILING_MIB, jobs().largest_mib)
        answer("Preparing, once", "passes", compile_all, gflop=COMPILING_GFLOP, mib=mib)
        _prepared.set()


def simulated(experiment: Experiment) -> Propagation:
    """The experiment's propagation; shared by everyone who asks for the same. Raises OverBudget and InputError."""
    budget = own_budget()
    budget.check(experiment)
    prepare()
    work, needed = partial(simulate, experiment, budget=budget), cost(experiment)
    return answer("Simulating", experiment, work, gflop=needed.gflop, mib=needed.mib)


def repeated(experiment: Experiment, seeds: int) -> Ensemble:
    """Many networks of the experiment, side by side in one job. Raises OverBudget and InputError."""
    budget = own_budget()
    check_seeds(experiment, seeds, budget)
    prepare()
    work = partial(repeat, experiment, seeds, budget=budget)
    needed, size = cost(experiment), at_once(experiment, budget)
    return answer("Drawing networks", (experiment, seeds), work, gflop=seeds * needed.gflop, mib=size * needed.mib)


def collapsed(experiment: Experiment) -> float:
    """How far a linear network is from one matrix (`collapse_error`)."""

    def work(progress: Progress) -> float:
        return collapse_error(experiment)

    needed = cost(experiment)
    gflop = needed.gflop + collapse_gflop(experiment)
    return answer("Multiplying the weights", experiment, work, gflop=gflop, mib=needed.mib)


def predicted(experiment: Experiment) -> Prediction:
    """What theory says of the experiment."""
    return remembered(("prediction", experiment), partial(predict, experiment))


def proposed(experiment: Experiment) -> tuple[Fix, ...]:
    """The fixes theory finds for the experiment, the first first. Raises InputError without the inputs."""

    def work(progress: Progress) -> tuple[Fix, ...]:
        return propose(experiment)

    return answer("Looking for a fix", experiment, work, gflop=PROPOSAL_GFLOP * experiment.depth, mib=PROPOSAL_MIB)


def diagnosed(experiment: Experiment, propagation: Propagation) -> tuple[Finding, ...]:
    """The findings about the experiment's propagation; histograms and their bins say nothing about them."""
    return remembered(("findings", experiment), lambda: tuple(diagnose(experiment, propagation)))


TRAINED_GFLOP, TRAINED_MIB = 3.0, 32.0
"""What one of the trainings of a claim takes: the time of so many GFLOP, and its data."""


def tested(claim: Claim, seed: int) -> Verdict:
    """A claim put to the test, with seeds from `seed` on. Raises InputError."""
    prepare()

    def work(progress: Progress) -> Verdict:
        return judge(claim, seed, progress)

    costs = [(cost(trial.experiment), trial) for trial in claim.trials]
    gflop = sum(trial.seeds * (TRAINED_GFLOP if trial.training else one.gflop) for one, trial in costs)
    mib = max([TRAINED_MIB, *(one.mib for one, _ in costs)])
    return answer(TESTING, (claim.id, seed), work, gflop=gflop, mib=mib)


def verdict_known(claim: Claim, seed: int) -> Verdict | None:
    """The verdict, where somebody has asked for it before."""
    verdict: Verdict | None = known(TESTING, (claim.id, seed))
    return verdict


def mapped(activation: str, alpha: float) -> PhaseMap:
    """The phase diagram of an activation on the grid that the page offers."""
    compute = partial(phase_map, ACTIVATIONS[activation], alpha, SIGMA_W, SIGMA_B)
    return remembered(("map", activation, alpha), compute)


def growth_of_pairs(experiment: Experiment) -> PairGrowth:
    """Growth per layer of every activation with every initializer. Raises InputError without the inputs."""
    return answer("Predicting", experiment, partial(pair_growth, experiment))


def own_budget() -> Budget:
    """What one answer may take here."""
    budget = Budget.from_environment()
    return replace(budget, mib=min(budget.mib, jobs().largest_mib))
