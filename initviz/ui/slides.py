"""Which slide is where: every row of the source material, the view that shows it, and the claims about it.

The one table is `texts/slides.csv`: the row, what it is about, a page, what its link sets (`preset=ID` stands for that
preset's experiment), a text that the page shows then, and a test where no claim is about the row.
"""

import csv
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import parse_qsl, urlencode

from initviz.advice.claims import CLAIMS, Claim
from initviz.network.presets import PRESETS
from initviz.ui import texts
from initviz.ui.pages import PAGES, Page

DOCUMENTS = {
    "S0": "Article: Xavier and He initialization and the activation functions",
    "S1": "Article: activation functions, vanishing gradients, dead neurons",
    "S2": "Article with a Keras script: what each layer puts out",
    "S3": "Lecture: activation functions, data, weight initialization",
}


@dataclass(frozen=True)
class Slide:
    """One row of the source material and where it is."""

    row: str
    """Such as S3-27."""
    what: str
    page: Page
    options: dict[str, str]
    """What the link sets, presets spelt out."""
    preset: str
    """Id of the preset that it loads; empty where it loads none."""
    shows: str
    """A text that the page shows then."""
    test: str
    """The test that holds it, where no claim does."""

    @property
    def document(self) -> str:
        """S0 to S3."""
        return self.row.partition("-")[0]

    @property
    def link(self) -> str:
        """Relative to the other pages."""
        path = "./" if self.page.id == "overview" else self.page.id
        return f"{path}?{urlencode(self.options)}" if self.options else path

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What is said there, put to the test."""
        return tuple(claim for claim in CLAIMS.values() if self.row in claim.rows)


def _slide(record: dict[str, str]) -> Slide:
    options = dict(parse_qsl(record["query"], keep_blank_values=True))
    preset = options.pop("preset", "")
    if preset:
        options = PRESETS[preset].experiment.to_query() | options
    rest = (options, preset, record["shows"], record["test"])
    return Slide(record["row"], record["what"], PAGES[record["page"]], *rest)


def _read() -> tuple[Slide, ...]:
    lines = (files(texts) / "slides.csv").read_text(encoding="utf-8").splitlines()
    return tuple(map(_slide, csv.DictReader(lines)))


SLIDES = _read()
"""In the order of the documents."""


def table(document: str) -> str:
    """The rows of one document as Markdown."""
    lines = ["| Slide | About | Where | Said there, put to the test |", "|---|---|---|---|"]
    for slide in SLIDES:
        if slide.document == document:
            where = f"[{slide.page.title}{_with(slide)}]({slide.link})"
            tested = ", ".join(f"[{claim.id.replace('_', ' ')}](claims?claim={claim.id})" for claim in slide.claims)
            row = slide.row.replace("-", "\N{NON-BREAKING HYPHEN}")
            lines.append(f"| {row} | {slide.what} | {where} | {tested} |")
    return "\n".join(lines)


def _with(slide: Slide) -> str:
    return f": {PRESETS[slide.preset].name}" if slide.preset else ""
