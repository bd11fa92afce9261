"""Predictions as lines and shapes that the measured figures take along."""

from dataclasses import replace

import numpy as np

from initviz.arrays import FloatArray
from initviz.figures.rows import Expected
from initviz.figures.series import Series
from initviz.figures.theme import Role
from initviz.measure.propagation import Propagation
from initviz.network.experiment import Experiment
from initviz.theory.prediction import Prediction, layer_masses

BANDED = ("std", "grad_h_std")
"""Columns for which the scatter of one finite network about the prediction is known."""


def lines(
    prediction: Prediction, column: str, *, name: str = "predicted", role: Role = 0, scale: float = 1
) -> list[Series]:
    """The predicted column as a dashed line, with the band in which 95 % of finite networks lie, where it is known.

    No line at all where there is no prediction.
    """
    values = scale * prediction.column(column)
    first = 1 if np.isnan(values[0]) else 0
    if np.isnan(values[first:]).all():
        return []
    low, high = prediction.band(column) if column in BANDED else (None, None)
    return [
        Series(
            name,
            range(first, len(values)),
            values[first:],
            kind="predicted",
            role=role,
            low=None if low is None else low[first:],
            high=None if high is None else high[first:],
        )
    ]


def after_fix(prediction: Prediction, column: str) -> list[Series]:
    """What the column would be after a fix, without a band."""
    after = lines(prediction, column, name="after the fix", role=2)
    return [replace(line, kind="proposed", low=None, high=None) for line in after]


def shapes(prediction: Prediction, propagation: Propagation, quantity: str) -> Expected:
    """Expected shares of h or z in the bins of every hidden layer's histogram; empty where nothing is predicted."""
    if prediction.reason and np.isnan(prediction.column("std")[1:]).all():
        return {}
    expected = {}
    for layer in propagation.layers[1:]:
        signal = layer.h if quantity == "h" else layer.z
        if signal is not None and not signal.nonfinite:
            edges = signal.histogram.edges
            expected[layer.layer] = (
                edges,
                layer_masses(prediction, layer.layer, edges, "h" if quantity == "h" else "z"),
            )
    return expected


def weight_density(
    experiment: Experiment, propagation: Propagation, layer: int
) -> tuple[FloatArray, FloatArray] | None:
    """(values, density that the weights of hidden layer 1..depth were drawn from), each (200,), over the values that
    were drawn; None where they are not independent draws."""
    weights = propagation.layers[layer].weights
    assert weights is not None, "the input has no weights"
    x = np.linspace(weights.histogram.edges[0], weights.histogram.edges[-1], 200)
    density = experiment.weights.density(x, weights.fan_in, experiment.width, experiment.settings)
    return None if density is None else (x, density)
