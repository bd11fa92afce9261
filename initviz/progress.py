"""How far a long computation is, and how whoever waits for it is told."""

from collections.abc import Callable
from typing import Any, Protocol, TypeAlias

Progress: TypeAlias = Callable[[float], None]
"""Called with the share of the work that is done; may raise to stop the work."""


class Report(Protocol):
    """A `Progress` that also takes what has been computed so far, where that can be shown before the end.

    A partial result is shown while the work goes on: hand over a value that will not change any more.
    """

    def __call__(self, share: float, partial: Any = None, /) -> None: ...
