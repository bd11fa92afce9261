"""What an experiment should measure: the prediction of every layer at infinite width, before a weight is drawn.

Public: predict, Prediction; layer_masses.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import nan
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from initviz.arrays import FloatArray
from initviz.batches import batch_of
from initviz.distributions import h_masses, saturated_share, zero_share
from initviz.experiment import Experiment
from initviz.finite_width import Scatter, scatter
from initviz.mean_field import Field, Hidden, mean_field
from initviz.moments import at_infinite_width

# --- the prediction ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Prediction:
    """What the layers 0..depth should measure at infinite width. Nothing in it depends on how the weights fall."""

    experiment: Experiment
    columns: MappingProxyType[str, FloatArray]
    reason: str = ""
    """Why there is no prediction, or none of some numbers, which are nan then; empty where all is predicted."""
    note: str = ""
    """What stands behind the numbers where it is not this very network at infinite width; empty otherwise."""
    field: Field | None = None
    """What the columns and bands are computed from; None where there is no prediction."""

    def __len__(self) -> int:
        return self.experiment.depth + 1

    def column(self, name: str) -> FloatArray:
        """One column over the layers 0..depth; names mean what they mean in `Propagation`, and nan what it means there.

        Besides: q, E z^2 of the activation's input, and chi, the factor on the squared gradient from this layer's h to
        that of the layer before.
        """
        return self.columns[name]

    @cached_property
    def scatter(self) -> Scatter | None:
        """Spread over networks of this width; None where there is no prediction."""
        if self.field is None:
            return None
        with np.errstate(all="ignore"):
            return scatter(self.experiment.normalization, self.field)

    def band(self, name: str, coverage: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """(low, high) of the central share of all networks of this width, for std, rms or grad_h_std.

        Log-normal around the prediction's median, to leading order in depth/width. nan where there is no prediction.
        """
        variances = {"std": "variance", "rms": "square", "grad_h_std": "gradient"}
        if name not in variances:
            raise KeyError(f"No band for '{name}'; there is one for {', '.join(variances)}.")
        values = self.column(name)
        if self.scatter is None:
            return values, values
        log_variance = np.log1p(getattr(self.scatter, variances[name]))
        median, reach = (
            values * np.exp(-log_variance / 4),
            special.ndtri((1 + coverage) / 2) * np.sqrt(log_variance) / 2,
        )
        return median * np.exp(-reach), median * np.exp(reach)

    def rows(self) -> Iterator[dict[str, float]]:
        """One dict per layer: column name -> number."""
        for index in range(len(self)):
            yield {name: values[index].item() for name, values in self.columns.items()}

    def to_frame(self) -> pd.DataFrame:
        """One row per layer, indexed by position; `layer` is the first column."""
        return pd.DataFrame(dict(self.columns))


COLUMNS = (
    *("layer", "mean", "std", "rms", "saturated", "zero", "cosine", "q", "chi"),
    *("grad_h_std", "grad_z_std", "grad_w_std", "z_mean", "z_std", "z_rms"),
)


def predict(experiment: Experiment) -> Prediction:
    """The prediction for one experiment, whatever its seed draws as weights. Raises InputError without the inputs."""
    reason = _no_prediction(experiment)
    if reason:
        columns = {name: np.full(experiment.depth + 1, nan) for name in COLUMNS}
        columns["layer"] = np.arange(experiment.depth + 1)
        return Prediction(experiment, MappingProxyType(columns), reason)
    with np.errstate(all="ignore"):
        return _predict(experiment)


def _no_prediction(experiment: Experiment) -> str:
    initializer = experiment.weights
    if initializer.unpredictable:
        return f"No prediction for {initializer.name}: {initializer.unpredictable}."
    if experiment.tied and len(set(experiment.shapes())) < experiment.depth:
        return "No prediction for layers that share one matrix: theory draws new weights for every layer."
    return ""


def _predict(experiment: Experiment) -> Prediction:
    batch, depth = batch_of(experiment), experiment.depth
    field = mean_field(experiment, batch)
    sizes, gradients, weights = field.sizes, field.gradients, field.shares
    q, grad_h = sizes.q @ weights, gradients.h @ weights
    h_before = sizes.square[:-1]
    if experiment.normalization == "batch":  # a unit's gradients add up to 0 over the batch: what it shares is lost
        h_before = h_before - (sizes.square[:-1, :1] - field.centred[:, np.newaxis])
    cosine = (field.products[1:] @ field.pair_weights) / sizes.square[1:, 0]
    mean, shares = sizes.mu @ weights, _shares(field.kinds, sizes.q) @ weights
    variance = (sizes.v + (sizes.mu - mean[:, np.newaxis]) ** 2) @ weights
    columns = {
        "layer": np.arange(depth + 1),
        "mean": _with_input(batch.mean, mean[1:]),
        "std": _with_input(batch.std, np.sqrt(variance[1:])),
        "rms": _with_input(batch.rms, np.sqrt(sizes.square[1:] @ weights)),
        "saturated": _with_input(nan, shares[0]),
        "zero": _with_input(nan, shares[1]),
        "cosine": _with_input(batch.cosine, cosine),
        "q": _with_input(nan, q),
        "chi": _with_input(nan, grad_h[:-1] / grad_h[1:]),
        "grad_h_std": np.sqrt(grad_h),
        "grad_z_std": _with_input(nan, np.sqrt(gradients.z @ weights)),
        "grad_w_std": _with_input(nan, np.sqrt(batch.samples * ((h_before * gradients.affine) @ weights))),
        "z_mean": _with_input(nan, np.zeros(depth)),
        "z_std": _with_input(nan, np.sqrt(q)),
        "z_rms": _with_input(nan, np.sqrt(q)),
    }
    for values in columns.values():
        values.flags.writeable = False
    return Prediction(experiment, MappingProxyType(columns), _missing_numbers(columns), _note(experiment), field)


def _with_input(value: float, hidden: FloatArray) -> FloatArray:
    return np.concatenate([[value], hidden])


def _shares(kinds: tuple[Hidden, Hidden], q: FloatArray) -> FloatArray:
    """Shares of (saturated, zero) outputs of phi, shape (2, layers, n)."""
    first, others = kinds
    parts = [(first, q[:1]), (others, q[1:])]
    shares = [
        np.concatenate([share(kind.activation, kind.alpha, part) for kind, part in parts if part.size])
        for share in (saturated_share, zero_share)
    ]
    return np.stack(shares)


def _missing_numbers(columns: dict[str, FloatArray]) -> str:
    """Why hidden layers have columns that are no numbers; empty when they have none."""
    missing = np.any([~np.isfinite(columns[name][1:]) for name in COLUMNS], axis=0)
    if not missing.any():
        return ""
    return (
        f"From layer {1 + int(missing.argmax())} on some predictions are missing: variances there leave the range of"
        " numbers, 1e-308 to 1e308."
    )


def _note(experiment: Experiment) -> str:
    notes = []
    if experiment.phi.mean_field_id:
        like = at_infinite_width(experiment.phi, experiment.phi_alpha)[0]
        notes.append(f"{experiment.phi.name} is predicted as {like.name}, which it turns into in wide layers.")
    if not experiment.weights.iid:
        notes.append(
            f"{experiment.weights.name}: the weights are not independent; the prediction holds to leading order"
            " in 1/width."
        )
    if experiment.normalization == "batch":
        notes.append("Batch normalization: the prediction is that of a large batch of unlike samples.")
    return " ".join(notes)


# --- distributions -------------------------------------------------------------------------------------------------


def layer_masses(
    prediction: Prediction, layer: int, edges: FloatArray, quantity: Literal["h", "z"] = "h"
) -> FloatArray:
    """Expected share of the values of hidden layer 1..depth in each bin between ascending edges, (len(edges) - 1,).

    Samples of different size are pooled. All nan where there is no prediction, and for h behind a residual connection,
    where branches of all layers before add up to no known distribution.
    """
    experiment, field = prediction.experiment, prediction.field
    if field is None or (quantity == "h" and experiment.has_skip(layer)):
        return np.full(len(edges) - 1, nan)
    q, weights = field.sizes.q[layer - 1], field.shares
    if quantity == "z":
        return np.diff(weights @ special.ndtr(edges / np.sqrt(np.maximum(q, 1e-300))[:, np.newaxis]))
    return weights @ h_masses(*experiment.layer_activation(layer), q, edges)
