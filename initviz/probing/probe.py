"""A PyTorch module looked into, forward and backward: its layers' numbers, their laws, and what is wrong with them.

from initviz import probe
seen = probe(model, batch)
print(seen)

Public: probe, Probe.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from initviz.activations import ACTIVATIONS
from initviz.advice.diagnosis import diagnose_network
from initviz.advice.findings import Finding, every, is_healthy
from initviz.catalogue import InputError
from initviz.measure.propagation import Layer, Propagation
from initviz.model.audit import NAMES, Row, audit, headline
from initviz.model.matrices import bias_name
from initviz.model.read import Tensor
from initviz.model.remedy import WeightsFix, weights_fix
from initviz.network.columns import COLUMNS
from initviz.network.normalization import NORMALIZATIONS
from initviz.network.spec import LayerSpec, NetworkSpec
from initviz.probing.measured import as_gradient, as_weights
from initviz.text import counted

if TYPE_CHECKING:
    from initviz.probing.trace import Trace, Use

SHOWN = ("std", "zero", "dead", "cosine", "grad_h_std", "grad_w_std", "grad_w_ratio", "weight_std")
"""Columns of the printed table."""


@dataclass(frozen=True, eq=False)
class Probe:
    """What a module did to a batch. `print` it, or take its parts."""

    measured: Propagation
    """The hidden layers, numbered as in the app: products with weights that a function follows. Where there is none,
    all products; the last, which makes the outputs, is left out."""
    names: tuple[str, ...]
    """Of their weights, layer 1 first."""
    findings: tuple[Finding, ...]
    everything: tuple[Layer, ...]
    """All products with weights in the order of the forward pass, with or without a function behind them."""
    labels: tuple[tuple[str, str], ...]
    """Of each of those the name of the weights and of the function, "" for none."""
    laws: tuple[Row, ...]
    """The audit of all matrices."""
    cure: WeightsFix
    """What the hidden layers' weights should be."""
    unseen: tuple[str, ...]
    """What the numbers do not tell, one sentence each."""

    def to_frame(self) -> pd.DataFrame:
        """One row for each product with weights: what it is, its law, and every column of the app."""
        law = {row.name: NAMES[row.law].name for row in self.laws}
        hidden = {name: number for number, name in enumerate(self.names, 1)}
        records = [
            {"weights": name, "function": function, "law": law.get(name, ""), "hidden layer": hidden.get(name, 0)}
            | {column.id: column.of(layer) for column in COLUMNS.values() if column.path and column.id != "layer"}
            for layer, (name, function) in zip(self.everything, self.labels, strict=True)
        ]
        return pd.DataFrame(records)

    def __str__(self) -> str:
        said = [finding.sentence for finding in every(self.findings)]
        if self.laws:
            remarks = {row.finding for row in self.laws if row.finding and not row.severe}
            faults = [f"{row.name} {row.finding}." for row in self.laws if row.severe]
            said += [headline(self.laws), *faults, *(f"{remark}." for remark in sorted(remarks))]
        frame = self.to_frame()[["weights", "function", "law", *SHOWN]]
        table = frame.to_string(index=False, float_format=lambda value: f"{value:.3g}")
        if self.fix and self.names:
            said.append(f"{self.fix.sentence} See .fix.torch.")
        return "\n".join(
            [*said, "", table, *([""] if self.unseen else []), *(f"Not seen: {one}" for one in self.unseen)]
        )

    @property
    def fix(self) -> WeightsFix | None:
        """Code that draws the hidden layers' weights anew; None where nothing is wrong."""
        return None if is_healthy(self.findings) else self.cure

    def charts(self) -> dict[str, Any]:
        """The app's charts by depth, as Plotly figures by title."""
        from initviz.figures import gradients, signal  # noqa: PLC0415 - a notebook may want numbers alone
        from initviz.figures.runs import Run  # noqa: PLC0415

        runs = [Run("measured", self.measured)]
        return {
            "Standard deviation of h": signal.std_by_depth(runs),
            "Size of the gradient": gradients.gradient_by_depth(runs),
            "Factor per layer": gradients.factors_by_depth(runs),
            "Silent units": signal.shares_by_depth(runs),
        }


def probe(model: Any, batch: Any, loss: Callable[[Any], Any] | None = None, seed: int = 0) -> Probe:
    """Run a PyTorch module on a batch and back, and say what its layers do to signal and gradient.

    batch: what the module is called with, a tensor, an array, a tuple of arguments or a dict of them. loss: from the
    module's output to one number; without it N(0, 1) gradients are sent back from the output, as in the app. The
    module is left as it was: no gradients, no statistics of batches, no random numbers are changed. Raises InputError
    without PyTorch, where no weights are seen at work, or no gradient reaches them.
    """
    try:
        import torch  # noqa: PLC0415 - optional

        from initviz.probing.trace import Trace  # noqa: PLC0415
    except ImportError:
        raise InputError("probe looks into PyTorch modules: install PyTorch first (pip install torch).") from None
    if not isinstance(model, torch.nn.Module):
        raise InputError(f"probe looks into a torch.nn.Module, not into a {type(model).__name__}.")
    model = getattr(model, "_orig_mod", model)  # the module behind torch.compile
    kept = {name: buffer.clone() for name, buffer in model.named_buffers()}
    trace = Trace(model)
    with torch.random.fork_rng(), torch.enable_grad():
        torch.manual_seed(seed)
        try:
            arguments, named = _arguments(batch, trace, model)
            with trace:
                output = model(*arguments, **named)
            gradients = _backward(trace, output, loss)
        finally:
            with torch.no_grad():
                for name, buffer in model.named_buffers():
                    buffer.copy_(kept[name])
    return _told(model, trace, gradients)


def _arguments(batch: Any, trace: "Trace", model: Any) -> tuple[list[Any], dict[str, Any]]:
    """What the module is called with; tensors of floats get a gradient and nothing of the visitor's is changed."""
    import torch  # noqa: PLC0415

    parameter = next(model.parameters(), torch.zeros(()))

    def prepared(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            value = torch.as_tensor(value, device=parameter.device)
            value = value.to(parameter.dtype) if value.is_floating_point() else value
        if isinstance(value, torch.Tensor):
            value = value.detach().clone()
            value.requires_grad_(value.is_floating_point())
            trace.follow(value)
        return value

    if isinstance(batch, Mapping):
        return [], {name: prepared(value) for name, value in batch.items()}
    return [prepared(value) for value in (batch if isinstance(batch, tuple) else (batch,))], {}


def _backward(trace: "Trace", output: Any, loss: Callable[[Any], Any] | None) -> list[Any]:
    """The gradients by the weights of every use, None where there is none. Raises InputError without any use."""
    import torch  # noqa: PLC0415
    from torch.utils._pytree import tree_leaves  # noqa: PLC0415

    if not trace.uses:
        raise InputError("No weights were seen at work: the module multiplies by none, or does it out of sight.")
    ends = tree_leaves(output if loss is None else loss(output))
    end = next((one for one in ends if isinstance(one, torch.Tensor) and one.requires_grad), None)
    weights = [use.weight for use in trace.uses]
    learnt = [weight for weight in weights if weight.requires_grad]
    if end is None or not learnt:
        raise InputError(
            "No gradient reaches the weights: parameters are frozen, or the module runs under no_grad. Call"
            " requires_grad_(True) on it first."
        )
    upstream = torch.ones_like(end) if end.ndim == 0 else torch.randn_like(end)
    wanted = learnt + [one for one in trace.entering if one.requires_grad]
    found = iter(torch.autograd.grad(end, wanted, upstream, allow_unused=True))
    return [next(found) if weight.requires_grad else None for weight in weights]


def _told(model: Any, trace: "Trace", gradients: Sequence[Any]) -> Probe:
    uses = [
        (use, gradient)
        for use, gradient in zip(trace.uses, gradients, strict=True)
        if gradient is not None and use.gradients.keys() >= {"z"}
    ]
    if not uses:
        raise InputError("No gradient reaches the weights from the module's output.")
    layers = [_layer(number, use, gradient) for number, (use, gradient) in enumerate(uses, 1)]
    judged = [place for place, (use, _) in enumerate(uses[:-1]) if use.activation] or list(range(len(uses) - 1)) or [0]
    first = uses[judged[0]][0]
    gradient = first.gradients.get("before") or as_gradient(np.zeros((1, 1), np.float32))
    entering = Layer(0, first.before.signal, first.before.cosine, gradient)
    measured = Propagation(
        (entering, *(replace(layers[place], layer=number) for number, place in enumerate(judged, 1))),
        samples=first.h.samples,
        features=first.matrix.shape[0],
    )
    hidden = [uses[place][0] for place in judged]
    spec = NetworkSpec(tuple(map(_spec, hidden)), "float64" if first.weight.dtype.itemsize > 4 else "float32")
    return Probe(
        measured,
        tuple(use.name for use in hidden),
        diagnose_network(spec, measured.samples, measured),
        tuple(layers),
        tuple((use.name, use.activation.name if use.activation else "") for use, _ in uses),
        _laws(model, trace),
        _cure(model, hidden),
        tuple(_unseen(model, trace, [use.name for use, _ in uses])),
    )


def _layer(number: int, use: "Use", gradient: Any) -> Layer:
    weights = use.matrix.float().cpu().numpy(), use.as_matrix(gradient.detach()).float().cpu().numpy()
    return Layer(
        number,
        h=use.h.signal,
        cosine=use.h.cosine,
        grad_h=use.gradients.get("h", use.gradients["z"]),
        z=use.z.signal,
        grad_z=use.gradients["z"],
        weights=as_weights(*weights, use.before.same_sign),
        saturated=use.h.saturated,
        zero=use.h.zero,
        dead=use.h.dead,
    )


def _spec(use: "Use") -> LayerSpec:
    fan_in, width = use.matrix.shape
    activation = use.activation or ACTIVATIONS["linear"]
    variance = float(use.matrix.double().square().mean())
    return LayerSpec(
        activation, use.alpha, fan_in, width, 1, variance, float(use.bias), 1.0, False, NORMALIZATIONS["none"]
    )


def _cure(model: Any, hidden: Sequence["Use"]) -> WeightsFix:
    """For the weights that lie as Linear keeps them."""
    own = dict(model.named_parameters())
    widths = {use.name: use.matrix.shape[1] for use in hidden if use.linear and use.name in own}
    biases = [bias for name in widths if (bias := bias_name(name, list(own)))]
    return weights_fix(widths, biases, hidden[-1].activation or ACTIVATIONS["linear"], hidden[-1].alpha)


KINDS = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16"}


def _laws(model: Any, trace: "Trace") -> tuple[Row, ...]:
    """Of every matrix as it is used, and of those that were not."""
    used = {use.name: use for use in trace.uses}
    tensors = []
    own = {name: one for name, one in model.named_parameters() if name not in trace.added}
    for name, parameter in {**{name: use.weight for name, use in used.items()}, **own}.items():
        use = used.get(name)
        if use is not None and not use.channels_first:
            values = use.matrix.T
        else:
            values = (use.weight if use else parameter).detach()
        kind = str(parameter.dtype).removeprefix("torch.")
        if values.ndim > 1 and kind in KINDS:
            values = (values if kind == "float64" else values.float()).cpu().numpy()
            tensors.append(Tensor(name, np.ascontiguousarray(values), KINDS[kind]))
    return audit(tensors, orientation="out, in")


def _unseen(model: Any, trace: "Trace", seen: Sequence[str]) -> list[str]:
    """What the numbers do not tell."""
    said = []
    for function, names in sorted(trace.fused.items()):
        said.append(f"{function} multiplies by {_some(sorted(names))} out of sight; what is between is not measured.")
    used = {use.name for use in trace.uses}
    heard = used | trace.tables | trace.added | {name for names in trace.fused.values() for name in names}
    if idle := [name for name, one in model.named_parameters() if one.ndim > 1 and name not in heard]:
        said.append(f"{_some(idle)}: not used in this pass, or in ways that PyTorch's functions do not show.")
    if lost := [use.name for use in trace.uses if use.name not in seen]:
        said.append(f"{_some(lost)}: no gradient reaches it.")
    if tables := sorted(trace.tables - used):
        said.append(f"{_some(tables)}: looked up, not multiplied.")
    if trace.unknown:
        said.append(f"{_some(sorted(trace.unknown))}: no function of the catalogue; what it does is not judged.")
    return said


def _some(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {counted(len(names) - 1, 'other')}"
