"""The commands about a model of somebody's own: audit, and diagnose of a file."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path
from typing import Any

from initviz.advice.findings import every, is_healthy
from initviz.catalogue import Catalogue, InputError, Named
from initviz.cli.command import Answer
from initviz.cli.flags import FORMATS, REPORTS, add_format, flag_of, known
from initviz.cli.report import as_json, line, lines
from initviz.model.audit import Row, audit, rows_as_markdown
from initviz.model.batch import read_batch
from initviz.model.chain import chain_fix, hidden_layers, run_chain
from initviz.model.matrices import ORIENTATIONS, Orientation
from initviz.model.read import read_model
from initviz.network.experiment import FIELDS, Experiment

SEVERE = 1
"""Exit status of a model with a fault: it guards a job."""

AUDIT_FORMATS = Catalogue(
    "format",
    [
        Named("table", "one line for each matrix"),
        Named("csv", "every column, full precision"),
        Named("json", "every column, full precision"),
        Named("github", "a table in Markdown, expected beside found"),
    ],
)
COLUMNS = ("name", "shape", "fan_in", "fan_out", "std", "kurtosis", "law", "odds", "finding")


def audit_flags(parser: ArgumentParser) -> None:
    """The file, what is expected of it, and how it lies there."""
    parser.add_argument("file", nargs="?", help="A .safetensors or .npz file.")
    parser.add_argument("--expect", metavar="LAW", help="Exit with 1 where a matrix has another law than this one.")
    orientation_flag(parser)
    add_format(parser, AUDIT_FORMATS)


def orientation_flag(parser: ArgumentParser) -> None:
    """--orientation."""
    parser.add_argument(
        "--orientation", metavar="ORDER", help="'out, in' or 'in, out': how the matrices lie. Default: guessed."
    )


def run_audit(options: Namespace) -> Answer:
    """One row for each matrix; exit 1 where a finding is severe."""
    form = AUDIT_FORMATS[options.format]
    if not options.file:
        raise InputError("Which file? Give the path of a .safetensors or .npz file.")
    rows = audit(read_model(options.file), options.expect, _orientation(options))
    return Answer(_rendered(rows, form.id), SEVERE if any(row.severe for row in rows) else 0)


def _orientation(options: Namespace) -> Orientation | None:
    return None if options.orientation is None else ORIENTATIONS[options.orientation].id


def diagnose_file(options: Namespace) -> Answer:
    """The findings about the hidden layers of a chain of dense layers; exit 1 where one is severe."""
    given = [name for name in ("preset", *FIELDS) if getattr(options, name) is not None]
    if other := [name for name in given if name not in ("activation", "alpha")]:
        raise InputError(f"{flag_of(other[0])} is about a network that is drawn, not about a model's file.")
    if options.activation is None:
        raise InputError("Which function lies between the layers? The file does not say: give --activation relu.")
    chosen = Experiment().changed(**{name: FIELDS[name].parse(getattr(options, name)) for name in given})
    tensors, way = read_model(options.file), _orientation(options)
    rows = audit(tensors, orientation=way)
    network = hidden_layers(tensors, rows, chosen.phi, chosen.phi_alpha, way)
    batch = None if options.batch is None else read_batch(options.batch)
    findings = run_chain(network, batch=batch).findings
    fix = None
    if not is_healthy(findings):
        fix = chain_fix(tensors, chosen.phi, chosen.phi_alpha, way, Path(options.file).name)
    if REPORTS[options.format].id == "json":
        text = as_json(findings, asdict(fix) if fix else None)
    else:
        cure = [line("fix", "", fix.sentence), "", fix.torch.rstrip()] if fix else []
        text = "\n".join([*lines(findings), *cure])
    return Answer(text, SEVERE if any(finding.severity == "bad" for finding in every(findings)) else 0)


def _rendered(rows: tuple[Row, ...], form: str) -> str:
    if form == "github":
        return rows_as_markdown(rows)
    records = [{name: asdict(row)[name] for name in COLUMNS} for row in rows]
    if form == "json":
        return json.dumps([known(record) for record in records], indent=1, allow_nan=False)
    return FORMATS[form].render([_flat(record) for record in records])


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "shape": "x".join(map(str, record["shape"]))}
