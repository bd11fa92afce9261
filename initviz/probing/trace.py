"""Which weights a PyTorch module multiplies by, and which functions follow: seen by listening to PyTorch's functions.

Public: Trace, Use. Needs PyTorch; `initviz.probing.probe` imports it when it is called.

Module hooks see modules only: `F.relu`, in-place operations and products written by hand pass them by. A
TorchFunctionMode hears every function that is called with tensors (torch.overrides), and a hook on a tensor is called
with its gradient. What is computed out of sight, as the products inside `lstm`, is named.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from types import FunctionType
from typing import Any

import torch
from torch.overrides import TorchFunctionMode
from torch.utils.weak import WeakTensorKeyDictionary

from initviz.activations import ACTIVATIONS, Activation
from initviz.arrays import FloatArray
from initviz.measure.propagation import Gradient
from initviz.probing.measured import Values, as_gradient, as_values

PRODUCTS = {
    *("linear", "matmul", "rmatmul", "mm", "bmm", "addmm", "baddbmm", "addbmm", "mv", "einsum", "tensordot"),
    *("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"),
}
"""Functions that multiply by a matrix of weights."""

FUSED = {"lstm", "gru", "rnn_tanh", "rnn_relu", "bilinear"} | {f"{cell}_cell" for cell in ("lstm", "gru", "rnn_tanh")}
"""Functions whose products nobody sees."""

ADDS_FIRST = {"addmm", "baddbmm", "addbmm"}
"""Products whose first argument is what is added."""

WHOLE = {"softsign", "tanhshrink"}
"""Functions of torch.nn.functional whose parts would not tell what they are."""

FUNCTIONS: dict[str, tuple[str, str]] = {
    "relu": ("relu", ""),
    "tanh": ("tanh", ""),
    "sigmoid": ("sigmoid", ""),
    "hardsigmoid": ("hard_sigmoid", ""),
    "softsign": ("softsign", ""),
    "relu6": ("relu6", ""),
    "leaky_relu": ("leaky_relu", "negative_slope"),
    "prelu": ("prelu", "weight"),
    "elu": ("elu", "alpha"),
    "celu": ("celu", "alpha"),
    "selu": ("selu", ""),
    "gelu": ("gelu", ""),
    "silu": ("swish", ""),
    "hardswish": ("hard_swish", ""),
    "mish": ("mish", ""),
    "softplus": ("softplus", ""),
    "erf": ("erf", ""),
    "sin": ("sin", ""),
}
"""PyTorch's name -> the catalogue's, and the argument that is its parameter (the second one)."""

UNKNOWN = {"logsigmoid", "log_sigmoid", "tanhshrink", "hardshrink", "softshrink", "rrelu", "glu", "threshold", "square"}
"""Functions that could stand between layers and are not in the catalogue."""


class Use:
    """One product with a matrix of weights: what entered, what came out, what function followed, and the gradients."""

    def __init__(self, name: str, function: str, weight: Any, swapped: bool) -> None:
        self.name = name
        self.weight = weight
        """The tensor that was multiplied by."""
        self.transposed = "transpose" in function
        self.channels_first = function.startswith("conv")
        self.swapped = swapped
        """Whether samples are columns, as in W x."""
        self.linear = function == "linear"
        self.activation: Activation | None = None
        self.alpha = 0.0
        self.bias = False
        self.before: Values
        self.z: Values
        self.h: Values
        self.gradients: dict[str, Gradient] = {}
        """Of "before", "z" and "h", once they are known."""

    @property
    def matrix(self) -> Any:
        """(fan_in, units) of whatever was multiplied by, a view or a copy of the weights."""
        return self.as_matrix(self.weight.detach())

    def as_matrix(self, weight: Any) -> Any:
        """The same of a tensor that has the shape of the weights."""
        if self.channels_first:
            kernel = weight.transpose(0, 1) if self.transposed else weight
            return kernel.reshape(kernel.shape[0], -1).T
        if weight.ndim == 1:
            return weight[:, None]
        if self.linear or self.swapped:
            return weight.mT.reshape(-1, weight.shape[-2])
        return weight.reshape(-1, weight.shape[-1])

    def rows(self, values: Any) -> tuple[FloatArray, FloatArray]:
        """(values, units) and (samples, values), in float32 or float64."""
        values = values.detach()
        values = (values if values.dtype == torch.float64 else values.float()).cpu()
        if self.swapped and values.ndim > 1:
            values = values.mT
        if self.channels_first:
            if values.ndim < self.weight.ndim:
                values = values[None]
            samples = values.reshape(len(values), -1)
            values = values.movedim(1, -1)
        else:
            samples = values.reshape(-1, values.shape[-1] if values.ndim else 1)
        return values.reshape(-1, values.shape[-1] if values.ndim else 1).numpy(), samples.numpy()

    def watch(self, which: str, tensor: Any) -> Values:
        """The statistics of a tensor now, and of its gradient when it comes; a later one takes its place."""
        values = as_values(*self.rows(tensor), self.limits if which == "h" else None)
        setattr(self, which, values)
        if tensor.requires_grad:
            tensor.register_hook(partial(self._gradient, which, values))
        return values

    def _gradient(self, which: str, values: Values, gradient: Any) -> None:
        if getattr(self, which) is values:
            self.gradients[which] = as_gradient(self.rows(gradient)[0])

    @property
    def limits(self) -> tuple[float, float] | None:
        """Between which levels the function is not saturated."""
        return None if self.activation is None else self.activation.saturation(self.alpha)


class Trace(TorchFunctionMode):  # type: ignore[misc]
    """While it is entered, every use of the parameters of a module is noted."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.uses: list[Use] = []
        self.entering: list[Any] = []
        """What the first product is applied to."""
        self.tables: set[str] = set()
        self.added: set[str] = set()
        """Parameters that meet the batch in another way than by a product."""
        self.fused: dict[str, set[str]] = {}
        self.unknown: set[str] = set()
        """Functions that were heard and are not known, and results of what was not heard."""
        self._names = WeakTensorKeyDictionary()
        """Parameters, and what is computed from nothing else -> the parameter's name."""
        self._origins = WeakTensorKeyDictionary()
        """What depends on the batch -> number of the last use it comes from; 0 is the batch."""
        for name, parameter in model.named_parameters():
            self._names[parameter] = name

    def follow(self, tensor: Any) -> None:
        """A tensor of the batch."""
        self._origins[tensor] = 0

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs, name = kwargs or {}, getattr(func, "__name__", "").strip("_")
        if type(func) is FunctionType and func.__module__ == "torch.nn.functional" and name not in WHOLE:
            with self:
                return _unguarded(func)(*args, **kwargs)
        given = list(_tensors([*args, *kwargs.values()]))
        origins = [origin for tensor in given if (origin := self._origin(tensor)) is not None]
        parameters = [tensor for tensor in given if tensor in self._names]
        called = self._activation(name, args, kwargs)
        if called:
            called[0].watch("z", given[0])  # now: the function may write over it
        result = func(*args, **kwargs)
        if called:
            use, activation, alpha = called
            use.activation, use.alpha = activation, alpha
            use.watch("h", result)
        elif name in PRODUCTS and origins and parameters:
            self._product(name, args, kwargs, result)
            origins.append(len(self.uses))
        self._note(name, parameters, origins)
        for tensor in _tensors([result]):
            if origins or name == "embedding":
                self._origins[tensor] = max(origins, default=0)
            elif parameters and tensor not in self._names:
                self._names[tensor] = self._names[max(parameters, key=lambda one: one.ndim)]
        return result

    def _origin(self, tensor: Any) -> int | None:
        """What computed in ways that PyTorch's functions do not show counts as made from all before."""
        if tensor in self._origins:
            return int(self._origins[tensor])
        if tensor in self._names or tensor.grad_fn is None:
            return None
        self.unknown.add(type(tensor.grad_fn).__name__.removesuffix("Backward"))
        self._origins[tensor] = len(self.uses)
        return len(self.uses)

    def _note(self, name: str, parameters: Sequence[Any], origins: Sequence[int]) -> None:
        names = {self._names[one] for one in parameters if one.ndim > 1}
        if name == "embedding":
            self.tables |= names
        elif name in FUSED:
            self.fused.setdefault(name, set()).update(names)
        elif origins and name not in PRODUCTS:
            self.added |= names
        if name in UNKNOWN and any(origins):
            self.unknown.add(name)

    def _product(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        tensors = list(_tensors([*args, *kwargs.values()]))
        operands = tensors[1:3] if name in ADDS_FIRST else tensors[:2]
        if name == "rmatmul":
            operands.reverse()
        weights = [one for one in operands if one in self._names]
        if len(weights) != 1 or len(operands) != 2:
            return
        (weight,), first = weights, operands[0] in self._names
        use = Use(self._names[weight], name, weight, first and name not in ("einsum", "tensordot"))
        use.bias = len(tensors) > 2
        self.uses.append(use)
        entering = operands[1 if first else 0]
        self.entering = self.entering or [entering]
        use.watch("before", entering)
        use.h = use.watch("z", result)

    def _activation(
        self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> tuple[Use, Activation, float] | None:
        """The use whose function this is, the function and its parameter; None where it is none."""
        given = list(_tensors(args)) or list(_tensors(kwargs.values()))
        number = self._origin(given[0]) if given else None
        if not number or self.uses[number - 1].activation is not None:
            return None
        use, called = self.uses[number - 1], _called(name, args, kwargs)
        if called is None or given[0].numel() != use.z.count:
            return None
        activation = ACTIVATIONS[called[0]]
        return use, activation, activation.alpha(called[1])


def _called(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[str, float | None] | None:
    """The catalogue's name of a function that was called, and its parameter, None for the default."""
    given = {**dict(zip(("input", "second", "third"), args, strict=False)), **kwargs}
    if name == "gelu" and given.get("approximate") == "tanh":
        return "gelu_tanh", None
    if name in ("clamp", "clamp_min"):
        limits = given.get("min", given.get("second")), given.get("max", given.get("third"))
        return ("relu", None) if limits == (0, None) else None
    if name == "hardtanh":
        limits = given.get("min_val", given.get("second", -1)), given.get("max_val", given.get("third", 1))
        known = {(-1, 1): "hard_tanh", (0, 6): "relu6"}.get(limits)
        return (known, None) if known else None
    if name not in FUNCTIONS:
        return None
    id, parameter = FUNCTIONS[name]
    value = given.get(parameter, given.get("second")) if parameter else None
    return id, None if value is None else float(torch.as_tensor(value).detach().mean())


def _tensors(values: Any) -> Iterator[Any]:
    """All tensors in nested lists, tuples and dicts."""
    for value in values:
        if isinstance(value, torch.Tensor):
            yield value
        elif isinstance(value, list | tuple):
            yield from _tensors(value)
        elif isinstance(value, dict):
            yield from _tensors(value.values())


def _unguarded(function: FunctionType) -> Callable[..., Any]:
    """A function of torch.nn.functional that does its work even though somebody listens, who then hears its parts: the
    same code, whose question whether a function is overridden is always answered with no."""
    unasked = {name: _no for name in function.__globals__ if name.startswith("has_torch_function")}
    copy = FunctionType(
        function.__code__,
        {**function.__globals__, **unasked},
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _no(*_: object) -> bool:
    return False
