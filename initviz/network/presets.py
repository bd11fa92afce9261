"""The experiments of the source material and of its claims, named as a teacher would say them.

One `Preset(...)` entry is all it takes to add one: the select box, `python -m initviz presets` and the tests read this
catalogue. `tests/network/test_presets.py` simulates every preset and checks what its sentence says.
"""

from dataclasses import dataclass
from typing import Any

from initviz.catalogue import Catalogue
from initviz.gaussian.tailored import tailored_slope
from initviz.network.experiment import Experiment


@dataclass(frozen=True)
class Preset:
    """An experiment worth looking at."""

    id: str
    group: str
    """What it is about: a heading that its neighbours in the catalogue share."""
    name: str
    """Short, since it stands in a narrow box behind its group."""
    experiment: Experiment
    shows: str
    """One sentence: where to look, and what is there to be seen."""
    source_rows: tuple[str, ...]
    """The rows of the source material that ask for it: S0-S1 the articles, S2 the Keras script, S3 the lecture."""

    @property
    def label(self) -> str:
        """Group and name, as a list shows it."""
        return f"{self.group}: {self.name}"


def preset_of(experiment: Experiment) -> Preset | None:
    """The preset that this experiment is, if it is one."""
    return next((preset for preset in PRESETS.values() if preset.experiment == experiment), None)


def _script(activation: str, **values: Any) -> Experiment:
    """The network of the S2 script (a linear layer, then five with the activation) on all of the shipped digits."""
    return Experiment(
        activation=activation, inputs="digits", samples=1797, width=100, depth=6, linear_first=True, **values
    )


PRESETS = Catalogue(
    "preset",
    [
        # --- Lecture: 10 layers of 500 units, 1000 Gaussian samples ---
        Preset(
            "tanh_small",
            "Lecture",
            "tanh, std 0.01",
            Experiment(),
            "The std of h falls by the same factor at every layer, and the gradient does the same on its way back.",
            ("S3-26", "S3-28", "S3-29", "S1-2", "S1-8", "S0-3"),
        ),
        Preset(
            "tanh_large",
            "Lecture",
            "tanh, std 1",
            Experiment(std=1),
            "Nearly every output sits at -1 or 1 and most dL/dz are almost 0, yet the few units that are not saturated"
            " make the gradient grow towards the first layer.",
            ("S3-27", "S3-29", "S1-2", "S1-8", "S0-10"),
        ),
        Preset(
            "tanh_xavier",
            "Lecture",
            "tanh + Xavier (fan_in)",
            Experiment(initializer="lecun_normal"),
            "The histograms keep their shape, and the std of h shrinks slowly instead of dying.",
            ("S3-29", "S3-30", "S0-9", "S0-11", "S0-15"),
        ),
        Preset(
            "relu_xavier",
            "Lecture",
            "ReLU + Xavier (fan_in)",
            Experiment(activation="relu", initializer="lecun_normal"),
            "The std of h falls by the factor 1/sqrt(2) a layer, because ReLU throws the negative half away.",
            ("S3-29", "S3-31", "S0-8"),
        ),
        Preset(
            "relu_he",
            "Lecture",
            "ReLU + He",
            Experiment(activation="relu", initializer="he_normal"),
            "The factor 2 in the variance makes up for the half that ReLU cuts: signal and gradient keep their size.",
            ("S3-29", "S3-32", "S0-12", "S0-15", "S1-10"),
        ),
        Preset(
            "constant",
            "Lecture",
            "constant weights",
            Experiment(initializer="constant"),
            "All columns of dL/dW are equal in every layer but the last, where the random gradient enters: the units of"
            " a layer stay copies of one another.",
            ("S3-25", "S2-14"),
        ),
        # --- Articles: a Keras script, a linear layer and five with the activation, 100 units each, on real digits ---
        Preset(
            "script_sigmoid_010",
            "Articles",
            "sigmoid, std 0.10",
            _script("sigmoid", std=0.10),
            "The outputs lie in a narrow band around 0.5, and the gradient dies on its way back.",
            ("S2-4", "S2-5", "S2-6", "S2-7"),
        ),
        Preset(
            "script_sigmoid_014",
            "Articles",
            "sigmoid, std 0.14",
            _script("sigmoid", std=0.14),
            "Larger weights spread the last layer wider than std 0.10 does.",
            ("S2-4", "S2-5", "S2-6", "S2-7"),
        ),
        Preset(
            "script_sigmoid_028",
            "Articles",
            "sigmoid, std 0.28",
            _script("sigmoid", std=0.28),
            "The widest of the three: the spread of the last layer follows the std of the weights.",
            ("S2-4", "S2-5", "S2-6", "S2-7"),
        ),
        Preset(
            "script_tanh_010",
            "Articles",
            "tanh, 0.10: Xavier",
            _script("tanh", std=0.10),
            "This std is Xavier (fan_in) for 100 inputs: the spread narrows slowly from layer to layer.",
            ("S2-4", "S2-5", "S2-6", "S2-8"),
        ),
        Preset(
            "script_tanh_014",
            "Articles",
            "tanh, 0.14: He",
            _script("tanh", std=0.14),
            "This std is He for 100 inputs: the spread shrinks less than with 0.10 and settles well above it.",
            ("S2-4", "S2-5", "S2-6", "S2-8"),
        ),
        Preset(
            "script_tanh_028",
            "Articles",
            "tanh, 0.28: twice He",
            _script("tanh", std=0.28),
            "A good part of the units is saturated in every layer, and the histograms pile up at -1 and 1.",
            ("S2-4", "S2-5", "S2-6", "S2-8"),
        ),
        Preset(
            "script_relu_010",
            "Articles",
            "ReLU, 0.10: Xavier",
            _script("relu", std=0.10),
            "The spread shrinks at every layer.",
            ("S2-4", "S2-5", "S2-6", "S2-9"),
        ),
        Preset(
            "script_relu_014",
            "Articles",
            "ReLU, 0.14: He",
            _script("relu", std=0.14),
            "The spread stays about the same through all layers.",
            ("S2-4", "S2-5", "S2-6", "S2-9"),
        ),
        Preset(
            "script_relu_028",
            "Articles",
            "ReLU, 0.28: twice He",
            _script("relu", std=0.28),
            "The signal doubles at every layer; it does not die: about half of the values are 0, as with any std.",
            ("S2-4", "S2-5", "S2-6", "S2-9"),
        ),
        Preset(
            "script_sigmoid_glorot",
            "Articles",
            "sigmoid + Glorot",
            _script("sigmoid", initializer="glorot_normal"),
            "The spread is steady from layer to layer, but the gradient still loses three quarters at each.",
            ("S2-4", "S2-6", "S2-10"),
        ),
        Preset(
            "script_tanh_glorot",
            "Articles",
            "tanh + Glorot",
            _script("tanh", initializer="glorot_normal"),
            "The spread narrows only slowly, and most of the gradient arrives at the first layer.",
            ("S2-4", "S2-6", "S2-10"),
        ),
        Preset(
            "script_relu_he",
            "Articles",
            "ReLU + He, digits",
            _script("relu", initializer="he_normal"),
            "The spread stays about the same through all layers, without anybody choosing a std.",
            ("S2-4", "S2-6", "S2-11"),
        ),
        # --- Inputs: what enters the network ---
        Preset(
            "positive_inputs",
            "Inputs",
            "all positive",
            Experiment(activation="sigmoid", initializer="lecun_normal", inputs="uniform"),
            "For each sample all weight gradients of a unit have the same sign, in the first layer through the inputs"
            " and later through the sigmoid.",
            ("S3-6", "S1-6"),
        ),
        Preset(
            "digits_raw",
            "Inputs",
            "digits as they are",
            Experiment(initializer="lecun_normal", inputs="digits"),
            "The inputs are all positive and point the same way: their mean cosine is high, and so is that of the first"
            " layers.",
            ("S3-23", "S3-6"),
        ),
        Preset(
            "digits_centered",
            "Inputs",
            "digits, zero-centred",
            Experiment(initializer="lecun_normal", inputs="digits", preprocessing="center"),
            "With the mean of each pixel subtracted, different digits point in different directions: the mean cosine"
            " falls to about 0.",
            ("S3-23",),
        ),
        Preset(
            "digits_standardized",
            "Inputs",
            "digits, normalized",
            Experiment(initializer="lecun_normal", inputs="digits", preprocessing="standardize"),
            "Every pixel that varies has std 1 now, so the first layers see a larger signal than with centring alone.",
            ("S3-23",),
        ),
        Preset(
            "sigmoid_wide_inputs",
            "Inputs",
            "very large, sigmoid",
            Experiment(activation="sigmoid", initializer="lecun_normal", input_std=100, depth=3),
            "Most units of the first layer are saturated, so hardly any gradient passes through it.",
            ("S0-7",),
        ),
        Preset(
            "sigmoid_narrow_inputs",
            "Inputs",
            "very small, sigmoid",
            Experiment(activation="sigmoid", initializer="lecun_normal", input_std=0.01, depth=3),
            "Every slope of the first layer is close to its maximum 0.25, so the layer is nearly linear and passes a"
            " quarter of the gradient.",
            ("S0-7",),
        ),
        # --- Cures: initializers made for the case ---
        Preset(
            "sigmoid_kumar",
            "Cures",
            "sigmoid + Kumar",
            Experiment(activation="sigmoid", initializer="kumar"),
            "With the larger weights of Kumar's rule the gradient shrinks far more slowly than with Xavier.",
            ("S0-13", "S0-15"),
        ),
        Preset(
            "lsuv",
            "Cures",
            "LSUV, layer by layer",
            Experiment(initializer="lsuv"),
            "The weights of each layer are rescaled on the batch itself until its z has a variance near 1.",
            ("S0-14", "S3-33"),
        ),
        Preset(
            "orthogonal",
            "Cures",
            "orthogonal, 50 layers",
            Experiment(activation="linear", initializer="orthogonal", depth=50, width=200),
            "An orthogonal matrix only turns its input: std and gradient stay exactly as they came in.",
            ("S3-33",),
        ),
        Preset(
            "tailored",
            "Cures",
            "tailored slope, depth 50",
            Experiment(
                activation="leaky_relu",
                alpha=tailored_slope(50),
                initializer="he_normal",
                depth=50,
                width=200,
                samples=500,
            ),
            "With a slope made for 50 layers the mean cosine stays below 0.9, where that of plain ReLU goes to 1, and"
            " no unit dies.",
            ("S1-12", "S3-33"),
        ),
        # --- Traps: what goes wrong, and what only looks well ---
        Preset(
            "zeros",
            "Traps",
            "zero weights",
            Experiment(initializer="zeros"),
            "Every h is 0, and every weight gradient is exactly 0: there is no direction to learn in.",
            ("S0-2",),
        ),
        Preset(
            "zeros_sigmoid",
            "Traps",
            "zero weights, sigmoid",
            Experiment(activation="sigmoid", initializer="zeros"),
            "Every h is 0.5, and the weight gradient is 0 in all layers but the last.",
            ("S0-2",),
        ),
        Preset(
            "linear",
            "Traps",
            "no activation",
            Experiment(activation="linear", initializer="lecun_normal"),
            "Signal and gradient keep their size, as Xavier was derived for; but a stack of linear layers can"
            " do no more than one.",
            ("S0-5", "S3-30", "S1-3"),
        ),
        Preset(
            "relu_large",
            "Traps",
            "ReLU, std 1: explodes",
            Experiment(activation="relu", std=1),
            "Signal and gradient grow by the same large factor at every layer, and soon leave the range of float16.",
            ("S0-3", "S0-10", "S1-2"),
        ),
        Preset(
            "sigmoid_vanishing",
            "Traps",
            "sigmoid + Xavier",
            Experiment(activation="sigmoid", initializer="lecun_normal"),
            "The std of h settles, but the gradient loses about three quarters of its size at every layer on its way"
            " back.",
            ("S1-6", "S1-2", "S0-13", "S0-15"),
        ),
        Preset(
            "sigmoid_exploding",
            "Traps",
            "sigmoid, std 1",
            Experiment(activation="sigmoid", std=1, depth=20),
            "Most units are saturated, and still the gradient grows layer by layer towards the input.",
            ("S1-6", "S1-2"),
        ),
        Preset(
            "relu_deep",
            "Traps",
            "ReLU + He, 50 layers",
            Experiment(activation="relu", initializer="he_normal", depth=50, width=200, samples=500),
            "The signal keeps its size, but the mean cosine climbs to 1, and with it the share of units that are dead:"
            " 0 for every sample.",
            ("S1-10", "S1-11", "S3-32"),
        ),
        Preset(
            "script_tied",
            "Traps",
            "one matrix for all",
            _script("tanh", initializer="glorot_normal", tied=True),
            "One seeded initializer object in Keras does this by accident: all layers of one shape start with the very"
            " same weights.",
            ("S2-12",),
        ),
    ],
)
