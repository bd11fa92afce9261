"""What a command of the command line is."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass

from initviz.cli.flags import Parser


@dataclass(frozen=True)
class Answer:
    """What is printed, and the exit status."""

    text: str
    status: int = 0


@dataclass(frozen=True)
class Command:
    """One thing the command line can do."""

    id: str
    name: str
    """What it does, in a few words."""
    run: "Callable[[Namespace], str | Answer]"
    """Options -> the text to print; raises InputError."""
    flags: tuple[Callable[[ArgumentParser], None], ...] = ()

    def parser(self) -> Parser:
        parser = Parser(f"python -m initviz {self.id}", description=f"{self.name}.", add_help=False, allow_abbrev=False)
        parser.add_argument("-h", "--help", action="store_true", help="Show this and exit.")
        for add in self.flags:
            add(parser)
        return parser
