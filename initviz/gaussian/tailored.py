"""The slope that a rectifier needs at a depth, so that inputs stay apart: tailored activation transformations.

Zhang, Botev & Martens (2022), Deep learning without shortcuts, arXiv:2203.08120, section 4 and table 1.
"""

from functools import lru_cache
from math import acos, pi, sqrt

from scipy.optimize import brentq

TARGET = 0.9
"""The cosine that two unlike inputs (cosine 0) may reach in the last layer: C_L(0) in the paper."""


def cosine_after(depth: int, slope: float, cosine: float = 0.0) -> float:
    """Cosine of two inputs behind so many wide leaky ReLU layers of He's variance, from the cosine they come with.

    One layer: c' = c + (1 - a)^2 (sqrt(1 - c^2) - c arccos c) / (pi (1 + a^2)), for slopes 1 and a.
    """
    bend = (1 - slope) ** 2 / (pi * (1 + slope**2))
    for _ in range(depth):
        cosine = min(cosine + bend * (sqrt(1 - cosine**2) - cosine * acos(cosine)), 1.0)
    return cosine


@lru_cache(maxsize=256)
def tailored_slope(depth: int, target: float = TARGET) -> float:
    """The negative slope of a leaky ReLU that takes the cosine 0 to `target` over so many layers; 0, plain ReLU, where
    so few layers stay below it."""
    if cosine_after(depth, 0.0) <= target:
        return 0.0
    return float(brentq(lambda slope: cosine_after(depth, slope) - target, 0.0, 1.0, xtol=1e-12))
