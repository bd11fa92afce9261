"""The words of the app: read from `texts/glossary.md`, linked from every help text that has one."""

import re
from dataclasses import dataclass

from initviz.ui.texts import text


@dataclass(frozen=True)
class Term:
    """One entry: its ids (names of fields, columns and symbols), what it is called, what it means in Markdown."""

    ids: tuple[str, ...]
    title: str
    text: str

    @property
    def id(self) -> str:
        """The anchor of the entry on the page."""
        return self.ids[0]


@dataclass(frozen=True)
class Section:
    """Entries under one heading."""

    title: str
    terms: tuple[Term, ...]


def _section(part: str) -> Section:
    title, *entries = re.split(r"^### ", part, flags=re.MULTILINE)
    return Section(title.strip(), tuple(map(_term, entries)))


def _term(entry: str) -> Term:
    head, _, body = entry.partition("\n")
    ids, _, title = head.partition(" | ")
    return Term(tuple(ids.split(", ")), title, body.strip())


SECTIONS = tuple(map(_section, re.split(r"^## ", text("glossary"), flags=re.MULTILINE)[1:]))
"""In the order of the page."""

TERMS = {id: term for section in SECTIONS for term in section.terms for id in term.ids}
"""Every id -> its entry."""


def term_of(name: str) -> Term | None:
    """The entry of a field, a column or a symbol; `grad_h_std` is found under `grad`."""
    return TERMS.get(name) or TERMS.get(name.partition("_")[0])


def explained(name: str, help: str) -> str:
    """A help text with a link to the entry of what it is about, where there is one."""
    term = term_of(name)
    return f"{help} [{term.title}](glossary#{term.id}) in the glossary." if term else help
