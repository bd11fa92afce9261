"""The command line: `python -m initviz COMMAND ...`. The flags of an experiment are generated from its fields.

A new command is one `Command(...)` entry in `COMMANDS`: list the flags it takes and return the text it prints.
"""

import os
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Sequence

from initviz.catalogue import Catalogue, InputError
from initviz.cli import claims, export, model, networks, precision, sweep, training
from initviz.cli.command import Answer, Command
from initviz.cli.flags import Parser, experiment_flags, format_flag, report_flag, say, training_flags

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT."""
BROKEN_PIPE = 141
"""Exit status when nobody reads on: 128 + SIGPIPE."""

COMMANDS = Catalogue(
    "command",
    [
        Command(
            "simulate",
            "Simulate one random network and print one row for each layer",
            networks.run_simulate,
            (experiment_flags, format_flag),
        ),
        Command(
            "predict",
            "Predict every layer at infinite width, without drawing a network",
            networks.run_predict,
            (experiment_flags, format_flag),
        ),
        Command(
            "critical",
            "Where the activation keeps variance and gradient: sigma_w2 / fan_in for weights, sigma_b2 for biases",
            networks.run_critical,
            (experiment_flags, format_flag),
        ),
        Command(
            "diagnose",
            "Simulate one random network, or run a model's file, and say what is wrong with it, and what would cure it",
            networks.run_diagnose,
            (model.own_flags, experiment_flags, report_flag),
        ),
        Command(
            "precision",
            "What float16, bfloat16 and fp8 would lose of signals and gradients, and the loss scale that saves most",
            precision.run_precision,
            (model.own_flags, experiment_flags, format_flag),
        ),
        Command(
            "train",
            "Train the network from its own start and print what became of it, step by step",
            training.run_training,
            (experiment_flags, training_flags, format_flag),
        ),
        Command(
            "coordinates",
            "How far a training step moves each layer, as a power of the width, and what that means",
            training.check_coordinates,
            (experiment_flags, training_flags, format_flag),
        ),
        Command(
            "claims",
            "Put what textbooks, lectures and documentations say to the test",
            claims.run_claims,
            (claims.claims_flags,),
        ),
        Command("sweep", "Measure a grid of experiments into a folder", sweep.run, (sweep.sweep_flags,)),
        Command(
            "audit",
            "Name the law that each matrix of a model was drawn from, and who breaks the rule of its siblings",
            model.run_audit,
            (model.audit_flags,),
        ),
        Command(
            "export",
            "Print the experiment as code that runs without initviz, as a notebook, a record or a table",
            export.run_export,
            (experiment_flags, export.export_flags),
        ),
        Command("presets", "List the presets: id, name and what to look at", networks.run_presets),
        Command("compile", "Compile now what the first simulation on this machine would compile", networks.run_compile),
        Command("check", "Check that the settings of a deployment fit a shared instance", networks.run_check),
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
    """Run the command line; returns the exit status.

    0; 1 for a training that diverged, a sweep with failures or a model with a fault; 2 after a line about what is
    wrong.
    """
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
