"""What the commands share: the formats that rows are printed in, and flags generated from the fields of a value."""

import csv
import io
import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite, isnan
from typing import Any, NoReturn, TypeAlias

from initviz.catalogue import Catalogue, Entry, InputError, Named
from initviz.fields import Choice, Field, Number
from initviz.learn.settings import TRAINING_DEFAULTS, TRAINING_FIELDS, Training
from initviz.network.experiment import DEFAULTS, FIELDS, Experiment
from initviz.network.presets import PRESETS

Row: TypeAlias = Mapping[str, Any]


# --- how rows are printed ------------------------------------------------------------------------------------------


def _table(rows: Sequence[Row]) -> str:
    """Right-aligned columns of four significant digits; `-` where a row has no such number."""
    lines = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.rjust, line, widths)) for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return "-" if isnan(value) else f"{value:.4g}"
    return str(value)


def _csv(rows: Sequence[Row]) -> str:
    """Full precision; an empty field where a row has no such number."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows(["" if value != value else value for value in row.values()] for row in rows)  # noqa: PLR0124 - nan
    return out.getvalue().rstrip("\n")


def _json(rows: Sequence[Row]) -> str:
    """A list of objects, full precision; null for nan and infinities, which JSON does not know."""
    return json.dumps([known(row) for row in rows], indent=1, allow_nan=False)


def known(row: Row) -> Row:
    """The row with None for numbers that JSON does not know."""
    return {key: None if isinstance(value, float) and not isfinite(value) else value for key, value in row.items()}


@dataclass(frozen=True)
class Format:
    """A way to print rows that all have the same keys."""

    id: str
    name: str
    render: Callable[[Sequence[Row]], str]


FORMATS = Catalogue(
    "format",
    [
        Format("table", "the main columns, four digits", _table),
        Format("csv", "every column, full precision", _csv),
        Format("json", "every column, full precision", _json),
    ],
)


# --- flags ---------------------------------------------------------------------------------------------------------


class Parser(ArgumentParser):
    """Raises InputError where argparse would print its usage and exit, and knows what an unknown flag meant."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message[:1].upper()}{message[1:]}.")

    def read(self, arguments: Sequence[str]) -> Namespace:
        options, unknown = self.parse_known_args([_dashed(argument) for argument in arguments])
        if unknown:
            flag = unknown[0].partition("=")[0]
            close = get_close_matches(flag, map(flag_of, vars(options)), n=1)
            meant = f" Did you mean '{close[0]}'?" if close else ""
            raise InputError(f"Unknown argument '{flag[:40]}'.{meant} See {self.prog} --help.")
        return options


def flag_of(name: str) -> str:
    """The flag of a field."""
    return "--" + name.replace("_", "-")


def _dashed(argument: str) -> str:
    """--input_std, as it is spelled in links, is --input-std."""
    flag, equals, value = argument.partition("=")
    return flag.replace("_", "-") + equals + value if flag.startswith("--") else argument


def experiment_flags(parser: ArgumentParser) -> None:
    """--preset, and one flag for each field of Experiment."""
    parser.add_argument("--preset", metavar="ID", help="Start from this preset; the other flags override it.")
    _add_fields(parser, FIELDS, DEFAULTS)


def _add_fields(parser: ArgumentParser, specs: Mapping[str, Field], defaults: Mapping[str, Any]) -> None:
    for name, spec in specs.items():
        default = defaults[name]
        known = "" if default is None else f" Default: {spec.text(default)}."
        parser.add_argument(
            flag_of(name),
            metavar=_metavar(spec),
            help=f"{spec.help} {_possible(spec)}{known}".replace("%", "%%"),
        )


def _metavar(spec: Field) -> str:
    return "ID" if isinstance(spec, Choice) else "N" if isinstance(spec, Number) else "1|0"


def _possible(spec: Field) -> str:
    if isinstance(spec, Choice):
        return f"One of {', '.join(spec.options)}."
    if isinstance(spec, Number):
        return f"{spec.bounds.capitalize()}."
    return "1 for yes, 0 for no."


def training_flags(parser: ArgumentParser) -> None:
    """One flag for each field of Training, and --save."""
    _add_fields(parser, TRAINING_FIELDS, TRAINING_DEFAULTS)
    parser.add_argument("--save", metavar="FILE", help="Write the trained weights to this safetensors file.")


def format_flag(parser: ArgumentParser) -> None:
    """--format."""
    add_format(parser, FORMATS)


def add_format(parser: ArgumentParser, forms: Mapping[str, Entry], default: str = "table") -> None:
    """--format, for any catalogue of formats."""
    what = "; ".join(f"{entry.id}: {entry.name}" for entry in forms.values())
    parser.add_argument("--format", metavar="FORMAT", default=default, help=f"{what}. Default: {default}.")


def read_experiment(options: Namespace) -> Experiment:
    """The experiment the flags describe. Raises InputError for a value that is not possible."""
    start = Experiment() if options.preset is None else PRESETS[options.preset].experiment
    given = _given(options, FIELDS)
    experiment = start.changed(**given)
    for name, value in given.items():
        if value != DEFAULTS[name] and not experiment.uses(name):
            say(f"note: {flag_of(name)} does nothing with {experiment.weights.name}.")
    return experiment


def read_training(options: Namespace) -> Training:
    """The training the flags describe. Raises InputError for a value that is not possible."""
    return Training(**_given(options, TRAINING_FIELDS))


def _given(options: Namespace, specs: Mapping[str, Field]) -> dict[str, Any]:
    """The values of the flags that were given."""
    texts = {name: getattr(options, name) for name in specs}
    return {name: specs[name].parse(text) for name, text in texts.items() if text is not None}


REPORTS = Catalogue("format", [Named("table", "one line for each finding"), Named("json", "everything")])


def report_flag(parser: ArgumentParser) -> None:
    """--format of what is no table of numbers."""
    add_format(parser, REPORTS)


def say(message: str) -> None:
    """One line on stderr, whatever the message quotes."""
    print("initviz:", " ".join(message.split()), file=sys.stderr)
