"""The templates, and how they become code."""

import re
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

IMPORTS = (
    ("import gzip\n", r"\bgzip\."),
    ("import math\n", r"\bmath\."),
    ("import os\n", r"\bos\."),
    ("import struct\n", r"\bstruct\."),
    ("from pathlib import Path\n", r"\bPath\("),
    ("", ""),
    ("import jax\n", r"\bjax\."),
    ("import jax.numpy as jnp\n", r"\bjnp\."),
    ("import keras\n", r"\bkeras\.\w"),
    ("import numpy as np\n", r"\bnp\."),
    ("import torch\n", r"\btorch\."),
    ("from flax import nnx\n", r"\bnnx\."),
    ("from keras import ops\n", r"\bops\."),
    ("from scipy import special\n", r"(?<![.\w])special\."),
    ("from sklearn.datasets import load_digits\n", r"\bload_digits\("),
    ("from torch import nn\n", r"(?<![.\w])nn\."),
    ("from torch.nn import functional as F\n", r"\bF\."),
)
"""Lines that a script starts with where the rest of it has what they are for; standard library first."""


@cache
def template(name: str) -> Template:
    """A template of this room, by its name without the ending."""
    environment = Environment(
        loader=PackageLoader("initviz.export"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    return environment.get_template(f"{name}.py.j2")


def render(name: str, **values: Any) -> str:
    """A template filled in: at most two blank lines in a row, one line break at the end."""
    return re.sub(r"\n{4,}", "\n\n\n", template(name).render(values)).strip("\n") + "\n"


def imports(code: str) -> str:
    """The imports that some code needs, without those that it has itself."""
    bare = re.sub(r"#.*", "", re.sub(r'""".*?"""', "", code, flags=re.DOTALL))
    found = [line for line, sign in IMPORTS if not line or (line not in bare and re.search(sign, bare))]
    return re.sub(r"\n\n+", "\n\n", "".join(line or "\n" for line in found)).strip("\n")
