"""Fields: what they read, refuse, round, and how they say it."""

import re
from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from initviz.activations import ACTIVATIONS
from initviz.catalogue import InputError
from initviz.fields import Choice, Number, Switch
from initviz.network.experiment import DEFAULTS, FIELDS, Experiment

NUMBERS = {name: spec for name, spec in FIELDS.items() if isinstance(spec, Number)}
SWITCHES = {name: spec for name, spec in FIELDS.items() if isinstance(spec, Switch)}
CHOICES = {name: spec for name, spec in FIELDS.items() if isinstance(spec, Choice)}


def test_the_table_has_one_field_for_each_parameter() -> None:
    assert list(FIELDS) == list(Experiment.__dataclass_fields__)
    assert NUMBERS
    assert SWITCHES
    assert CHOICES
    assert all(spec.label and spec.help.endswith(".") for spec in FIELDS.values())


@pytest.mark.parametrize("name", NUMBERS)
def test_bounds_are_allowed_and_nothing_beyond(name: str) -> None:
    spec = NUMBERS[name]
    for bound in (spec.low, spec.high):
        assert spec.parse(spec.text(bound)) == bound
    for wrong in (spec.low - 1, spec.high + 1, inf, -inf, nan, 10**400, -(10**400)):
        with pytest.raises(InputError, match=re.escape(spec.bounds)):
            spec.check(wrong)


@pytest.mark.parametrize("text", ["", "ten", "1,5", "0x10", "½", "--", "1 2", "nan(1)"])
def test_what_is_no_number_is_named(text: str) -> None:
    with pytest.raises(InputError, match=r"^depth .* is not a number; it goes from 1 to 100"):
        NUMBERS["depth"].parse(text)


@pytest.mark.parametrize("value", ["10", None, [1], 1j])
def test_values_of_another_type_are_refused(value: object) -> None:
    with pytest.raises(InputError, match="must be a number"):
        NUMBERS["depth"].check(value)  # type: ignore[arg-type]


def test_whole_numbers() -> None:
    depth = NUMBERS["depth"]
    assert depth.parse(" 12 ") == 12
    assert isinstance(depth.parse("1e1"), int)
    with pytest.raises(InputError, match=r"depth = 2\.5 is not a whole number"):
        depth.parse("2.5")
    assert depth.clamp(2.5) == 2
    assert depth.clamp(1e300) == 100
    assert NUMBERS["seed"].bounds == "from 0 to 2147483647", "every digit of a whole bound"


@settings(deadline=None)
@given(st.sampled_from(sorted(NUMBERS)), st.floats(allow_nan=False))
def test_clamped_values_are_always_allowed_and_text_keeps_them(name: str, value: float) -> None:
    spec = NUMBERS[name]
    clamped = spec.clamp(value)
    assert spec.check(clamped) == clamped
    assert spec.parse(spec.text(clamped)) == clamped


@pytest.mark.parametrize("name", [name for name, spec in NUMBERS.items() if spec.log or spec.marks])
def test_slider_stops_are_allowed_values_in_order(name: str) -> None:
    spec = NUMBERS[name]
    ticks = spec.ticks()
    assert ticks == sorted(set(ticks))
    assert ticks[0] == spec.low
    assert ticks[-1] == spec.high
    assert DEFAULTS[name] in ticks
    assert [spec.check(tick) for tick in ticks] == ticks


@pytest.mark.parametrize("name", SWITCHES)
def test_switches(name: str) -> None:
    spec = SWITCHES[name]
    for state, words in {True: ("1", "true", "On", " yes "), False: ("0", "False", "off", "no")}.items():
        assert spec.parse(spec.text(state)) is state
        assert spec.check(state) is state
        for word in words:
            assert spec.parse(word) is state
            assert spec.check(word) is state  # type: ignore[arg-type]
    with pytest.raises(InputError, match=f"{spec.label} 'maybe' is neither on"):
        spec.parse("maybe")


def test_choices_answer_with_the_id() -> None:
    assert CHOICES["activation"].parse("silu") == "swish"
    for spec in CHOICES.values():
        assert [spec.parse(spec.text(id)) for id in spec.options] == list(spec.options)


@pytest.mark.parametrize("activation", [a for a in ACTIVATIONS.values() if a.param], ids=lambda a: a.id)
def test_the_field_of_a_parameter_has_its_range(activation) -> None:  # type: ignore[no-untyped-def]
    param = activation.param
    spec = Number.of(param)
    assert (spec.low, spec.high) == (param.low, param.high)
    assert spec.check(param.default) == param.default
    assert NUMBERS["alpha"].low <= param.low <= param.high <= NUMBERS["alpha"].high, (
        "flag help names a range too narrow"
    )
    assert spec.integer == (activation.id == "maxout")
