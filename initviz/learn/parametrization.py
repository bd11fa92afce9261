"""How the start and the steps of each layer depend on the width."""

from dataclasses import dataclass

from initviz.catalogue import Catalogue

BASE_WIDTH = 128
"""At this width both parametrizations are the same network and the same steps."""


@dataclass(frozen=True)
class Rates:
    """Exponents of width / BASE_WIDTH that multiply the learning rate, by kind of layer."""

    first: float = 0.0
    hidden: float = 0.0
    output: float = 0.0


@dataclass(frozen=True)
class Parametrization:
    """What multiplies the drawn output weights and every learning rate."""

    id: str
    name: str
    output_std: float
    """Exponent of width / BASE_WIDTH on the weights of the output layer."""
    rates: Rates
    """Where steps follow the gradient's size."""
    adam_rates: Rates
    """Where that size is divided out."""
    source: str = ""

    def rate(self, optimizer: str, layer: int, layers: int, width: int, *, weights: bool = True) -> float:
        """Factor on the learning rate of layer 1..layers, the last of which is the output.

        What belongs to single units (biases, and scale and shift of a normalization) has no sum over the width before
        it: it moves like the first layer, and the output's like the output layer of width 1.
        """
        rates = self.adam_rates if optimizer == "adam" else self.rates
        if layer == layers:
            exponent = rates.output if weights else 0.0
        else:
            exponent = rates.first if layer == 1 or not weights else rates.hidden
        return float((width / BASE_WIDTH) ** exponent)

    def output_factor(self, width: int) -> float:
        """Factor on the drawn weights of the output layer."""
        return float((width / BASE_WIDTH) ** self.output_std)


PARAMETRIZATIONS = Catalogue(
    "parametrization",
    [
        Parametrization("standard", "Standard", 0.0, Rates(), Rates()),
        Parametrization(
            "mup",
            "Maximal update (muP)",
            -0.5,
            Rates(first=1.0, output=-1.0),
            Rates(hidden=-1.0, output=-1.0),
            source="Yang & Hu (2021), arXiv:2011.14522; Yang et al. (2022), arXiv:2203.03466, table 3",
        ),
    ],
)
