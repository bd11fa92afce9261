"""The Data page's other views: which mean is subtracted from images, how data are split, and what leaks."""

from functools import partial

import numpy as np
import pandas as pd
import streamlit as st

from initviz.data.leaks import LEAKS, Scores, measured_leak
from initviz.data.preparations import MEANS, SIDE, digit_images, mean_cosine
from initviz.data.splits import CANDIDATES, LOOKED_AT, SPLITS, Choice, Fold, accuracy_of_folds, mean_choice
from initviz.figures import prepared
from initviz.figures.theme import Theme
from initviz.progress import Progress
from initviz.text import percent, show
from initviz.ui import parts
from initviz.ui.data_parts import WORK_GFLOP
from initviz.ui.state import Visit
from initviz.ui.waiting import answer


def means(current: Visit, look: Theme) -> None:
    """The mean image against the mean of each channel, with shapes, and what each leaves of the likeness."""
    images = digit_images()[0]
    left = {id: mean_cosine(images - mean.mean(images)) for id, mean in MEANS.items()}
    st.markdown(
        f"Two digits have a mean cosine of **{show(mean_cosine(images))}** as they came, **{show(left['channel'])}**"
        f" without the mean of the channel, and **{show(left['image'])}** without the mean image."
    )
    for (id, mean), column in zip(MEANS.items(), st.columns(2, gap="medium"), strict=True):
        taken = mean.mean(images)
        with column:
            big, own = mean.shape(32, 32, 3), mean.shape(SIDE, SIDE, 1)
            st.markdown(
                f"**{mean.name}** For images of 32 x 32 pixels and 3 channels its shape is"
                f" {list(big)}: {np.prod(big):,} numbers. For these digits {list(own)}: {np.prod(own)},"
                f" of mean {show(float(taken.mean()))}."
            )
            pixels = np.broadcast_to(taken, (1, SIDE * SIDE)).reshape(SIDE, SIDE)
            build = partial(prepared.image, pixels, mean.name, theme=look)
            parts.drawn(f"{current.page} {look.id} {id}", f"mean-{id}", "What is subtracted", build)


def splits(current: Visit, look: Theme) -> None:
    """The three ways to split so many examples, with counts, and the folds run on the digits."""
    examples = current.options["n"]
    ways = {split.name: split.parts(examples) for split in SPLITS.values()}
    three = SPLITS["three"].parts(examples)
    st.markdown(
        f"Of **{examples:,}** examples: {', '.join(f'{part.size:,} {part.name}' for part in three)}. Each part that is"
        " held out has 10,000 examples, or a tenth where that is less."
    )
    build = partial(prepared.parts_of, list(ways.items()), theme=look)
    parts.drawn(current.key, "splits", "Three ways to split", build)
    for split in SPLITS.values():
        counts = ", ".join(f"{part.name} {part.size:,}" for part in split.parts(examples))
        st.markdown(f"- **{split.name}** ({counts}). {split.says}")
    _folds()
    _chosen()


def _folds() -> None:
    rounds: tuple[Fold, ...] = answer(
        "Training on the folds", "folds", lambda progress: accuracy_of_folds(progress=progress), gflop=WORK_GFLOP
    )
    scores = np.array([one.accuracy for one in rounds])
    st.markdown(
        f"**Run on the digits:** a small network, trained afresh for each fold, is right in"
        f" {', '.join(percent(score) for score in scores)} of the cases. The mean is **{percent(scores.mean())}**, the"
        f" standard deviation {show(100 * scores.std(ddof=1))} points: a smaller difference between two models says"
        f" little. ({rounds[0].trained:,} digits train, {rounds[0].validated} validate.)"
    )


def _chosen() -> None:
    best: Choice = answer("Choosing", "best of many", lambda progress: mean_choice(), gflop=WORK_GFLOP)
    st.markdown(
        f"**Why train / test misleads:** of {CANDIDATES} weak models the best on {LOOKED_AT} test digits is right in"
        f" {percent(best.chosen)} of them, and in {percent(best.fresh)} of digits that nobody has looked at: choosing"
        f" made {show(100 * (best.chosen - best.fresh))} points out of nothing."
    )


def leaks() -> None:
    """What is estimated before training, from the training part alone and from all data: two accuracies."""

    def work(progress: Progress) -> dict[str, tuple[Scores, Scores]]:
        return {id: measured_leak(leak) for id, leak in LEAKS.items()}

    measured = answer("Measuring leaks", "leaks", work, gflop=WORK_GFLOP)
    mean = measured["selection"][0]
    st.markdown(
        f"Labels that are a coin can be told in **{percent(mean.training)}** of the cases when features are chosen on"
        f" the training part, and in **{percent(mean.all)}** when the test part helps to choose: that is a lie."
    )
    table = [
        {
            "estimated before training": leak.name,
            "from the training part, %": _plus_minus(measured[id], "training"),
            "from all data, %": _plus_minus(measured[id], "all"),
            "why": leak.says,
        }
        for id, leak in LEAKS.items()
    ]
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content", key="leaks", alt="Test accuracy with leaks")
    st.caption("Test accuracy of the nearest mean of a class: mean and standard deviation over ten splits.")


def _plus_minus(scores: tuple[Scores, Scores], name: str) -> str:
    mean, spread = (100 * getattr(part, name) for part in scores)
    return f"{mean:.1f} ± {spread:.1f}"
