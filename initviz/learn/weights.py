"""A trained network as a file of weights that other programs, and this one, read."""

import json

import numpy as np
from safetensors.numpy import save

from initviz.arrays import FloatArray
from initviz.learn.start import at_rest
from initviz.network.network import Network

PARTS = {"biases": "bias", "scale": "norm.weight", "shift": "norm.bias"}


def weights_file(network: Network, batch: FloatArray) -> bytes:
    """The network in the safetensors format: `layers.1.weight` (units, fan_in) as PyTorch has it, `layers.1.bias`, and
    `layers.1.norm.weight` and `.bias` with layer normalization. Batch normalization is fixed to its statistics over
    `batch` and becomes part of weights and biases. The metadata name the activation of each layer, and its parameter.
    """
    fixed = at_rest(network, batch)
    tensors: dict[str, FloatArray] = {}
    for number, layer in enumerate(fixed.layers, 1):
        tensors[f"layers.{number}.weight"] = np.ascontiguousarray(layer.weights.T)
        for name, part in PARTS.items():
            if (array := getattr(layer, name)) is not None:
                tensors[f"layers.{number}.{part}"] = np.ascontiguousarray(array)
    described = [
        {
            "activation": layer.spec.activation.id,
            "alpha": layer.alpha,
            "normalization": layer.spec.normalization.id,
            "residual": layer.spec.branch if layer.spec.skip else 0.0,
        }
        for layer in fixed.layers
    ]
    return save(tensors, {"layers": json.dumps(described)})
