"""Catalogues: order, look-up, aliases, and what an unknown name answers."""

import pytest

from initviz.activations import ACTIVATIONS
from initviz.catalogue import Catalogue, InputError, Param, UnknownChoice
from initviz.network.initializers import INITIALIZERS
from initviz.network.inputs import INPUTS, PREPROCESSING
from initviz.network.normalization import NORMALIZATIONS
from initviz.network.presets import PRESETS

CATALOGUES: list[Catalogue] = [ACTIVATIONS, INITIALIZERS, INPUTS, PREPROCESSING, NORMALIZATIONS, PRESETS]  # type: ignore[type-arg]


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda c: c.kind)
def test_entries_are_found_by_their_own_id(catalogue: Catalogue) -> None:  # type: ignore[type-arg]
    assert [entry.id for entry in catalogue.values()] == list(catalogue)
    assert len({entry.name for entry in catalogue.values()}) == len(catalogue) > 1, "two entries share a name"
    assert all(id == id.strip().lower() and id.isidentifier() for id in catalogue), "ids stand in links and flags"


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda c: c.kind)
def test_unknown_name_says_what_is_possible(catalogue: Catalogue) -> None:  # type: ignore[type-arg]
    with pytest.raises(UnknownChoice) as caught:
        catalogue["no such thing"]
    message = str(caught.value)
    assert message.startswith(f"Unknown {catalogue.kind} 'no such thing'.")
    assert message.endswith(f"Available: {', '.join(catalogue)}.")
    assert isinstance(caught.value, InputError)
    assert isinstance(caught.value, KeyError)


def test_a_typing_error_is_recognised() -> None:
    with pytest.raises(InputError, match=r"Unknown activation 'relux'\. Did you mean 'relu'"):
        ACTIVATIONS["relux"]
    with pytest.raises(InputError, match="Did you mean 'silu'"):
        ACTIVATIONS["siluu"]


def test_aliases_look_up_but_do_not_appear() -> None:
    assert ACTIVATIONS["silu"] is ACTIVATIONS["swish"]
    assert "silu" in ACTIVATIONS
    assert "silu" not in list(ACTIVATIONS)


@pytest.mark.parametrize("key", ["", "ß" * 5000, 3, None, ["relu"], {}])
def test_anything_may_be_asked_for(key: object) -> None:
    assert key not in ACTIVATIONS
    assert ACTIVATIONS.get(key) is None  # type: ignore[call-overload]
    with pytest.raises(InputError) as caught:
        ACTIVATIONS[key]  # type: ignore[index]
    assert len(str(caught.value)) < 500, "a long name is cut"


def test_param_keeps_to_its_range() -> None:
    param = Param("slope", default=0.1, low=0, high=1, step=0.1)
    assert param.check(0) == 0.0
    assert param.check(1) == 1.0
    for wrong in (-0.001, 1.001, float("nan"), float("inf")):
        with pytest.raises(InputError, match=r"slope = .* out of range: it goes from 0 to 1"):
            param.check(wrong)
