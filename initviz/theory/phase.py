"""Theory over whole ranges: the phase diagram of an activation, and the growth under every pair of choices.

Public: phase_map, PhaseMap, runaway_border; pair_growth, PairGrowth.
"""

from dataclasses import dataclass, replace
from math import nan

import numpy as np

from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray
from initviz.gaussian.kernels import cosine_fixed_point
from initviz.gaussian.moments import fixed_point, moments
from initviz.network.experiment import Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.progress import Progress
from initviz.theory.batches import batch_of
from initviz.theory.layers import no_prediction, side_by_side
from initviz.theory.mean_field import propagate, propagate_back

# --- the phase diagram ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PhaseMap:
    """What deep networks tend to at each (sigma_b, sigma_w); arrays of shape (len(sigma_b), len(sigma_w))."""

    sigma_w: FloatArray
    sigma_b: FloatArray
    q: FloatArray
    """Variance of z that inputs of variance 1 end at: 0, finite, or inf."""
    chi_1: FloatArray
    """Factor on the squared gradient per layer there: below 1 ordered, above 1 chaotic."""
    depth_scale: FloatArray
    """Layers over which the squared gradient shrinks or grows e-fold, |1 / ln chi_1|; inf on the edge of chaos."""
    cosine: FloatArray
    """The cosine that any two inputs end at."""


def phase_map(activation: Activation, alpha: float | None, sigma_w: FloatArray, sigma_b: FloatArray) -> PhaseMap:
    """The map over a grid of standard deviations: sigma_w of fan_in Var W, sigma_b of the biases."""
    sigma_w2, sigma_b2 = np.meshgrid(np.square(sigma_w), np.square(sigma_b))
    q = fixed_point(activation, alpha, sigma_w2, sigma_b2)
    chi_1 = sigma_w2 * moments(activation, alpha, np.clip(q, 0, 1e30)).d2
    with np.errstate(divide="ignore"):
        depth_scale = 1 / np.abs(np.log(chi_1))
    return PhaseMap(
        sigma_w, sigma_b, q, chi_1, depth_scale, cosine_fixed_point(activation, alpha, sigma_w2, sigma_b2, q)
    )


def runaway_border(phases: PhaseMap, above: float) -> tuple[FloatArray, FloatArray]:
    """(sigma_w, sigma_b) at which chi_1 passes 1, for the rows of the map with biases larger than `above`.

    Above the last bias of the edge of chaos the variance runs away there. Interpolated between neighbours in the map,
    as straight in the logarithms.
    """
    places = []
    with np.errstate(divide="ignore"):
        heights = np.log(phases.chi_1)
    for sigma_b, height in zip(phases.sigma_b, heights, strict=True):
        crossings = np.flatnonzero((height[:-1] < 0) & (height[1:] >= 0))
        if sigma_b > above and crossings.size:
            pair = slice(crossings[0], crossings[0] + 2)
            places.append((np.exp(np.interp(0.0, height[pair], np.log(phases.sigma_w[pair]))), sigma_b))
    sigma_w, sigma_b = np.array(places).reshape(-1, 2).T
    return sigma_w, sigma_b


# --- every activation with every initializer -----------------------------------------------------------------------


MOST_LAYERS = 20
"""Growth is averaged over at most so many layers: deeper ones grow like them, and variances far out take time."""


@dataclass(frozen=True, eq=False)  # known by identity: what is built from it is remembered by it
class PairGrowth:
    """Geometric means over the hidden layers, shape (activations, initializers); nan where theory has no answer."""

    activations: tuple[str, ...]
    initializers: tuple[str, ...]
    forward: FloatArray
    """Factor on the root mean square of h, per layer."""
    backward: FloatArray
    """Factor on the size of the gradient, per layer towards the input."""


def pair_growth(experiment: Experiment, progress: Progress | None = None) -> PairGrowth:
    """Growth per layer of every pair under the experiment's other settings, from the first hidden layer to the last.

    Follows one sample of mean size. alpha is the experiment's for its own activation, and the default for the others.
    A network of one hidden layer is taken to have two: one layer has no growth. With batch normalization the spread of
    the cosines in the batch is left out, so that digits differ by some per cent from `predict`.
    """
    experiment = replace(experiment, depth=min(max(experiment.depth, 2), MOST_LAYERS), tied=False)
    predictable = [initializer.id for initializer in INITIALIZERS.values() if not initializer.unpredictable]
    columns = [list(INITIALIZERS).index(id) for id in predictable]
    forward, backward = np.full((2, len(ACTIVATIONS), len(INITIALIZERS)), nan)
    with np.errstate(all="ignore"):
        for row, id in enumerate(ACTIVATIONS):
            changed = experiment.changed(activation=id)
            if not no_prediction(changed.changed(initializer=predictable[0]).spec()):
                forward[row, columns], backward[row, columns] = _growth(changed, predictable)
            if progress:
                progress((row + 1) / len(ACTIVATIONS))
    return PairGrowth(tuple(ACTIVATIONS), tuple(INITIALIZERS), forward, backward)


def _growth(experiment: Experiment, initializers: list[str]) -> tuple[FloatArray, FloatArray]:
    """(forward, backward) of one activation, all initializers at once."""
    batch, steps = batch_of(experiment), experiment.depth - 1
    layers = side_by_side([experiment.changed(initializer=id).spec() for id in initializers])
    over_batch = bool(layers.over_batch[0])
    square = batch.centred_square.mean if over_batch else batch.square.mean
    mu = np.full((len(initializers), 1), batch.mean)
    sizes = propagate(layers, mu, np.full_like(mu, square) - (0 if over_batch else mu**2), np.ones(1))
    gradients = propagate_back(layers, sizes, sizes.v[:-1])
    forward = np.log(sizes.square[-1]) - np.log(sizes.square[1])
    backward = np.log(gradients.h[1]) - np.log(gradients.h[-1])
    return np.exp(forward[:, 0] / (2 * steps)), np.exp(backward[:, 0] / (2 * steps))
