"""How numbers are said: with as many digits as mean something, the same way everywhere."""

from math import isfinite, isnan, log

SAME = 1.1
"""A size that changes by less than this factor is said to be kept."""


def show(value: float) -> str:
    """A number as a person would say it: 0.213, 12, 3e-7."""
    if not isfinite(value):
        return "overflow"
    if value == 0 or 0.01 <= abs(value) < 1e4:
        return f"{float(f'{value:.3g}'):g}"  # :.3g alone would write 4.4e+03
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def percent(share: float) -> str:
    """A share as a percentage: 22.4 %."""
    return f"{show(100 * share)} %"


def times(factor: float) -> str:
    """A factor that multiplies something, in words: "2.5 times"."""
    return f"{show(factor)} times"


def say(value: float) -> str:
    """A number in a column of a table: three digits (1.39e-6, 0.213), a dash where there is none."""
    if isnan(value):
        return "–"
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def is_kept(factor: float) -> bool:
    """Whether a size that is multiplied by this in all is said to be kept."""
    return factor > 0 and abs(log(factor)) < log(SAME)


def changed(factor: float, keep: str = "keep", grow: str = "grow") -> str:
    """What becomes of a size that is multiplied by `factor`: keep its size, keep 22.4 % of its size, grow 2 times.

    keep, grow: the verbs in the form that the sentence needs ("keeps", "grows").
    """
    if is_kept(factor):
        return f"{keep} its size"
    return f"{keep} {percent(factor)} of its size" if factor < 1 else f"{grow} {times(factor)}"


def counted(count: int, noun: str, plural: str = "") -> str:
    """1 layer, 2 layers; `plural` where it is no noun with an s."""
    return f"{count} {noun}" if count == 1 else f"{count} {plural or noun + 's'}"


def span(numbers: tuple[int, ...], noun: str = "layer") -> str:
    """Ascending numbers in words: layer 3; layers 1 to 9; layers 1 to 4 and 7; layers 1, 3, 5 and more."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [f"{run[0]} to {run[-1]}" if len(run) > 1 else str(run[0]) for run in runs]
    if len(said) > MOST_RUNS:
        said = [*said[:MOST_RUNS], "more"]
    words = " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)
    return f"{noun if len(numbers) == 1 else noun + 's'} {words}"


MOST_RUNS = 3
"""Stretches of numbers that a sentence names."""
