"""initviz: see why a neural network will or will not learn.

from initviz import Experiment, simulate
simulate(Experiment(activation="relu", initializer="he_normal")).to_frame()

from initviz import probe
print(probe(model, batch))  # a PyTorch module
"""

from initviz.advice.diagnosis import diagnose
from initviz.advice.findings import Finding
from initviz.catalogue import InputError
from initviz.gaussian.moments import critical_point
from initviz.learn.run import Trained, train
from initviz.learn.settings import Training
from initviz.measure.propagation import Bins, Propagation
from initviz.measure.simulate import simulate
from initviz.network.budget import Budget, OverBudget
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS
from initviz.probing.probe import Probe, probe
from initviz.probing.ratios import UpdateRatios
from initviz.theory.prediction import Prediction, predict

__all__ = [
    "PRESETS",
    "Bins",
    "Budget",
    "Experiment",
    "Finding",
    "InputError",
    "OverBudget",
    "Prediction",
    "Probe",
    "Propagation",
    "Trained",
    "Training",
    "UpdateRatios",
    "critical_point",
    "diagnose",
    "predict",
    "probe",
    "simulate",
    "train",
]
