"""What PyTorch, Keras 3 and Flax do to a layer's weights when nobody says anything, measured in tests/export.

Public: DEFAULTS, DENSE; LOOKALIKES; SEEDS.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Literal, TypeAlias

Shape: TypeAlias = Literal["uniform", "normal", "truncated normal", "orthogonal", "zeros"]
"""What the values look like; truncated: at two standard deviations of the normal before the cut."""

VERSIONS = {"torch": "2.13", "keras": "3.15", "jax": "0.10 with Flax 0.12"}
"""What was measured, by framework."""


@dataclass(frozen=True)
class Default:
    """The start of one tensor of a layer that is built without any initializer."""

    framework: str
    layer: str
    """What kind of layer, the same word in every framework."""
    code: str
    """Code that builds the layer with n inputs and m units or channels."""
    tensor: str
    """The tensor, as an attribute of the layer that is built."""
    law: str
    """Its law in words, with n and m."""
    std: Callable[[int, int], float]
    """Standard deviation for n and m."""
    shape: Shape
    note: str = ""
    """What is remarkable about it, as a sentence."""


def _lecun(n: int, m: int) -> float:
    return sqrt(1 / n)


def _glorot(n: int, m: int) -> float:
    return sqrt(2 / (n + m))


def _third(n: int, m: int) -> float:
    return sqrt(1 / (3 * n))


def _zero(n: int, m: int) -> float:
    return 0.0


_TORCH_NOTE = "Variance 1/(3n): a third of Xavier's, a sixth of He's, although the call is named kaiming_uniform_."

DEFAULTS = (
    Default("torch", "Dense", "nn.Linear(n, m)", "weight", "U(-1/√n, 1/√n)", _third, "uniform", _TORCH_NOTE),
    Default(
        "torch",
        "Dense bias",
        "nn.Linear(n, m)",
        "bias",
        "U(-1/√n, 1/√n)",
        _third,
        "uniform",
        "Not 0, as in the others.",
    ),
    Default(
        "torch",
        "Convolution 3 x 3",
        "nn.Conv2d(n, m, 3)",
        "weight",
        "U(-1/√(9n), 1/√(9n))",
        lambda n, m: _third(9 * n, m),
        "uniform",
        "The same rule; fan_in is 3 · 3 · n.",
    ),
    Default(
        "torch",
        "Embedding",
        "nn.Embedding(n, m)",
        "weight",
        "N(0, 1)",
        lambda n, m: 1.0,
        "normal",
        "Of std 1, whatever the sizes.",
    ),
    Default(
        "torch",
        "LSTM, GRU input",
        "nn.LSTM(n, m)",
        "weight_ih_l0",
        "U(-1/√m, 1/√m)",
        lambda n, m: _third(m, n),
        "uniform",
        "Every tensor, biases too, follows the hidden size m, not its own fan_in.",
    ),
    Default(
        "torch",
        "LSTM, GRU recurrent",
        "nn.LSTM(n, m)",
        "weight_hh_l0",
        "U(-1/√m, 1/√m)",
        lambda n, m: _third(m, n),
        "uniform",
    ),
    Default(
        "torch",
        "Attention q, k, v",
        "nn.MultiheadAttention(n, 4)",
        "in_proj_weight",
        "Glorot uniform of (3n, n)",
        lambda n, m: sqrt(2 / (4 * n)),
        "uniform",
        "q, k and v are one matrix, so that each has half the variance that Glorot's rule gives it alone.",
    ),
    Default("keras", "Dense", "layers.Dense(m)", "kernel", "Glorot uniform: U(±√(6/(n+m)))", _glorot, "uniform"),
    Default("keras", "Dense bias", "layers.Dense(m)", "bias", "0", _zero, "zeros"),
    Default(
        "keras",
        "Convolution 3 x 3",
        "layers.Conv2D(m, 3)",
        "kernel",
        "Glorot uniform, fans times 9",
        lambda n, m: _glorot(9 * n, 9 * m),
        "uniform",
    ),
    Default(
        "keras",
        "Embedding",
        "layers.Embedding(n, m)",
        "embeddings",
        "U(-0.05, 0.05)",
        lambda n, m: 0.05 / sqrt(3),
        "uniform",
        "A 35th of PyTorch's std.",
    ),
    Default(
        "keras",
        "LSTM, GRU input",
        "layers.LSTM(m)",
        "cell.kernel",
        "Glorot uniform of (n, 4m)",
        lambda n, m: _glorot(n, 4 * m),
        "uniform",
        "The four gates are one matrix, which counts as 4m outputs.",
    ),
    Default(
        "keras",
        "LSTM, GRU recurrent",
        "layers.LSTM(m)",
        "cell.recurrent_kernel",
        "Orthogonal (m, 4m)",
        lambda n, m: sqrt(1 / (4 * m)),
        "orthogonal",
        "The forget gate's bias starts at 1.",
    ),
    Default(
        "keras",
        "Attention q, k, v",
        "layers.MultiHeadAttention(4, n // 4)",
        "query_dense.kernel",
        "Glorot uniform of (n, n)",
        lambda n, m: _glorot(n, n),
        "uniform",
    ),
    Default(
        "jax",
        "Dense",
        "nnx.Linear(n, m, rngs=rngs)",
        "kernel",
        "LeCun, truncated normal: variance 1/n",
        _lecun,
        "truncated normal",
        "Rescaled after the cut, so that the variance is 1/n in truth: right for tanh, half of what ReLU needs.",
    ),
    Default("jax", "Dense bias", "nnx.Linear(n, m, rngs=rngs)", "bias", "0", _zero, "zeros"),
    Default(
        "jax",
        "Convolution 3 x 3",
        "nnx.Conv(n, m, (3, 3), rngs=rngs)",
        "kernel",
        "LeCun, truncated normal: variance 1/(9n)",
        lambda n, m: _lecun(9 * n, m),
        "truncated normal",
    ),
    Default(
        "jax", "Embedding", "nnx.Embed(n, m, rngs=rngs)", "embedding", "N(0, 1/m)", lambda n, m: _lecun(m, n), "normal"
    ),
    Default(
        "jax",
        "LSTM, GRU input",
        "nnx.LSTMCell(n, m, rngs=rngs)",
        "ii.kernel",
        "LeCun, truncated normal: 1/n",
        _lecun,
        "truncated normal",
    ),
    Default(
        "jax",
        "LSTM, GRU recurrent",
        "nnx.LSTMCell(n, m, rngs=rngs)",
        "hi.kernel",
        "Orthogonal (m, m)",
        lambda n, m: _lecun(m, n),
        "orthogonal",
    ),
    Default(
        "jax",
        "Attention q, k, v",
        "nnx.MultiHeadAttention(4, n, rngs=rngs)",
        "query.kernel",
        "LeCun, truncated normal: 1/n",
        _lecun,
        "truncated normal",
    ),
)
"""Layer by layer, framework by framework."""

DENSE = {"torch": "torch_default", "keras": "glorot_uniform", "jax": "variance_scaling"}
"""Framework -> the initializer of the catalogue that a dense layer starts with there."""


@dataclass(frozen=True)
class Lookalike:
    """What has the same name in several frameworks and is not the same."""

    name: str
    torch: str
    keras: str
    jax: str
    matter: str
    """Why it matters, as a sentence."""


LOOKALIKES = (
    Lookalike(
        "He normal",
        "kaiming_normal_: normal",
        "HeNormal: cut at 2 std",
        "he_normal: cut at 2 std",
        "The same variance; no weight beyond 2.27 std where it is cut.",
    ),
    Lookalike(
        "truncated normal of std s",
        "trunc_normal_: cut at ±2, not at ±2s",
        "TruncatedNormal: cut at ±2s, std 0.88 s",
        "truncated_normal: cut at ±2s, std 0.88 s",
        "With s = 0.02 PyTorch cuts nothing at all; Keras and JAX draw 23 % less variance than s says.",
    ),
    Lookalike(
        "gelu",
        "exact",
        "exact",
        "the tanh form",
        "They differ by up to 5e-4.",
    ),
    Lookalike("leaky ReLU's slope", "0.01", "0.2", "0.01", "He's rule divides by 1 + slope²: 4 % at 0.2."),
    Lookalike(
        "batch norm's epsilon",
        "1e-5",
        "1e-3",
        "1e-5",
        "A signal of variance 1e-4 becomes 0.3 instead of 0.95 in Keras.",
    ),
    Lookalike("layer norm's epsilon", "1e-5", "1e-3", "1e-6", "The same, in Keras; Flax allows smaller signals."),
)


@dataclass(frozen=True)
class SeedTrap:
    """Code that gives all layers the same weights, and code that does not."""

    framework: str
    wrong: str
    right: str
    why: str


SEEDS = (
    SeedTrap(
        "torch",
        "for layer in layers:\n    torch.manual_seed(0)\n    nn.init.normal_(layer.weight)",
        "torch.manual_seed(0)\nfor layer in layers:\n    nn.init.normal_(layer.weight)",
        "A seed set before every layer starts the same numbers again.",
    ),
    SeedTrap(
        "keras",
        "he = keras.initializers.HeNormal()\n"
        "layers = [keras.layers.Dense(64, kernel_initializer=he) for _ in range(2)]",
        "seed = keras.random.SeedGenerator(0)\n"
        "he = keras.initializers.HeNormal(seed=seed)\n"
        "layers = [keras.layers.Dense(64, kernel_initializer=he) for _ in range(2)]",
        "In Keras 3 an initializer chooses its seed once: one object draws the same numbers for every layer that it is"
        " given to, without a seed too.",
    ),
    SeedTrap(
        "jax",
        "key = jax.random.key(0)\nweights = [he(key, (64, 64)) for _ in range(2)]",
        "keys = jax.random.split(jax.random.key(0), 2)\nweights = [he(key, (64, 64)) for key in keys]",
        "A key that is used twice gives the same numbers twice.",
    ),
)
