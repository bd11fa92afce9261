"""A stack of residual branches that end in W, h' = h + a (W phi(h)), drawn and measured (see theory.branches).

Experiments have the other form, h + a phi(h W), in which a mean of phi adds up from branch to branch.
"""

import numpy as np

from initviz.activations import Activation
from initviz.arrays import FloatArray
from initviz.network.initializers import standard_normal


def measured_stack(
    activation: Activation,
    alpha: float | None,
    sigma_w2: float,
    scale: float,
    shape: tuple[int, int, int],
    seed: int = 0,
) -> tuple[float, float]:
    """Factors on the mean squares of h, forward, and of dL/dh, backward, over a stack of one draw.

    shape: (depth, width, samples). Inputs and the gradients of the last h are independent N(0, 1).
    """
    depth, width, samples = shape
    rng, slope = np.random.default_rng(seed), activation.alpha(alpha)
    size = np.float32(scale * np.sqrt(sigma_w2 / width))
    weights = [size * standard_normal(rng, (width, width)) for _ in range(depth)]
    h = [standard_normal(rng, (samples, width))]
    for w in weights:
        h.append(h[-1] + activation.forward(h[-1], slope) @ w)
    last = grad = standard_normal(rng, (samples, width))
    for w, entered in zip(reversed(weights), reversed(h[:-1]), strict=True):
        grad = grad + activation.backward(entered, slope, grad @ w.T)
    return _ratio(h[-1], h[0]), _ratio(grad, last)


def _ratio(one: FloatArray, other: FloatArray) -> float:
    return float(np.square(one).mean() / np.square(other).mean())
