"""A chain of dense layers out of a file, run like a drawn network: measured, predicted, diagnosed.

Public: hidden_layers, run_chain, chain_batch, chain_fix, chain_cost, ChainRun.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from initviz.activations import Activation
from initviz.advice.diagnosis import diagnose_network
from initviz.advice.findings import Finding
from initviz.arrays import FloatArray
from initviz.catalogue import InputError
from initviz.measure.propagation import Propagation
from initviz.measure.simulate import simulate_network
from initviz.model.audit import NAMES, Row
from initviz.model.laws import FIXED
from initviz.model.matrices import Matrix, Orientation, bias_name, chain, matrices
from initviz.model.read import Tensor
from initviz.model.remedy import WeightsFix, weights_fix
from initviz.network.budget import Budget, Cost, network_cost
from initviz.network.initializers import standard_normal
from initviz.network.network import Network
from initviz.network.normalization import NORMALIZATIONS
from initviz.network.spec import LayerSpec, NetworkSpec
from initviz.progress import Progress
from initviz.theory.batches import summarized
from initviz.theory.prediction import Prediction, predict_network

SAMPLES = 500
"""Gaussian inputs that are sent through a model."""

BRANCHED = re.compile(r"attn|attention|(^|[._])[qkvo]_proj|weight_[ih]h", re.IGNORECASE)
"""Names of matrices that stand beside each other, although their shapes may follow on each other."""


@dataclass(frozen=True)
class ChainRun:
    """What the hidden layers of a model do to Gaussian inputs."""

    measured: Propagation
    predicted: Prediction
    """For random weights of the measured variances."""
    findings: tuple[Finding, ...]


def hidden_layers(
    tensors: Sequence[Tensor],
    rows: Sequence[Row],
    activation: Activation,
    alpha: float | None = None,
    orientation: Orientation | None = None,
) -> Network:
    """The hidden layers of a model that is a chain of dense layers; its last matrix makes the outputs and is left out.

    rows: the audit of the same tensors, which says what is no independent draw. alpha: the activation's parameter, its
    default where it is None. Raises InputError, in one sentence, where the model is no such chain.
    """
    dense, biases = _dense(tensors, orientation)
    if activation.pieces(activation.alpha(alpha)) > 1:
        raise InputError(f"{activation.name} joins several maps in one unit, which the shapes of a file do not tell.")
    laws = {row.name: row.law for row in rows}
    hidden, alpha = dense[:-1], activation.alpha(alpha)
    layers = []
    for matrix, bias in zip(hidden, biases, strict=False):
        layers.append(
            LayerSpec(
                activation,
                alpha,
                matrix.fan_in,
                matrix.fan_out,
                1,
                weight_variance=_mean_square(matrix.values),
                bias_variance=0.0 if bias is None else _mean_square(bias) or 0.0,
                branch=1.0,
                skip=False,
                normalization=NORMALIZATIONS["none"],
                orthogonal=laws[matrix.name] == "orthogonal",
            )
        )
    fixed = [matrix.name for matrix in hidden if laws[matrix.name] in FIXED]
    spec = NetworkSpec(
        tuple(layers),
        "float64" if any(matrix.values.dtype == np.float64 for matrix in hidden) else "float32",
        unpredictable=f"{fixed[0]} is {NAMES[laws[fixed[0]]].name}, not random" if fixed else "",
        independent=not any(layer.orthogonal for layer in layers),
    )
    return Network(spec, [np.ascontiguousarray(matrix.values) for matrix in hidden], biases[: len(hidden)])


def chain_fix(
    tensors: Sequence[Tensor],
    activation: Activation,
    alpha: float | None = None,
    orientation: Orientation | None = None,
    file: str = "model.safetensors",
) -> WeightsFix:
    """The fix for the hidden layers of the same model. Raises InputError where it is no chain."""
    dense, _ = _dense(tensors, orientation)
    sizes = {tensor.name: tensor.values.size for tensor in tensors}
    widths = {matrix.name: matrix.fan_out for matrix in dense[:-1]}
    biases = [bias for name in widths if (bias := bias_name(name, sizes))]
    return weights_fix(widths, biases, activation, activation.alpha(alpha), dense[0].orientation, file)


def run_chain(
    network: Network,
    progress: Progress | None = None,
    budget: Budget | None = None,
    seed: int = 0,
    batch: FloatArray | None = None,
) -> ChainRun:
    """Send a batch (samples, features) forward, N(0, 1) inputs where there is none, and N(0, 1) gradients backward,
    beside what theory says of weights so large.

    Raises InputError where the network is too big for the budget, or the batch has another number of features.
    """
    spec = network.spec
    batch = chain_batch(network, batch, seed)
    chain_cost(spec, budget or Budget.from_environment(), len(batch))
    measured = simulate_network(network, batch, seed, progress)
    predicted = predict_network(spec, summarized(batch))
    return ChainRun(measured, predicted, diagnose_network(spec, len(batch), measured))


def chain_batch(network: Network, batch: FloatArray | None = None, seed: int = 0) -> FloatArray:
    """What is sent through the network. Raises InputError where it takes another number of features."""
    features = network.spec.features
    if batch is None:
        return standard_normal(np.random.default_rng(seed), (SAMPLES, features))
    if batch.shape[1] != features:
        turned = " Are its samples in columns?" if len(batch) == features else ""
        raise InputError(f"The batch has {batch.shape[1]:,} columns; the first layer takes {features:,}.{turned}")
    return batch.astype(network.spec.dtype)


def chain_cost(spec: NetworkSpec, budget: Budget, samples: int = SAMPLES) -> Cost:
    """What a run takes. Raises InputError where that is more than the budget."""
    needed = network_cost(spec, samples)
    if not budget.covers(needed):
        raise InputError(
            f"A forward pass of this model needs about {needed.gflop:,.3g} GFLOP and {needed.mib:,.0f} MiB; here the"
            f" limits are {budget.gflop:,g} GFLOP and {budget.mib:,g} MiB."
        )
    return needed


def _dense(
    tensors: Sequence[Tensor], orientation: Orientation | None
) -> tuple[tuple[Matrix, ...], list[FloatArray | None]]:
    """The chain and the bias of each of its matrices. Raises InputError for anything else, saying what it is."""
    found = matrices(tensors, orientation)
    branched = next((matrix.name for matrix in found if BRANCHED.search(matrix.name)), "")
    dense = () if branched else chain(found)
    if not dense:
        what = f"'{branched[:60]}' branches off" if branched else "their shapes do not follow on each other"
        if odd := next((matrix for matrix in found if matrix.kind != "dense"), None):
            what = f"'{odd.name[:60]}' is a {odd.kind}"
        raise InputError(f"No forward pass: the matrices are no chain of dense layers, {what}.")
    if len(dense) < 2:
        raise InputError("No forward pass: the only matrix makes the outputs, and there is no hidden layer.")
    arrays = {tensor.name: tensor.values for tensor in tensors}
    names = [bias_name(matrix.name, {name: array.size for name, array in arrays.items()}) for matrix in dense]
    unknown = arrays.keys() - {matrix.name for matrix in dense} - set(names)
    if unknown:
        raise InputError(
            f"No forward pass: '{min(unknown)[:60]}' is neither a dense layer's matrix nor its bias, and what it does"
            " is not in the file."
        )
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(f"No forward pass: '{name[:60]}' holds values that are inf or nan.")
    return dense, [arrays[name] if name else None for name in names]


def _mean_square(values: FloatArray) -> float | None:
    """None where it is no number."""
    with np.errstate(over="ignore"):
        square = float(np.square(values, dtype=np.float64).mean())
    return square if isfinite(square) else None
