"""The experiment: one small frozen value that a link, the sidebar, the command line and the cache all share."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from math import isnan
from types import MappingProxyType
from typing import Any

from initviz.activations import ACTIVATIONS, LINEAR, Activation
from initviz.catalogue import Catalogue, InputError, Named
from initviz.fields import Choice, Field, Number, Switch
from initviz.network.initializers import INITIALIZERS, Initializer, Settings
from initviz.network.inputs import INPUTS, PREPROCESSING, Inputs
from initviz.network.normalization import NORMALIZATIONS, Normalization
from initviz.network.spec import LayerSpec, NetworkSpec

DTYPES = Catalogue("dtype", [Named("float32", "float32 (as in training)"), Named("float64", "float64")])


_WIDTHS = (2, 4, 8, 16, 32, 50, 64, 100, 128, 200, 256, 300, 400, 500, 512, 600, 768, 784, 1000, 1024, 1500, 2048)
_SAMPLES = (2, 5, 10, 20, 50, 100, 200, 500, 1000, 1797, 2000, 5000, 10_000)


_TIED = "theory draws new weights for every layer, and here layers share one matrix"


SEEDS = 2**31
"""How many seeds there are."""


def _set(default: Any, spec: Field) -> Any:
    return field(default=default, metadata={"spec": spec})


@dataclass(frozen=True)
class Experiment:
    """A random fully connected network and what goes into it. Raises InputError for a value that is not possible.

    Layer 0 is the input, layers 1..depth compute z = h W + b and h = phi(z); `residual` a > 0 makes it h + a phi(z)
    wherever the shapes agree.
    """

    activation: str = _set("tanh", Choice("Activation", "The function phi each unit applies to z.", ACTIVATIONS))
    alpha: float | None = _set(
        None, Number("alpha", "The activation's own parameter; unset means its default.", -20, 20, 0.01)
    )
    initializer: str = _set("random_normal", Choice("Initializer", "How the weights are drawn.", INITIALIZERS))
    std: float = _set(0.01, Number("std", "Standard deviation of the weights.", 1e-5, 100, log=True))
    gain: float = _set(
        1.0,
        Number("gain", "Multiplies the weights of every scaled initializer.", 0.01, 100, log=True, group="advanced"),
    )
    depth: int = _set(10, Number("depth", "Number of hidden layers.", 1, 100, integer=True))
    width: int = _set(500, Number("width", "Units in each hidden layer.", 2, 2048, integer=True, marks=_WIDTHS))
    inputs: str = _set("gaussian", Choice("Inputs", "What enters the network.", INPUTS, "input"))
    input_std: float = _set(
        1.0,
        Number(
            "input std", "Multiplies the inputs; for Gaussian inputs their std.", 1e-6, 1e6, log=True, group="input"
        ),
    )
    samples: int = _set(
        1000, Number("samples", "Rows of the batch.", 2, 10_000, integer=True, marks=_SAMPLES, group="input")
    )
    preprocessing: str = _set(
        "none", Choice("Preprocessing", "What is done to each input feature.", PREPROCESSING, "input")
    )
    bias_std: float = _set(
        0.0, Number("bias std", "Standard deviation of the biases; 0 for none.", 0, 10, 0.05, group="advanced")
    )
    normalization: str = _set(
        "none", Choice("Normalization", "Of z, before the activation.", NORMALIZATIONS, "advanced")
    )
    residual: float = _set(
        0.0,
        Number(
            "residual", "Scale a of the branch in h + a phi(z); 0 is the plain network.", 0, 2, 0.05, group="advanced"
        ),
    )
    tied: bool = _set(
        False, Switch("same matrix in every layer", "Layers of one shape share their weights.", "advanced")
    )
    linear_first: bool = _set(False, Switch("linear first layer", "The first layer has no activation.", "advanced"))
    seed: int = _set(
        0, Number("seed", "Another seed is another draw.", 0, SEEDS - 1, integer=True, group="advanced", typed=True)
    )
    dtype: str = _set("float32", Choice("dtype", "Precision of the whole computation.", DTYPES, "advanced"))

    def __post_init__(self) -> None:
        for name in FIELDS:
            value = getattr(self, name)
            if value is None and DEFAULTS[name] is None:
                continue
            spec = field_of(name, self.activation)
            if spec is None:
                raise InputError(f"{self.phi.name} takes no parameter: leave alpha unset.")
            object.__setattr__(self, name, spec.check(value))
        if self.phi.param is not None and self.alpha == self.phi.param.default:
            object.__setattr__(self, "alpha", None)  # one network is one value: one link, one place in the cache

    def changed(self, **values: Any) -> "Experiment":
        """The same experiment with other values of some fields; an alpha that no longer fits is dropped."""
        if values.get("activation", self.activation) != self.activation:
            values = {"alpha": None} | values
        return replace(self, **values)

    def redrawn(self, times: int) -> "Experiment":
        """The same experiment with the seed so many places on; after the last seed comes 0."""
        return self.changed(seed=(self.seed + times) % SEEDS)

    # --- the objects the ids stand for ---

    @property
    def phi(self) -> Activation:
        """The activation of the hidden layers."""
        return ACTIVATIONS[self.activation]

    @property
    def phi_alpha(self) -> float:
        """The activation's parameter with the default filled in."""
        return self.phi.alpha(self.alpha)

    @property
    def weights(self) -> Initializer:
        """The initializer of the weights."""
        return INITIALIZERS[self.initializer]

    @property
    def settings(self) -> Settings:
        """What the initializer may depend on besides the shape."""
        return Settings(self.phi, self.phi_alpha, self.std, self.gain)

    @property
    def source(self) -> Inputs:
        """Where the batch comes from."""
        return INPUTS[self.inputs]

    @property
    def norm(self) -> Normalization:
        """The normalization of z."""
        return NORMALIZATIONS[self.normalization]

    def layer_activation(self, layer: int) -> tuple[Activation, float]:
        """(activation, alpha) of hidden layer 1..depth."""
        if layer == 1 and self.linear_first:
            return ACTIVATIONS["linear"], 0.0
        return self.phi, self.phi_alpha

    def spec(self, features: int | None = None, outputs: int | None = None) -> NetworkSpec:
        """The network layer by layer; nothing but shapes, laws and scales.

        `features`: columns of the batch, those of the experiment's own inputs where it is not given. With `outputs` a
        linear layer of so many units, drawn by the same initializer, stands on top.
        """
        shapes = self.shapes(features)
        tied = self.tied and len(set(shapes)) < self.depth
        layers = [self._layer_spec(layer, *shape) for layer, shape in enumerate(shapes[:2], start=1)]
        layers += layers[1:] * (self.depth - 2)  # all behind the first are alike, and one value
        if outputs is not None:
            layers.append(self._output_spec(outputs))
        return NetworkSpec(
            tuple(layers),
            dtype=self.dtype,
            unpredictable=self.weights.unpredictable or (_TIED if tied else ""),
            independent=self.weights.iid,
        )

    def _layer_spec(self, layer: int, fan_in: int, width: int, pieces: int) -> LayerSpec:
        activation, alpha = self.layer_activation(layer)
        skip = self.residual > 0 and fan_in == width
        return LayerSpec(
            activation,
            alpha,
            fan_in,
            width,
            pieces,
            weight_variance=self.weights.variance(fan_in, width, self.settings),
            bias_variance=self._bias_variance(fan_in, width),
            branch=self.residual if skip else 1.0,
            skip=skip,
            normalization=self.norm,
            orthogonal=self.weights.orthogonal,
        )

    def _output_spec(self, outputs: int) -> LayerSpec:
        return LayerSpec(
            LINEAR,
            0.0,
            self.width,
            outputs,
            1,
            weight_variance=self.weights.variance(self.width, outputs, self.settings),
            bias_variance=self._bias_variance(self.width, outputs),
            branch=1.0,
            skip=False,
            normalization=NORMALIZATIONS["none"],
        )

    def _bias_variance(self, fan_in: int, width: int) -> float:
        own = self.weights.bias_variance(fan_in, width, self.settings)
        return self.bias_std**2 if own is None else own

    def shapes(self, features: int | None = None) -> list[tuple[int, int, int]]:
        """(fan_in, width, pieces) of every hidden layer; W has pieces * width columns."""
        if features is None:
            features = self.source.features(self.width)
        return [
            (self.width if layer > 1 else features, self.width, activation.pieces(alpha))
            for layer in range(1, self.depth + 1)
            for activation, alpha in [self.layer_activation(layer)]
        ]

    def has_skip(self, layer: int) -> bool:
        """Whether the residual connection around this hidden layer exists: its input has the layer's width."""
        return self.residual > 0 and (layer > 1 or self.source.features(self.width) == self.width)

    def uses(self, name: str) -> bool:
        """Whether the field acts at all: std and gain do for some initializers, alpha for some activations."""
        if name in ("std", "gain"):
            return name in self.weights.uses
        if name == "alpha":
            return self.phi.param is not None
        if name == "bias_std":
            return self.weights.bias_var is None
        return True

    def summary(self, inputs: bool = True) -> str:
        """The experiment in one line, as one would write it on a blackboard; without inputs where a task brings its
        own."""
        alpha = f" ({self.phi.param.name.replace('_', ' ')} {self.phi_alpha:g})" if self.phi.param else ""
        scale = (
            f" {self.std:g}"
            if self.uses("std")
            else f" x {self.gain:g}"
            if self.gain != 1 and self.uses("gain")
            else ""
        )
        weights = f"N(0, {self.std:g}²)" if self.initializer == "random_normal" else f"{self.weights.name}{scale}"
        extras = [
            f"bias std {self.bias_std:g}" if self.bias_std and self.uses("bias_std") else "",
            self.norm.name if self.norm.axis is not None else "",
            f"residual {self.residual:g}" if self.residual else "",
            "same matrix in every layer" if self.tied else "",
            "linear first layer" if self.linear_first else "",
            self.dtype if self.dtype != DEFAULTS["dtype"] else "",
        ]
        batch = f"{self.source.name}" + (f" x {self.input_std:g}" if self.input_std != 1 else "")
        shape = f"{self.depth} x {self.width}"
        parts = [self.phi.name + alpha, weights, shape, batch if inputs else "", *extras]
        return " · ".join(part for part in parts if part)

    # --- the link ---

    def to_query(self) -> dict[str, str]:
        """Every field as text, defaults too (an unset alpha is left out)."""
        values = {name: getattr(self, name) for name in FIELDS}
        return {name: FIELDS[name].text(value) for name, value in values.items() if value is not None}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple["Experiment", list[str]]:
        """The experiment a link names, and one sentence for everything in it that had to be changed. Never raises."""
        values: dict[str, Any] = {}
        warnings: list[str] = []
        for name in [name for name in FIELDS if name in query]:
            activation = values.get("activation", cls.activation)
            spec = field_of(name, activation)
            if spec is None:
                warnings.append(f"{ACTIVATIONS[activation].name} takes no parameter: alpha is left out.")
                continue
            try:
                values[name] = spec.parse(query[name])
            except InputError as error:
                values[name], remark = _nearest(name, spec, query[name])
                warnings.append(f"{error} {remark}")
        return cls(**values), warnings


FIELDS: Mapping[str, Field] = MappingProxyType({f.name: f.metadata["spec"] for f in fields(Experiment)})
"""The one table of parameters: name -> how it is read, checked, shown and explained."""

DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {f.name: f.default for f in fields(Experiment) if f.default is not MISSING}
)


def field_of(name: str, activation: str) -> Field | None:
    """The parameter's field; that of alpha belongs to the activation, and is None where it takes no parameter."""
    if name != "alpha":
        return FIELDS[name]
    param = ACTIVATIONS[activation].param
    return Number.of(param) if param else None


def _nearest(name: str, spec: Field, text: str) -> tuple[Any, str]:
    """What to use instead of an impossible value, and the sentence that says so."""
    value = DEFAULTS[name]
    if isinstance(spec, Number):
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not isnan(number):
            value = spec.clamp(number)
    return value, f"Using {'the default' if value is None else spec.text(value)}."
