"""The script of an experiment as a Jupyter notebook: one cell for each part, with the mathematics above it."""

import json

from initviz.export.script import script
from initviz.frameworks import Framework
from initviz.network.experiment import Experiment

MARK = "# %%"
"""Begins a cell of a script, with the cell's title behind it."""


def notebook(experiment: Experiment, framework: Framework, link: str = "") -> str:
    """A notebook of format 4.5, not yet run. Raises InputError for what the catalogues have no code for."""
    head, *cells = script(experiment, framework, link).split(f"\n{MARK}")
    parts = [("markdown", _introduction(experiment, head))]
    for cell in cells:
        title, _, code = cell.partition("\n")
        if title.strip():
            parts.append(("markdown", f"## {title.strip()}"))
        parts.append(("code", code.strip("\n")))
    return json.dumps(
        {
            "cells": [_cell(number, kind, text) for number, (kind, text) in enumerate(parts)],
            "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        indent=1,
    )


def _cell(number: int, kind: str, text: str) -> dict[str, object]:
    own: dict[str, object] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": text.splitlines(keepends=True), **own}


def _introduction(experiment: Experiment, head: str) -> str:
    """The script's own words, then the function and the weights as formulas."""
    words = head.strip().strip('"').strip()
    title, _, rest = words.partition("\n\n")
    return f"# {' '.join(title.split())}\n\n{rest}\n\n$${experiment.phi.latex}$$\n\n$${experiment.weights.latex}$$"
