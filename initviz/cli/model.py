"""The commands about a model of somebody's own: audit, and diagnose of a file or of layer sizes."""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from initviz.advice.findings import every, is_healthy
from initviz.arrays import FloatArray
from initviz.catalogue import Catalogue, InputError, Named
from initviz.cli.command import Answer
from initviz.cli.flags import FORMATS, REPORTS, add_format, flag_of, known
from initviz.cli.report import as_json, line, lines
from initviz.model.audit import Row, audit, headline, rows_as_markdown
from initviz.model.batch import read_batch, typed_model
from initviz.model.chain import chain_batch, chain_fix, hidden_layers, run_chain
from initviz.model.matrices import ORIENTATIONS, Orientation
from initviz.model.read import Tensor, read_model
from initviz.network.experiment import FIELDS, Experiment
from initviz.network.network import Network

SEVERE = 1
"""Exit status of a model with a fault: it guards a job."""

DRAWN_BY = "torch_default"
"""What layers of typed sizes are drawn by, where --initializer does not say."""

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


OWN_FLAGS = ("orientation", "batch")
"""Flags that say how a model is read and what is sent through it."""
DRAWN = ("initializer", "seed")
"""Fields of an experiment that say how layers of typed sizes are drawn."""


def own_flags(parser: ArgumentParser) -> None:
    """A model's file or its layer sizes, how it is read, and what is sent through it."""
    parser.add_argument("file", nargs="?", help="A .safetensors or .npz file, taken instead; needs --activation.")
    parser.add_argument(
        "--sizes",
        metavar="N,N,...",
        help="Units from inputs to outputs, such as 784,256,256,10: dense layers of these sizes, taken instead, as"
        f" --initializer draws them. Default of that, here: {DRAWN_BY}.",
    )
    parser.add_argument("--batch", metavar="FILE", help="Samples to send through that model: CSV, .npy or .npz.")
    orientation_flag(parser)


def is_own(options: Namespace) -> bool:
    """Whether the flags are about a model of somebody's own. Raises InputError where only some of them are."""
    if options.file or options.sizes is not None:
        return True
    for name in OWN_FLAGS:
        if getattr(options, name) is not None:
            raise InputError(f"--{name} is about a model of your own: give its path, or --sizes.")
    return False


@dataclass(frozen=True)
class Own:
    """A model of somebody's own, ready to run."""

    tensors: tuple[Tensor, ...]
    network: Network
    """Its hidden layers."""
    batch: FloatArray
    """What is sent through them."""
    chosen: Experiment
    """The activation, and its parameter, as an experiment's."""


def read_own(options: Namespace) -> Own:
    """The model that the flags describe. Raises InputError where it is no chain of dense layers, or the activation is
    missing."""
    if options.file and options.sizes is not None:
        raise InputError("A file or --sizes, not both.")
    drawn = DRAWN if options.sizes is not None else ()
    given = [name for name in ("preset", *FIELDS) if getattr(options, name) is not None]
    if other := [name for name in given if name not in ("activation", "alpha", *drawn)]:
        if options.file:
            raise InputError(f"{flag_of(other[0])} is about a network that is drawn, not about a model's file.")
        raise InputError(f"{flag_of(other[0])} has no say in layers of typed sizes.")
    if options.activation is None:
        unsaid = "The file does not say" if options.file else "Sizes do not say"
        raise InputError(f"Which function lies between the layers? {unsaid}: give --activation relu.")
    chosen = Experiment().changed(**{name: FIELDS[name].parse(getattr(options, name)) for name in given})
    if options.file:
        tensors = read_model(options.file)
    else:
        law = chosen.initializer if options.initializer else DRAWN_BY
        tensors = read_model(typed_model(options.sizes, law, seed=chosen.seed), "the model")
    way = _orientation(options)
    network = hidden_layers(tensors, audit(tensors, orientation=way), chosen.phi, chosen.phi_alpha, way)
    batch = None if options.batch is None else read_batch(options.batch)
    return Own(tensors, network, chain_batch(network, batch), chosen)


def diagnose_own(options: Namespace) -> Answer:
    """The findings about the hidden layers of a chain of dense layers; exit 1 where one is severe."""
    own = read_own(options)
    findings = run_chain(own.network, batch=own.batch).findings
    fix = None
    if not is_healthy(findings):
        name = Path(options.file or "model.safetensors").name
        fix = chain_fix(own.tensors, own.chosen.phi, own.chosen.phi_alpha, _orientation(options), name)
    if REPORTS[options.format].id == "json":
        text = as_json(findings, asdict(fix) if fix else None)
    else:
        cure = [line("fix", "", fix.sentence), "", fix.torch.rstrip()] if fix else []
        text = "\n".join([*lines(findings), *cure])
    return Answer(text, SEVERE if any(finding.severity == "bad" for finding in every(findings)) else 0)


def _rendered(rows: tuple[Row, ...], form: str) -> str:
    if form == "github":
        return f"{headline(rows)}\n\n{rows_as_markdown(rows)}"
    records = [{name: getattr(row, name) for name in COLUMNS} for row in rows]
    if form == "json":
        return json.dumps([known(record) for record in records], indent=1, allow_nan=False)
    text = FORMATS[form].render([_flat(record) for record in records])
    return f"{headline(rows)}\n\n{text}" if form == "table" else text


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    return {**record, "shape": "x".join(map(str, record["shape"]))}
