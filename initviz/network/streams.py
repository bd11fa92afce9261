"""What is random about an experiment: one independent generator each for the batch, the gradient and every layer."""

import numpy as np

from initviz.arrays import FloatArray
from initviz.network.experiment import Experiment
from initviz.network.inputs import PREPROCESSING


class Streams:
    """Independent generators for batch, gradient and each layer: another depth leaves the first layers as they were."""

    def __init__(self, experiment: Experiment) -> None:
        self._children = np.random.SeedSequence(experiment.seed).spawn(
            3 + experiment.depth
        )  # the last for an output layer
        self._tied = experiment.tied

    def batch(self) -> np.random.Generator:
        return np.random.default_rng(self._children[0])

    def gradient(self) -> np.random.Generator:
        return np.random.default_rng(self._children[1])

    def weights(self, layer: int) -> np.random.Generator:
        return np.random.default_rng(self._children[2 if self._tied else 1 + layer])

    def biases(self, layer: int) -> np.random.Generator:
        return np.random.default_rng(self._children[1 + layer].spawn(1)[0])


def input_batch(experiment: Experiment) -> FloatArray:
    """The batch that enters layer 1, shape (samples, features), in the experiment's dtype.

    Raises InputError when the data set is not there or damaged.
    """
    return draw_batch(experiment, Streams(experiment))


def draw_batch(experiment: Experiment, streams: Streams) -> FloatArray:
    """The batch from the given generators: drawn or read, prepared and scaled."""
    raw = experiment.source.batch(streams.batch(), experiment.samples, experiment.width)
    prepared = PREPROCESSING[experiment.preprocessing].apply(raw)
    prepared *= experiment.input_std  # every batch is drawn or copied for this run
    return prepared.astype(experiment.dtype, copy=False)
