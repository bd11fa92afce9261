"""How far a long computation is, and how whoever waits for it is told."""

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[float], None]
"""Called with the share of the work that is done; may raise to stop the work."""


def part_of(progress: Progress, index: int, count: int) -> Progress:
    """Progress of the `index`-th of `count` equal parts."""
    return lambda share: progress((index + share) / count)
