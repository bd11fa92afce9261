"""`train` and `coordinates`: what becomes of a network, and how far its first steps move it."""

import json
from argparse import Namespace
from collections.abc import Sequence

from initviz.cli.command import Answer
from initviz.cli.flags import FORMATS, Row, known, read_experiment, read_training, say
from initviz.learn.coordinates import coordinate_check
from initviz.learn.run import train

DIVERGED = 1
"""Exit status of a training that overflowed."""

TRAINED = (
    "test_accuracy",
    "test_loss",
    "steps",
    "seconds",
    "learning_rate",
    "predicted_max_learning_rate",
    "measured_max_learning_rate",
    "outcome",
    "sentence",
)
"""What JSON says of a training, beside its history."""

CURVE = ("step", "epoch", "loss", "accuracy", "test_loss", "test_accuracy")
"""The table shows these, of some twenty recorded steps."""


def run_training(options: Namespace) -> Answer:
    """A curve of some twenty steps as a table, all of them as CSV, everything as JSON; exit 1 where it diverged."""
    form = FORMATS[options.format]
    trained = train(read_experiment(options), read_training(options))
    if options.save:
        trained.save(options.save)
    say(f"note: {trained.limit.sentence(trained.measured_max_learning_rate)}")
    rows: Sequence[Row] = trained.history.rows()
    if form.id == "json":
        record = {name: getattr(trained, name) for name in TRAINED}
        text = json.dumps({**known(record), "history": [known(row) for row in rows]}, indent=1, allow_nan=False)
    elif form.id == "table":
        steps = [row for row in rows if row["layer"] == 1]
        shown = [{name: row[name] for name in CURVE} for row in steps[:: -(-len(steps) // 20)]]
        text = f"{form.render(shown)}\n\n{trained.sentence}"
    else:
        text = form.render(rows)
    return Answer(text, DIVERGED if trained.diverged else 0)


def check_coordinates(options: Namespace) -> str:
    """One row for each layer: measured and derived exponent of the width, and the verdict."""
    checked = coordinate_check(read_experiment(options), read_training(options))
    if remark := checked.remark():
        say(f"note: {remark}")
    layers = zip(checked.slopes.tolist(), checked.predicted.tolist(), checked.sentences(), strict=True)
    rows = [
        {"layer": layer, "slope": slope, "predicted": predicted, "verdict": sentence}
        for layer, (slope, predicted, sentence) in enumerate(layers, 1)
    ]
    return FORMATS[options.format].render(rows)
