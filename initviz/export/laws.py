"""How a network's functions and weights are spelled in a framework: the framework's own name where it has one that does
exactly this, else the formula or the variance.

Public: phi_code, back_code; weights_code, biases_code, has_biases.
"""

from math import isclose, sqrt

from initviz.activations import Activation
from initviz.catalogue import InputError
from initviz.frameworks import Framework
from initviz.network.experiment import Experiment
from initviz.network.initializers import TRUNCATED_STD, Distribution, Initializer, Settings, VarianceScaling


def number(value: float) -> str:
    """A number as Python reads it: few digits where few say it all, never a NumPy type's name."""
    short = float(f"{value:.12g}")
    return str(int(short)) if short == int(short) and abs(short) < 1e6 else repr(short)


def phi_code(activation: Activation, alpha: float, framework: Framework) -> str:
    """phi(z) as an expression in z. Raises InputError where the activation says neither formula nor name."""
    standard = activation.param is None or alpha == activation.param.default
    name = (activation.default_names.of(framework) if standard else None) or activation.names.of(framework)
    if name is None:
        if activation.formula is None:
            raise InputError(f"{activation.name} has no formula to export; it needs a `formula` in the catalogue.")
        name = framework.spell(activation.formula.phi)
    return name.format(a=number(alpha))


def back_code(activation: Activation, alpha: float) -> str:
    """dL/dz in NumPy, as an expression in z and grad. Raises InputError where the activation has no formula."""
    if activation.formula is None:
        raise InputError(f"{activation.name} has no formula to export; it needs a `formula` in the catalogue.")
    back = activation.formula.back or f"grad * ({activation.formula.slope})"
    return back.format(a=number(alpha))


# --- weights -------------------------------------------------------------------------------------------------------


def weights_code(experiment: Experiment, framework: Framework) -> str:
    """How W is drawn, as an expression in fan_in and fan_out; what it yields is what `Initializer.names` says.

    Raises InputError where the initializer has neither a law nor a name.
    """
    initializer, settings = experiment.weights, experiment.settings
    if name := _name(initializer, settings, framework):
        return name
    if initializer.law is None:
        numpy = initializer.names.numpy
        if numpy is None:
            raise InputError(f"{initializer.name} has no name to export; it needs one in the catalogue.")
        return _from_numpy(_filled(numpy, settings), framework)
    return _drawn(framework, initializer.law.distribution, _spread(initializer, experiment), "w")


def biases_code(experiment: Experiment, framework: Framework) -> str | None:
    """The same for the biases, which are 1-D; None where they start at 0."""
    initializer, settings = experiment.weights, experiment.settings
    if initializer.bias_var is None:
        return _drawn(framework, "normal", number(experiment.bias_std), "b") if experiment.bias_std else None
    first, second = (initializer.bias_var(size, size, settings) for size in (64, 128))
    if not first:
        return None
    spread = number(sqrt(first)) if isclose(first, second) else f"math.sqrt({number(64 * first)} / fan_in)"
    assert initializer.law is not None
    return _drawn(framework, initializer.law.distribution, spread, "b")


def has_biases(experiment: Experiment, framework: Framework) -> bool:
    """Whether layers have biases at all: drawn ones, or those that a fit to the batch leaves."""
    return biases_code(experiment, framework) is not None or experiment.weights.fit is not None


def _name(initializer: Initializer, settings: Settings, framework: Framework) -> str | None:
    """The framework's own name for exactly these weights, if it has one."""
    name = initializer.names.of(framework)
    if name is None:
        return None
    scaled = "gain" in initializer.uses and settings.gain != 1 and "{gain}" not in name
    sloped = settings.negative_slope != 0 and "{a}" not in name and _follows_slope(initializer)
    if sloped or (scaled and framework.id != "torch"):
        return None
    return _filled(name, settings) + (f".mul_({number(settings.gain)})" if scaled else "")


def _follows_slope(initializer: Initializer) -> bool:
    return isinstance(initializer.law, VarianceScaling) and callable(initializer.law.scale)


def _filled(name: str, settings: Settings) -> str:
    return name.format(a=number(settings.negative_slope), std=number(settings.std), gain=number(settings.gain))


def _spread(initializer: Initializer, experiment: Experiment) -> str:
    """The std of W, as an expression in fan_in and fan_out; the laws are asked how they depend on both."""
    settings, law = experiment.settings, initializer.law
    if isinstance(law, VarianceScaling):
        scale = law.variance(1, 1, settings)  # over a fan of 1
        if law.fan == "fan_avg":
            return f"math.sqrt({number(2 * scale)} / (fan_in + fan_out))"
        return f"math.sqrt({number(scale)} / {law.fan})"
    assert law is not None
    square, tall = law.variance(64, 64, settings), law.variance(128, 32, settings)
    if isclose(square, tall):
        return number(sqrt(square))
    if isclose(square, 2 * tall):
        return f"math.sqrt({number(64 * square)} / fan_in)"
    shapes = sorted({(fan_in, width) for fan_in, width, _ in experiment.shapes()})
    table = ", ".join(f"{shape}: {number(sqrt(law.variance(*shape, settings)))}" for shape in shapes)
    return f"{{{table}}}[fan_in, fan_out]"


def _drawn(framework: Framework, distribution: Distribution, spread: str, tensor: str) -> str:
    """Independent values of mean 0 and std `spread`; `tensor` is the name of what is filled in PyTorch, w or b."""
    return _WAYS[framework.id][distribution].format(
        std=spread, bound=f"{spread} * math.sqrt(3)", cut=_uncut(spread), tensor=tensor, shape=_SHAPES[tensor]
    )


def _uncut(spread: str) -> str:
    """The std of the normal that has this std once it is cut at two of its own."""
    try:
        return number(float(spread) / TRUNCATED_STD)
    except ValueError:
        return f"{spread} / {TRUNCATED_STD}"


_SHAPES = {"w": "(fan_in, fan_out)", "b": "fan_out"}

_WAYS = {
    "numpy": {
        "normal": "{std} * rng.standard_normal({shape})",
        "uniform": "rng.uniform(-{bound}, {bound}, {shape})",
        "truncated_normal": "{cut} * truncated({shape})",
    },
    "torch": {
        "normal": "nn.init.normal_({tensor}, std={std})",
        "uniform": "nn.init.uniform_({tensor}, -{bound}, {bound})",
        "truncated_normal": "nn.init.trunc_normal_({tensor}, std={cut}, a=-2 * {cut}, b=2 * {cut})",
    },
    "keras": {
        "normal": "keras.initializers.RandomNormal(0.0, {std}, seed=seed)",
        "uniform": "keras.initializers.RandomUniform(-{bound}, {bound}, seed=seed)",
        "truncated_normal": "keras.initializers.TruncatedNormal(0.0, {cut}, seed=seed)",
    },
    "jax": {
        "normal": "jax.nn.initializers.normal({std})",
        "uniform": "(lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, -{bound}, {bound}))",
        "truncated_normal": "jax.nn.initializers.truncated_normal({cut})",
    },
}
"""Independent values: an array in NumPy, a call that fills a tensor in PyTorch, an initializer in Keras and JAX."""


def _from_numpy(array: str, framework: Framework) -> str:
    """Weights that the framework cannot draw, drawn in NumPy; as what `Initializer.names` promises."""
    return {
        "torch": f"w.copy_(torch.from_numpy({array}.T))",
        "keras": f"(lambda shape, dtype: ops.convert_to_tensor({array}, dtype))",
        "jax": f"(lambda key, shape, dtype: jnp.asarray({array}, dtype))",
    }[framework.id]
