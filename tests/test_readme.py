"""What the README promises is there, and what is there stands in the README."""

from initviz.cli.main import COMMANDS
from initviz.ui.pages import PAGES
from tests.load.server import ROOT

HOUSEKEEPING = {"compile", "check"}
"""Commands that the Makefile and the image run."""


def test_the_readme_has_every_page_with_its_question_in_the_order_of_the_menu() -> None:
    lines = (ROOT / "README.md").read_text().splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in lines if line.startswith("| ")]
    start = rows.index(["page", "question"]) + 1
    listed = dict(rows[start : start + len(PAGES)])
    assert list(listed) == [page.title for page in PAGES.values()]
    for page in PAGES.values():
        assert listed[page.title].startswith(page.question)


def test_the_readme_shows_every_command() -> None:
    words = [line.split()[:4] for line in (ROOT / "README.md").read_text().splitlines()]
    shown = {line[3] for line in words if line[:3] == ["python", "-m", "initviz"] and len(line) == 4}
    assert shown == set(COMMANDS) - HOUSEKEEPING
