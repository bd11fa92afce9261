"""Named, ordered, read-only collections, and the one error type that a visitor may see."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Generic, Protocol, TypeVar


class InputError(ValueError):
    """Something a person asked for cannot be done; the message is one clear sentence for them."""


class UnknownChoice(InputError, KeyError):
    """A name that is in no catalogue. A KeyError too, so that `in` and `get` of a Mapping work."""

    def __str__(self) -> str:  # KeyError would show the repr
        return str(self.args[0])


class Entry(Protocol):
    """What every catalogue holds: a stable id (it appears in links) and a name to show."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


@dataclass(frozen=True)
class Named:
    """An entry that is nothing but its name."""

    id: str
    name: str


E = TypeVar("E", bound=Entry)


class Catalogue(Mapping[str, E], Generic[E]):
    """Entries by id, in the order a person reads them; `aliases` are second ids for look-ups only."""

    def __init__(self, kind: str, entries: Iterable[E], aliases: Mapping[str, str] | None = None) -> None:
        self.kind = kind
        self._entries = {entry.id: entry for entry in entries}
        self._aliases = dict(aliases or {})

    def __getitem__(self, id: str) -> E:
        try:
            return self._entries[self._aliases.get(id, id)]
        except (KeyError, TypeError):
            raise UnknownChoice(self._unknown(str(id))) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def _unknown(self, id: str) -> str:
        close = get_close_matches(id, [*self._entries, *self._aliases], n=1)
        meant = f" Did you mean '{close[0]}'?" if close else ""
        return f"Unknown {self.kind} '{id[:40]}'.{meant} Available: {', '.join(self)}."


@dataclass(frozen=True)
class Param:
    """A number an activation takes: its range is what the slider offers and the link accepts."""

    name: str
    default: float
    low: float
    high: float
    step: float
    help: str = ""

    def check(self, value: float) -> float:
        """Return `value` as a float; raise InputError outside low..high."""
        if not self.low <= value <= self.high:
            raise InputError(f"{self.name} = {value:g} is out of range: it goes from {self.low:g} to {self.high:g}.")
        return float(value)
