"""The commands about a model of somebody's own: audit."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from typing import Any

from initviz.catalogue import Catalogue, InputError, Named
from initviz.cli.command import Answer
from initviz.cli.flags import FORMATS, add_format, known
from initviz.model.audit import Row, audit, rows_as_markdown
from initviz.model.read import read_model

SEVERE = 1
"""Exit status of an audit with a fault: it guards a job."""

AUDIT_FORMATS = Catalogue(
    "format",
    [
        Named("table", "one line for each matrix"),
        Named("csv", "every column, full precision"),
        Named("json", "every column, full precision"),
        Named("github", "a table in Markdown, expected beside found"),
    ],
)
ORIENTATIONS = Catalogue("orientation", [Named("out, in", "PyTorch, safetensors"), Named("in, out", "Keras, JAX")])

COLUMNS = ("name", "shape", "fan_in", "fan_out", "std", "kurtosis", "law", "odds", "finding")


def audit_flags(parser: ArgumentParser) -> None:
    """The file, what is expected of it, and how it lies there."""
    parser.add_argument("file", nargs="?", help="A .safetensors or .npz file.")
    parser.add_argument("--expect", metavar="LAW", help="Exit with 1 where a matrix has another law than this one.")
    parser.add_argument(
        "--orientation", metavar="ORDER", help="'out, in' or 'in, out': how the matrices lie. Default: guessed."
    )
    add_format(parser, AUDIT_FORMATS)


def run_audit(options: Namespace) -> Answer:
    """One row for each matrix; exit 1 where a finding is severe."""
    form = AUDIT_FORMATS[options.format]
    if not options.file:
        raise InputError("Which file? Give the path of a .safetensors or .npz file.")
    way = None if options.orientation is None else ORIENTATIONS[options.orientation].id
    rows = audit(read_model(options.file), options.expect, way)  # type: ignore[arg-type]
    return Answer(_rendered(rows, form.id), SEVERE if any(row.severe for row in rows) else 0)


def _rendered(rows: tuple[Row, ...], form: str) -> str:
    if form == "github":
        return rows_as_markdown(rows)
    records = [{name: asdict(row)[name] for name in COLUMNS} for row in rows]
    if form == "json":
        return json.dumps([known(record) for record in records], indent=1, allow_nan=False)
    return FORMATS[form].render([_flat(record) for record in records])


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "shape": "x".join(map(str, record["shape"]))}
