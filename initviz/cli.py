"""The command line: `python -m initviz COMMAND ...`. The flags of an experiment are generated from its fields.

A new command is one `Command(...)` entry in `COMMANDS`: list the flags it takes and return the text it prints.
"""

import json
import os
import sys
import textwrap
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import Any

from initviz.advice.diagnosis import diagnose
from initviz.advice.findings import Finding, every, is_healthy, verdict
from initviz.advice.fix import Fix, propose
from initviz.catalogue import Catalogue, InputError
from initviz.flags import (
    FORMATS,
    REPORTS,
    Parser,
    Row,
    experiment_flags,
    flag_of,
    format_flag,
    known,
    read_experiment,
    read_training,
    report_flag,
    say,
    training_flags,
)
from initviz.gaussian.moments import critical_point
from initviz.learn.run import train
from initviz.measure.passes import compile_all
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS
from initviz.serving.limits import check
from initviz.theory.prediction import predict

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT."""
DIVERGED = 1
"""Exit status of a training that overflowed."""
BROKEN_PIPE = 141
"""Exit status when nobody reads on: 128 + SIGPIPE."""


# --- the commands --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What is printed, and the exit status."""

    text: str
    status: int = 0


@dataclass(frozen=True)
class Command:
    """One thing the command line can do."""

    id: str
    name: str
    """What it does, in a few words."""
    run: "Callable[[Namespace], str | Answer]"
    """Options -> the text to print; raises InputError."""
    flags: tuple[Callable[[ArgumentParser], None], ...] = ()

    def parser(self) -> Parser:
        parser = Parser(f"python -m initviz {self.id}", description=f"{self.name}.", add_help=False, allow_abbrev=False)
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
        say(f"note: {remark}")
    return FORMATS[options.format].render([{name: row[name] for name in PREDICTED} for row in prediction.rows()])


CRITICAL = ("sigma_w2", "sigma_b2", "q_star", "chi_1", "chi_par", "kind")


def _critical(options: Namespace) -> str:
    """One record, so that JSON is one object; a number that does not exist is empty."""
    experiment = read_experiment(options)
    point = critical_point(experiment.phi, experiment.phi_alpha)
    if point.sigma_w2 is None:
        say(f"note: {point.note}")
    row = {name: nan if getattr(point, name) is None else getattr(point, name) for name in CRITICAL}
    form = FORMATS[options.format]
    return json.dumps(known(row), indent=1) if form.id == "json" else form.render([row])


def _diagnose(options: Namespace) -> str:
    form, experiment = REPORTS[options.format], read_experiment(options)
    findings = diagnose(experiment, simulate(experiment))
    fix = None if is_healthy(findings) else propose(experiment)
    if form.id == "json":
        record = {
            "verdict": verdict(findings),
            "findings": [
                _finding_record(one, None if one is cause else cause) for cause in findings for one in every([cause])
            ],
            "fix": fix and _fix_record(fix, experiment),
        }
        return json.dumps(record, indent=1, allow_nan=False)
    lines: list[tuple[str, str, str]] = [
        (finding.severity, finding.direction, finding.sentence) for finding in every(findings)
    ]
    if fix:
        lines.append(
            ("fix", "", fix.sentence if fix.complete else f"No full cure is known; the best found: {fix.sentence}")
        )
        lines.append(("flags", "", _changed_flags(fix.changes(experiment))))
    return "\n".join(f"{severity:9}{direction:10}{sentence}" for severity, direction, sentence in lines)


def _finding_record(finding: Finding, cause: Finding | None) -> dict[str, Any]:
    """A finding as one flat object, with the id of the finding that explains it, if there is one."""
    record = {name: value for name, value in vars(finding).items() if name != "consequences"}
    return {**record, "evidence": known(finding.evidence), "cause": cause and cause.id}


def _fix_record(fix: Fix, before: Experiment) -> dict[str, Any]:
    return {
        "sentence": fix.sentence,
        "complete": fix.complete,
        "changes": fix.changes(before),
        "flags": _changed_flags(fix.changes(before)),
        "predicted": [known({name: row[name] for name in PREDICTED}) for row in fix.prediction.rows()],
    }


def _changed_flags(changes: Mapping[str, str | None]) -> str:
    """What to add to the command line, and what to leave away."""
    return " ".join(
        f"(without {flag_of(name)})" if text is None else f"{flag_of(name)} {text}" for name, text in changes.items()
    )


CURVE = ("step", "epoch", "loss", "accuracy", "test_loss", "test_accuracy")
"""The table shows these, of some twenty recorded steps."""


TRAINED = (
    "test_accuracy",
    "test_loss",
    "steps",
    "seconds",
    "learning_rate",
    "predicted_max_learning_rate",
    "measured_max_learning_rate",
    "outcome",
    "sentence",
)
"""What JSON says of a training, beside its history."""


def _train(options: Namespace) -> Answer:
    form = FORMATS[options.format]
    trained = train(read_experiment(options), read_training(options))
    if options.save:
        trained.save(options.save)
    say(f"note: {trained.limit.sentence(trained.measured_max_learning_rate)}")
    rows: Sequence[Row] = trained.history.rows()
    if form.id == "json":
        record = {name: getattr(trained, name) for name in TRAINED}
        text = json.dumps({**known(record), "history": [known(row) for row in rows]}, indent=1, allow_nan=False)
    elif form.id == "table":
        steps = [row for row in rows if row["layer"] == 1]
        shown = [{name: row[name] for name in CURVE} for row in steps[:: -(-len(steps) // 20)]]
        text = f"{form.render(shown)}\n\n{trained.sentence}"
    else:
        text = form.render(rows)
    return Answer(text, DIVERGED if trained.diverged else 0)


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


def _compile(options: Namespace) -> str:
    started = time.perf_counter()
    compiled = compile_all()
    seconds = time.perf_counter() - started
    if not compiled:
        return f"Nothing to compile: the statistics' passes were loaded in {seconds:.1f} s."
    return f"Compiled {compiled} passes for the statistics, once, in {seconds:.0f} s: from now on they are loaded."


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
        Command(
            "train",
            "Train the network from its own start and print what became of it, step by step",
            _train,
            (experiment_flags, training_flags, format_flag),
        ),
        Command("presets", "List the presets: id, name and what to look at", _presets),
        Command("compile", "Compile now what the first simulation on this machine would compile", _compile),
        Command("check", "Check that the settings of a deployment fit a shared instance", _check),
    ],
)


def _overview() -> str:
    parser = Parser(
        "python -m initviz",
        usage="%(prog)s COMMAND [flags]",
        description="See why a neural network will or will not learn.",
        epilog="\n".join(["commands:", *(f"  {command.id:12}{command.name}" for command in COMMANDS.values())])
        + "\n\nEach command explains its flags with --help.",
        formatter_class=RawDescriptionHelpFormatter,
        add_help=False,
    )
    return parser.format_help()


def _answer(arguments: Sequence[str]) -> Answer:
    if not arguments:
        raise InputError(f"Which command? Available: {', '.join(COMMANDS)}. See python -m initviz --help.")
    if arguments[0] in ("-h", "--help"):
        return Answer(_overview())
    command = COMMANDS[arguments[0]]
    parser = command.parser()
    options = parser.read(arguments[1:])
    said = parser.format_help() if options.help else command.run(options)
    return Answer(said) if isinstance(said, str) else said


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0, 1 for a training that diverged, 2 after a line about what
    is wrong."""
    try:
        answer = _answer(sys.argv[1:] if arguments is None else arguments)
        print(answer.text, flush=True)
    except InputError as error:
        say(str(error))
        return 2
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # what is still buffered has nowhere to go; Python would complain about it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return answer.status
