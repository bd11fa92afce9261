"""The command line: flags, one module for each family of commands, and main."""

from initviz.cli.main import main

__all__ = ["main"]
