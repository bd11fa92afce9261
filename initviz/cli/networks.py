"""The commands about one network at its start: simulate, predict, critical, diagnose, presets, check, compile."""

import json
import textwrap
import time
from argparse import Namespace
from collections.abc import Mapping
from math import nan
from typing import Any

from initviz.advice.diagnosis import diagnose
from initviz.advice.findings import is_healthy
from initviz.advice.fix import Fix, promise, propose
from initviz.catalogue import InputError
from initviz.cli import model, report
from initviz.cli.command import Answer
from initviz.cli.flags import FORMATS, REPORTS, flag_of, known, read_experiment, say
from initviz.gaussian.moments import critical_point
from initviz.measure.passes import compile_all
from initviz.measure.simulate import simulate
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS
from initviz.serving.limits import check
from initviz.theory.prediction import predict

LAST_IN_TABLE = "grad_w_std"
"""The table shows the columns up to this one: as many as a screen holds."""


def run_simulate(options: Namespace) -> str:
    """One row for each layer."""
    form = FORMATS[options.format]
    rows = list(simulate(read_experiment(options)).rows())
    if form.id == "table":
        shown = list(rows[0])[: list(rows[0]).index(LAST_IN_TABLE) + 1]
        rows = [{name: row[name] for name in shown} for row in rows]
    return form.render(rows)


PREDICTED = ("layer", "mean", "std", "q", "chi", "cosine", "grad_h_std", "grad_w_std")
"""What `predict` prints; `Prediction` has more."""


def run_predict(options: Namespace) -> str:
    """One row for each layer of the prediction."""
    prediction = predict(read_experiment(options))
    for remark in filter(None, (prediction.reason, prediction.note)):
        say(f"note: {remark}")
    return FORMATS[options.format].render([{name: row[name] for name in PREDICTED} for row in prediction.rows()])


CRITICAL = ("sigma_w2", "sigma_b2", "q_star", "chi_1", "chi_par", "kind")


def run_critical(options: Namespace) -> str:
    """One record, so that JSON is one object; a number that does not exist is empty."""
    experiment = read_experiment(options)
    point = critical_point(experiment.phi, experiment.phi_alpha)
    if point.sigma_w2 is None:
        say(f"note: {point.note}")
    row = {name: nan if getattr(point, name) is None else getattr(point, name) for name in CRITICAL}
    form = FORMATS[options.format]
    return json.dumps(known(row), indent=1) if form.id == "json" else form.render([row])


def run_diagnose(options: Namespace) -> Answer:
    """One line for each finding, then the fix and the flags it needs; of a model of somebody's own, exit 1 where a
    finding is severe."""
    if model.is_own(options):
        return model.diagnose_own(options)
    form, experiment = REPORTS[options.format], read_experiment(options)
    findings = diagnose(experiment, simulate(experiment))
    fixes = () if is_healthy(findings) else propose(experiment)
    if form.id == "json":
        both = [_fix_record(fix, experiment) for fix in fixes[:2]]
        return Answer(report.as_json(findings, *both))
    lines = report.lines(findings)
    for number, fix in enumerate(fixes):
        lead = "" if promise(fixes) == "Fix" or number else f"{promise(fixes)}: "
        words = lead + " ".join(filter(None, (fix.reason, fix.sentence)))
        lines.append(report.line("or" if number else "fix", "", words))
        lines.append(report.line("flags", "", _changed_flags(fix.changes(experiment))))
    return Answer("\n".join(lines))


def _fix_record(fix: Fix, before: Experiment) -> dict[str, Any]:
    return {
        "sentence": fix.sentence,
        "complete": fix.complete,
        "odds": fix.odds,
        "reason": fix.reason,
        "changes": fix.changes(before),
        "flags": _changed_flags(fix.changes(before)),
        "predicted": [known({name: row[name] for name in PREDICTED}) for row in fix.prediction.rows()],
    }


def _changed_flags(changes: Mapping[str, str | None]) -> str:
    """What to add to the command line, and what to leave away."""
    return " ".join(
        f"(without {flag_of(name)})" if text is None else f"{flag_of(name)} {text}" for name, text in changes.items()
    )


def run_presets(options: Namespace) -> str:
    """Id, name and what to look at."""
    return "\n".join(
        f"{preset.id:24}{preset.label}\n{textwrap.indent(textwrap.fill(preset.shows, 92), ' ' * 24)}"
        for preset in PRESETS.values()
    )


def run_check(options: Namespace) -> str:
    """One line for each setting. Raises InputError when one is not fit for a shared instance."""
    findings = check()
    report = "\n".join(finding.line() for finding in findings)
    unfit = [finding.name for finding in findings if not finding.fit]
    if unfit:
        print(report)
        raise InputError(f"Not fit for visitors one does not know: {', '.join(unfit)}.")
    return report


def run_compile(options: Namespace) -> str:
    """How many passes were compiled, and how long it took."""
    started = time.perf_counter()
    compiled = compile_all()
    seconds = time.perf_counter() - started
    if not compiled:
        return f"Nothing to compile: the statistics' passes were loaded in {seconds:.1f} s."
    return f"Compiled {compiled} passes for the statistics, once, in {seconds:.0f} s: from now on they are loaded."
