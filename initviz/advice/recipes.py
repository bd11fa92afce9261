"""What the newest recipes do to a network of this depth: one entry each, with its paper and the numbers it leads to.

Public: RECIPES, Recipe, Number. Everything is computed for the experiment at hand; `applied` is the experiment with the
recipe, where the form of its layers can hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from math import sqrt
from typing import NamedTuple

import numpy as np

from initviz.advice.candidates import named_initializer, tailored
from initviz.catalogue import Catalogue
from initviz.gaussian.moments import moments
from initviz.gaussian.tailored import cosine_after, tailored_slope
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.theory.branches import BRANCHES, Branch, stack_growth
from initviz.theory.prediction import predict


class Number(NamedTuple):
    """What is computed, in words, and its value; nan where theory has none."""

    name: str
    value: float


@dataclass(frozen=True)
class Recipe:
    """One recipe. `rule` and `says` are Markdown in our own words; `numbers` are those of an experiment."""

    id: str
    name: str
    rule: str
    says: str
    source: str
    numbers: Callable[[Experiment], tuple[Number, ...]]
    applied: Callable[[Experiment], Experiment | None] = lambda experiment: None
    """None where no experiment has this form."""


# --- residual branches ---------------------------------------------------------------------------------------------


def _serving(experiment: Experiment) -> Experiment:
    """The experiment with the weights that its activation asks for, in a plain network without normalization."""
    return experiment.changed(initializer=named_initializer(experiment), gain=1.0, normalization="none", tied=False)


def _weight_scale(experiment: Experiment) -> float:
    """fan_in Var W of the initializer that the activation asks for."""
    serving = _serving(experiment)
    return INITIALIZERS[serving.initializer].variance(1, 1, serving.settings) or 0.0


def behind_weights(experiment: Experiment, scale: float) -> float:
    """Factor on the squared gradient over the whole depth where every branch ends in W."""
    growth = stack_growth(experiment.phi, experiment.phi_alpha, _weight_scale(experiment), scale, experiment.depth)
    return growth.gradient


def behind_activation(experiment: Experiment, scale: float) -> float:
    """The same where every branch ends in phi, predicted for this width; 1 without a branch."""
    if scale == 0:
        return 1.0
    gradient = predict(_serving(experiment).changed(residual=scale)).column("grad_h_std")
    with np.errstate(all="ignore"):
        return float((gradient[0] / gradient[-1]) ** 2)


def _branch_numbers(branch: Branch, experiment: Experiment) -> tuple[Number, ...]:
    scale = branch.scale(experiment.depth)
    return (
        Number("scale a", scale),
        Number("gradient², branch ends in W", behind_weights(experiment, scale)),
        Number("gradient², branch ends in φ", behind_activation(experiment, scale)),
    )


def _branched(branch: Branch, experiment: Experiment) -> Experiment | None:
    scale = branch.scale(experiment.depth)
    return _serving(experiment).changed(residual=scale) if scale else None


_EFFECTS = {
    "one": "Every block of ReLU and He doubles the mean square: a deep stack explodes without normalization.",
    "sqrt": "However deep the stack, the squared gradient grows at most e-fold for ReLU and He, if branches end in W.",
    "sqrt2": "Two branches a block share the growth of one: it ends at √e with ReLU and He.",
    "inverse": "The random part of so small branches dies out with depth: at the start the network is the identity.",
    "zero": "The network starts as the identity, whatever its depth; each branch is let in by a learnt scale.",
}
"""id of a scale -> what comes of it."""


def _branch_recipe(branch: Branch) -> Recipe:
    return Recipe(
        f"branch_{branch.id}",
        "ReZero" if branch.id == "zero" else f"Branches of scale {branch.name}",
        f"h + a f(h), a = {branch.name}",
        _EFFECTS[branch.id],
        branch.source,
        partial(_branch_numbers, branch),
        partial(_branched, branch),
    )


# --- the others ----------------------------------------------------------------------------------------------------


def _tailored_numbers(experiment: Experiment) -> tuple[Number, ...]:
    depth, slope = experiment.depth, tailored_slope(experiment.depth)
    return (
        Number("negative slope", slope),
        Number("cosine of unlike inputs at the end, ReLU", cosine_after(depth, 0.0)),
        Number("with this slope", cosine_after(depth, slope)),
    )


def deep_norm(layers: int) -> tuple[float, float]:
    """(alpha, beta) of DeepNorm for an encoder or a decoder alone of so many layers."""
    return (2 * layers) ** 0.25, (8 * layers) ** -0.25


def fixup(branches: int, layers: int = 2) -> float:
    """Factor of Fixup on all but the last layer of every branch of so many layers; the last is 0."""
    return float(branches ** (-1 / (2 * layers - 2)))


def unit_scales(experiment: Experiment) -> tuple[float, float]:
    """Factors of unit scaling on phi(Z) and on what passes phi'(Z) backward, for Z ~ N(0, 1)."""
    at = moments(experiment.phi, experiment.phi_alpha, 1.0)
    return 1 / sqrt(at.variance), 1 / sqrt(at.d2)


def _deep_norm_numbers(experiment: Experiment) -> tuple[Number, ...]:
    alpha, beta = deep_norm(experiment.depth)
    return Number("alpha", alpha), Number("beta", beta), Number("a branch counts as beta/alpha", beta / alpha)


def _fixup_numbers(experiment: Experiment) -> tuple[Number, ...]:
    return (
        Number("factor on the first layer of two", fixup(experiment.depth)),
        Number("of three", fixup(experiment.depth, 3)),
        Number("gradient² over the depth", behind_weights(experiment, 0.0)),
    )


def _skip_init_numbers(experiment: Experiment) -> tuple[Number, ...]:
    return (
        Number("gradient² over the depth", behind_weights(experiment, 0.0)),
        Number("with branches of scale 1", behind_weights(experiment, 1.0)),
    )


def _unit_numbers(experiment: Experiment) -> tuple[Number, ...]:
    forward, backward = unit_scales(experiment)
    return (
        Number("on φ(z)", forward),
        Number("on the gradient through φ'", backward),
        Number("on h W", experiment.width**-0.5),
        Number("on dL/dW", experiment.source.count(experiment.samples) ** -0.5),
    )


RECIPES = Catalogue(
    "recipe",
    [
        Recipe(
            "tailored",
            "Tailored Leaky ReLU",
            "a slope that takes the cosine 0 to 0.9 over the whole depth",
            "Plain ReLU makes all inputs one in a deep network; a slope made for the depth keeps them apart, without"
            " normalization or skip connections.",
            "Zhang, Botev & Martens (2022), arXiv:2203.08120",
            _tailored_numbers,
            lambda experiment: tailored(experiment.changed(activation="relu")),
        ),
        *map(_branch_recipe, BRANCHES.values()),
        Recipe(
            "fixup",
            "Fixup",
            "all but the last layer of a branch of m layers times L^(-1/(2m - 2)); the last layer 0",
            "At the start every branch is 0, and the first step is of the same size at any depth.",
            "Zhang, Dauphin & Ma (2019), arXiv:1901.09321",
            _fixup_numbers,
        ),
        Recipe(
            "skip_init",
            "SkipInit",
            "a learnt scale at the end of each branch, 0 at the start",
            "What batch normalization does for deep residual networks at the start is to make their branches small;"
            " a scale of 0 does that alone.",
            "De & Smith (2020), arXiv:2002.10444",
            _skip_init_numbers,
        ),
        Recipe(
            "deep_norm",
            "DeepNorm",
            "LN(alpha h + f(h)), weights of f times beta; alpha = (2N)^(1/4), beta = (8N)^(-1/4)",
            "The skip connection outweighs the branch the more, the more layers there are, so that a step moves the"
            " output of a transformer of any depth by a bounded amount.",
            "Wang et al. (2022), arXiv:2203.00555, for an encoder or a decoder alone",
            _deep_norm_numbers,
        ),
        Recipe(
            "unit_scaling",
            "Unit scaling",
            "weights of std 1; every operation multiplied so that values, gradients and dL/dW have std 1",
            "Nothing needs a loss scale in low precision: the factors stand in the graph instead of in the weights.",
            "Blake, Orr & Luschi (2023), arXiv:2303.11257",
            _unit_numbers,
        ),
    ],
)
