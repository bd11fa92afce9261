"""The weight initializers: one variance-scaling law with its named specialisations, and the special ones.

One `Initializer(...)` entry is all it takes to add one. Weights have shape (fan_in, fan_out), so z = h W + b.
`Var W` is exact for every entry that draws independent weights; the others say why theory has no answer.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import erf, exp, pi, prod, sqrt
from typing import Literal, Protocol, TypeAlias

import numpy as np

from initviz.activations import ACTIVATIONS, Activation, normal_density
from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue
from initviz.frameworks import NAMELESS, Names
from initviz.gaussian.moments import init_pair

Distribution: TypeAlias = Literal["normal", "uniform", "truncated_normal"]
Fan: TypeAlias = Literal["fan_in", "fan_out", "fan_avg"]

TRUNCATED_STD = 0.87962566103423978
"""Standard deviation of a unit normal cut at +-2."""


@dataclass(frozen=True)
class Settings:
    """What an initializer may depend on besides the shape. `std` and `gain` act where `Initializer.uses` names them."""

    activation: Activation = field(default_factory=lambda: ACTIVATIONS["linear"])
    alpha: float = 0.0
    std: float = 0.01
    gain: float = 1.0

    @property
    def negative_slope(self) -> float:
        """Slope a of the leaky ReLU family, for which He's rule is 2 / (1 + a^2) per input; otherwise 0."""
        param = self.activation.param
        return self.alpha if param is not None and param.name == "negative_slope" else 0.0


Variance: TypeAlias = Callable[[int, int, Settings], float]
Draw: TypeAlias = Callable[[np.random.Generator, int, int, Settings], FloatArray]
Fit: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray], tuple[FloatArray, FloatArray]]


PAIRS = 2**16
"""Pairs of normal values drawn at a time: few enough for a core's cache, and so many that threads seldom wait for
Python's lock."""


def standard_normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    """Independent N(0, 1) values, float32, none beyond 6.77 in size.

    Box & Muller (1958): radius sqrt(-2 ln u) and angle 2 pi v of two uniform values give two normal ones. NumPy's own
    generator takes several times as long, as it draws value by value (docs/decisions/fast-normals.md).
    """
    pairs = (prod(shape) + 1) // 2
    values = np.empty(2 * pairs, np.float32)
    for first in range(0, pairs, PAIRS):
        _fill_with_normal(values[2 * first : 2 * (first + PAIRS)], rng)
    return values[: prod(shape)].reshape(shape)


def _fill_with_normal(block: FloatArray, rng: np.random.Generator) -> None:
    half = block.size // 2
    bits = rng.bit_generator.random_raw(half).view(np.uint32)
    radius, angle = bits[:half].astype(np.float32), block[half:]
    angle[:] = bits[half:].view(np.int32)
    radius += 0.5  # never 0, where the logarithm is infinite; larger numbers stay as they are
    radius *= 2.0**-32
    np.log(radius, out=radius)
    radius *= -2
    np.sqrt(radius, out=radius)
    angle *= 2 * pi * 2.0**-32
    np.cos(angle, out=block[:half])
    np.sin(angle, out=angle)
    block[:half] *= radius
    block[half:] *= radius


def draw_unit(rng: np.random.Generator, shape: tuple[int, ...], distribution: Distribution) -> FloatArray:
    """Independent values of mean 0 and variance 1, float32."""
    if distribution == "uniform":
        values: FloatArray = rng.random(shape, dtype=np.float32)
        values -= 0.5
        values *= sqrt(12)
        return values
    values = standard_normal(rng, shape)
    if distribution == "truncated_normal":
        while (outside := np.abs(values) > 2).any():
            values[outside] = standard_normal(rng, (int(outside.sum()),))
        values /= TRUNCATED_STD
    return values


def _unit_density(distribution: Distribution, x: FloatArray) -> FloatArray:
    """Density of the values of `draw_unit` at x."""
    if distribution == "uniform":
        return np.where(np.abs(x) <= sqrt(3), 1 / sqrt(12), 0.0)
    if distribution == "normal":
        return normal_density(x)
    inside = np.abs(x) * TRUNCATED_STD <= 2
    return np.where(inside, TRUNCATED_STD / erf(sqrt(2)) * _unit_density("normal", x * TRUNCATED_STD), 0.0)


TRUNCATED_SCRATCH = 10.0
"""Bytes a weight: the values, their sizes, and which of them are redrawn."""


class Law(Protocol):
    """Independent weights of one distribution; its variance is all that depends on shape and settings."""

    @property
    def distribution(self) -> Distribution: ...

    @property
    def variance(self) -> Variance: ...


@dataclass(frozen=True)
class VarianceScaling:
    """Var W = gain^2 scale / fan, the law behind all the named initializers (variance_scaling in JAX and Keras)."""

    scale: float | Callable[[Settings], float]
    fan: Fan
    distribution: Distribution

    def variance(self, fan_in: int, fan_out: int, settings: Settings) -> float:
        """Var W with the gain applied."""
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.fan]
        scale = self.scale(settings) if callable(self.scale) else self.scale
        return settings.gain**2 * scale / fan


@dataclass(frozen=True)
class OwnVariance:
    """A variance that is not a scale over a fan."""

    variance: Variance
    distribution: Distribution


@dataclass(frozen=True)
class Initializer:
    """One way to draw W. Either `law` says everything, or `drawing` and `var` do."""

    id: str
    name: str
    latex: str
    source: str
    law: Law | None = None
    drawing: Draw | None = None
    var: Variance | None = None
    """Var W of `drawing`; None where weights are deterministic or fitted to the data."""
    bias_var: Variance | None = None
    """Variance of the biases that belong to this initializer, drawn from `law`'s distribution; None: `bias_std` of the
    experiment decides, and they are normal."""
    fit: Fit | None = None
    """(W, b, h) -> (W, b): adjusts the drawn weights to the batch h that enters the layer."""
    uses: frozenset[str] = frozenset({"gain"})
    """Which of the fields std and gain act on it."""
    orthogonal: bool = False
    """Whether W has orthonormal rows or columns, times the gain."""
    unpredictable: str = ""
    """Why mean-field theory says nothing about these weights; empty where it does."""
    effort: Callable[[int, int, int], float] = lambda samples, fan_in, fan_out: 0.0
    """What drawing and fitting take besides one draw a weight, for (samples, fan_in, fan_out): in floating-point
    operations of matrix products that take as long."""
    scratch: float = 4.0
    """Bytes that drawing takes for each weight, besides the weight itself."""
    names: Names = NAMELESS
    """What frameworks call it: a call on the tensor w in PyTorch, an initializer in Keras and JAX, an array in NumPy.
    Used where it draws exactly this law; all other laws are spelled by their variance."""

    @property
    def iid(self) -> bool:
        """Independent, identically distributed weights."""
        return self.law is not None and self.fit is None

    def draw(self, rng: np.random.Generator, fan_in: int, fan_out: int, settings: Settings) -> FloatArray:
        """W of shape (fan_in, fan_out); float32 or float64, whatever the network is computed in."""
        if self.law:
            values = draw_unit(rng, (fan_in, fan_out), self.law.distribution)
            values *= sqrt(self.law.variance(fan_in, fan_out, settings))
            return values
        assert self.drawing is not None
        return self.drawing(rng, fan_in, fan_out, settings)

    def draw_biases(self, rng: np.random.Generator, units: int, variance: float) -> FloatArray:
        """b of shape (units,), of the given variance, float32."""
        return sqrt(variance) * draw_unit(
            rng, (units,), self.law.distribution if self.law and self.bias_var else "normal"
        )

    def variance(self, fan_in: int, fan_out: int, settings: Settings) -> float | None:
        """Exact Var W, or None where the weights are deterministic or fitted to the data."""
        variance = self.law.variance if self.law else self.var
        return variance(fan_in, fan_out, settings) if variance and not self.fit else None

    def density(self, x: FloatArray, fan_in: int, fan_out: int, settings: Settings) -> FloatArray | None:
        """Density of a weight at x, in the shape of x; None where the weights are not independent draws from one."""
        variance = self.variance(fan_in, fan_out, settings)
        if not self.law or not variance:
            return None
        return _unit_density(self.law.distribution, x / sqrt(variance)) / sqrt(variance)

    def bias_variance(self, fan_in: int, fan_out: int, settings: Settings) -> float | None:
        """Variance of the biases this initializer brings along, or None when it brings none."""
        return self.bias_var(fan_in, fan_out, settings) if self.bias_var else None


def _constant(value: Callable[[Settings], float]) -> Draw:
    def draw(rng: np.random.Generator, fan_in: int, fan_out: int, settings: Settings) -> FloatArray:
        return np.full((fan_in, fan_out), value(settings))

    return draw


def _identity(rng: np.random.Generator, fan_in: int, fan_out: int, settings: Settings) -> FloatArray:
    return settings.gain * np.eye(fan_in, fan_out)


def _orthonormal(rng: np.random.Generator, fan_in: int, fan_out: int, settings: Settings) -> FloatArray:
    tall = (max(fan_in, fan_out), min(fan_in, fan_out))
    q, r = np.linalg.qr(standard_normal(rng, tall).astype(np.float64))
    q *= np.sign(np.diag(r))  # makes q Haar-distributed: Mezzadri, math-ph/0609050
    return q if fan_in >= fan_out else q.T


def _orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int, settings: Settings) -> FloatArray:
    return settings.gain * _orthonormal(rng, fan_in, fan_out, settings)


def _qr_effort(samples: int, fan_in: int, fan_out: int) -> float:
    """LAPACK's QR with Q formed: about (8/3) n m^2, at a fifth of the speed of a product."""
    return 5 * 8 / 3 * max(fan_in, fan_out) * min(fan_in, fan_out) ** 2


QR_SCRATCH = 36.0
"""Bytes a weight: normal values in float32 and float64, Q, R and LAPACK's copy."""


def _product_effort(samples: int, fan_in: int, fan_out: int) -> float:
    """Two products of the batch with the weights."""
    return 4.0 * samples * fan_in * fan_out


SPARSE_CONNECTIONS = 15
"""Incoming connections of a unit under sparse initialization (Martens 2010)."""


def _sparse(rng: np.random.Generator, fan_in: int, fan_out: int, settings: Settings) -> FloatArray:
    kept = min(SPARSE_CONNECTIONS, fan_in)
    weights = np.zeros((fan_in, fan_out))
    rows = rng.random((fan_in, fan_out)).argpartition(kept - 1, axis=0)[:kept]
    np.put_along_axis(weights, rows, settings.std * standard_normal(rng, (kept, fan_out)), axis=0)
    return weights


def _he_scale(settings: Settings) -> float:
    return 2.0 / (1.0 + settings.negative_slope**2)


def _kumar_scale(settings: Settings) -> float:
    """1 / (phi'(0)^2 (1 + phi(0)^2)) where phi is differentiable at 0; where it has a corner, the rectifier rule.

    A kink of phi' alone (softsign, elu with alpha 1, celu) is no corner of phi.
    """
    activation = settings.activation
    below, slope, above = activation.dphi(np.array([-1e-9, 0.0, 1e-9]), settings.alpha).tolist()
    if not activation.elementwise or abs(above - below) > 1e-6 or slope == 0:
        return _he_scale(settings)
    return 1.0 / (slope**2 * (1.0 + float(activation.phi(np.zeros(1), settings.alpha)[0]) ** 2))


def _random_walk_variance(fan_in: int, fan_out: int, settings: Settings) -> float:
    """g^2 / N with g tuned so that the log of the gradient norm does an unbiased walk (eq. 17 and below).

    The paper has g for linear and relu. With slopes 1 and a, the log of the squared norm of N independent terms falls
    short of that of its mean by half their relative variance over N, to which phi'^2 adds in proportion to its own,
    v = ((1 - a^2) / (1 + a^2))^2: 0 for linear, 1 for relu. So log g is interpolated by v.
    """
    activation = settings.activation
    rectifier = activation.kinks == (0.0,) and activation.plateaus(settings.alpha) == (None, None)
    squared_slope = settings.negative_slope**2 if rectifier else 1.0
    v = ((1 - squared_slope) / (1 + squared_slope)) ** 2
    log_g = (1 - v) / (2 * fan_in) + v * 1.2 / (max(fan_in, 6) - 2.4)
    return settings.gain**2 * 2 / (1 + squared_slope) * exp(2 * log_g) / fan_in


def _critical_weights(fan_in: int, fan_out: int, settings: Settings) -> float:
    return settings.gain**2 * init_pair(settings.activation, settings.alpha)[0] / fan_in


def _critical_biases(fan_in: int, fan_out: int, settings: Settings) -> float:
    return init_pair(settings.activation, settings.alpha)[1]


def _unit_variance(weights: FloatArray, biases: FloatArray, h: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Layer-sequential unit variance: divide by the std of z until it is within 0.1 of 1, at most 10 rounds."""
    for _ in range(10):
        std = float((h @ weights).std())
        if not np.isfinite(std) or std == 0 or abs(std**2 - 1) < 0.1:
            break
        weights = weights / std
    return weights, biases


def _unit_by_unit(weights: FloatArray, biases: FloatArray, h: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Every unit's z gets mean 0 and variance 1 on the batch; a unit that is constant keeps its weights."""
    z = h @ weights
    std = z.std(axis=0)
    weights = weights / np.where((std > 0) & np.isfinite(std), std, 1)
    return weights, -(h @ weights).mean(axis=0)


_DETERMINISTIC = "its weights are not random, so no average over random networks describes them"
_FITTED = "its weights are fitted to this very batch"
_STD = frozenset({"std"})
_NOTHING: frozenset[str] = frozenset()


KINDS: tuple[Distribution, Distribution] = ("normal", "uniform")


def _scaled(
    id: str,
    name: str,
    scale: float | Callable[[Settings], float],
    fan: Fan,
    latex: str,
    source: str,
    names: tuple[Names, Names],
) -> list[Initializer]:
    """The normal and the uniform form of one variance-scaling rule, and the names of both."""
    return [
        Initializer(
            id=id.format(kind),
            name=name.format(kind),
            law=VarianceScaling(scale, fan, kind),
            latex=rf"\mathrm{{Var}}\,W = {latex}" + (r",\ \text{uniform}" if kind == "uniform" else ""),
            source=source,
            names=own,
        )
        for kind, own in zip(KINDS, names, strict=True)
    ]


_GLOROT = "Glorot & Bengio (2010), AISTATS, eq. 16"
_HE = "He et al. (2015), arXiv:1502.01852, eq. 10"
_LECUN = "LeCun et al. (1998), Efficient BackProp, eq. 16"

# Keras and JAX cut their LeCun, Glorot and He normals at two standard deviations, so those have no such name there.
_LECUN_NAMES = (
    Names("nn.init.kaiming_normal_(w, nonlinearity='linear')"),
    Names(
        "nn.init.kaiming_uniform_(w, nonlinearity='linear')",
        "keras.initializers.LecunUniform(seed=seed)",
        "jax.nn.initializers.lecun_uniform()",
    ),
)
_GLOROT_NAMES = (
    Names("nn.init.xavier_normal_(w, gain={gain})"),
    Names(
        "nn.init.xavier_uniform_(w, gain={gain})",
        "keras.initializers.GlorotUniform(seed=seed)",
        "jax.nn.initializers.glorot_uniform()",
    ),
)
_HE_NAMES = (
    Names("nn.init.kaiming_normal_(w, a={a})"),
    Names(
        "nn.init.kaiming_uniform_(w, a={a})",
        "keras.initializers.HeUniform(seed=seed)",
        "jax.nn.initializers.he_uniform()",
    ),
)
_HE_FAN_OUT_NAMES = (
    Names("nn.init.kaiming_normal_(w, a={a}, mode='fan_out')"),
    Names("nn.init.kaiming_uniform_(w, a={a}, mode='fan_out')"),
)

INITIALIZERS = Catalogue(
    "initializer",
    [
        Initializer(
            id="random_normal",
            name="Random normal",
            law=OwnVariance(lambda fan_in, fan_out, s: s.std**2, "normal"),
            latex=r"W_{ij} \sim \mathcal{N}(0, \mathrm{std}^2)",
            source="std 0.01 as in Krizhevsky et al. (2012), NeurIPS, section 5",
            uses=_STD,
            names=Names(
                "nn.init.normal_(w, std={std})",
                "keras.initializers.RandomNormal(0.0, {std}, seed=seed)",
                "jax.nn.initializers.normal({std})",
            ),
        ),
        Initializer(
            id="random_uniform",
            name="Random uniform",
            law=OwnVariance(lambda fan_in, fan_out, s: s.std**2, "uniform"),
            latex=r"W_{ij} \sim \mathcal{U}(-l, l),\ l = \sqrt{3}\,\mathrm{std}",
            source="Keras RandomUniform; its limit l gives the variance l^2 / 3",
            uses=_STD,
        ),
        Initializer(
            id="truncated_normal",
            name="Truncated normal",
            law=OwnVariance(lambda fan_in, fan_out, s: (TRUNCATED_STD * s.std) ** 2, "truncated_normal"),
            scratch=TRUNCATED_SCRATCH,
            latex=r"W_{ij} \sim \mathcal{N}(0, \mathrm{std}^2)\ \text{redrawn beyond}\ 2\,\mathrm{std}",
            source="Keras TruncatedNormal, uncorrected: the cut leaves 0.8796 of the std",
            uses=_STD,
            names=Names(
                "nn.init.trunc_normal_(w, std={std}, a=-2 * {std}, b=2 * {std})",
                "keras.initializers.TruncatedNormal(0.0, {std}, seed=seed)",
                "jax.nn.initializers.truncated_normal({std})",
            ),
        ),
        *_scaled("lecun_{}", "Xavier (fan_in) = LeCun {}", 1.0, "fan_in", r"1 / n_\mathrm{in}", _LECUN, _LECUN_NAMES),
        *_scaled(
            "glorot_{}",
            "Glorot {} (Xavier, fan_avg)",
            1.0,
            "fan_avg",
            r"2 / (n_\mathrm{in} + n_\mathrm{out})",
            _GLOROT,
            _GLOROT_NAMES,
        ),
        *_scaled("he_{}", "He {} (Kaiming)", _he_scale, "fan_in", r"2 / ((1 + a^2) n_\mathrm{in})", _HE, _HE_NAMES),
        *_scaled(
            "he_{}_fan_out",
            "He {} (fan_out)",
            _he_scale,
            "fan_out",
            r"2 / ((1 + a^2) n_\mathrm{out})",
            _HE,
            _HE_FAN_OUT_NAMES,
        ),
        Initializer(
            id="variance_scaling",
            name="Variance scaling (truncated)",
            law=VarianceScaling(1.0, "fan_in", "truncated_normal"),
            scratch=TRUNCATED_SCRATCH,
            latex=r"\mathrm{Var}\,W = \mathrm{gain}^2 / n_\mathrm{in},\ \text{truncated normal, corrected}",
            source="Keras and JAX variance_scaling",
            names=Names(keras="keras.initializers.LecunNormal(seed=seed)", jax="jax.nn.initializers.lecun_normal()"),
        ),
        Initializer(
            id="torch_default",
            name="PyTorch Linear default",
            law=VarianceScaling(1 / 3, "fan_in", "uniform"),
            bias_var=lambda fan_in, fan_out, s: 1 / (3 * fan_in),
            latex=r"W_{ij}, b_j \sim \mathcal{U}(-1/\sqrt{n_\mathrm{in}},\ 1/\sqrt{n_\mathrm{in}})",
            source="torch.nn.Linear: kaiming_uniform_ with a = sqrt 5",
            names=Names("nn.init.kaiming_uniform_(w, a=math.sqrt(5))"),
        ),
        Initializer(
            id="kumar",
            name="Kumar",
            law=VarianceScaling(_kumar_scale, "fan_in", "normal"),
            latex=r"\mathrm{Var}\,W = 1 / \bigl(n_\mathrm{in}\, \phi'(0)^2 (1 + \phi(0)^2)\bigr)",
            source="Kumar (2017), arXiv:1704.08863",
        ),
        Initializer(
            id="critical",
            name="Critical (any activation)",
            law=OwnVariance(_critical_weights, "normal"),
            bias_var=_critical_biases,
            latex=r"\mathrm{Var}\,W = \sigma_w^2/n_\mathrm{in},\ \mathrm{Var}\,b = \sigma_b^2:\ \chi = 1",
            source="Schoenholz et al. (2017), arXiv:1611.01232; Roberts et al. (2022), arXiv:2106.10165",
        ),
        Initializer(
            id="random_walk",
            name="Random walk",
            law=OwnVariance(_random_walk_variance, "normal"),
            latex=r"\mathrm{Var}\,W = g^2 / n_\mathrm{in}",
            source="Sussillo & Abbott (2014), arXiv:1412.6558",
        ),
        Initializer(
            id="orthogonal",
            name="Orthogonal",
            drawing=_orthogonal,
            var=lambda fan_in, fan_out, s: s.gain**2 / max(fan_in, fan_out),
            orthogonal=True,
            latex=r"W^\top W = \mathrm{gain}^2\, I",
            source="Saxe et al. (2014), arXiv:1312.6120",
            effort=_qr_effort,
            scratch=QR_SCRATCH,
            names=Names(
                "nn.init.orthogonal_(w, gain={gain})",
                "keras.initializers.Orthogonal({gain}, seed=seed)",
                "jax.nn.initializers.orthogonal({gain})",
                "{gain} * orthogonal(fan_in, fan_out)",
            ),
        ),
        Initializer(
            id="sparse",
            name="Sparse (15 connections)",
            drawing=_sparse,
            var=lambda fan_in, fan_out, s: s.std**2 * min(SPARSE_CONNECTIONS, fan_in) / fan_in,
            effort=lambda samples, fan_in, fan_out: 1000.0 * fan_in * fan_out,  # which ones: a partial sort
            scratch=26.0,
            latex=r"15\ \text{weights a unit} \sim \mathcal{N}(0, \mathrm{std}^2),\ \text{the rest}\ 0",
            source="Martens (2010), ICML",
            uses=_STD,
            names=Names(numpy="sparse(fan_in, fan_out, {std})"),
        ),
        Initializer(
            id="lsuv",
            name="LSUV",
            drawing=_orthonormal,
            fit=_unit_variance,
            effort=lambda samples, fan_in, fan_out: (
                _qr_effort(samples, fan_in, fan_out) + _product_effort(samples, fan_in, fan_out)
            ),
            scratch=QR_SCRATCH,
            latex=r"\text{orthogonal, then}\ W \leftarrow W / \mathrm{std}(z)\ \text{layer by layer}",
            source="Mishkin & Matas (2016), arXiv:1511.06422",
            uses=_NOTHING,
            unpredictable=_FITTED,
            names=Names(
                "nn.init.orthogonal_(w)",
                "keras.initializers.Orthogonal(seed=seed)",
                "jax.nn.initializers.orthogonal()",
                "orthogonal(fan_in, fan_out)",
            ),
        ),
        Initializer(
            id="data_dependent",
            name="Data-dependent",
            law=OwnVariance(lambda fan_in, fan_out, s: 1 / fan_in, "normal"),
            fit=_unit_by_unit,
            effort=_product_effort,
            latex=r"\text{every unit's}\ z\ \text{has mean 0, variance 1 on the batch}",
            source="Krahenbuhl et al. (2016), arXiv:1511.06856",
            uses=_NOTHING,
            unpredictable=_FITTED,
        ),
        Initializer(
            id="zeros",
            name="Zeros",
            drawing=_constant(lambda s: 0.0),
            scratch=8.0,
            latex=r"W_{ij} = 0",
            source="Goodfellow et al. (2016), Deep Learning, section 8.4: initial weights must break the symmetry",
            uses=_NOTHING,
            unpredictable=_DETERMINISTIC,
            names=Names(
                "nn.init.zeros_(w)",
                "keras.initializers.Zeros()",
                "jax.nn.initializers.zeros",
                "np.zeros((fan_in, fan_out))",
            ),
        ),
        Initializer(
            id="ones",
            name="Ones",
            drawing=_constant(lambda s: 1.0),
            scratch=8.0,
            latex=r"W_{ij} = 1",
            source="Goodfellow et al. (2016), Deep Learning, section 8.4: initial weights must break the symmetry",
            uses=_NOTHING,
            unpredictable=_DETERMINISTIC,
            names=Names(
                "nn.init.ones_(w)",
                "keras.initializers.Ones()",
                "jax.nn.initializers.ones",
                "np.ones((fan_in, fan_out))",
            ),
        ),
        Initializer(
            id="constant",
            name="Constant (value = std)",
            drawing=_constant(lambda s: s.std),
            scratch=8.0,
            latex=r"W_{ij} = \mathrm{std}",
            source="Goodfellow et al. (2016), Deep Learning, section 8.4: initial weights must break the symmetry",
            uses=_STD,
            unpredictable=_DETERMINISTIC,
            names=Names(
                "nn.init.constant_(w, {std})",
                "keras.initializers.Constant({std})",
                "jax.nn.initializers.constant({std})",
                "np.full((fan_in, fan_out), {std})",
            ),
        ),
        Initializer(
            id="identity",
            name="Identity",
            drawing=_identity,
            scratch=16.0,
            latex=r"W = \mathrm{gain}\, I",
            source="Le et al. (2015), arXiv:1504.00941",
            unpredictable=_DETERMINISTIC,
            names=Names(
                "nn.init.eye_(w).mul_({gain})",
                "keras.initializers.Identity({gain})",
                numpy="{gain} * np.eye(fan_in, fan_out)",
            ),
        ),
    ],
)
