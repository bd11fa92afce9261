"""Simulations: an experiment's network, or one of somebody's own, on a batch."""

from collections.abc import Callable
from functools import partial

import numpy as np

from initviz.arrays import FloatArray
from initviz.measure.propagation import Propagation
from initviz.measure.run import Memory, Run
from initviz.measure.statistics import row_blocks
from initviz.network.budget import Budget
from initviz.network.drawing import draw_biases, draw_weights, fit_to_batch
from initviz.network.experiment import Experiment
from initviz.network.initializers import standard_normal
from initviz.network.network import Dense, Network
from initviz.network.streams import Streams, draw_batch
from initviz.progress import Progress

DRAWN = 2**18
"""Values of the gradient that are drawn at a time; another number is another draw."""


def simulate(
    experiment: Experiment, progress: Progress | None = None, budget: Budget | None = None, size: int | None = None
) -> Propagation:
    """Draw the network, send the batch forward and independent N(0, 1) gradients of the last h backward.

    dL/dW is the derivative of that same loss: summed over the samples, not averaged. Overflow is a result: such values
    are counted, never raised. `size`: threads at most, as many as BLAS may use where it is not given; the result is the
    same to the last bit. Raises OverBudget before anything runs, InputError when the inputs cannot be read.
    """
    (budget or Budget.from_environment()).check(experiment)
    spec, samples = experiment.spec(), experiment.source.count(experiment.samples)
    memory = Memory(spec, samples, weights=True)
    network = Network(spec, memory.weights)
    run = Run(network, samples, memory, progress)
    fit = experiment.weights.fit

    def prepare(layer: int, before: FloatArray) -> None:
        dense = network.layers[layer - 1]
        if fit:
            dense.biases = fit_to_batch(fit, dense.weights, dense.biases, before)
            run.measure_weights(layer)

    return run.result(_draws(experiment, run), prepare if fit else None, size)


def simulate_network(
    network: Network, batch: FloatArray, seed: int = 0, progress: Progress | None = None
) -> Propagation:
    """The same for a network of somebody's own, whose layers may all be different, and a batch (samples, features).

    The seed is that of the random gradients. Weights and batch stay as they are. No budget is asked: memory is about
    1.5 times that of weights and pre-activations.
    """
    memory = Memory(network.spec, len(batch), weights=False)
    run = Run(network, len(batch), memory, progress)
    run.batch = np.array(batch, network.spec.dtype, order="C")
    measures = [partial(run.measure_weights, number) for number in range(1, len(network) + 1)]
    return run.result([partial(_draw_gradient, run, np.random.default_rng(seed)), *measures])


def _draws(experiment: Experiment, run: Run) -> list[Callable[[], None]]:
    """What is random, as tasks that do not depend on each other; weights are measured while they are in the cache,
    unless they are still to be fitted to the batch."""
    streams, fitted = Streams(experiment), experiment.weights.fit is not None

    def draw_inputs() -> None:
        run.batch = draw_batch(experiment, streams)

    def draw_layer(number: int, layer: Dense) -> None:
        draw_weights(experiment, layer.spec, streams.weights(number), layer.weights)
        layer.biases = draw_biases(experiment, layer.spec, streams, number)
        if not fitted:
            run.measure_weights(number)

    layers = [partial(draw_layer, number, layer) for number, layer in enumerate(run.network.layers, 1)]
    return [draw_inputs, partial(_draw_gradient, run, streams.gradient()), *layers]


def _draw_gradient(run: Run, rng: np.random.Generator) -> None:
    grad = run.grad_out
    for rows in row_blocks(slice(0, len(grad)), grad.shape[1], DRAWN):
        grad[rows] = standard_normal(rng, grad[rows].shape)
