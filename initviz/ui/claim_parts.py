"""The Claims page: the list of sentences, and what is shown of the one that is open."""

from collections.abc import Sequence
from math import isfinite

import pandas as pd
import streamlit as st

from initviz.advice.claims import CLAIMS, Claim, Trial, Verdict
from initviz.advice.claims.record import Check, Word
from initviz.catalogue import InputError
from initviz.learn.settings import TRAINING_FIELDS
from initviz.network.experiment import Experiment
from initviz.text import counted, show
from initviz.ui.cache import tested, verdict_known
from initviz.ui.pages import PAGES
from initviz.ui.state import Visit, key, put

ICONS: dict[Word, str] = {
    "holds": ":material/check_circle:",
    "holds only if": ":material/rule:",
    "does not hold": ":material/cancel:",
}
UNTESTED = ":material/help:"
_PLURALS: dict[Word, str] = {"holds": "hold", "holds only if": "hold only if", "does not hold": "do not hold"}
_BOXES = {"holds": st.success, "holds only if": st.warning, "does not hold": st.error}


def test_them(claims: Sequence[Claim], seed: int) -> None:
    """Put those to the test that have no verdict yet, one after the other; who leaves finds the finished ones kept."""
    missing = [claim for claim in claims if verdict_known(claim, seed) is None]
    place = st.empty()
    for number, claim in enumerate(missing):
        place.progress(number / len(missing), f"{number + 1} of {len(missing)}: {claim.sentence}")
        try:
            tested(claim, seed)
        except InputError:
            continue  # told where the claim is opened
    place.empty()


def tally(seed: int) -> str:
    """How many claims have which verdict so far."""
    known = [verdict.word for claim in CLAIMS.values() if (verdict := verdict_known(claim, seed)) is not None]
    counts = ", ".join(
        f"{known.count(word)} {'hold' + word[5:] if word[:5] == 'holds' else 'do not hold'}" for word in ICONS
    )
    return f"{counted(len(CLAIMS), 'sentence')}, {len(known)} tested so far: {counts}."


def listed(claim: Claim, current: Visit) -> None:
    """One sentence with its verdict, where that is known; the open one is put to the test."""
    seed, is_open = current.options["first"], current.options["claim"] == claim.id
    place, verdict = st.empty(), verdict_known(claim, seed)
    if is_open and verdict is None:
        verdict = _tested(claim, seed)
    word, widget = verdict.word if verdict else None, f"open-{claim.id}"
    put(widget, is_open)
    label = f"**{word}** · {claim.sentence}" if word else claim.sentence
    icon = ICONS[word] if word else UNTESTED
    with place.expander(label, key=widget, icon=icon, on_change=_toggled, args=(claim.id,)):
        if is_open and verdict:
            opened(claim, verdict)


def _tested(claim: Claim, seed: int) -> Verdict | None:
    """The verdict, or why there is none."""
    try:
        return tested(claim, seed)
    except InputError as error:
        st.error(str(error), icon=":material/error:")
        return None


def _toggled(id: str) -> None:
    st.session_state[key("claim")] = id if st.session_state[f"open-{id}"] else ""


def opened(claim: Claim, verdict: Verdict) -> None:
    """Verdict, who says it, the numbers, what is behind it, and the experiments to open."""
    _BOXES[verdict.word](f"It **{verdict.sentence}**.", icon=ICONS[verdict.word])
    st.markdown(f"**Who says it:** {claim.source}.  \n{claim.learn}")
    st.table(numbers(verdict))
    with st.container(horizontal=True, gap="small"):
        for trial in claim.trials:
            open_link(trial)
        if not claim.trials:
            query = Experiment(activation=claim.activation).to_query()
            st.page_link(
                PAGES["activations"].path, label="Open the function", icon=":material/open_in_new:", query_params=query
            )


def numbers(verdict: Verdict) -> pd.DataFrame:
    """One row for each number: predicted, measured, and what the sentence needs."""
    rows = [
        {
            "number": outcome.name,
            "predicted": "–" if outcome.predicted is None else show(outcome.predicted),
            "measured": show(outcome.median) + _spread(outcome.measured),
            "needed": needed(outcome.check),
            "met": "✓ yes" if outcome.passed else "✗ no",
        }
        for outcome in verdict.outcomes
    ]
    return pd.DataFrame(rows).set_index("number")


def _spread(measured: tuple[float, ...]) -> str:
    return f" ({show(min(measured))} to {show(max(measured))}, {len(measured)} seeds)" if len(measured) > 1 else ""


def needed(check: Check) -> str:
    """The limits between which the sentence is true."""
    if isfinite(check.low) and isfinite(check.high):
        return show(check.low) if check.low == check.high else f"{show(check.low)} to {show(check.high)}"
    return f"at least {show(check.low)}" if isfinite(check.low) else f"at most {show(check.high)}"


def open_link(trial: Trial) -> None:
    """The experiment on the page that shows it: the overview, or the training."""
    query, page = trial.experiment.to_query(), "overview"
    if trial.training is not None:
        query |= {name: spec.text(getattr(trial.training, name)) for name, spec in TRAINING_FIELDS.items()}
        page = "training"
    _link(page, query, trial.experiment.summary())


def _link(page: str, query: dict[str, str], what: str) -> None:
    st.page_link(PAGES[page].path, label=f"Open {what}", icon=":material/open_in_new:", query_params=query)
