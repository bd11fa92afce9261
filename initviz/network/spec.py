"""What a network is, layer by layer, before a weight is drawn: the value that simulation, theory and cost understand.

An `Experiment` makes one of layers that are all alike; a model of somebody's own has a width and a variance per layer.
"""

from dataclasses import dataclass, replace

from initviz.activations import Activation
from initviz.network.normalization import Normalization


@dataclass(frozen=True)
class LayerSpec:
    """One hidden layer: z = h W + b, normalized, then h' = phi(z), or h + branch phi(z) with a skip connection."""

    activation: Activation
    alpha: float
    """The activation's parameter, the default filled in."""
    fan_in: int
    width: int
    """Units; W has shape (fan_in, pieces * width)."""
    pieces: int
    """Affine maps that feed one unit: 2 or more for maxout."""
    weight_variance: float | None
    """Var W; None where the weights are deterministic or fitted to the batch."""
    bias_variance: float
    branch: float
    """Factor on phi(z): 1 without a skip connection."""
    skip: bool
    normalization: Normalization
    orthogonal: bool = False
    """Whether W has orthonormal rows or columns, times a factor: it turns its input and draws no new length."""

    @property
    def weight_shape(self) -> tuple[int, int]:
        """Shape of W."""
        return self.fan_in, self.pieces * self.width


@dataclass(frozen=True)
class NetworkSpec:
    """All hidden layers, first to last. layers[l].fan_in equals layers[l - 1].width."""

    layers: tuple[LayerSpec, ...]
    dtype: str = "float32"
    unpredictable: str = ""
    """Why theory says nothing about these weights, as half a sentence; empty where it does."""
    independent: bool = True
    """Whether the weights are independent draws; orthogonal ones are not, and theory holds to leading order."""

    def __len__(self) -> int:
        return len(self.layers)

    @property
    def features(self) -> int:
        """Columns of the batch that enters."""
        return self.layers[0].fan_in

    def first(self, depth: int) -> "NetworkSpec":
        """The same network cut behind its first `depth` hidden layers."""
        return replace(self, layers=self.layers[:depth])
