"""The Sweep page: its options, the grid they spell, the job that measures it, and what is drawn of it."""

import json
import time
from collections.abc import Callable
from itertools import count

import numpy as np
import streamlit as st

from initviz.arrays import FloatArray
from initviz.figures.sweep import ALONE, cell, heat, side
from initviz.figures.sweep_lines import lines
from initviz.figures.theme import Theme
from initviz.network.budget import cost
from initviz.progress import Report
from initviz.serving.jobs import SECONDS_PER_GFLOP
from initviz.sweep.memory import Place, Swept, sweep_in_memory
from initviz.sweep.plan import Grid, plan_cost
from initviz.sweep.run import kept_cluster
from initviz.sweep.summary import FACTOR, MEASURES, SHOWN, gap_words, numbers, summary
from initviz.text import counted, say
from initviz.ui import parts
from initviz.ui.cache import prepare
from initviz.ui.state import Visit, load
from initviz.ui.sweep_options import PLACES
from initviz.ui.waiting import answer, jobs, stopped

DOING = "Sweeping"
HEAT = "sweep-heat"
REDRAWN = 1.0
"""Seconds between two partial pictures: the browser builds each anew, and one replaced at once is never seen."""
STOPPED = "sweep-stopped"
"""Where the session keeps the name of the sweep that its visitor stopped."""


def measured(grid: Grid, draw: Callable[[Swept, str], None]) -> Swept:
    """The grid's table, drawn while it grows; what there is of it where the visitor stopped it."""
    name = json.dumps(grid.record())
    begun: Swept | None = stopped(DOING, name)
    if begun is not None and st.session_state.get(STOPPED) == name:  # none where it had ended before the click
        st.warning(f"Stopped after {len(begun)} of {counted(len(grid), 'experiment')}.", icon=":material/pause:")
        st.button("Continue", icon=":material/play_arrow:", on_click=_stop, args=("",), key="sweep-go")
        return begun
    prepare()
    button, numbered, drawn = st.empty(), count(), time.monotonic() - REDRAWN
    opening = kept_cluster(jobs().cluster, SECONDS_PER_GFLOP * plan_cost(grid))

    def work(report: Report) -> Swept:
        if (read := grid.base.source.rows) is not None:
            read()  # raises where the data are missing: one answer instead of a failure for each experiment
        return sweep_in_memory(grid, report, begun, opening)

    def show(partial: Swept) -> None:
        nonlocal drawn
        if time.monotonic() - drawn < REDRAWN:
            return
        drawn = time.monotonic()
        if (number := next(numbered)) == 0:
            button.button("Stop", icon=":material/stop:", on_click=_stop, args=(name,), key="sweep-stop")
        draw(partial, f"{HEAT}-{number}")

    mib = max(cost(one).mib for one in grid.experiments())
    swept = answer(DOING, name, work, gflop=plan_cost(grid), mib=mib, show=show)
    button.empty()
    return swept


def _stop(name: str) -> None:
    st.session_state[STOPPED] = name


class Drawing:
    """What the options ask to be drawn of a sweep."""

    def __init__(self, current: Visit, grid: Grid, look: Theme) -> None:
        self.measure, self.shown = current.options["measure"], current.options["shown"]
        self.place: Place = current.options["place"]
        self.look = look
        sides = [side(name, values) for name, values in grid.axes.items()]
        self.y, self.x = sides if len(sides) == 2 else (ALONE, *sides)
        self.shape = len(self.y.names), len(self.x.names)
        column = MEASURES[self.measure]
        where = "" if self.measure == FACTOR else f", {PLACES[self.place].name}"
        how = {"difference": ", in standard errors", "spread": ": std over the networks by their mean"}
        self.title = f"{column.name}{where} ({SHOWN[self.shown].name}{how.get(self.shown, '')})"
        factor = self.measure in (FACTOR, "chi") and self.shown in ("measured", "predicted")
        share = column.unit == "share" and self.shown != "spread"
        self.kind = "errors" if self.shown == "difference" else "factor" if factor else "share" if share else "size"

    def values(self, swept: Swept) -> FloatArray:
        """A number a cell, (down, across)."""
        return summary(swept, self.measure, self.shown, self.place).reshape(self.shape)

    def heat(self, swept: Swept, key: str = HEAT) -> None:
        """The heat map; in the finished one a click on a cell loads its experiment."""
        gaps = gap_words(swept, self.measure, self.shown).reshape(self.shape)
        figure = heat(self.values(swept), gaps, self.y, self.x, title=self.title, kind=self.kind, theme=self.look)
        choose = parts.when_clicked(lambda: self._load_clicked(swept.grid)) if key == HEAT else "ignore"
        parts.chart(figure, key, self.title, on_choose=choose)

    def lines(self, swept: Swept) -> None:
        """The same as lines: of measurements with the spread over the seeds, and the prediction."""
        seeds = (*self.shape, swept.grid.seeds)
        if self.shown == "measured":
            values = numbers(swept, self.measure, self.place).reshape(seeds)
            theory = summary(swept, self.measure, "predicted", self.place).reshape(self.shape)
        else:
            values, theory = self.values(swept)[..., None], None
        root = self.shown == "spread" and list(swept.grid.axes)[-1] == "width"
        figure = lines(values, theory, self.y, self.x, title=self.title, root=root, theme=self.look)
        parts.chart(figure, "sweep-lines", f"The same over {self.x.title.lower()}")

    def sentence(self, swept: Swept) -> str:
        """Where the largest number stands, and where the smallest."""
        values = self.values(swept)
        if not np.isfinite(values).any():
            return f"{self.title}: there is no number to show."
        flat, names = np.where(np.isfinite(values), values, np.nan).ravel(), cells(self)
        low, high = int(np.nanargmin(flat)), int(np.nanargmax(flat))
        return f"{self.title}: from {say(flat[low])} ({names[low]}) to {say(flat[high])} ({names[high]})."

    def _load_clicked(self, grid: Grid) -> None:
        if points := st.session_state[HEAT].selection.points:
            load(grid.experiments()[int(points[0]["y"]) * self.shape[1] + int(points[0]["x"])])

    def choose(self, grid: Grid) -> None:
        """The same as a click, for keyboards and phones."""
        names, experiments = cells(self), grid.experiments()
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            with st.container(width=420):
                chosen = st.selectbox("Experiment", names, key="sweep-cell")
            experiment = experiments[names.index(chosen)]
            st.button("Load it", on_click=load, args=(experiment,), key="sweep-load")
        st.caption("A click on a cell loads its experiment too: the sidebar and all other pages show it then.")


def cells(drawing: Drawing) -> list[str]:
    """What each cell is called, in the order of the grid's experiments."""
    return [cell(drawing.y, drawing.x, row, column) for row, column in np.ndindex(drawing.shape)]


def told(drawing: Drawing, swept: Swept) -> None:
    """What the picture says, what its number means, and which experiments failed."""
    st.info(drawing.sentence(swept), icon=":material/grid_on:")
    st.caption(MEASURES[drawing.measure].meaning)
    if swept.failures:
        first = next(iter(swept.failures.items()))
        failed = counted(len(swept.failures), "experiment")
        st.error(f"{failed} failed, the first: {first[0]}: {first[1]}", icon=":material/error:")
