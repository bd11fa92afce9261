"""`claims`: sentences of textbooks, lectures and documentations, put to the test."""

import json
import sys
import textwrap
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

from tqdm import tqdm

from initviz.advice.claims import CLAIMS, Claim, Verdict, collect
from initviz.cli.flags import FORMATS, format_flag
from initviz.network.experiment import FIELDS
from initviz.text import show


def claims_flags(parser: ArgumentParser) -> None:
    """Which claims, from which seed on, and how they are printed."""
    parser.add_argument("--only", metavar="ID", help="This claim alone, or several separated by commas. Default: all.")
    parser.add_argument("--seed", metavar="N", default="0", help="The first of the seeds. Default: 0.")
    format_flag(parser)


def run_claims(options: Namespace) -> str:
    """Every claim with its verdict and the numbers behind it."""
    form, seed = FORMATS[options.format], int(FIELDS["seed"].parse(options.seed))
    claims = list(CLAIMS.values()) if options.only is None else [CLAIMS[id] for id in options.only.split(",")]
    with tqdm(total=100, unit="%", file=sys.stderr, disable=None, leave=False) as bar:

        def show_share(share: float) -> None:
            bar.update(round(100 * share) - bar.n)

        results = collect(claims, seed, show_share)
    judged = [(claim, claim.holds(results)) for claim in claims]
    if form.id == "table":
        return "\n\n".join(_told(*one) for one in judged)
    records = [record(*one) for one in judged]
    if form.id == "csv":
        return form.render([{name: _cell(value) for name, value in one.items()} for one in records])
    return json.dumps(records, indent=1, allow_nan=False)


def record(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    """What JSON says of a claim; null for numbers that it does not know."""
    return {
        "id": claim.id,
        "sentence": claim.sentence,
        "source": claim.source,
        "predicted": _known(verdict.predicted),
        "measured": _known(verdict.measured),
        "verdict": verdict.sentence,
    }


def _known(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _known(part) for name, part in value.items()}
    return None if isinstance(value, float) and not isfinite(value) else value


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _told(claim: Claim, verdict: Verdict) -> str:
    """A claim as a few lines: the verdict, the sentence, who says it, and each number beside its prediction."""
    lines = [f"{claim.id}: {verdict.sentence}", *_indented([claim.sentence, claim.source])]
    for outcome in verdict.outcomes:
        low, high = min(outcome.measured), max(outcome.measured)
        spread = f" ({show(low)} to {show(high)} over {len(outcome.measured)} seeds)" if outcome.drawn else ""
        expected = "" if outcome.predicted is None else f"predicted {show(outcome.predicted)}, "
        lines += _indented([f"{outcome.name}: {expected}measured {show(outcome.median)}{spread}"])
    return "\n".join(lines)


def _indented(paragraphs: Sequence[str]) -> list[str]:
    return [textwrap.fill(text, 112, initial_indent="    ", subsequent_indent="      ") for text in paragraphs]
