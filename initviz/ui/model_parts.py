"""The parts of the Your model page: the file, the audit's table, and a chain's charts and diagnosis."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise

import pandas as pd
import streamlit as st

from initviz.activations import ACTIVATIONS, Activation
from initviz.advice.findings import is_healthy
from initviz.catalogue import InputError
from initviz.figures import gradients, signal
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.model.audit import NAMES, Row, headline, rows_as_markdown
from initviz.model.chain import SAMPLES, ChainRun
from initviz.model.matrices import ORIENTATIONS, Orientation
from initviz.model.read import CONVERT, Limits
from initviz.model.remedy import WeightsFix
from initviz.text import counted, percent, say
from initviz.theory.prediction import COVERAGE
from initviz.ui import parts, sentences
from initviz.ui.page import plain

GUESSED = "guessed"
MOST_WIDTHS = 8
"""Widths of a chain that are written out."""

FAULT, NOTE, FINE = "▲ fault", "● note", "✓ fine"


def limits() -> Limits:
    """What a file may hold: what the server lets through, packed and unpacked."""
    return Limits(mib=float(st.get_option("server.maxUploadSize")))


_NAMED_ZONE = """
if (!window.initvizZone) {
    window.initvizZone = new MutationObserver(() => document.querySelector(
        "[data-testid=stFileUploaderDropzone][role=presentation]")?.setAttribute("role", "group"));
    window.initvizZone.observe(document.body, {childList: true, subtree: true});
}
"""
"""Streamlit names the zone and says that it is mere presentation, which contradict each other for a screen reader."""


def upload() -> tuple[bytes, str] | None:
    """The visitor's file and its name; None before there is one."""
    file = st.file_uploader(
        f"A .safetensors or .npz file of up to {limits().mib:g} MB, kept in memory while this page is open", key="file"
    )
    st.html(f"<script>{_NAMED_ZONE}</script>", unsafe_allow_javascript=True)
    return None if file is None else (file.getvalue(), file.name[:60])


@contextmanager
def refusals_told() -> Iterator[None]:
    """Where the file cannot be used, say why in one sentence, with the line that would convert it, and stop there."""
    try:
        yield
    except InputError as error:
        said, line, _ = str(error).partition(CONVERT)
        st.error(plain(said.strip().removesuffix(":")), icon=":material/error:")
        if line:
            st.code(line, language="bash", wrap_lines=True)
        st.stop()


def orientation() -> Orientation | None:
    """How matrices lie in the file: guessed, unless the visitor knows better."""
    chosen = st.segmented_control(
        "How matrices lie in the file",
        [GUESSED, *ORIENTATIONS],
        format_func=lambda id: f"({id}): {ORIENTATIONS[id].name}" if id in ORIENTATIONS else id,
        default=GUESSED,
        required=True,
        key="orientation",
    )
    return ORIENTATIONS[chosen].id if chosen in ORIENTATIONS else None


def told(rows: Sequence[Row]) -> None:
    """How many matrices break a rule, and how the file was taken."""
    box = st.error if any(row.severe for row in rows) else st.info
    box(plain(headline(rows)))
    st.caption(taken(rows))


def taken(rows: Sequence[Row]) -> str:
    """How many matrices were found, the widths where each feeds the next, and the way they lie."""
    way = Counter(row.orientation for row in rows).most_common(1)[0][0]
    widths = [str(rows[0].fan_in), *(str(row.fan_out) for row in rows)]
    if len(widths) > MOST_WIDTHS:
        widths = [*widths[: MOST_WIDTHS - 1], "…", widths[-1]]
    chained = all(before.fan_out == after.fan_in for before, after in pairwise(rows))
    shape = "-".join(widths) if chained else "no chain"
    return f"Took {counted(len(rows), 'matrix', 'matrices')}, {shape}, weights as ({way})."


def table(rows: Sequence[Row]) -> None:
    """One row for each matrix, its law first; then the same as Markdown."""
    shown = [
        {
            "matrix": row.name[:80],
            "law": NAMES[row.law].name,
            "sure": percent(row.odds),
            "mark": FAULT if row.severe else NOTE if row.finding else FINE,
            "finding": row.finding,
            "std": say(row.std),
            "expected": say(row.expected_std),
            "fan_in": row.fan_in,
            "fan_out": row.fan_out,
            "kurtosis": say(row.kurtosis),
            "as kept": " x ".join(map(str, row.shape)),
        }
        for row in rows
    ]
    st.dataframe(pd.DataFrame(shown), hide_index=True, key="audit", alt="One row per matrix: its law and what is odd")
    with st.expander("As Markdown, for an issue or a pull request"):
        st.code(rows_as_markdown(rows), language="markdown")


def activation() -> Activation:
    """The function between the layers, which a file does not say."""
    single = [id for id, one in ACTIVATIONS.items() if one.pieces(one.alpha(None)) == 1]
    said = "Function between the layers (the file does not say)"
    first = single.index("relu")
    chosen = st.selectbox(said, single, first, lambda id: ACTIVATIONS[id].name, "between", width=360)
    return ACTIVATIONS[chosen]


def chain(run: ChainRun, fix: WeightsFix | None, look: Theme) -> None:
    """The diagnosis, and sizes by depth, measured beside predicted."""
    sentences.sentence(run.findings[0])
    sentences.more(run.findings)
    if fix is not None and not is_healthy(run.findings):
        st.markdown(f":material/healing: **Fix:** {plain(fix.sentence)}")
        with st.expander("The fix as code"):
            st.code(fix.torch, language="python")
            st.caption("For a module in PyTorch, before it is trained; or with NumPy, from this file to another:")
            st.code(fix.numpy, language="python")
    runs = [Run("measured", run.measured), Run("predicted", run.predicted, "predicted", coverage=COVERAGE)]
    left, right = st.columns(2, gap="medium")
    with left:
        parts.chart(signal.std_by_depth(runs, theme=look), "model-std", "Standard deviation of h")
    with right:
        parts.chart(gradients.gradient_by_depth(runs, theme=look), "model-gradient", "Size of the gradient")
    st.caption(
        f"Hidden layers 1 to {len(run.measured) - 1}, {SAMPLES} inputs from N(0, 1), gradients from N(0, 1) at the last"
        " hidden layer; the matrix that makes the outputs is left out. Predicted: random weights of the measured sizes."
    )
    if said := run.predicted.reason or run.predicted.note:
        st.caption(f":material/info: {plain(said)}")
