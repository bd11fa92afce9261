"""Every page with every activation, initializer and preset: it draws, and says what the core and command line say."""

from itertools import cycle, islice
from urllib.parse import parse_qsl

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest import CaptureFixture, MonkeyPatch

from initviz.activations import ACTIVATIONS
from initviz.advice.diagnosis import diagnose, settled
from initviz.advice.findings import every, is_healthy
from initviz.advice.fix import propose
from initviz.cli import main
from initviz.figures import layers
from initviz.measure.ensemble import COVERAGE
from initviz.measure.linear import collapse_error
from initviz.measure.simulate import simulate
from initviz.network.columns import COLUMNS
from initviz.network.experiment import FIELDS, Experiment
from initviz.network.initializers import INITIALIZERS
from initviz.network.presets import PRESETS
from initviz.text import percent, say, show
from initviz.ui.pages import PAGES
from tests.app.conftest import SMALL, Visit, charts, link, link_warnings, sentences, shown, works

MEASURED = {"overview": None, "initialization": "forward", "gradient_flow": "backward"}
"""Pages with a verdict on top, and the direction that it is about; None: the gravest of all."""

EXPERIMENTS = [page.id for page in PAGES.values() if page.experiment and page.id != "lessons"]
"""Pages about the experiment; the others are to look things up, and lessons bring their own."""

every_page = pytest.mark.parametrize("page", EXPERIMENTS)


def expected_sentence(experiment: Experiment, page: str) -> str:
    measured, direction = simulate(experiment), MEASURED[page]
    findings = diagnose(experiment, measured)
    for finding in every(findings):
        if direction is None or (finding.direction in (direction, "both") and finding.severity != "note"):
            return finding.sentence
    return settled("forward" if direction == "forward" else "backward", measured).sentence


def check_page(open_page: Visit, page: str, **query: str) -> None:
    drawn = works(open_page(page, **query))
    assert link_warnings(drawn) == []
    if page in MEASURED:
        assert sentences(drawn) == [expected_sentence(shown(drawn), page)]


# --- every activation, initializer, preset ---


@every_page
@pytest.mark.parametrize(
    ("activation", "initializer"), list(zip(ACTIVATIONS, islice(cycle(INITIALIZERS), len(ACTIVATIONS)), strict=True))
)
def test_every_activation_and_every_initializer(page: str, activation: str, initializer: str, open_page: Visit) -> None:
    check_page(open_page, page, activation=activation, initializer=initializer)


def test_that_means_all_of_them() -> None:
    assert len(ACTIVATIONS) >= len(INITIALIZERS)


@pytest.mark.exhaustive
@every_page
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_pair(page: str, activation: str, open_page: Visit) -> None:
    for initializer in INITIALIZERS:
        check_page(open_page, page, activation=activation, initializer=initializer)


@pytest.mark.parametrize("id", PRESETS)
def test_every_preset_on_the_overview(id: str, open_page: Visit) -> None:
    """With fewer units and samples, which changes sizes but not what is drawn."""
    check_page(open_page, "overview", **PRESETS[id].experiment.to_query() | {"width": "50", "samples": "50"})


@pytest.mark.slow
@pytest.mark.parametrize("id", PRESETS)
def test_every_preset_at_its_own_size(id: str, open_page: Visit) -> None:
    query = PRESETS[id].experiment.to_query()
    check_page(open_page, "overview", **query)
    assert works(open_page("overview", **query)).selectbox(key="preset").value == id


# --- the same numbers everywhere ---


@pytest.mark.parametrize("query", [{}, {"std": "1"}, {"activation": "sigmoid", "initializer": "glorot_normal"}])
def test_the_overview_says_what_the_command_line_says(
    query: dict[str, str], open_page: Visit, capsys: CaptureFixture[str]
) -> None:
    flags = [part for name, text in (SMALL | query).items() for part in (f"--{name}", text)]
    assert main(["diagnose", *flags]) == 0
    lines = capsys.readouterr().out.splitlines()
    page = works(open_page("overview", **query))
    assert lines[0].endswith(sentences(page)[0])
    for fix in propose(shown(page)):
        assert [line for line in lines if line.endswith(fix.sentence)]
        assert [text.value for text in page.markdown if fix.sentence in text.value]


@pytest.mark.parametrize("page", MEASURED)
def test_the_table_is_the_propagation(page: str, open_page: Visit) -> None:
    drawn = works(open_page(page))
    table = next(frame.value for frame in drawn.dataframe if "layer" in frame.value)
    frame = simulate(shown(drawn)).to_frame()
    assert len(table) == len(frame)
    for name in table:
        scale = 100 if COLUMNS[str(name)].unit == "share" else 1
        assert list(table[name]) == [say(scale * value) for value in frame[name]]


# --- buttons ---


def test_reset(open_page: Visit) -> None:
    """Everything: the experiment, the pin, the options of the page."""
    changed = {"activation": "maxout", "alpha": "4", "initializer": "orthogonal", "seed": "7", "tied": "1"}
    options = {"pinned": "activation=relu", "view": "ridges", "axis": "fixed", "low": "-3", "bins": "20"}
    page = open_page("initialization", **changed, **options)
    assert shown(page).tied
    works(page.button(key="reset").click().run())
    assert link(page) == Experiment().to_query()


def test_the_preset_box(open_page: Visit) -> None:
    page = open_page()
    assert page.selectbox(key="preset").value is None
    works(page.selectbox(key="preset").set_value("script_relu_028").run())
    assert shown(page) == PRESETS["script_relu_028"].experiment
    works(page.run())
    assert page.selectbox(key="preset").value == "script_relu_028"


@pytest.mark.parametrize(
    "query", [{"width": "100"}, {"width": "100", "activation": "leaky_relu", "alpha": "0.5", "initializer": "zeros"}]
)
def test_apply_the_fix(query: dict[str, str], open_page: Visit) -> None:
    page = open_page(**query)
    before = shown(page)
    fix = propose(before)[0]
    assert fix.complete
    works(page.button(key="apply").click().run())
    assert shown(page) == fix.experiment
    assert len(page.success) == 1
    assert is_healthy(diagnose(fix.experiment, simulate(fix.experiment)))
    assert not [button for button in page.button if button.key == "apply"]


# --- options ---


@pytest.mark.parametrize("page", ["initialization", "gradient_flow", "phase_diagram"])
@pytest.mark.parametrize("query", [{"seeds": "2"}, {"theory": "0"}, {"seeds": "2", "theory": "0"}])
def test_ensembles_and_predictions(page: str, query: dict[str, str], open_page: Visit) -> None:
    plain, other = works(open_page(page)), works(open_page(page, **query))
    assert sentences(plain) == sentences(other)
    changed = [a for a, b in zip(charts(plain), charts(other), strict=True) if a != b]
    assert len(changed) >= 2


VIEWS = [
    *(("activations", {"show": show}) for show in ("gallery", "curves")),
    ("activations", {"compare": "relu,gelu,maxout", "layer": "3", "x": "-2.5"}),
    *(("initialization", {"view": view, "of": of}) for view in layers.VIEWS for of in ("h", "z")),
    *(("initialization", {"axis": axis, "low": "-2", "high": "2", "bins": "30"}) for axis in ("shared", "fixed")),
    ("initialization", {"axis": "fixed", "low": "2", "high": "-2", "log": "0", "layer": "99"}),
    *(("gradient_flow", {"view": view, "of": of}) for view in layers.VIEWS for of in ("grad_h", "grad_z", "grad_w")),
    ("gradient_flow", {"factor": "0.5", "layers": "7"}),
    ("gradient_flow", {"vary": "activation", "activation_values": "relu,gelu"}),
    *(("phase_diagram", {"show": "pairs", "of": of}) for of in ("forward", "backward")),
    *((page, {"pinned": "activation=relu&depth=5&width=20&samples=20"}) for page in EXPERIMENTS),
]


@pytest.mark.parametrize(("page", "query"), VIEWS)
def test_every_view(page: str, query: dict[str, str], open_page: Visit) -> None:
    assert link_warnings(works(open_page(page, **query))) == []


@pytest.mark.parametrize(
    ("drag", "query", "told"),
    [
        ("std", {"initializer": "he_normal"}, "Weights are drawn as Random normal"),
        ("gain", {"initializer": "lecun_normal"}, "is at 1.**"),
        ("alpha", {"activation": "leaky_relu"}, "alpha 0 to 1"),
        ("depth", {"depth": "50"}, "lies beyond"),
        ("std", {"normalization": "layer"}, "of the plain network"),
    ],
)
def test_a_control_is_dragged(drag: str, query: dict[str, str], told: str, open_page: Visit) -> None:
    page = open_page("phase_diagram", show="drag", drag=drag, **query)
    assert [failure.value for failure in page.exception] == []
    assert link_warnings(page) == []
    assert [caption.value for caption in page.caption if told in caption.value]


def test_a_control_that_does_nothing_is_not_dragged(open_page: Visit) -> None:
    page = open_page("phase_diagram", show="drag", drag="gain")
    (error,) = page.error
    assert error.value.startswith("Gain does nothing with Random normal weights: choose")


def test_a_control_is_varied_by_typed_values_and_a_panel_is_loaded(open_page: Visit) -> None:
    page = works(open_page("initialization", vary="std", std_values="0.1,0.14,9"))
    page.text_input(key="field-std_values").set_value("0.1, .2 , abc").run()
    assert ["is not a number" in said for said in link_warnings(works(page))] == [True]
    assert page.query_params["std_values"] == "0.1,0.2"
    page.button(key="load-1").click().run()
    assert shown(works(page)).std == 0.2
    assert page.button(key="load-1").disabled


def test_pinned_and_present_are_swapped_and_their_differences_told(open_page: Visit) -> None:
    page = works(open_page("activations", activation="relu", initializer="he_normal", gain="2"))
    page.button(key="pin").click().run()
    page.selectbox(key="field-activation").set_value("tanh").run()
    page.select_slider(key="field-gain").set_value(1.0).run()
    table = next(text.value for text in works(page).markdown if "A, pinned" in text.value)
    assert table.splitlines()[2:] == ["| Activation | ReLU | Tanh |", "| gain | 2 | 1 |"]
    page.button(key="swap").click().run()
    assert (shown(works(page)).activation, shown(page).gain) == ("relu", 2)
    table = next(text.value for text in page.markdown if "A, pinned" in text.value)
    assert "| Activation | Tanh | ReLU |" in table
    page.button(key="pin").click().run()
    assert not [text for text in works(page).markdown if "A, pinned" in text.value]


@pytest.mark.parametrize("show", ["table", "gains", "accuracy", "cost"])
def test_tables_of_activations(show: str, open_page: Visit) -> None:
    page = open_page("activations", show=show)
    assert [failure.value for failure in page.exception] == []
    assert len(page.dataframe) + len(page.table) == 1


# --- what goes wrong ---


@every_page
@pytest.mark.parametrize(
    "query",
    [
        {"activation": "relux"},
        {"depth": "1000", "width": "abc", "activation": "nope", "seed": "-1"},
        {"alpha": "3"},
        {"depth": "nan"},
        {"tied": "perhaps"},
    ],
)
def test_a_wrong_link_shows_one_warning_and_the_page_works(
    page: str, query: dict[str, str], open_page: Visit, monkeypatch: MonkeyPatch
) -> None:
    drawn = open_page(page, **query)
    assert [failure.value for failure in drawn.exception] == []
    assert len(link_warnings(drawn)) == 1
    assert shown(drawn).activation in ACTIVATIONS
    assert link_warnings(drawn.run()) == []  # the link has been put right


def test_a_wrong_option_is_told_too(open_page: Visit) -> None:
    (warning,) = link_warnings(works(open_page("initialization", view="cloud", depth="0")))
    assert "cloud" in warning
    assert "depth" in warning


@pytest.mark.parametrize("page", [page for page in EXPERIMENTS if page not in ("activations", "data", "sweep")])
def test_an_experiment_that_is_too_big_is_refused_with_the_size_that_fits(
    page: str, open_page: Visit, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", "0.3")
    drawn = open_page(page, width="300", samples="123")
    assert [failure.value for failure in drawn.exception] == []
    (message,) = [box.value for box in drawn.error]
    assert "The nearest that fits" in message
    works(drawn.button(key="fit").click().run())
    assert f"width {shown(drawn).width}, {shown(drawn).samples} samples" in message  # all of a sweep: test_sweep.py


READING = [page for page in EXPERIMENTS if page not in ("data", "training")]
"""Pages that read the experiment's inputs: a training has those of its task, the Data page its own."""

SHOWS = [
    *((page, {}) for page in READING),
    ("phase_diagram", {"show": "pairs"}),
    *((page, {"pinned": "activation=tanh"}) for page in READING),
]


@pytest.mark.parametrize(("page", "query"), SHOWS)
def test_missing_data_are_told_with_a_way_out(
    page: str, query: dict[str, str], open_page: Visit, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.delenv("INITVIZ_MNIST_DIR", raising=False)
    drawn = open_page(page, inputs="mnist", **query)
    assert [failure.value for failure in drawn.exception] == []
    (message,) = [box.value for box in drawn.error]
    assert "INITVIZ_MNIST_DIR" in message
    works(drawn.button(key="gaussian").click().run())
    assert shown(drawn).inputs == "gaussian"


def test_only_missing_data_are_answered_with_other_inputs(open_page: Visit, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", "many")
    drawn = open_page(seed="77")
    assert [failure.value for failure in drawn.exception] == []
    assert "INITVIZ_MAX_GFLOP" in drawn.error[0].value
    assert not [button for button in drawn.button if button.key == "gaussian"]


@pytest.mark.parametrize(
    ("pin", "told", "held"),
    [
        ("activation=relux&depth=9999", ["relux", "9999"], {"activation": "tanh", "depth": "100"}),
        ("relux", ["relux"], None),
    ],
)
def test_a_wrong_pin_is_told(pin: str, told: list[str], held: dict[str, str] | None, open_page: Visit) -> None:
    drawn = works(open_page("activations", pinned=pin))
    (warning,) = link_warnings(drawn)
    assert all(word in warning for word in ["pinned experiment A", *told])
    kept = link(drawn).get("pinned")
    assert (dict(parse_qsl(kept)) if kept else None) == held


NASTY = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["nan", "inf", "-inf", "1e999", "-1", "", "0", "1", "<script>alert(1)</script>", "[x](http://x)"]),
    st.floats().map(str),
    st.integers().map(str),
)
NAMES = st.sampled_from([*FIELDS, "show", "view", "of", "seeds", "theory", "compare", "pinned", "x", "layer", "axis"])


@every_page
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.dictionaries(NAMES, NASTY, max_size=5))
def test_no_link_shows_a_traceback(page: str, open_page: Visit, query: dict[str, str]) -> None:
    with MonkeyPatch.context() as patch:
        patch.setenv("INITVIZ_MAX_GFLOP", "0.5")  # what is large is refused, so that this takes no time
        drawn = open_page(page, **query)
    assert [failure.value for failure in drawn.exception] == []
    assert len(link_warnings(drawn)) <= 1
    shown(drawn)


# --- sliders ---


@pytest.mark.parametrize("page", ["activations", "initialization"])
def test_a_layer_slider_ends_at_the_depth_and_keeps_its_value(page: str, open_page: Visit) -> None:
    drawn = works(open_page(page, depth="6", layer="5"))
    assert (drawn.slider(key="field-layer").max, drawn.slider(key="field-layer").value) == (6, 5)
    works(drawn.slider(key="field-depth").set_value(8).run())
    assert (drawn.slider(key="field-layer").max, drawn.slider(key="field-layer").value) == (8, 5)
    works(drawn.slider(key="field-depth").set_value(2).run())
    assert (drawn.slider(key="field-layer").max, drawn.slider(key="field-layer").value) == (2, 2)
    works(drawn.slider(key="field-depth").set_value(1).run())
    assert not [slider for slider in drawn.slider if slider.key == "field-layer"]


def test_the_factor_hits_what_is_named(open_page: Visit) -> None:
    offered = works(open_page("gradient_flow")).select_slider(key="field-factor").options
    assert {"0.1", "0.25", "1", "10"} <= set(offered)


def test_the_sliders_of_the_map_show_the_experiment_and_move_it(open_page: Visit) -> None:
    page = works(open_page("phase_diagram", width="100", std="0.15", bias_std="0.5"))
    assert [page.select_slider(key=key).value for key in ("sigma-w", "sigma-b")] == [1.5, 0.5]
    works(page.select_slider(key="sigma-w").set_value(2.0).run())
    assert shown(page) == Experiment(width=100, std=0.2, bias_std=0.5, depth=3, samples=32)


def test_an_ensemble_says_what_its_bands_cover(open_page: Visit) -> None:
    said = [caption.value for caption in works(open_page("initialization", seeds="3")).caption]
    assert any("median of 3 networks" in one and f"{100 * COVERAGE:g} %" in one for one in said)


def test_the_fan_in_of_a_convolution(open_page: Visit) -> None:
    page = open_page("initialization", initializer="lecun_normal")
    page.number_input(key="kernel").set_value(5)
    works(page.number_input(key="channels").set_value(10).run())
    (said,) = [text.value for text in page.markdown if "k · k · C" in text.value]
    assert "**250**" in said
    assert f"Var W = {say(1 / 250)}" in said


def test_a_linear_network_is_told_to_be_one_matrix(open_page: Visit) -> None:
    page = works(open_page("activations", activation="linear", initializer="lecun_normal"))
    (said,) = [text.value for text in page.markdown if "one matrix:" in text.value]
    assert f"**{show(collapse_error(shown(page)))}**" in said
    bent = works(open_page("activations", activation="tanh"))
    assert not any("one matrix:" in text.value for text in bent.markdown)


def test_the_rule_of_thumb_stands_beside_the_dead_share(open_page: Visit) -> None:
    page = works(open_page("activations", activation="relu", samples="2", layer="3"))
    (said,) = [caption.value for caption in page.caption if "Rule of thumb" in caption.value]
    assert f"**{percent(simulate(shown(page)).column('dead')[3])}**" in said
