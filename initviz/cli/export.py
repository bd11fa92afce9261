"""The command `export`: an experiment as a script, a notebook, a record or a table."""

from argparse import ArgumentParser, Namespace

from initviz.catalogue import Catalogue, Named
from initviz.cli.flags import FORMATS, add_format, read_experiment
from initviz.export.notebook import notebook
from initviz.export.record import record
from initviz.export.script import script
from initviz.frameworks import FRAMEWORKS
from initviz.measure.simulate import simulate

EXPORTS = Catalogue(
    "format",
    [
        *(Named(framework.id, f"a script in {framework.name}") for framework in FRAMEWORKS.values()),
        Named("notebook", "the script of --framework as a Jupyter notebook"),
        Named("json", "the experiment, to be read by a program"),
        Named("csv", "the table of the layers, every column"),
    ],
)


def export_flags(parser: ArgumentParser) -> None:
    """--format and --framework."""
    add_format(parser, EXPORTS, default="torch")
    known = ", ".join(FRAMEWORKS)
    parser.add_argument("--framework", metavar="ID", default="torch", help=f"Of a notebook: {known}. Default: torch.")


def run_export(options: Namespace) -> str:
    """What `--format` asks for. Raises InputError for what cannot be exported."""
    form, experiment = EXPORTS[options.format].id, read_experiment(options)
    if form == "notebook":
        return notebook(experiment, FRAMEWORKS[options.framework])
    if form == "json":
        return record(experiment).rstrip("\n")
    if form == "csv":
        return FORMATS["csv"].render(list(simulate(experiment).rows()))
    return script(experiment, FRAMEWORKS[form]).rstrip("\n")
