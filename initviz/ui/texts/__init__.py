"""Longer texts, as Markdown files beside the code."""

from functools import cache
from importlib.resources import files


@cache
def text(name: str) -> str:
    """The Markdown of `name`.md in this folder."""
    return (files(__package__) / f"{name}.md").read_text(encoding="utf-8")
