"""Scales of residual branches that papers name, and what a stack of branches that end in W makes of its input.

Public: BRANCHES, Branch; stack_growth, StackGrowth.

h' = h + a (W phi(h)): the branch has mean 0 whatever phi is, so that branches of different layers are independent and
their squares add up. q' = q + a^2 fan_in Var W E phi^2, and the squared gradient takes the factor
1 + a^2 fan_in Var W E phi'^2 on its way back, (1 + a^2)^L for ReLU with He. A branch that ends in phi, h + a phi(h W),
has a mean where phi has one: its branches add up coherently (see `residual`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt

from initviz.activations import Activation
from initviz.catalogue import Catalogue
from initviz.gaussian.moments import moments


@dataclass(frozen=True)
class Branch:
    """A rule for the scale a of every branch in a stack of `depth` of them."""

    id: str
    name: str
    scale: Callable[[int], float]
    source: str


BRANCHES = Catalogue(
    "branch scale",
    [
        Branch("one", "1", lambda depth: 1.0, "He et al. (2016), arXiv:1512.03385"),
        Branch(
            "sqrt", "1/sqrt(L)", lambda depth: 1 / sqrt(depth), "Hayou et al. (2021), Stable ResNet, arXiv:2010.12859"
        ),
        Branch("sqrt2", "1/sqrt(2 L)", lambda depth: 1 / sqrt(2 * depth), "Radford et al. (2019), GPT-2, section 2.3"),
        Branch("inverse", "1/L", lambda depth: 1 / depth, "Marion et al. (2022), arXiv:2206.06929"),
        Branch("zero", "0", lambda depth: 0.0, "Bachlechner et al. (2021), ReZero, arXiv:2003.04887"),
    ],
)
"""GPT-2 counts the layers that end in W, two in each of its L blocks."""


@dataclass(frozen=True)
class StackGrowth:
    """Factors on mean squares over a whole stack, at infinite width."""

    signal: float
    """E h^2 of the last layer over that of the input."""
    gradient: float
    """E (dL/dh)^2 at the input over that at the last layer."""


def stack_growth(activation: Activation, alpha: float | None, sigma_w2: float, scale: float, depth: int) -> StackGrowth:
    """Of h + scale (W phi(h)), for inputs of mean square 1 and fan_in Var W = sigma_w2."""
    q, gradient = 1.0, 1.0
    for _ in range(depth):
        at = moments(activation, alpha, q)
        gradient *= 1 + scale**2 * sigma_w2 * at.d2
        q += scale**2 * sigma_w2 * at.m2
    return StackGrowth(q, gradient)
