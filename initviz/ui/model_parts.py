"""The parts of the Your model page: the file, the audit's table, and a chain's charts and diagnosis."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

import pandas as pd
import streamlit as st

from initviz.catalogue import InputError
from initviz.model.audit import NAMES, Row, headline, rows_as_markdown
from initviz.model.batch import typed_model
from initviz.model.matrices import ORIENTATIONS, Orientation
from initviz.model.read import CONVERT, Limits
from initviz.network.initializers import INITIALIZERS
from initviz.text import counted, percent, say
from initviz.ui.file_zone import name_zone
from initviz.ui.model_cache import Own
from initviz.ui.page import plain

GUESSED = "guessed"
MOST_WIDTHS = 8
"""Widths of a chain that are written out."""

FAULT, NOTE, FINE = "▲ fault", "● note", "✓ fine"


def limits() -> Limits:
    """What a file may hold: what the server lets through, packed and unpacked."""
    return Limits(mib=float(st.get_option("server.maxUploadSize")))


FILE, TYPED = "A file", "Layer sizes"


def model() -> Own | None:
    """The visitor's model, out of a file or of layer sizes, and the way its matrices lie; None before there is one.

    Raises InputError for sizes that are none.
    """
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        source = st.segmented_control("Take", [FILE, TYPED], default=FILE, required=True, key="source")
        if source == TYPED:
            sizes = st.text_input("Units from inputs to outputs", "784-256-256-10", key="sizes", max_chars=1000)
            law = st.selectbox(
                "Drawn by",
                LAWS_TO_DRAW,
                LAWS_TO_DRAW.index("torch_default"),
                format_func=lambda id: INITIALIZERS[id].name,
                key="law",
                width=320,
            )
    if source == TYPED:
        return Own(typed_model(sizes, law, limits()), f"{sizes[:40]}.safetensors", limits())
    file = st.file_uploader(
        f"A .safetensors or .npz file of up to {limits().mib:g} MB, kept in memory while this page is open", key="file"
    )
    name_zone()
    return None if file is None else Own(file.getvalue(), file.name[:60], limits(), orientation())


LAWS_TO_DRAW = [id for id, entry in INITIALIZERS.items() if not entry.fit]
"""Initializers that need no batch."""


def with_batch(own: Own) -> Own:
    """With the visitor's own batch, where there is one."""
    with st.expander("A batch of your own instead of N(0, 1) inputs"):
        file = st.file_uploader("CSV, .npy or .npz, one sample a row", key="batch")
    return own if file is None else replace(own, batch=file.getvalue(), batch_name=file.name[:60])


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
