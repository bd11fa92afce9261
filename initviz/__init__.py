"""initviz: see why a neural network will or will not learn.

from initviz import Experiment, simulate
simulate(Experiment(activation="relu", initializer="he_normal")).to_frame()
"""

from initviz.catalogue import InputError
from initviz.diagnosis import Finding, diagnose
from initviz.experiment import Budget, Experiment, OverBudget
from initviz.moments import critical_point
from initviz.presets import PRESETS
from initviz.propagation import Bins, Propagation
from initviz.simulate import simulate
from initviz.theory import Prediction, predict

__all__ = [
    "PRESETS",
    "Bins",
    "Budget",
    "Experiment",
    "Finding",
    "InputError",
    "OverBudget",
    "Prediction",
    "Propagation",
    "critical_point",
    "diagnose",
    "predict",
    "simulate",
]
