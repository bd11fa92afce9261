"""What became of a run, in one sentence with its numbers; and what its first loss says about the start."""

from dataclasses import dataclass
from math import isfinite, nan
from typing import Literal, TypeAlias

import numpy as np

from initviz.learn.losses import CROSS_ENTROPY
from initviz.learn.settings import Training
from initviz.learn.tasks import Data
from initviz.learn.trainer import Trainer
from initviz.text import percent, show

Outcome: TypeAlias = Literal["learns", "hardly", "not", "diverged"]

LEARNT, SOME = 0.7, 0.95
"""A final training loss below this share of what constant outputs reach: the network learns; it hardly does."""


@dataclass(frozen=True)
class Verdict:
    """What a run did, in a word and in a sentence."""

    outcome: Outcome
    sentence: str


def constant_loss(data: Data, training: Training) -> float:
    """The training loss of the best constant output: what a network reaches that sees nothing of its input."""
    y = data.train_y.astype(float)
    mean = y.mean(axis=0)
    if training.chosen_loss is CROSS_ENTROPY:
        shares = mean[mean > 0]
        return float(-(shares * np.log(shares)).sum())
    return float(0.5 * np.square(y - mean).sum(axis=1).mean())


def layer_name(layer: int, layers: int) -> str:
    """Layer 1..layers in words; the last is the output layer."""
    return "the output layer" if layer == layers else f"layer {layer}"


def verdict(trainer: Trainer) -> Verdict:
    """What the run has done so far."""
    if trainer.diverged is not None:
        return Verdict("diverged", _diverged(trainer))
    history = trainer.history
    if not len(history):
        return Verdict("not", "Not started.")
    reference, last = constant_loss(trainer.data, trainer.training), history[-1]
    share = last.loss / reference
    outcome: Outcome = "learns" if share < LEARNT else "hardly" if share < SOME else "not"
    opening = {"learns": "It learns", "hardly": "It hardly learns", "not": "It does not learn"}[outcome]
    came = f"loss {show(history[0].loss)} → {show(last.loss)} in {trainer.step:,} steps"
    known = f" (a constant answer has {show(reference)})" if outcome != "learns" else ""
    return Verdict(outcome, f"{opening}: {came}{known}, {_tested(last.test_accuracy, last.test_loss, trainer)}.")


def _tested(accuracy: float, loss: float, trainer: Trainer) -> str:
    if not isfinite(accuracy):
        return f"test loss {show(loss)}"
    return f"test accuracy {percent(accuracy)} (chance {percent(1 / trainer.data.task.classes)})"


def _diverged(trainer: Trainer) -> str:
    assert trainer.diverged is not None
    step, layer = trainer.diverged.step, trainer.diverged.layer
    where = layer_name(layer, len(trainer.network))
    return f"Diverged at step {step}: {where} overflowed first, at learning rate {show(trainer.rate)}."


@dataclass(frozen=True)
class FirstLoss:
    """The loss before the first step beside ln(classes), which outputs that prefer no class have."""

    loss: float
    chance: float
    """nan where the loss is no cross-entropy."""
    sentence: str


EXCESS = 1.1
"""A first loss above this multiple of ln(classes) is worth a word."""


def first_loss(trainer: Trainer) -> FirstLoss:
    """What the first loss says of the start. The run must have begun."""
    loss, classes = trainer.history[0].loss, trainer.data.task.classes
    if trainer.training.chosen_loss is not CROSS_ENTROPY:
        return FirstLoss(loss, nan, f"The first loss is {show(loss)}.")
    chance, spread = CROSS_ENTROPY.at_chance(classes), float(trainer.history[0].layers["std"][-1])
    said = f"The first loss is {show(loss)}; outputs that prefer no class have ln {classes} = {show(chance)}."
    if not isfinite(loss):
        return FirstLoss(loss, chance, f"The first loss overflows; ln {classes} is {show(chance)}.")
    if loss > EXCESS * chance:
        said += f" The outputs, of std {show(spread)}, are sure of random classes: the first steps only undo that."
    return FirstLoss(loss, chance, said)
