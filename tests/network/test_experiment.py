"""The experiment: a frozen value, its link and its rules."""

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from initviz.activations import ACTIVATIONS
from initviz.catalogue import InputError
from initviz.fields import Choice, Field, Number, Switch
from initviz.network.experiment import DEFAULTS, FIELDS, Experiment, field_of

# --- any experiment, built from the fields themselves ---


def _values(spec: Field) -> st.SearchStrategy[Any]:
    match spec:
        case Choice():
            return st.sampled_from(list(spec.options))
        case Number(integer=True):
            return st.integers(int(spec.low), int(spec.high))
        case Number():
            return st.floats(spec.low, spec.high)
        case Switch():
            return st.booleans()
        case _:
            raise AssertionError(f"no experiment has a field like {spec}")


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    values = {name: draw(_values(spec)) for name, spec in FIELDS.items() if name != "alpha"}
    alpha = field_of("alpha", values["activation"])
    if alpha is not None:
        values["alpha"] = draw(st.none() | _values(alpha))
    return Experiment(**values)


# --- a value ---


def test_the_default_is_the_first_experiment_of_the_lecture() -> None:
    e = Experiment()
    assert (e.activation, e.initializer, e.std) == ("tanh", "random_normal", 0.01)
    assert (e.depth, e.width, e.samples, e.inputs, e.input_std) == (10, 500, 1000, "gaussian", 1.0)


def test_it_is_a_frozen_hashable_value() -> None:
    assert Experiment(std=1) == Experiment(std=1.0)
    assert hash(Experiment(std=1)) == hash(Experiment(std=1.0))
    assert len({Experiment(), Experiment(seed=1), Experiment()}) == 2
    with pytest.raises(FrozenInstanceError):
        Experiment().std = 1  # type: ignore[misc]


def test_numbers_are_rounded_alike_so_that_the_link_names_the_same_experiment() -> None:
    assert Experiment(std=0.1 + 0.2) == Experiment(std=0.3)
    assert isinstance(Experiment(depth=5.0).depth, int)  # type: ignore[arg-type]
    assert Experiment(activation="silu") == Experiment(activation="swish")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"activation": "relux"}, "Unknown activation 'relux'. Did you mean 'relu'?"),
        ({"initializer": "he"}, "Unknown initializer 'he'"),
        ({"depth": 0}, "depth = 0 is out of range: it goes from 1 to 100"),
        ({"depth": 2.5}, "depth = 2.5 is not a whole number"),
        ({"depth": None}, "depth must be a number"),
        ({"depth": "10"}, "depth must be a number"),
        ({"width": 10**6}, "width = 1e.06 is out of range: it goes from 2 to 2048"),
        ({"std": float("nan")}, "std = nan is out of range"),
        ({"tied": "maybe"}, "same matrix in every layer 'maybe' is neither on"),
        ({"alpha": 0.1}, "Tanh takes no parameter: leave alpha unset"),
        ({"activation": "leaky_relu", "alpha": 2}, "negative slope = 2 is out of range: it goes from 0 to 1"),
        ({"activation": "maxout", "alpha": 2.5}, "pieces = 2.5 is not a whole number; it goes from 2 to 5"),
    ],
)
def test_what_is_not_possible_is_said_in_one_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Experiment(**values)


# --- alpha ---


@pytest.mark.parametrize("activation", ACTIVATIONS.values(), ids=lambda a: a.id)
def test_alpha_unset_means_the_default(activation) -> None:  # type: ignore[no-untyped-def]
    e = Experiment(activation=activation.id)
    assert e.phi_alpha == (activation.param.default if activation.param else 0.0)
    assert e.uses("alpha") == (activation.param is not None)
    assert "alpha" not in e.to_query()


def test_a_default_alpha_is_an_unset_one() -> None:
    assert Experiment(activation="elu", alpha=1.0) == Experiment(activation="elu")


def test_another_activation_drops_alpha() -> None:
    leaky = Experiment(activation="leaky_relu", alpha=0.2)
    assert leaky.changed(activation="elu").alpha is None
    assert leaky.changed(activation="relu").alpha is None
    assert leaky.changed(activation="elu", alpha=2).alpha == 2
    assert leaky.changed(activation="leaky_relu").alpha == 0.2
    assert leaky.changed(depth=3).alpha == 0.2


# --- the link ---


@settings(deadline=None)
@given(experiments())
def test_the_link_is_the_experiment(e: Experiment) -> None:
    query = e.to_query()
    assert all(isinstance(text, str) for text in query.values())
    assert Experiment.from_query(query) == (e, [])
    assert set(query) == set(FIELDS) - ({"alpha"} if e.alpha is None else set())


@settings(deadline=None)
@given(experiments())
def test_changing_nothing_changes_nothing(e: Experiment) -> None:
    assert e.changed() == e


hostile = st.text(max_size=60) | st.sampled_from(
    ["nan", "inf", "-inf", "1e999", "-1e999", "9" * 400, "1e-400", "", " ", "٣", "½", "\x00", "\ud800", "x" * 100_000,
     "None", "True", "[]", "{}", "<script>", "%00", "0x1p3", "1_000", "-0", "+5", "1\n2"]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(list(FIELDS)) | st.text(max_size=8), hostile, max_size=len(FIELDS)))
@example({"alpha": "1e9", "activation": "abrelu"})
@example({"alpha": "5", "activation": "nonsense"})
def test_no_link_raises_and_each_wrong_value_is_named_once(query: dict[str, str]) -> None:
    e, warnings = Experiment.from_query(query)
    assert Experiment.from_query(e.to_query()) == (e, [])
    assert len(warnings) == sum(_is_wrong(name, text, e.activation) for name, text in query.items() if name in FIELDS)
    assert all(len(warning) < 800 for warning in warnings)


def _is_wrong(name: str, text: str, activation: str) -> bool:
    spec = field_of(name, activation)
    try:
        return spec is None or spec.parse(text) is None
    except InputError:
        return True


@pytest.mark.parametrize(
    ("query", "kept", "warning"),
    [
        ({"depth": "1000"}, {"depth": 100}, "depth = 1000 is out of range: it goes from 1 to 100. Using 100."),
        ({"depth": "3.6"}, {"depth": 4}, "depth = 3.6 is not a whole number; it goes from 1 to 100. Using 4."),
        ({"depth": "deep"}, {}, "depth 'deep' is not a number; it goes from 1 to 100. Using 10."),
        ({"std": "nan"}, {}, "std = nan is out of range"),
        ({"width": "inf"}, {"width": 2048}, "width = inf is out of range"),
        ({"activation": "relux", "depth": "3"}, {"depth": 3}, "Did you mean 'relu'?"),
        ({"activation": "leaky_relu", "alpha": "7"}, {"activation": "leaky_relu", "alpha": 1.0}, "Using 1."),
        (
            {"activation": "elu", "alpha": "x"},
            {"activation": "elu"},
            "alpha 'x' is not a number; it goes from 0.1 to 3",
        ),
        ({"alpha": "0.5"}, {}, "Tanh takes no parameter: alpha is left out."),
        ({"tied": "perhaps"}, {}, "is neither on (1) nor off (0). Using 0."),
    ],
)
def test_what_a_link_gets_wrong_is_repaired_and_the_rest_is_kept(
    query: dict[str, str], kept: dict[str, Any], warning: str
) -> None:
    e, warnings = Experiment.from_query(query)
    assert e == Experiment(**kept)
    assert len(warnings) == 1
    assert warning in warnings[0]


def test_parameters_of_other_things_are_not_ours() -> None:
    assert Experiment.from_query({"view": "violin", "utm_source": "mail"}) == (Experiment(), [])


# --- shapes ---


def test_shapes() -> None:
    assert Experiment(depth=3, width=7).shapes() == [(7, 7, 1)] * 3
    assert Experiment(depth=2, width=7, inputs="digits").shapes() == [(64, 7, 1), (7, 7, 1)]
    assert Experiment(depth=2, width=7, activation="maxout", alpha=3, linear_first=True).shapes() == [
        (7, 7, 1),
        (7, 7, 3),
    ]


def test_a_skip_needs_equal_shapes() -> None:
    digits = Experiment(inputs="digits", residual=1, width=100)
    assert [digits.has_skip(layer) for layer in (1, 2)] == [False, True]
    assert digits.changed(width=64).has_skip(1)
    assert Experiment(residual=1).has_skip(1)
    assert not Experiment().has_skip(2)


def test_defaults_are_the_default_experiment() -> None:
    assert Experiment(**DEFAULTS) == Experiment()
