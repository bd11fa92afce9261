"""The glossary: every word that needs an entry has one, every link finds it, every number in it is computed."""

import re
from urllib.parse import parse_qsl

import numpy as np
import pytest
from scipy.stats import norm

from initviz.activations import ACTIVATIONS
from initviz.advice.claims import CLAIMS
from initviz.gaussian.properties import properties
from initviz.measure.ensemble import COVERAGE as MEASURED
from initviz.network.columns import COLUMNS
from initviz.network.experiment import FIELDS, Experiment
from initviz.text import percent, show
from initviz.theory.prediction import COVERAGE as PREDICTED
from initviz.ui.glossary import SECTIONS, TERMS, Term, explained, term_of
from initviz.ui.pages import PAGES
from initviz.ui.texts import text
from tests.app.conftest import SMALL, Visit, link

ASKED = (
    *("z", "h", "std", "fan_in", "gain", "saturated", "dead", "cosine", "band", "chi", "symmetry", "slope", "edge"),
    *("precision", "loss_scale", "singular", "jacobian", "isometry", "law", "probe"),
)

NUMBERS = {
    "saturated": [show(ACTIVATIONS["tanh"].saturation(0.0)[1])],
    "dtype": [show(float(np.finfo(np.float16).smallest_subnormal)), f"{np.finfo(np.float16).max:.0f}"],
    "std": [percent(2 * norm.sf(1)).replace("\N{NO-BREAK SPACE}", " ")],
    "slope": [show(properties(ACTIVATIONS["sigmoid"]).slope_high)],
    "band": [f"{100 * PREDICTED:g} %", f"{100 * MEASURED:g} %"],
}
"""Numbers of an entry, in their order; others have none but 0 and 1."""


def numbers(words: str) -> list[str]:
    """The numbers of a text, apart from formulas, years and numbers of papers."""
    plain = re.sub(r"\$[^$]*\$|\]\([^)]*\)|\(\d{4}\)|arXiv:[\d.]+|float\d+|chapter \d+|CIFAR-10", "", words)
    found = re.findall(r"(?<!\w)\d+(?:\.\d+)?(?:e-?\d+)?(?: %)?", plain)
    return [number for number in found if number not in ("0", "1")]


@pytest.mark.parametrize("name", [*ASKED, *FIELDS, *COLUMNS])
def test_fields_columns_and_symbols_have_an_entry(name: str) -> None:
    term = term_of(name)
    assert term is not None
    assert f"(glossary#{term.id})" in explained(name, "Help.")


@pytest.mark.parametrize("term", {term.id: term for term in TERMS.values()}.values(), ids=lambda term: term.id)
def test_every_number_is_computed(term: Term) -> None:
    assert numbers(term.text) == NUMBERS.get(term.id, [])


@pytest.mark.parametrize("term", {term.id: term for term in TERMS.values()}.values(), ids=lambda term: term.id)
def test_every_entry_has_a_formula_and_leads_to_what_shows_it(term: Term) -> None:
    *_, formula, see = term.text.split("\n\n")
    assert re.fullmatch(r"\$\\displaystyle [^$]+\$", formula)
    match = re.fullmatch(r"See \[[^]]+\]\(([^)]+)\)\.", see)
    assert match
    path, _, query = match[1].partition("?")
    assert path == "./" or path in PAGES
    asked = dict(parse_qsl(query, strict_parsing=True)) if query else {}
    assert Experiment.from_query(asked)[1] == []
    assert asked.get("claim", "he_relu") in CLAIMS


def test_ids_are_used_once_and_entries_say_something() -> None:
    ids = [id for section in SECTIONS for term in section.terms for id in term.ids]
    assert len(ids) == len(set(ids)) == len(TERMS)
    assert all(term.title and len(term.text) > 20 for term in TERMS.values())


@pytest.mark.parametrize("page", [page.id for page in PAGES.values() if page.experiment])
def test_every_page_says_how_to_read_it(page: str) -> None:
    words = text(f"read/{page}")
    assert "(glossary)" in words
    assert numbers(words) == []


def test_the_page_has_every_entry(open_page: Visit) -> None:
    page = open_page("glossary")
    assert [failure.value for failure in page.exception] == []
    assert [head.anchor for head in page.subheader] == [term.id for section in SECTIONS for term in section.terms]
    assert [title.value for title in page.title] == [PAGES["glossary"].question]


def test_the_page_leaves_the_link_alone(open_page: Visit) -> None:
    """A link that is written anew loses its anchor."""
    assert link(open_page("glossary", std="0.5")) == SMALL | {"std": "0.5"}
