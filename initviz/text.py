"""How numbers are said: with as many digits as mean something."""

from math import isfinite, isnan


def show(value: float) -> str:
    """A number as a person would say it: 0.213, 12, 3e-7."""
    if not isfinite(value):
        return "overflow"
    if value == 0 or 0.01 <= abs(value) < 1e4:
        return f"{float(f'{value:.3g}'):g}"  # :.3g alone would write 4.4e+03
    mantissa, exponent = f"{value:.0e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def percent(share: float) -> str:
    """A share as a percentage."""
    return f"{100 * share:.3g} %" if share >= 1e-3 or share == 0 else f"{show(100 * share)} %"


def say(value: float) -> str:
    """A number in a column of a table: three digits (1.39e-6, 0.213), a dash where there is none."""
    if isnan(value):
        return "–"
    mantissa, _, exponent = f"{value:.3g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa
