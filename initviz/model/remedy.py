"""The cure for a model of somebody's own as code: lines that draw its hidden layers' weights anew.

Public: WeightsFix, weights_fix.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pprint import pformat

from initviz.activations import Activation
from initviz.gaussian.moments import init_pair
from initviz.model.matrices import Orientation
from initviz.text import say


@dataclass(frozen=True)
class WeightsFix:
    """What to draw, in a sentence, and the code that does it."""

    sentence: str
    torch: str
    """Lines for a PyTorch module named `model`."""
    numpy: str
    """A script that reads the file and writes another."""


DEEP = 12
"""Layers of ReLU from which on He's weights make inputs so alike, and units so often dead, that many a network is not
healthy: there weights in mirrored pairs keep both (`tests/model/test_chain.py`)."""


def weights_fix(
    widths: Mapping[str, int],
    biases: list[str],
    activation: Activation,
    alpha: float,
    orientation: Orientation = "out, in",
    file: str = "model.safetensors",
) -> WeightsFix:
    """widths: name of each hidden matrix -> units, first layer first.

    Weights N(0, sigma_w^2 / fan_in) and biases N(0, sigma_b^2) at the activation's critical point, where signal and
    gradient keep their size, or what is best where it has none, see `init_pair`. In a deep network with ReLU,
    orthogonal matrices A as [[A, -A], [-A, A]], with which it is linear at its start (Balduzzi et al. 2017,
    arXiv:1702.08591).
    """
    mirrored = activation.id == "relu" and len(widths) > DEEP and not any(width % 2 for width in widths.values())
    sigma_w2, sigma_b2, _ = init_pair(activation, alpha)
    if mirrored:
        rule = "orthogonal matrices in mirrored pairs, [[A, -A], [-A, A]]"
    else:
        name = {2.0: "He normal, ", 1.0: "LeCun normal, "}.get(sigma_w2, "")
        rule = f"{name}N(0, {say(sigma_w2)} / fan_in)"
    if biases:
        rule += f", biases N(0, {say(sigma_b2)})" if sigma_b2 else ", biases 0"
    values = {
        "rule": f"# {rule}: the hidden layers behind {activation.name}",
        "weights": _listed(list(widths)),
        "biases": _listed(biases),
        "first": repr(next(iter(widths), "")),
        "spread": f"({sigma_w2:.9g} / fan_in) ** 0.5",
        "shape": "fan_out, fan_in" if orientation == "out, in" else "fan_in, fan_out",
        "T": "" if orientation == "out, in" else ".T",
        "bias": f"{sigma_b2**0.5:.9g}",
        "file": repr(file),
    }
    values["torch_draw"] = (_TORCH_MIRRORED if mirrored else _TORCH_NORMAL).format(**values)
    values["numpy_draw"] = (_NUMPY_MIRRORED if mirrored else _NUMPY_NORMAL).format(**values)
    sentence = (
        f"Draw the weights of the {len(widths)} hidden layers anew, {rule}: signal and gradient should keep their"
    )
    numpy = _NPZ if file.lower().endswith(".npz") else _SAFETENSORS
    return WeightsFix(f"{sentence} size.", _TORCH.format(**values), numpy.format(**values))


def _listed(names: list[str]) -> str:
    return pformat(names, width=100, compact=True).replace("\n ", "\n    ")


_TORCH = """{rule}
import torch

weights = {weights}
biases = {biases}
with torch.no_grad():
    for name in weights:
        weight = model.get_parameter(name)
        {shape} = weight.shape
{torch_draw}
    for name in biases:
        model.get_parameter(name).normal_(0, {bias})
"""

_TORCH_NORMAL = "        weight.normal_(0, {spread})"

_TORCH_MIRRORED = """\
        inputs = fan_in if name == {first} else fan_in // 2
        a = torch.nn.init.orthogonal_(torch.empty(fan_out // 2, inputs)) * max(1, fan_out / 2 / inputs) ** 0.5
        a = a if name == {first} else torch.cat([a, -a], dim=1)
        weight.copy_(torch.cat([a, -a]){T})"""

_NUMPY = """\
weights = {weights}
biases = {biases}
for name in weights:
    {shape} = model[name].shape
{numpy_draw}
for name in biases:
    model[name] = ({bias} * rng.standard_normal(model[name].shape)).astype(model[name].dtype)
"""

_NUMPY_NORMAL = """\
    weight = rng.standard_normal(model[name].shape) * {spread}
    model[name] = weight.astype(model[name].dtype)"""

_NUMPY_MIRRORED = """\
    inputs = fan_in if name == {first} else fan_in // 2
    tall = rng.standard_normal((max(fan_out // 2, inputs), min(fan_out // 2, inputs)))
    a = np.linalg.qr(tall)[0] * max(1, fan_out / 2 / inputs) ** 0.5
    a = a if fan_out // 2 >= inputs else a.T
    a = a if name == {first} else np.hstack([a, -a])
    model[name] = np.ascontiguousarray(np.vstack([a, -a]){T}, model[name].dtype)"""

_SAFETENSORS = f"""{{rule}}
import numpy as np
from safetensors.numpy import load_file, save_file

rng, model = np.random.default_rng(0), load_file({{file}})
{_NUMPY}
save_file(model, "fixed.safetensors")
"""

_NPZ = f"""{{rule}}
import numpy as np

rng, model = np.random.default_rng(0), dict(np.load({{file}}))
{_NUMPY}
np.savez("fixed.npz", **model)
"""
