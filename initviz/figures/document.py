"""Charts as one HTML page that needs nothing else: Plotly's library is in it, and no address outside is asked."""

import json
from collections.abc import Mapping
from functools import cache

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from plotly.offline import get_plotlyjs

from initviz.figures.theme import FONT, LIGHT, Theme, alt_text


def document(title: str, about: str, link: str, charts: Mapping[str, go.Figure], theme: Theme = LIGHT) -> str:
    """The page. charts: title -> figure. `link`: where the experiment can be seen; empty for nowhere."""
    shown = [
        {"title": name, "alt": alt_text(figure), "json": _safe(figure.to_json()), "file": _file(name)}
        for name, figure in charts.items()
    ]
    return _template().render(
        title=title, about=about, link=link, charts=shown, theme=theme, font=FONT, plotly=get_plotlyjs()
    )


def _safe(text: str) -> str:
    """JSON that no browser takes for the end of its script."""
    return text.replace("<", "\\u003c")


def _file(name: str) -> str:
    """A title as part of a file's name, in JSON."""
    words = "".join(letter if letter.isalnum() else " " for letter in name.lower())
    return json.dumps(f"initviz-{'-'.join(words.split())}")


@cache
def _template() -> Template:
    environment = Environment(loader=PackageLoader("initviz.figures"), undefined=StrictUndefined, autoescape=True)
    return environment.get_template("document.html.j2")
