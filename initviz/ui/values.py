"""Several numbers of one field, typed as text: in a link, and in a box."""

from dataclasses import dataclass

import streamlit as st

from initviz.catalogue import InputError
from initviz.fields import Number
from initviz.ui.state import Mended


@dataclass(frozen=True)
class Numbers:
    """Up to `most` values of a number, separated by commas, each spelt in the one way and said once."""

    spec: Number
    most: int

    def parse(self, text: str) -> str:
        """The same list in the one spelling. Raises Mended where some of it is not possible."""
        kept, wrong = [], []
        for part in filter(None, (one.strip() for one in text.replace(";", ",").split(","))):
            try:
                kept.append(self.spec.text(self.spec.parse(part)))
            except InputError as error:
                wrong.append(str(error))
        kept = list(dict.fromkeys(kept))
        if len(kept) > self.most:
            wrong.append(f"{self.spec.label}: {self.most} values at most.")
        said = ",".join(kept[: self.most])
        if wrong:
            raise Mended(" ".join(wrong), said)
        return said

    def text(self, value: str) -> str:
        """As they stand in the link."""
        return value


def box(spec: Numbers, widget: str) -> None:
    """The control: a line of text."""
    st.text_input(
        f"{spec.spec.label}: up to {spec.most} values",
        key=widget,
        help=f"Separated by commas, each {spec.spec.bounds}.",
        width=320,
    )
