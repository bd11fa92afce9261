"""Sentences on a page: what was found, and the fix that can be applied."""

from collections.abc import Sequence

import streamlit as st

from initviz.advice.diagnosis import settled
from initviz.advice.findings import Direction, Finding, Severity, every
from initviz.advice.fix import Fix, promise
from initviz.measure.propagation import Propagation
from initviz.network.experiment import Experiment
from initviz.ui import home, parts
from initviz.ui.state import load

_ICONS: dict[Severity, str] = {
    "bad": ":material/error:",
    "warning": ":material/warning:",
    "note": ":material/info:",
    "good": ":material/check_circle:",
}
_BOXES = {"bad": st.error, "warning": st.warning, "note": st.info, "good": st.success}


def first(findings: Sequence[Finding], direction: Direction, propagation: Propagation) -> Finding:
    """The gravest finding about one direction, or what can be said where it has none."""
    for finding in every(findings):
        if finding.direction in (direction, "both") and finding.severity != "note":
            return finding
    return settled(direction, propagation)


def sentence(finding: Finding) -> None:
    """One finding as a coloured line with its sign."""
    _BOXES[finding.severity](finding.sentence, icon=_ICONS[finding.severity])


def remedy(before: Experiment, fixes: Sequence[Fix]) -> None:
    """The proposed fix with its predicted numbers, the button that applies it and its code; then a second, if any."""
    for number, fix in enumerate(fixes):
        text, button, code = st.columns([5, 1.2, 1.2], vertical_alignment="center")
        lead, key = (promise(fixes), "apply") if not number else ("Another way", "apply-other")
        text.markdown(f":material/healing: **{lead}:** {' '.join(filter(None, (fix.reason, fix.sentence)))}")
        button.button(
            "Apply this one" if number else "Apply the fix",
            type="secondary" if number else parts.weight(),
            on_click=load,
            args=(fix.experiment,),
            key=key,
            width="stretch",
        )
        with code.popover(
            "As code", icon=":material/code:", key=f"{key}-code", on_change="rerun", width="stretch"
        ) as box:
            if box.open:
                home.fix(before, fix, f"{key}-file")


def more(findings: Sequence[Finding]) -> None:
    """What follows from the main finding, then the others, one line each with their own consequences below."""
    lines = []
    for number, finding in enumerate(findings):
        if number:
            lines.append(f"{_ICONS[finding.severity]} **{finding.title}.** {finding.sentence}")
        elif finding.consequences:
            lines.append("What follows from it:")
        lines += [f"- **{one.title}.** {one.sentence}" for one in every(finding.consequences)]
    if lines:
        st.markdown("\n\n".join(lines))
