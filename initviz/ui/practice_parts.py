"""What the Practice page shows: the helper, the advice with its evidence, the newest recipes with their numbers."""

from functools import partial

import pandas as pd
import streamlit as st

from initviz.advice.findings import is_healthy
from initviz.advice.practice import ADVICE, Evidence, Plan, plan
from initviz.advice.recipes import RECIPES, Recipe
from initviz.catalogue import InputError
from initviz.export.script import script
from initviz.figures import gradients, signal
from initviz.figures.runs import Run
from initviz.figures.theme import Theme
from initviz.frameworks import FRAMEWORKS
from initviz.measure.simulate import simulate
from initviz.network.budget import Budget
from initviz.network.experiment import Experiment
from initviz.progress import Progress
from initviz.text import show
from initviz.ui import parts, sentences, shown
from initviz.ui.cache import prepare
from initviz.ui.state import Option, Visit, load
from initviz.ui.waiting import answer

GFLOP = 5.0
"""What planning, or measuring all evidence, takes: the time of about so many GFLOP."""


def helper(current: Visit, options: dict[str, Option], look: Theme) -> None:
    """What to take for the network at the side, what to expect of it, and its code."""
    experiment = current.experiment
    Budget.from_environment().check(experiment)
    found: Plan = answer("Planning", experiment, lambda progress: plan(experiment), gflop=GFLOP)
    chosen = found.experiment
    columns = st.columns(4)
    columns[0].metric("Initializer", chosen.weights.name.split(" (")[0].split(" =")[0])
    columns[1].metric("Gain on 1/√fan_in", _number(found.gain))
    columns[2].metric("Gradient at layer 1, of 1", _number(found.gradient))
    columns[3].metric("Largest learning rate", show(found.limit.rate) if found.limit.rate else "not known")
    shown.table(lambda: found.prediction.to_frame().to_csv(index=False))
    _verdict(found)
    _expected(current, found, look)
    st.markdown(f":material/speed: {found.limit.sentence(None)}")
    st.button("Load it", disabled=chosen == experiment, on_click=load, args=(chosen,), key="take", type=parts.weight())
    parts.options_row(options, "code")
    framework = FRAMEWORKS[current.options["code"]]
    try:
        st.code(script(chosen, framework), language="python", wrap_lines=True)  # no part that scrolls on its own
    except InputError as error:
        st.warning(str(error), icon=":material/code_off:")


def _expected(current: Visit, found: Plan, look: Theme) -> None:
    """Size of signal and gradient by depth, as predicted."""
    runs = [Run("predicted", found.prediction, "predicted")]
    left, right = st.columns(2, gap="medium")
    with left:
        parts.drawn(current.key, "std", "Size of the signal", partial(signal.std_by_depth, runs, theme=look))
    with right:
        build = partial(gradients.gradient_by_depth, runs, compact=True, theme=look)
        parts.drawn(current.key, "gradient", "Size of the gradient", build)


def _number(value: float) -> str:
    return "not known" if value != value else show(value)  # noqa: PLR0124 - only nan is unlike itself


def _verdict(found: Plan) -> None:
    experiment = found.experiment
    if found.prediction.reason or not found.findings:
        st.info(found.prediction.reason or "No prediction.", icon=":material/info:")
        return
    sentences.sentence(found.findings[0])
    if not is_healthy(found.findings):
        st.markdown(
            f"No initializer alone is enough for {experiment.phi.name} here: the Overview offers what is; a smaller"
            " depth, a normalization or residual branches at the side change the answer."
        )


def advice() -> None:
    """Every line with what was measured for it now."""
    prepare()

    def work(progress: Progress) -> dict[str, Evidence]:
        measured = {}
        for number, (id, line) in enumerate(ADVICE.items(), 1):
            measured[id] = line.evidence(simulate)
            progress(number / len(ADVICE))
        return measured

    measured = answer("Measuring the evidence", "advice", work, gflop=4 * GFLOP, mib=100.0)
    held = sum(one.holds for one in measured.values())
    st.markdown(f"Measured just now on networks of ten layers and 200 units: **{held} of {len(ADVICE)}** lines hold.")
    for id, line in ADVICE.items():
        sign = ":material/check_circle:" if measured[id].holds else ":material/error:"
        word = "Holds" if measured[id].holds else "Does not hold here"
        st.markdown(
            f"{sign} **{line.name}** {measured[id].sentence} *{word}.* :gray[{line.source} ({', '.join(line.rows)})]"
        )


def recipes(current: Visit) -> None:
    """What the newest recipes come to at this depth, width and activation; those that can be are loaded."""
    experiment = current.experiment
    st.markdown(
        f"For **{experiment.phi.name}**, {experiment.depth} layers of {experiment.width} units. A branch that ends in W"
        " has mean 0, and its squares add up: the squared gradient grows by (1 + a²)^L with ReLU and He. One that ends"
        " in φ has a mean where φ has one; the branches then point the same way, and the gradient grows far more."
    )

    def work(progress: Progress) -> dict[str, tuple[tuple[str, float], ...]]:
        return {id: recipe.numbers(experiment) for id, recipe in RECIPES.items()}

    numbers = answer("Computing", experiment, work, gflop=GFLOP)
    table = [
        {
            "recipe": recipe.name,
            "rule": recipe.rule,
            "here": "; ".join(f"{name} {_number(value)}" for name, value in numbers[id]),
            "why": recipe.says,
            "source": recipe.source,
        }
        for id, recipe in RECIPES.items()
    ]
    st.table(pd.DataFrame(table).set_index("recipe"))
    _loaders(experiment)


def _loaders(experiment: Experiment) -> None:
    applied = {recipe: recipe.applied(experiment) for recipe in RECIPES.values()}
    st.markdown("**Load one into the experiment**")
    with st.container(horizontal=True, gap="small"):
        for recipe, one in applied.items():
            if one is not None:
                _loader(recipe, one)
    st.caption("The others need layers of another form than h + a φ(h W), or a learnt scale that begins with 0.")


def _loader(recipe: Recipe, experiment: Experiment) -> None:
    st.button(recipe.name, on_click=partial(load, experiment), key=f"recipe-{recipe.id}")
