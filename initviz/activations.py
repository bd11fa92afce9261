"""The activation functions: phi and its derivative, and everything else that is known about each.

One `Activation(...)` entry is all it takes to add a function: select boxes, links, curves, theory, command line and
the parametrised tests read this catalogue. At a kink the derivative follows PyTorch (relu'(0) = 0 and so on).
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, log, pi, sqrt
from typing import TypeAlias

import numpy as np
from scipy import special

from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, Param
from initviz.frameworks import NAMELESS, Formula, Names
from initviz.layer_forms import ABRELU, MAXOUT, Curve, LayerForm, demo_lines

Kernel: TypeAlias = Callable[[FloatArray, FloatArray, FloatArray, float], tuple[FloatArray, FloatArray]]
"""(q_a, q_b, c, alpha) -> E phi(u) phi(v) and E phi'(u) phi'(v) for u, v of variances q_a, q_b and correlation c."""


@dataclass(frozen=True)
class Activation:
    """One activation function. `phi` and `dphi` are its curve; `layer` replaces them inside a network when the
    function is not elementwise, and the curve is then its one-dimensional demonstration."""

    id: str
    name: str
    phi: Curve
    dphi: Curve
    latex: str
    source: str
    kinks: tuple[float, ...] = ()
    """Where phi or phi' has a corner or a jump: quadrature and finite differences split there."""
    scale: Callable[[float], float] = lambda alpha: 1.0
    """Over which distance in z the function bends: quadrature refines around the kinks (or 0) on this scale."""
    period: float | None = None
    """For periodic functions: quadrature splits every quarter of it."""
    plateaus: Callable[[float], tuple[float | None, float | None]] = lambda alpha: (None, None)
    """The levels phi flattens out to below and above; None where it does not, or where it is exactly zero."""
    param: Param | None = None
    dalpha: Curve | None = None
    """The derivative by alpha, where training may learn it."""
    layer: LayerForm | None = None
    kernel: Kernel | None = None
    """The two-input moments in closed form, where there is one."""
    ufunc: np.ufunc | None = None
    """phi, where it is one: it writes its values where they belong, without an array between."""
    formula: Formula | None = None
    """The function as exported scripts spell it, where a framework has no name for it."""
    names: Names = NAMELESS
    """What frameworks call it, as expressions in z."""
    default_names: Names = NAMELESS
    """What they call it with the default parameter, where that alone has a name."""

    @property
    def elementwise(self) -> bool:
        return self.layer is None

    def alpha(self, value: float | None) -> float:
        """The parameter to use: `value`, or the default when it is None (0 for functions without one).

        Raises InputError when the value is out of range.
        """
        if self.param is None:
            return 0.0
        return self.param.default if value is None else self.param.check(value)

    def pieces(self, alpha: float) -> int:
        """Number of affine maps that feed one unit."""
        return self.layer.pieces(alpha) if self.layer else 1

    def forward(self, z: FloatArray, alpha: float, out: FloatArray | None = None) -> FloatArray:
        """h (samples, width) from z (samples, pieces * width), written into `out` where it is given."""
        if self.ufunc:
            return np.asarray(self.ufunc(z, out=out))
        return _into(out, self.layer.forward(z, alpha) if self.layer else self.phi(z, alpha))

    def backward(self, z: FloatArray, alpha: float, grad_h: FloatArray, out: FloatArray | None = None) -> FloatArray:
        """dL/dz from dL/dh at the pre-activations z, written into `out` where it is given."""
        if self.layer:
            return _into(out, self.layer.backward(z, alpha, grad_h))
        return np.multiply(self.dphi(z, alpha), grad_h, out=out)

    def saturation(self, alpha: float) -> tuple[float, float]:
        """(low, high): an output below low or above high counts as saturated.

        The margin is 3 % of the distance between plateau and centre, which for tanh is |h| > 0.97; with one plateau
        the centre is 0. Without plateaus the limits are infinite and nothing saturates.
        """
        low, high = self.plateaus(alpha)
        centre = (low + high) / 2 if low is not None and high is not None else 0.0
        return (
            -inf if low is None else low + 0.03 * (centre - low),
            inf if high is None else high - 0.03 * (high - centre),
        )


def _into(out: FloatArray | None, values: FloatArray) -> FloatArray:
    if out is None:
        return values
    out[...] = values
    return out


# --- curves that need more than one line -------------------------------------------------------------------------


def _sech2(z: FloatArray) -> FloatArray:
    """1 - tanh(z)^2 without the cancellation."""
    with np.errstate(over="ignore"):  # 1 / infinity is the right answer
        slope: FloatArray = np.cosh(z)
    np.reciprocal(slope, out=slope)
    slope *= slope
    return slope


def _logistic_slope(z: FloatArray, alpha: float) -> FloatArray:
    e = np.exp(-np.abs(z))
    return e / np.square(1 + e)


def _softsign(z: FloatArray, alpha: float) -> FloatArray:
    z = np.clip(z, -1e30, 1e30)  # there it is exactly -1 or 1
    return z / (1 + np.abs(z))


def normal_density(z: FloatArray) -> FloatArray:
    """Density of the standard normal."""
    return np.exp(-0.5 * np.square(z)) / sqrt(2 * pi)


def _elu(z: FloatArray, alpha: float) -> FloatArray:
    return np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0))  # one of the two is 0


def _elu_slope(z: FloatArray, alpha: float) -> FloatArray:
    slope: FloatArray = alpha * np.exp(np.minimum(z, 0))
    slope *= z <= 0
    slope += z > 0
    return slope


def _celu(z: FloatArray, alpha: float) -> FloatArray:
    return np.maximum(z, 0) + alpha * np.expm1(np.minimum(z, 0) / alpha)


def _celu_slope(z: FloatArray, alpha: float) -> FloatArray:
    return np.exp(np.minimum(z, 0) / alpha)


SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


def _leaky(z: FloatArray, alpha: float) -> FloatArray:
    if alpha == 0:
        return np.maximum(z, 0)  # 0 times infinity is no number
    return np.maximum(z, 0) + alpha * np.minimum(z, 0)


def _leaky_slope(z: FloatArray, alpha: float) -> FloatArray:
    return (z > 0) + alpha * (z <= 0).astype(z.dtype)


def _between(z: FloatArray, low: float, high: float) -> FloatArray:
    """1 strictly inside (low, high), else 0."""
    return ((z > low) & (z < high)).astype(z.dtype)


TAIL_FIT = (0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196)


def _normal_tail(x: FloatArray) -> FloatArray:
    """Phi(-x) = erfc(x / sqrt 2) / 2 for x >= 0, accurate far out.

    In float32 by a fit to seven digits, as SciPy's erfc takes four times as long: erfc(y) = t exp(p(t) - y^2 - 1.2655)
    with t = 1 / (1 + y / 2); Press et al., Numerical Recipes, section 6.2 (erfcc).
    """
    if x.dtype != np.float32:
        return 0.5 * special.erfc(x / sqrt(2))
    t = 1 / (1 + x * (0.5 / sqrt(2)))
    exponent = np.zeros_like(t)
    for coefficient in (*TAIL_FIT, 1.00002368):
        exponent += coefficient
        exponent *= t
    exponent -= 0.5 * x * x
    exponent -= 1.26551223 + log(2)
    return np.multiply(t, np.exp(exponent, out=exponent), out=t)


def _gelu(z: FloatArray, alpha: float) -> FloatArray:
    size = np.minimum(np.abs(z), 40)  # beyond, the tail is exactly 0
    return np.maximum(z, 0) - size * _normal_tail(size)


def _gelu_slope(z: FloatArray, alpha: float) -> FloatArray:
    """Phi(z) + z pdf(z), from the tail Phi(-|z|), which is small where Phi(z) is near 1."""
    size, sign = np.minimum(np.abs(z), 40), np.copysign(z.dtype.type(1), z)
    return np.maximum(sign, 0) - sign * (_normal_tail(size) - size * normal_density(size))


def _gelu_tanh_inner(z: FloatArray) -> FloatArray:
    return sqrt(2 / pi) * z * (1 + 0.044715 * z * z)


def _gelu_tanh(z: FloatArray, alpha: float) -> FloatArray:
    return 0.5 * np.maximum(z, -40) * (1 + np.tanh(_gelu_tanh_inner(np.clip(z, -40, 40))))


def _gelu_tanh_slope(z: FloatArray, alpha: float) -> FloatArray:
    z = np.clip(z, -40, 40)  # beyond, both factors are exactly 0 or 1; the cube must not overflow
    inner = _gelu_tanh_inner(z)
    growth = sqrt(2 / pi) * (1 + 3 * 0.044715 * z * z)
    return 0.5 * (1 + np.tanh(inner)) + 0.5 * z * _sech2(inner) * growth


def _swish(z: FloatArray, beta: float) -> FloatArray:
    if beta == 0:
        return 0.5 * z  # 0 times infinity is no number
    return np.maximum(z, -1e30) * special.expit(beta * z)


def _swish_slope(z: FloatArray, beta: float) -> FloatArray:
    t = np.clip(beta * np.clip(z, -1e30, 1e30), -1000, 1000)  # beyond, the slope is exactly 0 or 1
    return special.expit(t) + t * _logistic_slope(t, 0.0)


def _hard_swish(z: FloatArray, alpha: float) -> FloatArray:
    return np.maximum(z, -3) * np.clip(z / 6 + 0.5, 0, 1)


def _hard_swish_slope(z: FloatArray, alpha: float) -> FloatArray:
    slope = (2 * z + 3) / 6
    slope[z <= -3] = 0
    slope[z >= 3] = 1
    return slope


def _mish_ratio(z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """w = e^z and n = w (w + 2), so that tanh(ln(1 + w)) = n / (n + 2), which is exactly 1 from z = 20 on."""
    w = np.exp(np.minimum(z, 20))
    return w, w * (w + 2)


def _mish(z: FloatArray, alpha: float) -> FloatArray:
    _, n = _mish_ratio(z)
    return np.maximum(z, -1e30) * (n / (n + 2))


def _mish_slope(z: FloatArray, alpha: float) -> FloatArray:
    """t + z (1 - t^2) sigmoid(z) with t = n / (n + 2)."""
    z = np.clip(z, -1e30, 20)
    w, n = _mish_ratio(z)
    return n / (n + 2) + z * (4 * (n + 1) / np.square(n + 2)) * (w / (1 + w))


def _softplus(z: FloatArray, alpha: float) -> FloatArray:
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))


def _squareplus_root(z: FloatArray, b: float) -> FloatArray:
    """The root of z^2 + b; where the square would overflow b is nothing beside it."""
    return np.sqrt(np.square(np.clip(z, -1e18, 1e18)) + b)


def _squareplus(z: FloatArray, b: float) -> FloatArray:
    """As relu and what is above it, which does not cancel for negative z."""
    return np.maximum(z, 0) + 0.5 * b / (_squareplus_root(z, b) + np.abs(z))


# --- closed two-input moments ----------------------------------------------------------------------------------------


def _kinked_kernel(q_a: FloatArray, q_b: FloatArray, c: FloatArray, slope: float) -> tuple[FloatArray, FloatArray]:
    """For z (z > 0), slope z (z <= 0), as (1 + slope)/2 z + (1 - slope)/2 |z|: Cho & Saul (2009), order 1 and 0."""
    odd, even = (1 + slope) ** 2 / 4, (1 - slope) ** 2 / 4
    sine = np.sqrt((1 - c) * (1 + c))
    angle = 2 / pi * np.arctan2(c, sine)
    return np.sqrt(q_a) * np.sqrt(q_b) * (odd * c + even * (2 / pi * sine + c * angle)), odd + even * angle


def _erf_kernel(q_a: FloatArray, q_b: FloatArray, c: FloatArray, alpha: float) -> tuple[FloatArray, FloatArray]:
    """Williams (1997); the arc sine of its eq. 11 as an arc tangent, which does not cancel near c = 1."""
    q_a, q_b = np.minimum(q_a, 1e100), np.minimum(q_b, 1e100)  # beyond, the products would overflow
    root = np.sqrt(1 + 2 * (q_a + q_b) + 4 * q_a * q_b * (1 - c) * (1 + c))
    return 2 / pi * np.arctan2(2 * c * np.sqrt(q_a * q_b), root), 4 / pi / root


def _sine_kernel(q_a: FloatArray, q_b: FloatArray, c: FloatArray, alpha: float) -> tuple[FloatArray, FloatArray]:
    """E cos(u - v) and E cos(u + v), halved: exp(-(q_a + q_b)/2) times sinh and cosh of the covariance."""
    root_a, root_b = np.sqrt(q_a), np.sqrt(q_b)
    size = 0.5 * np.exp(-0.5 * np.square(root_a - root_b) - root_a * root_b * (1 - np.abs(c)))
    shrink = np.expm1(-2 * np.abs(c) * root_a * root_b)
    return -np.sign(c) * size * shrink, size * (2 + shrink)


def _squareplus_slope(z: FloatArray, b: float) -> FloatArray:
    z = np.clip(z, -1e18, 1e18)  # infinity over infinity has no value
    return _squareplus(z, b) / _squareplus_root(z, b)


# --- the demonstration of maxout ------------------------------------------------------------------------------------


def _maxout_demo(x: FloatArray, pieces: float) -> FloatArray:
    slopes, offsets = demo_lines(pieces)
    lines: FloatArray = np.multiply.outer(x, slopes) + offsets
    return lines.max(axis=-1).astype(x.dtype, copy=False)


def _maxout_demo_slope(x: FloatArray, pieces: float) -> FloatArray:
    slopes, offsets = demo_lines(pieces)
    winner = (np.multiply.outer(x, slopes) + offsets).argmax(axis=-1)
    return slopes[winner].astype(x.dtype, copy=False)


# --- the catalogue -------------------------------------------------------------------------------------------------

_NEGATIVE_SLOPE = "Slope for negative inputs."
_DEPTH_OF_FLOOR = "The floor for very negative inputs is minus this."

LINEAR = Activation(
    id="linear",
    name="Linear",
    phi=lambda z, a: z.copy(),
    dphi=lambda z, a: np.ones_like(z),
    latex=r"\phi(z) = z",
    kernel=lambda q_a, q_b, c, a: _kinked_kernel(q_a, q_b, c, 1.0),
    formula=Formula("z", "np.ones_like(z)"),
    source="no activation: the whole network is one matrix",
)

ACTIVATIONS = Catalogue(
    "activation",
    [
        LINEAR,
        Activation(
            id="sigmoid",
            name="Sigmoid",
            phi=lambda z, a: special.expit(z),
            dphi=_logistic_slope,
            latex=r"\phi(z) = \frac{1}{1 + e^{-z}}",
            plateaus=lambda a: (0.0, 1.0),
            formula=Formula("special.expit(z)", "special.expit(z) * special.expit(-z)"),
            names=Names("torch.sigmoid(z)", "keras.activations.sigmoid(z)", "jax.nn.sigmoid(z)"),
            source="Verhulst (1845), the logistic function",
        ),
        Activation(
            id="hard_sigmoid",
            name="Hard sigmoid",
            phi=lambda z, a: np.clip(z / 6 + 0.5, 0, 1),
            dphi=lambda z, a: _between(z, -3, 3) / 6,
            latex=r"\phi(z) = \min(1, \max(0, z/6 + 1/2))",
            kinks=(-3.0, 3.0),
            plateaus=lambda a: (0.0, 1.0),
            formula=Formula("np.clip(z / 6 + 0.5, 0, 1)", "(np.abs(z) < 3) / 6"),
            names=Names("F.hardsigmoid(z)", "keras.activations.hard_sigmoid(z)", "jax.nn.hard_sigmoid(z)"),
            source="Howard et al. (2019), arXiv:1905.02244",
        ),
        Activation(
            id="tanh",
            name="Tanh",
            phi=lambda z, a: np.tanh(z),
            ufunc=np.tanh,
            dphi=lambda z, a: _sech2(z),
            latex=r"\phi(z) = \tanh z",
            plateaus=lambda a: (-1.0, 1.0),
            formula=Formula("np.tanh(z)", "1 - np.tanh(z) ** 2"),
            names=Names("torch.tanh(z)", "keras.activations.tanh(z)", "jnp.tanh(z)"),
            source="LeCun et al. (1998), Efficient BackProp",
        ),
        Activation(
            id="hard_tanh",
            name="Hard tanh",
            phi=lambda z, a: np.clip(z, -1, 1),
            dphi=lambda z, a: _between(z, -1, 1),
            latex=r"\phi(z) = \min(1, \max(-1, z))",
            kinks=(-1.0, 1.0),
            plateaus=lambda a: (-1.0, 1.0),
            formula=Formula("np.clip(z, -1, 1)", "np.abs(z) < 1"),
            names=Names("F.hardtanh(z)", "keras.activations.hard_tanh(z)", "jax.nn.hard_tanh(z)"),
            source="Collobert (2004), PhD thesis, Paris 6",
        ),
        Activation(
            id="softsign",
            name="Softsign",
            phi=_softsign,
            dphi=lambda z, a: np.square(1 / (1 + np.abs(z))),
            latex=r"\phi(z) = \frac{z}{1 + |z|}",
            kinks=(0.0,),
            plateaus=lambda a: (-1.0, 1.0),
            formula=Formula("z / (1 + np.abs(z))", "1 / (1 + np.abs(z)) ** 2"),
            names=Names("F.softsign(z)", "keras.activations.softsign(z)", "jax.nn.soft_sign(z)"),
            source="Bergstra et al. (2009), technical report 1337",
        ),
        Activation(
            id="relu",
            name="ReLU",
            phi=lambda z, a: np.maximum(z, 0),
            dphi=lambda z, a: (z > 0).astype(z.dtype),
            latex=r"\phi(z) = \max(0, z)",
            kinks=(0.0,),
            kernel=lambda q_a, q_b, c, a: _kinked_kernel(q_a, q_b, c, 0.0),
            formula=Formula("np.maximum(z, 0)", "z > 0"),
            names=Names("F.relu(z)", "keras.activations.relu(z)", "jax.nn.relu(z)"),
            source="Nair & Hinton (2010), ICML",
        ),
        Activation(
            id="relu6",
            name="ReLU6",
            phi=lambda z, a: np.clip(z, 0, 6),
            dphi=lambda z, a: _between(z, 0, 6),
            latex=r"\phi(z) = \min(6, \max(0, z))",
            kinks=(0.0, 6.0),
            plateaus=lambda a: (None, 6.0),
            formula=Formula("np.clip(z, 0, 6)", "(z > 0) & (z < 6)"),
            names=Names("F.relu6(z)", "keras.activations.relu6(z)", "jax.nn.relu6(z)"),
            source="Krizhevsky (2010), convolutional deep belief networks on CIFAR-10",
        ),
        Activation(
            id="leaky_relu",
            name="Leaky ReLU",
            phi=_leaky,
            dphi=_leaky_slope,
            latex=r"\phi(z) = \max(z, a z)",
            kinks=(0.0,),
            param=Param("negative_slope", 0.01, 0.0, 1.0, 0.01, _NEGATIVE_SLOPE),
            kernel=_kinked_kernel,
            formula=Formula("np.where(z > 0, z, {a} * z)", "np.where(z > 0, 1, {a})"),
            names=Names("F.leaky_relu(z, {a})", "keras.activations.leaky_relu(z, {a})", "jax.nn.leaky_relu(z, {a})"),
            source="Maas et al. (2013), ICML workshop",
        ),
        Activation(
            id="prelu",
            name="PReLU",
            phi=_leaky,
            dphi=_leaky_slope,
            latex=r"\phi(z) = \max(z, a z),\ a\ \text{learnt}",
            kinks=(0.0,),
            dalpha=lambda z, a: np.minimum(z, 0),
            param=Param("negative_slope", 0.25, 0.0, 1.0, 0.01, _NEGATIVE_SLOPE),
            kernel=_kinked_kernel,
            formula=Formula("np.where(z > 0, z, {a} * z)", "np.where(z > 0, 1, {a})"),
            names=Names("F.prelu(z, z.new_tensor([{a}]))"),
            source="He et al. (2015), arXiv:1502.01852",
        ),
        Activation(
            id="elu",
            name="ELU",
            phi=_elu,
            dphi=_elu_slope,
            latex=r"\phi(z) = z\ (z > 0),\ \alpha(e^z - 1)\ (z \le 0)",
            kinks=(0.0,),
            plateaus=lambda a: (-a, None),
            param=Param("alpha", 1.0, 0.1, 3.0, 0.1, _DEPTH_OF_FLOOR),
            formula=Formula(
                "np.where(z > 0, z, {a} * np.expm1(np.minimum(z, 0)))",
                "np.where(z > 0, 1, {a} * np.exp(np.minimum(z, 0)))",
            ),
            names=Names("F.elu(z, {a})", "keras.activations.elu(z, {a})", "jax.nn.elu(z, {a})"),
            source="Clevert et al. (2016), arXiv:1511.07289",
        ),
        Activation(
            id="celu",
            name="CELU",
            phi=_celu,
            dphi=_celu_slope,
            latex=r"\phi(z) = z\ (z > 0),\ \alpha(e^{z/\alpha} - 1)\ (z \le 0)",
            kinks=(0.0,),
            scale=lambda a: a,
            plateaus=lambda a: (-a, None),
            param=Param("alpha", 1.0, 0.1, 3.0, 0.1, _DEPTH_OF_FLOOR),
            formula=Formula(
                "np.where(z > 0, z, {a} * np.expm1(np.minimum(z, 0) / {a}))", "np.exp(np.minimum(z, 0) / {a})"
            ),
            names=Names("F.celu(z, {a})", "keras.activations.celu(z, {a})", "jax.nn.celu(z, {a})"),
            source="Barron (2017), arXiv:1704.07483",
        ),
        Activation(
            id="selu",
            name="SELU",
            phi=lambda z, a: SELU_SCALE * _elu(z, SELU_ALPHA),
            dphi=lambda z, a: SELU_SCALE * _elu_slope(z, SELU_ALPHA),
            latex=r"\phi(z) = \lambda z\ (z > 0),\ \lambda\alpha(e^z - 1)\ (z \le 0)",
            kinks=(0.0,),
            plateaus=lambda a: (-SELU_SCALE * SELU_ALPHA, None),
            formula=Formula(
                f"{SELU_SCALE} * np.where(z > 0, z, {SELU_ALPHA} * np.expm1(np.minimum(z, 0)))",
                f"{SELU_SCALE} * np.where(z > 0, 1, {SELU_ALPHA} * np.exp(np.minimum(z, 0)))",
            ),
            names=Names("F.selu(z)", "keras.activations.selu(z)", "jax.nn.selu(z)"),
            source="Klambauer et al. (2017), arXiv:1706.02515",
        ),
        Activation(
            id="gelu",
            name="GELU",
            phi=_gelu,
            dphi=_gelu_slope,
            latex=r"\phi(z) = z\,\Phi(z)",
            formula=Formula(
                "0.5 * z * (1 + special.erf(z / 2**0.5))",
                "0.5 * (1 + special.erf(z / 2**0.5)) + z * np.exp(-(z**2) / 2) / (2 * np.pi) ** 0.5",
            ),
            names=Names(
                "F.gelu(z)", "keras.activations.gelu(z, approximate=False)", "jax.nn.gelu(z, approximate=False)"
            ),
            source="Hendrycks & Gimpel (2016), arXiv:1606.08415",
        ),
        Activation(
            id="gelu_tanh",
            name="GELU (tanh form)",
            phi=_gelu_tanh,
            dphi=_gelu_tanh_slope,
            latex=r"\phi(z) = \tfrac{z}{2}\bigl(1 + \tanh(\sqrt{2/\pi}(z + 0.044715 z^3))\bigr)",
            formula=Formula(
                "0.5 * z * (1 + np.tanh((2 / np.pi) ** 0.5 * (z + 0.044715 * z**3)))",
                "0.5 * (1 + (t := np.tanh((2 / np.pi) ** 0.5 * (z + 0.044715 * z**3))))"
                " + 0.5 * z * (1 - t**2) * (2 / np.pi) ** 0.5 * (1 + 0.134145 * z**2)",
            ),
            names=Names(
                "F.gelu(z, approximate='tanh')",
                "keras.activations.gelu(z, approximate=True)",
                "jax.nn.gelu(z, approximate=True)",
            ),
            source="Hendrycks & Gimpel (2016), arXiv:1606.08415",
        ),
        Activation(
            id="swish",
            name="Swish / SiLU",
            phi=_swish,
            dphi=_swish_slope,
            latex=r"\phi(z) = z\,\sigma(\beta z)",
            scale=lambda b: 1 / max(b, 1e-3),
            dalpha=lambda z, beta: np.square(z) * _logistic_slope(beta * z, 0.0),
            param=Param("beta", 1.0, 0.0, 20.0, 0.1, "0 gives z/2, 1 the SiLU, large values ReLU."),
            formula=Formula("z * special.expit({a} * z)", "(s := special.expit({a} * z)) + {a} * z * s * (1 - s)"),
            names=Names(
                "z * torch.sigmoid({a} * z)", "z * keras.activations.sigmoid({a} * z)", "z * jax.nn.sigmoid({a} * z)"
            ),
            default_names=Names("F.silu(z)", "keras.activations.silu(z)", "jax.nn.silu(z)"),
            source="Ramachandran et al. (2017), arXiv:1710.05941",
        ),
        Activation(
            id="hard_swish",
            name="Hard swish",
            phi=_hard_swish,
            dphi=_hard_swish_slope,
            latex=r"\phi(z) = z \min(1, \max(0, z/6 + 1/2))",
            kinks=(-3.0, 3.0),
            formula=Formula("z * np.clip(z / 6 + 0.5, 0, 1)", "np.where(np.abs(z) < 3, (2 * z + 3) / 6, z > 0)"),
            names=Names("F.hardswish(z)", "keras.activations.hard_silu(z)", "jax.nn.hard_silu(z)"),
            source="Howard et al. (2019), arXiv:1905.02244",
        ),
        Activation(
            id="mish",
            name="Mish",
            phi=_mish,
            dphi=_mish_slope,
            latex=r"\phi(z) = z \tanh(\ln(1 + e^z))",
            formula=Formula(
                "z * np.tanh(np.logaddexp(z, 0))",
                "(t := np.tanh(np.logaddexp(z, 0))) + z * (1 - t**2) * special.expit(z)",
            ),
            names=Names("F.mish(z)", "keras.activations.mish(z)", "jax.nn.mish(z)"),
            source="Misra (2019), arXiv:1908.08681",
        ),
        Activation(
            id="softplus",
            name="Softplus",
            phi=_softplus,
            dphi=lambda z, a: special.expit(z),
            latex=r"\phi(z) = \ln(1 + e^z)",
            formula=Formula("np.logaddexp(z, 0)", "special.expit(z)"),
            names=Names("F.softplus(z)", "keras.activations.softplus(z)", "jax.nn.softplus(z)"),
            source="Dugas et al. (2001), NIPS",
        ),
        Activation(
            id="squareplus",
            name="Squareplus",
            phi=_squareplus,
            dphi=_squareplus_slope,
            latex=r"\phi(z) = \tfrac12\bigl(z + \sqrt{z^2 + b}\bigr)",
            scale=sqrt,
            param=Param("b", 4.0, 0.1, 10.0, 0.1, "How round the bend at 0 is."),
            formula=Formula("(z + np.sqrt(z**2 + {a})) / 2", "(1 + z / np.sqrt(z**2 + {a})) / 2"),
            names=Names(keras="keras.activations.squareplus(z, {a})", jax="jax.nn.squareplus(z, {a})"),
            source="Barron (2021), arXiv:2112.11687",
        ),
        Activation(
            id="erf",
            name="Erf",
            phi=lambda z, a: special.erf(z),
            dphi=lambda z, a: 2 / sqrt(pi) * np.exp(-np.square(np.clip(z, -30, 30))),
            latex=r"\phi(z) = \mathrm{erf}(z)",
            plateaus=lambda a: (-1.0, 1.0),
            kernel=_erf_kernel,
            formula=Formula("special.erf(z)", "2 / np.pi**0.5 * np.exp(-(z**2))"),
            names=Names("torch.erf(z)", "ops.erf(z)", "jax.scipy.special.erf(z)"),
            source="Williams (1997), Computing with infinite networks",
        ),
        Activation(
            id="sin",
            name="Sine",
            phi=lambda z, a: np.sin(z),
            dphi=lambda z, a: np.cos(z),
            latex=r"\phi(z) = \sin z",
            period=2 * pi,
            kernel=_sine_kernel,
            formula=Formula("np.sin(z)", "np.cos(z)"),
            names=Names("torch.sin(z)", "ops.sin(z)", "jnp.sin(z)"),
            source="Sitzmann et al. (2020), arXiv:2006.09661",
        ),
        Activation(
            id="abrelu",
            name="ABReLU",
            phi=lambda z, a: np.maximum(z, 0),
            dphi=lambda z, a: (z > 0).astype(z.dtype),
            latex=r"\phi(z)_i = \max(0, z_i - \alpha\,\bar z)",
            kinks=(0.0,),
            param=Param("alpha", 1.0, -2.0, 2.0, 0.1, "Share of the mean that is subtracted."),
            layer=ABRELU,
            formula=Formula(
                "np.maximum(z - {a} * np.mean(z, axis=1, keepdims=True), 0)",
                back="(passed := grad * (z > {a} * np.mean(z, axis=1, keepdims=True)))"
                " - {a} * np.mean(passed, axis=1, keepdims=True)",
            ),
            names=Names(
                "F.relu(z - {a} * z.mean(dim=1, keepdim=True))",
                "ops.relu(z - {a} * ops.mean(z, axis=1, keepdims=True))",
                "jax.nn.relu(z - {a} * jnp.mean(z, axis=1, keepdims=True))",
            ),
            source="Dubey & Chakraborty (2021), arXiv:1804.02051",
        ),
        Activation(
            id="maxout",
            name="Maxout",
            phi=_maxout_demo,
            dphi=_maxout_demo_slope,
            latex=r"\phi(z_1, \dots, z_k) = \max_j z_j",
            param=Param("pieces", 2, 2, 5, 1, "How many affine maps compete for one unit."),
            layer=MAXOUT,
            formula=Formula(
                "z.reshape(len(z), {a}, -1).max(axis=1)",
                back="((z.reshape(len(z), {a}, -1).argmax(axis=1)[:, None] == np.arange({a})[:, None])"
                " * grad[:, None]).reshape(z.shape)",
            ),
            names=Names(
                "z.unflatten(1, ({a}, -1)).max(dim=1).values",
                "ops.max(ops.reshape(z, (-1, {a}, z.shape[1] // {a})), axis=1)",
                "z.reshape(len(z), {a}, -1).max(axis=1)",
            ),
            source="Goodfellow et al. (2013), arXiv:1302.4389",
        ),
    ],
    aliases={"silu": "swish"},
)
