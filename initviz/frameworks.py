"""Other frameworks, and what the catalogues' entries are called there: what exported scripts are made of.

An entry carries its own names. What a framework lacks has none there, and scripts bring a function along.
"""

import re
from dataclasses import dataclass

from initviz.catalogue import Catalogue


@dataclass(frozen=True)
class Framework:
    """A library that networks are written in."""

    id: str
    name: str
    packages: str
    """What `pip install` needs for an exported script."""
    prefixes: tuple[tuple[str, str], ...] = ()
    """What stands in place of NumPy's `np.` and SciPy's `special.` in a formula."""

    def spell(self, formula: str) -> str:
        """A formula in NumPy's functions, in those of this framework, which are called the same."""
        for numpy, own in self.prefixes:
            formula = re.sub(rf"\b{re.escape(numpy)}", own, formula)
        return formula


FRAMEWORKS = Catalogue(
    "framework",
    [
        Framework("torch", "PyTorch", "torch numpy", (("np.pi", "math.pi"), ("np.", "torch."))),
        Framework(
            "keras", "Keras 3", "keras torch numpy", (("np.pi", "math.pi"), ("np.", "ops."), ("special.", "ops."))
        ),
        Framework("jax", "JAX / Flax", "jax flax numpy", (("np.", "jnp."), ("special.", "jax.scipy.special."))),
        Framework("numpy", "NumPy", "numpy scipy"),
    ],
)


@dataclass(frozen=True)
class Names:
    """What something is called, as Python expressions with {a}, {std} and {gain} where numbers go."""

    torch: str | None = None
    keras: str | None = None
    jax: str | None = None
    numpy: str | None = None

    def of(self, framework: Framework) -> str | None:
        """The name in a framework; None where it lacks the thing."""
        name: str | None = getattr(self, framework.id)
        return name


NAMELESS = Names()
"""No framework has it."""


@dataclass(frozen=True)
class Formula:
    """An activation in NumPy and SciPy's `special`. z: (samples, units); {a} is the activation's parameter.

    phi: the function. slope: its derivative. back: dL/dz from `grad`, dL/dphi, where that is more than their product.
    """

    phi: str
    slope: str = ""
    back: str = ""
