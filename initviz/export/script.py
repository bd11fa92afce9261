"""An experiment as a script: NumPy, PyTorch, Keras 3 or JAX / Flax, on its own and without initviz.

It builds this network with this initialization, sends a batch forward and random gradients backward, and prints the
table that `python -m initviz simulate` prints: numbers of the same distribution, as every framework draws its own.
"""

from math import inf
from textwrap import fill
from typing import Any

from initviz.catalogue import InputError
from initviz.export.laws import back_code, biases_code, has_biases, number, phi_code, weights_code
from initviz.export.render import imports, render
from initviz.frameworks import Framework
from initviz.network.experiment import Experiment


def script(experiment: Experiment, framework: Framework, link: str = "") -> str:
    """The whole script; cells begin with `# %%`. `link`: where the experiment can be seen.

    Raises InputError for what the catalogues have no code for.
    """
    body = render(framework.id, **template_values(experiment, framework))
    lines = imports(body)
    if framework.id == "keras":
        lines = f"import os\n\n{BACKEND}\n\n{lines}"
    digits = "load_digits" in body
    about = fill(f"{experiment.summary()}, in {framework.name}.", 110)
    head = render("head", about=about, link=link, framework=framework, digits=digits)
    return f"{head}\n# %%\n{lines}\n\n{body}"


BACKEND = 'os.environ.setdefault("KERAS_BACKEND", "torch")  # or "jax", "tensorflow"'
"""Stands before Keras is imported, which asks for it then."""

HELPERS = ("orthogonal", "sparse", "truncated", "standardize", "read_mnist")
"""Functions that a script brings along where it calls them."""


def template_values(experiment: Experiment, framework: Framework) -> dict[str, Any]:
    """What the templates are filled with: expressions as text, shapes and scales as numbers."""
    activation, alpha, norm = experiment.phi, experiment.phi_alpha, experiment.norm
    if norm.axis is not None and norm.names.of(framework) is None:
        raise InputError(f"{norm.name} has no name in {framework.name} to export; it needs one in the catalogue.")
    if experiment.source.code is None:
        raise InputError(f"{experiment.source.name} has no code to export; it needs some in the catalogue.")
    values = {
        "experiment": experiment,
        "framework": framework,
        "features": experiment.source.features(experiment.width),
        "samples": experiment.source.count(experiment.samples),
        "batch": experiment.source.code,
        "phi": phi_code(activation, alpha, framework),
        "back": back_code(activation, alpha) if framework.id == "numpy" else "",
        "pieces": activation.pieces(alpha),
        "weights": weights_code(experiment, framework),
        "biases": biases_code(experiment, framework),
        "has_biases": has_biases(experiment, framework),
        "fit": experiment.weights.id if experiment.weights.fit else None,
        "norm": norm.names.of(framework),
        "beyond": _beyond(*activation.saturation(alpha)),
        "branch": number(experiment.residual),
    }
    calls = " ".join(str(values[name]) for name in ("batch", "weights", "biases", "norm"))
    return values | {"helpers": [name for name in HELPERS if f"{name}(" in calls]}


def _beyond(low: float, high: float) -> str | None:
    """Which outputs of phi count as saturated, as an expression; None where none does."""
    sides = {f"activated < {low:.12g}": low > -inf, f"activated > {high:.12g}": high < inf}
    found = [side for side, is_there in sides.items() if is_there]
    return found[0] if len(found) == 1 else " | ".join(f"({side})" for side in found) or None
