"""A proposed fix as code for a model of somebody's own: what differs between two experiments, and nothing else."""

from initviz.export.render import imports, render
from initviz.export.script import template_values
from initviz.frameworks import Framework
from initviz.network.experiment import Experiment


def fix_code(before: Experiment, after: Experiment, framework: Framework, name: str = "The fix") -> str:
    """Code that gives the layers of `model` (a list `layers` in NumPy) the weights of `after`; changes of the network
    itself stand below as comments with the lines to write. `name`: the fix in words.

    Raises InputError for what the catalogues have no code for.
    """
    body = render("fix", before=before, after=after, title=name, **template_values(after, framework))
    lines = imports(body)
    return f"{lines}\n\n{body}" if lines else body
