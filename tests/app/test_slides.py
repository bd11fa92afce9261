"""Which slide is where: every row of the source material has a view that shows it, and a claim or a test."""

import ast
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS, preset_of
from initviz.ui.slides import DOCUMENTS, SLIDES, Slide
from tests.app.conftest import ROOT, Visit, link_warnings

ROWS = [f"S{document}-{row}" for document, rows in enumerate((16, 16, 15, 33)) for row in range(1, rows + 1)]
"""Every row that the source material asks for; none is ever dropped."""

QUICK = {"width": "24", "samples": "24"}
"""Sizes that change numbers, but not what is shown."""

VIEWS = [list(group) for _, group in groupby(sorted(SLIDES, key=lambda slide: slide.link), lambda slide: slide.link)]
"""Slides by the view that they share."""


def test_every_row_has_its_place() -> None:
    assert [slide.row for slide in SLIDES] == ROWS
    assert {slide.document for slide in SLIDES} == set(DOCUMENTS)


@cache
def functions(path: Path) -> set[str]:
    return {node.name for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("slide", SLIDES, ids=lambda slide: slide.row)
def test_every_row_has_a_claim_or_a_test(slide: Slide) -> None:
    assert slide.claims or slide.test, f"{slide.row} is shown but not held"
    if slide.test:
        path, _, name = slide.test.partition("::")
        assert name in functions(ROOT / path)
    experiment, warnings = Experiment.from_query(slide.options)
    assert warnings == []
    if slide.preset:
        assert preset_of(experiment) == PRESETS[slide.preset]


def everything(page: AppTest) -> str:
    """All that the page says, in texts, tables, charts and widgets."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "success")
    said = [str(one.value) for kind in kinds for one in getattr(page, kind)]
    said += [frame.value.to_string() for frame in [*page.table, *page.dataframe]]
    said += [chart.proto.spec for chart in page.get("plotly_chart")]
    said += [fold.label for fold in page.expander]
    said += [str(box.value) for box in [*page.selectbox, *page.button_group]]
    return " ".join(said)


@pytest.mark.parametrize("slides", VIEWS, ids=lambda slides: "-".join(slide.row for slide in slides))
def test_the_view_shows_what_the_map_says(slides: list[Slide], open_page: Visit) -> None:
    page = open_page(slides[0].page.id, **slides[0].options | QUICK)
    assert [failure.value for failure in page.exception] == []
    assert link_warnings(page) == []
    said = everything(page)
    for slide in slides:
        assert slide.shows in said, f"{slide.row}: {slide.link} does not show '{slide.shows}'"


def test_the_page_links_every_row(open_page: Visit) -> None:
    page = open_page("slides")
    assert [failure.value for failure in page.exception] == []
    said = " ".join(text.value for text in page.markdown)
    for slide in SLIDES:
        assert f"| {slide.what} | [{slide.page.title}" in said
        assert f"({slide.link})" in said
        assert all(f"(claims?claim={claim.id})" in said for claim in slide.claims)
