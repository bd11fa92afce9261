"""How findings are printed: one line each, or as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from initviz.advice.findings import Finding, every, verdict
from initviz.cli.flags import known


def lines(findings: Sequence[Finding]) -> list[str]:
    """One line for each finding, consequences behind their causes."""
    return [line(finding.severity, finding.direction, finding.sentence) for finding in every(findings)]


def line(severity: str, direction: str, sentence: str) -> str:
    """One line of the report."""
    return f"{severity:9}{direction:10}{sentence}"


def as_json(
    findings: Sequence[Finding], fix: Mapping[str, Any] | None = None, alternative: Mapping[str, Any] | None = None
) -> str:
    """Everything: the verdict, the findings, the fix and another way, null where there is none."""
    record = {
        "verdict": verdict(findings),
        "findings": [_record(one, None if one is cause else cause) for cause in findings for one in every([cause])],
        "fix": fix,
        "alternative": alternative,
    }
    return json.dumps(record, indent=1, allow_nan=False)


def _record(finding: Finding, cause: Finding | None) -> dict[str, Any]:
    """A finding as one flat object, with the id of the finding that explains it, if there is one."""
    record = {name: value for name, value in vars(finding).items() if name != "consequences"}
    return {**record, "evidence": known(finding.evidence), "cause": cause and cause.id}
