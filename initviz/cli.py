"""The command line: `python -m initviz COMMAND ...`. The flags of an experiment are generated from its fields.

A new command is one `Command(...)` entry in `COMMANDS`: list the flags it takes and return the text it prints.
"""

import csv
import io
import json
import os
import sys
import textwrap
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from math import isfinite, isnan, nan
from typing import Any, NoReturn, TypeAlias

from initviz.advice.diagnosis import diagnose, is_healthy, verdict
from initviz.advice.fix import Fix, propose
from initviz.catalogue import Catalogue, Entry, InputError, Named
from initviz.fields import Choice, Field, Number
from initviz.gaussian.moments import critical_point
from initviz.measure.simulate import simulate
from initviz.network.experiment import DEFAULTS, FIELDS, Experiment
from initviz.network.presets import PRESETS
from initviz.serving.limits import check
from initviz.theory.prediction import predict

Row: TypeAlias = Mapping[str, Any]

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT."""
BROKEN_PIPE = 141
"""Exit status when nobody reads on: 128 + SIGPIPE."""


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
    return json.dumps([_known(row) for row in rows], indent=1, allow_nan=False)


def _known(row: Row) -> Row:
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


class _Parser(ArgumentParser):
    """Raises InputError where argparse would print its usage and exit, and knows what an unknown flag meant."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message[:1].upper()}{message[1:]}.")

    def read(self, arguments: Sequence[str]) -> Namespace:
        options, unknown = self.parse_known_args([_dashed(argument) for argument in arguments])
        if unknown:
            flag = unknown[0].partition("=")[0]
            close = get_close_matches(flag, map(_flag, vars(options)), n=1)
            meant = f" Did you mean '{close[0]}'?" if close else ""
            raise InputError(f"Unknown argument '{flag[:40]}'.{meant} See {self.prog} --help.")
        return options


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _dashed(argument: str) -> str:
    """--input_std, as it is spelled in links, is --input-std."""
    flag, equals, value = argument.partition("=")
    return flag.replace("_", "-") + equals + value if flag.startswith("--") else argument


def experiment_flags(parser: ArgumentParser) -> None:
    """--preset, and one flag for each field of Experiment."""
    parser.add_argument("--preset", metavar="ID", help="Start from this preset; the other flags override it.")
    for name, spec in FIELDS.items():
        default = DEFAULTS[name]
        known = "" if default is None else f" Default: {spec.text(default)}."
        parser.add_argument(
            _flag(name),
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


def format_flag(parser: ArgumentParser) -> None:
    """--format."""
    _add_format(parser, FORMATS)


def _add_format(parser: ArgumentParser, forms: Mapping[str, Entry]) -> None:
    what = "; ".join(f"{entry.id}: {entry.name}" for entry in forms.values())
    parser.add_argument("--format", metavar="FORMAT", default="table", help=f"{what}. Default: table.")


def read_experiment(options: Namespace) -> Experiment:
    """The experiment the flags describe. Raises InputError for a value that is not possible."""
    start = Experiment() if options.preset is None else PRESETS[options.preset].experiment
    texts = {name: getattr(options, name) for name in FIELDS}
    given = {name: FIELDS[name].parse(text) for name, text in texts.items() if text is not None}
    experiment = start.changed(**given)
    for name, value in given.items():
        if value != DEFAULTS[name] and not experiment.uses(name):
            _say(f"note: {_flag(name)} does nothing with {experiment.weights.name}.")
    return experiment


# --- the commands --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Command:
    """One thing the command line can do."""

    id: str
    name: str
    """What it does, in a few words."""
    run: Callable[[Namespace], str]
    """Options -> the text to print; raises InputError."""
    flags: tuple[Callable[[ArgumentParser], None], ...] = ()

    def parser(self) -> _Parser:
        parser = _Parser(
            f"python -m initviz {self.id}", description=f"{self.name}.", add_help=False, allow_abbrev=False
        )
        parser.add_argument("-h", "--help", action="store_true", help="Show this and exit.")
        for add in self.flags:
            add(parser)
        return parser


LAST_IN_TABLE = "grad_w_std"
"""The table shows the columns up to this one: as many as a screen holds."""


def _simulate(options: Namespace) -> str:
    form = FORMATS[options.format]
    rows = list(simulate(read_experiment(options)).rows())
    if form.id == "table":
        shown = list(rows[0])[: list(rows[0]).index(LAST_IN_TABLE) + 1]
        rows = [{name: row[name] for name in shown} for row in rows]
    return form.render(rows)


PREDICTED = ("layer", "mean", "std", "q", "chi", "cosine", "grad_h_std", "grad_w_std")
"""What `predict` prints; `Prediction` has more."""


def _predict(options: Namespace) -> str:
    prediction = predict(read_experiment(options))
    for remark in filter(None, (prediction.reason, prediction.note)):
        _say(f"note: {remark}")
    return FORMATS[options.format].render([{name: row[name] for name in PREDICTED} for row in prediction.rows()])


CRITICAL = ("sigma_w2", "sigma_b2", "q_star", "chi_1", "chi_par", "kind")


def _critical(options: Namespace) -> str:
    """One record, so that JSON is one object; a number that does not exist is empty."""
    experiment = read_experiment(options)
    point = critical_point(experiment.phi, experiment.phi_alpha)
    if point.sigma_w2 is None:
        _say(f"note: {point.note}")
    row = {name: nan if getattr(point, name) is None else getattr(point, name) for name in CRITICAL}
    form = FORMATS[options.format]
    return json.dumps(_known(row), indent=1) if form.id == "json" else form.render([row])


REPORTS = Catalogue("format", [Named("table", "one line for each finding"), Named("json", "everything")])


def report_flag(parser: ArgumentParser) -> None:
    """--format of what is no table of numbers."""
    _add_format(parser, REPORTS)


def _diagnose(options: Namespace) -> str:
    form, experiment = REPORTS[options.format], read_experiment(options)
    findings = diagnose(experiment, simulate(experiment))
    fix = None if is_healthy(findings) else propose(experiment)
    if form.id == "json":
        record = {
            "verdict": verdict(findings),
            "findings": [{**asdict(finding), "evidence": _known(finding.evidence)} for finding in findings],
            "fix": fix and _fix_record(fix, experiment),
        }
        return json.dumps(record, indent=1, allow_nan=False)
    lines: list[tuple[str, str, str]] = [
        (finding.severity, finding.direction, finding.sentence) for finding in findings
    ]
    if fix:
        lines.append(
            ("fix", "", fix.sentence if fix.complete else f"No full cure is known; the best found: {fix.sentence}")
        )
        lines.append(("flags", "", _changed_flags(fix.changes(experiment))))
    return "\n".join(f"{severity:9}{direction:10}{sentence}" for severity, direction, sentence in lines)


def _fix_record(fix: Fix, before: Experiment) -> dict[str, Any]:
    return {
        "sentence": fix.sentence,
        "complete": fix.complete,
        "changes": fix.changes(before),
        "flags": _changed_flags(fix.changes(before)),
        "predicted": [_known({name: row[name] for name in PREDICTED}) for row in fix.prediction.rows()],
    }


def _changed_flags(changes: Mapping[str, str | None]) -> str:
    """What to add to the command line, and what to leave away."""
    return " ".join(
        f"(without {_flag(name)})" if text is None else f"{_flag(name)} {text}" for name, text in changes.items()
    )


def _presets(options: Namespace) -> str:
    return "\n".join(
        f"{preset.id:24}{preset.label}\n{textwrap.indent(textwrap.fill(preset.shows, 92), ' ' * 24)}"
        for preset in PRESETS.values()
    )


def _check(options: Namespace) -> str:
    findings = check()
    report = "\n".join(finding.line() for finding in findings)
    unfit = [finding.name for finding in findings if not finding.fit]
    if unfit:
        print(report)
        raise InputError(f"Not fit for visitors one does not know: {', '.join(unfit)}.")
    return report


COMMANDS = Catalogue(
    "command",
    [
        Command(
            "simulate",
            "Simulate one random network and print one row for each layer",
            _simulate,
            (experiment_flags, format_flag),
        ),
        Command(
            "predict",
            "Predict every layer at infinite width, without drawing a network",
            _predict,
            (experiment_flags, format_flag),
        ),
        Command(
            "critical",
            "Where the activation keeps variance and gradient: sigma_w2 / fan_in for weights, sigma_b2 for biases",
            _critical,
            (experiment_flags, format_flag),
        ),
        Command(
            "diagnose",
            "Simulate one random network and say what is wrong with it, with numbers, and what would cure it",
            _diagnose,
            (experiment_flags, report_flag),
        ),
        Command("presets", "List the presets: id, name and what to look at", _presets),
        Command("check", "Check that the settings of a deployment fit a shared instance", _check),
    ],
)


def _overview() -> str:
    parser = _Parser(
        "python -m initviz",
        usage="%(prog)s COMMAND [flags]",
        description="See why a neural network will or will not learn.",
        epilog="\n".join(["commands:", *(f"  {command.id:12}{command.name}" for command in COMMANDS.values())])
        + "\n\nEach command explains its flags with --help.",
        formatter_class=RawDescriptionHelpFormatter,
        add_help=False,
    )
    return parser.format_help()


def _answer(arguments: Sequence[str]) -> str:
    if not arguments:
        raise InputError(f"Which command? Available: {', '.join(COMMANDS)}. See python -m initviz --help.")
    if arguments[0] in ("-h", "--help"):
        return _overview()
    command = COMMANDS[arguments[0]]
    parser = command.parser()
    options = parser.read(arguments[1:])
    return parser.format_help() if options.help else command.run(options)


def _say(message: str) -> None:
    """One line on stderr, whatever the message quotes."""
    print("initviz:", " ".join(message.split()), file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, or 2 after one line on stderr about what is wrong."""
    try:
        print(_answer(sys.argv[1:] if arguments is None else arguments), flush=True)
    except InputError as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # what is still buffered has nowhere to go; Python would complain about it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return 0
