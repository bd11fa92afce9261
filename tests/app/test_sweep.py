"""The sweep page without a browser: the numbers of `simulate`, cells that load, the grid in the link, stop, refusal."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytest import MonkeyPatch
from streamlit.testing.v1 import AppTest

from initviz.measure.simulate import simulate
from initviz.network.budget import Budget
from initviz.network.experiment import Experiment
from initviz.sweep.memory import Swept, sweep_in_memory
from initviz.sweep.plan import Grid, plan_cost
from initviz.sweep.run import here, run_sweep
from initviz.sweep.store import Store
from initviz.sweep.summary import FACTOR, MEASURES, SHOWN, summary
from initviz.text import say
from initviz.ui import waiting
from initviz.ui.sweep_options import AXES, OPTIONS, VALUES
from initviz.ui.sweep_parts import DOING, STOPPED
from initviz.ui.sweep_ready import READY
from tests.app.conftest import SMALL, Visit, charts, link, link_warnings, sentences, shown, works

GRID = {
    "down": "activation",
    "across": "depth",
    "activation_values": "tanh,relu",
    "depth_values": "1,3",
    "initializer": "he_normal",
}
BASE = Experiment(initializer="he_normal", width=32, samples=32)
THREE = Grid.parse(
    Experiment(width=12, samples=20), {"activation": "tanh,relu", "depth": "1,3", "std": "0.1,0.3"}, seeds=2
)


def trace(page: Any, chart: int, index: int) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(charts(page)[chart])["data"][index]
    return data


def test_cells_are_what_simulation_says(open_page: Visit) -> None:
    page = works(open_page("sweep", **GRID))
    expected = [
        [say(simulate(BASE.changed(activation=id, depth=depth)).column("std")[-1]) for depth in (1, 3)]
        for id in ("tanh", "relu")
    ]
    assert trace(page, 0, 0)["text"] == expected
    assert trace(page, 1, 0)["name"] == "Tanh"
    assert sentences(page)[0].startswith("std of h, last layer (measured): from ")


def test_a_cell_is_loaded_and_the_sweep_stays(open_page: Visit) -> None:
    page = open_page("sweep", **GRID)
    before = charts(page)
    runs = waiting.jobs().counters().runs
    page = page.selectbox(key="sweep-cell").set_value("ReLU, depth 1").run()
    page = works(page.button(key="sweep-load").click().run())
    assert shown(page) == BASE.changed(activation="relu", depth=1)
    assert charts(page) == before
    assert waiting.jobs().counters().runs == runs


def test_another_number_needs_no_run(open_page: Visit) -> None:
    page = open_page("sweep", **GRID, seeds="2")
    runs = waiting.jobs().counters().runs
    for measure in MEASURES:
        page = works(page.selectbox(key="field-measure").set_value(measure).run())
    for how in SHOWN:
        page = works(page.segmented_control(key="field-shown").set_value(how).run())
        page = works(page.segmented_control(key="field-place").set_value("first").run())
    assert waiting.jobs().counters().runs == runs
    assert link(page)["place"] == "first"


@pytest.mark.parametrize("axis", AXES)
def test_every_axis(axis: str, open_page: Visit) -> None:
    page = works(open_page("sweep", down="nothing", across=axis, width="8", samples="8"))
    assert link_warnings(page) == []
    assert len(trace(page, 0, 0)["z"]) == 1


def test_values_stand_in_the_link(open_page: Visit) -> None:
    page = open_page("sweep", **GRID)
    page = works(page.pills(key="field-depth_values").set_value(["2", "1"]).run())
    assert link(page)["depth_values"] == "2,1"
    page = page.pills(key="field-depth_values").set_value([]).run()
    assert "needs at least one value" in page.error[0].value
    (warning,) = link_warnings(open_page("sweep", **GRID | {"depth_values": "7"}))
    assert "Unknown value of depth" in warning


def test_a_sweep_that_is_too_big_is_refused_with_the_size_that_fits(open_page: Visit, monkeypatch: MonkeyPatch) -> None:
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", "3")
    page = open_page("sweep", **GRID | {"width": "300", "samples": "1000", "seeds": "5"})
    (message,) = [box.value for box in page.error]
    assert message.startswith("These 20 experiments need about ")
    assert "The nearest that fits" in message
    page = works(page.button(key="fit").click().run())
    grid = Grid.parse(shown(page), {"activation": "tanh,relu", "depth": "1,3"}, 5)
    assert plan_cost(grid) <= Budget.from_environment().gflop
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", "0.3")
    page = open_page("sweep", **GRID)
    assert "need less" in page.error[0].value
    assert [button for button in page.button if button.key == "fit"] == []


def test_what_was_there_when_it_was_stopped_is_shown_and_gone_on_with(open_page: Visit) -> None:
    page = open_page("sweep", **GRID | {"seed": "5"})
    base = BASE.changed(activation="tanh", depth=1, seed=5)
    grid = Grid(base, {"activation": ("tanh", "relu"), "depth": (1, 3)})
    name, parts = json.dumps(grid.record()), list[Swept]()
    sweep_in_memory(grid, lambda share, partial=None: parts.append(partial))
    waiting.jobs().memo.keep(("stopped", DOING, name), parts[0])
    page.session_state[STOPPED] = name
    page = works(page.run())
    assert [box.value for box in page.warning] == ["Stopped after 1 of 4 experiments."]
    assert trace(page, 0, 0)["text"][1] == ["…", "…"]
    page = works(page.button(key="sweep-go").click().run())
    assert "…" not in str(trace(page, 0, 0)["text"])


@pytest.mark.parametrize("id", READY)
def test_the_ready_ones(id: str, open_page: Visit, monkeypatch: MonkeyPatch) -> None:
    """Loaded they are what the box names, and take a fraction of the default budget."""
    ready = READY[id]
    monkeypatch.setenv("INITVIZ_MAX_GFLOP", "0.001")
    page = open_page("sweep", **SMALL).selectbox(key="ready").set_value(id).run()
    assert shown(page) == ready.experiment
    assert page.selectbox(key="ready").value == id
    (needed,) = [box.value.split(" need about ")[1].split(" GFLOP")[0] for box in page.error]
    assert float(needed) < Budget().gflop / 5
    values = {name: link(page).get(VALUES[name], "") for name in AXES}
    assert all(values[name] for name in ready.options if name in values)


def measured(id: str, seeds: int) -> Swept:
    """The grid of a ready one with so many seeds."""
    ready = READY[id]
    names = {name: ready.options.get(name, OPTIONS[name].default) for name in ("down", "across")}
    texts = {name: ",".join(ready.options[VALUES[name]]) for name in names.values()}
    return sweep_in_memory(Grid.parse(ready.experiment, texts, seeds))


def test_single_networks_stray_as_one_over_root_width() -> None:
    """Over 20 networks the std is known to 16 %, the slope over six doublings to 0.055: within four of those."""
    swept = measured("width", 20)
    for spreads in summary(swept, "std", "spread", "last"):
        slope, _ = np.polyfit(np.log(swept.grid.axes["width"]), np.log(spreads), 1)
        assert slope == pytest.approx(-0.5, abs=0.22)


def test_the_measured_factor_passes_one_where_theory_says() -> None:
    swept = measured("chaos", 1)
    assert list(swept.grid.axes) == ["bias_std", "std"]
    factor, theory = (summary(swept, FACTOR, shown, "last") for shown in ("measured", "predicted"))
    np.testing.assert_allclose(factor, theory, rtol=0.06)
    assert ((factor > 1) == (theory > 1)).all()
    assert 1 < (theory[0] > 1).sum() < len(theory[0]), "the map has both phases"
    assert (np.diff(factor, axis=0) < 0).all(axis=0).sum() >= 5, "biases calm tanh"


def test_float16_loses_the_gradient_of_too_small_weights_first() -> None:
    swept = measured("float16", 1)
    lost = summary(swept, "grad_h_float16_zero", "measured", "first")
    assert list(swept.grid.axes) == ["initializer", "depth"]
    small, glorot = lost[0], lost[1]
    assert small[0] < 0.01
    assert small[-1] > 0.99
    assert (glorot < 0.01).all()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sweep over three fields, two networks a cell."""
    folder = tmp_path_factory.mktemp("sweeps") / "three"
    run_sweep(THREE, Store(folder), here())
    return folder


def zipped(folder: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as file:
        for path in folder.iterdir():
            file.write(path, path.name)
    return data.getvalue()


def drawn(page: AppTest, held: dict[str, Any], **axes: tuple[Any, ...]) -> None:
    """The heat map shows the medians of these experiments."""
    grid = Grid(THREE.base.changed(**held), axes, 2)
    expected = summary(sweep_in_memory(grid), "std", "measured", "last")
    assert trace(page, 0, 0)["text"] == [[say(value) for value in row] for row in expected]


def test_an_uploaded_sweep_is_drawn_over_any_two_fields(open_page: Visit, finished: Path) -> None:
    page, runs = open_page("sweep", source="upload"), waiting.jobs().counters().runs
    page = works(
        page.file_uploader(key="sweep-file").set_value(("mine.zip", zipped(finished), "application/zip")).run()
    )
    drawn(page, {"std": 0.1}, activation=("tanh", "relu"), depth=(1, 3))
    page = works(page.selectbox(key="cut-std").set_value("0.3").run())
    drawn(page, {"std": 0.3}, activation=("tanh", "relu"), depth=(1, 3))
    page = works(page.selectbox(key="cut-down").set_value("depth").run())  # changes places with the one across
    drawn(page, {"std": 0.3}, depth=(1, 3), activation=("tanh", "relu"))
    page = works(page.selectbox(key="cut-across").set_value("std").run())
    drawn(page, {"activation": "tanh"}, depth=(1, 3), std=(0.1, 0.3))
    assert link(page)["cut"] == "down=depth&across=std"
    for how in SHOWN:
        page = works(page.segmented_control(key="field-shown").set_value(how).run())
    page = page.selectbox(key="sweep-cell").set_value("depth 3, std 0.3").run()
    page = works(page.button(key="sweep-load").click().run())
    assert shown(page) == THREE.base.changed(depth=3, std=0.3)
    assert waiting.jobs().counters().runs == runs


def test_an_offered_sweep_is_opened_by_name_and_no_path(
    open_page: Visit, finished: Path, monkeypatch: MonkeyPatch
) -> None:
    monkeypatch.setenv("INITVIZ_SWEEPS", str(finished.parent))
    page = works(open_page("sweep", source="three", cut="down=std&across=depth&activation=relu"))
    drawn(page, {"activation": "relu"}, std=(0.1, 0.3), depth=(1, 3))
    assert link_warnings(page) == []
    for name in ("../sweeps/three", "/etc", "%00"):
        page = works(open_page("sweep", source=name, **GRID))
        (warning,) = link_warnings(page)
        assert "There is no sweep" in warning
        assert page.selectbox(key="field-source").value == "grid"


def test_a_file_that_is_no_sweep_gets_one_sentence(open_page: Visit) -> None:
    page = open_page("sweep", source="upload")
    page = page.file_uploader(key="sweep-file").set_value(("mine.zip", b"hello", "application/zip")).run()
    (said,) = sentences(page)
    assert "neither a zip" in said
    assert not page.exception
