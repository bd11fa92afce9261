"""How one parameter is read, checked, shown and explained. A field of `Experiment` carries one of these; the link, the
widget, the command-line flag and the error message all come from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite, log10
from numbers import Real
from typing import TypeAlias

from initviz.catalogue import Entry, InputError, Param

Group: TypeAlias = str
"""Part of the sidebar the field lives in: "main", "input" or "advanced"."""


@dataclass(frozen=True)
class Number:
    """A number between low and high. `log` sliders move over preferred values; the link takes any."""

    label: str
    help: str
    low: float
    high: float
    step: float = 1
    integer: bool = False
    log: bool = False
    marks: tuple[float, ...] = ()
    """The values a slider offers, where neither even steps nor preferred numbers are what people use."""
    typed: bool = False
    """Typed in: among so many values a slider cannot hit one."""
    until: str = ""
    """The field of the experiment that a slider ends at, where that is below `high`."""
    group: Group = "main"

    @classmethod
    def of(cls, param: Param) -> "Number":
        """The field of an activation's own parameter; a parameter that moves in whole steps is a whole number."""
        whole = param.step == int(param.step) and param.default == int(param.default)
        name = param.name.replace("_", " ")
        return cls(name, param.help, param.low, param.high, param.step, integer=whole)

    def parse(self, text: str) -> float:
        """The number in `text`; InputError when there is none."""
        try:
            value = float(text)
        except ValueError:
            raise InputError(f"{self.label} '{text[:40]}' is not a number; it goes {self.bounds}.") from None
        return self.check(value)

    def check(self, value: float) -> float:
        """`value` rounded to what is meaningful; InputError when it is no number or out of range."""
        if not isinstance(value, Real):
            raise InputError(f"{self.label} must be a number, not {value!r:.40}; it goes {self.bounds}.")
        try:
            value = float(value) if abs(value) > 2**53 else value
        except OverflowError:  # a whole number beyond every float
            value = inf if value > 0 else -inf
        if not isfinite(value) or not self.low <= value <= self.high:
            raise InputError(f"{self.label} = {value:g} is out of range: it goes {self.bounds}.")
        if self.integer and value != int(value):
            raise InputError(f"{self.label} = {value:g} is not a whole number; it goes {self.bounds}.")
        return int(value) if self.integer else float(f"{value:.6g}")

    def clamp(self, value: float) -> float:
        """The nearest value that is allowed."""
        value = min(max(value, self.low), self.high)
        return round(value) if self.integer else float(f"{value:.6g}")

    def ticks(self) -> list[float]:
        """Values a slider stops at: the marks, or about a dozen preferred numbers a decade."""
        if self.marks:
            return list(self.marks)
        decades = range(round(log10(self.low)), round(log10(self.high)) + 1)
        preferred = (1, 1.2, 1.4, 1.7, 2, 2.4, 2.8, 3.5, 4, 5, 6, 7, 8)
        ticks = {float(f"{digit * 10.0**decade:.6g}") for decade in decades for digit in preferred}
        return sorted(tick for tick in ticks if self.low <= tick <= self.high)

    @property
    def bounds(self) -> str:
        """In words: from low to high."""
        return f"from {self.text(self.low)} to {self.text(self.high)}"

    def text(self, value: float) -> str:
        """As it stands in the link."""
        return str(int(value)) if self.integer else f"{value:.6g}"

    say = text


@dataclass(frozen=True)
class Choice:
    """One entry of a catalogue, by id."""

    label: str
    help: str
    options: Mapping[str, Entry]
    group: Group = "main"

    def parse(self, text: str) -> str:
        """The id; InputError names what was meant and what is possible."""
        return self.options[text].id

    check = parse

    def text(self, value: str) -> str:
        """As it stands in the link."""
        return value

    def say(self, value: str) -> str:
        """As it is called in a sentence."""
        return self.options[value].name


@dataclass(frozen=True)
class Switch:
    """On or off; 1 or 0 in links."""

    label: str
    help: str
    group: Group = "main"

    def parse(self, text: str) -> bool:
        """True for 1, true, on, yes; False for 0, false, off, no."""
        lowered = text.strip().lower()
        if lowered in ("1", "true", "on", "yes"):
            return True
        if lowered in ("0", "false", "off", "no"):
            return False
        raise InputError(f"{self.label} '{text[:40]}' is neither on (1) nor off (0).")

    def check(self, value: bool) -> bool:
        """`value` as True or False; words are read as in links, so that "off" is not True."""
        return self.parse(str(value))

    def text(self, value: bool) -> str:
        """As it stands in the link."""
        return "1" if value else "0"

    def say(self, value: bool) -> str:
        """As it is called in a sentence."""
        return "on" if value else "off"


@dataclass(frozen=True)
class Several:
    """Some entries of a catalogue, in order; ids separated by commas in links."""

    label: str
    help: str
    options: Mapping[str, Entry]
    group: Group = "main"

    def parse(self, text: str) -> list[str]:
        """The ids; InputError for the first unknown one."""
        return [self.options[id].id for id in text.split(",") if id]

    def check(self, value: list[str]) -> list[str]:
        """`value` with each id looked up."""
        return [self.options[id].id for id in value]

    def text(self, value: list[str]) -> str:
        """As it stands in the link."""
        return ",".join(value)


Field: TypeAlias = Number | Choice | Switch
ViewField: TypeAlias = Field | Several
