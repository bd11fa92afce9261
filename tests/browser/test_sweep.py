"""The Sweep page in a browser: a tiny sweep runs, a click on a cell loads it; a finished one is opened from a file."""

from pathlib import Path

from playwright.sync_api import Page, expect

from initviz.network.experiment import Experiment
from initviz.sweep.plan import Grid
from initviz.sweep.run import here, run_sweep
from initviz.sweep.store import Store
from tests.browser.drive import agrees, chart, choose, settle, visit
from tests.browser.test_phase import click

LINK = "width=16&samples=16&initializer=he_normal"
GRID = "down=activation&across=depth&activation_values=tanh,relu&depth_values=1,3"


def test_a_tiny_sweep_runs_and_a_cell_loads_its_experiment(address: str, page: Page) -> None:
    visit(page, f"{address}/sweep?{LINK}&{GRID}")
    expect(page.get_by_text("std of h, last layer (measured): from")).to_be_visible()
    click(page, "sweep-heat", 0, 1)
    agrees(page, activation="relu", depth="1", activation_values="tanh,relu")


def test_a_finished_sweep_is_opened_cut_and_clicked(address: str, page: Page, tmp_path: Path) -> None:
    base = Experiment(width=12, samples=20)
    store = Store(tmp_path / "mine")
    grid = Grid.parse(base, {"activation": "tanh,relu", "depth": "1,3", "std": "0.1,0.3"}, seeds=2)
    run_sweep(grid, store, here())
    store.table().to_parquet(tmp_path / "mine.parquet", index=False)
    page.goto(f"{address}/sweep?{LINK}&source=upload")
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.parquet")
    expect(page.get_by_text("mine.parquet: 16 of 16 experiments")).to_be_visible()
    settle(page)
    choose(page, "cut-std", "0.3")
    click(page, "sweep-heat", 1, 0)
    agrees(page, activation="tanh", depth="3", std="0.3", width="12", source="upload")
    assert chart(page, "sweep-heat", "gd._fullData[0].z.length") == 2
