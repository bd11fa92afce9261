"""`precision`: what shorter floats would lose of signals and gradients, layer by layer."""

from argparse import Namespace
from collections.abc import Sequence

from initviz.cli import model
from initviz.cli.flags import FORMATS, Row, read_experiment
from initviz.measure.precision import FORMATS as FLOATS
from initviz.measure.precision import Precision, precision_at_start
from initviz.model.chain import chain_cost
from initviz.network.budget import Budget
from initviz.network.drawing import draw_network
from initviz.network.streams import input_batch
from initviz.text import percent


def run_precision(options: Namespace) -> str:
    """CSV and JSON: one row for each format and layer, with the format's loss scale. Table: the shares that are lost,
    one row for each layer, then the loss scales."""
    form, seen = FORMATS[options.format], _measured(options)
    return _table(seen) if form.id == "table" else form.render(_rows(seen))


def _measured(options: Namespace) -> Precision:
    budget = Budget.from_environment()
    if model.is_own(options):
        own = model.read_own(options)
        chain_cost(own.network.spec, budget, len(own.batch))
        return precision_at_start(own.network, own.batch)
    experiment = read_experiment(options)
    budget.check(experiment)
    return precision_at_start(draw_network(experiment), input_batch(experiment))


def _rows(seen: Precision) -> Sequence[Row]:
    """Shares of the values of a layer, 0..1; the loss scale is 2^exponent, its shares are those of all gradients."""
    rows = []
    for form in FLOATS.values():
        ways = {"forward": seen.forward[form.id], "backward": seen.backward[form.id]}
        scale = seen.scales[form.id]
        for layer in range(len(ways["forward"].lost)):
            row: dict[str, float | str] = {"format": form.id, "layer": layer}
            for way, losses in ways.items():
                for kind in ("lost", "underflow", "overflow", "subnormal"):
                    row[f"{way}_{kind}"] = float(getattr(losses, kind)[layer])
            row |= {"loss_scale_exponent": scale.exponent, "unscaled_lost": scale.before, "scaled_lost": scale.after}
            rows.append(row)
    return rows


def _table(seen: Precision) -> str:
    rows: list[Row] = []
    for layer in range(len(seen.forward["float16"].lost)):
        row: dict[str, float | str] = {"layer": layer}
        for way, losses in (("forward", seen.forward), ("backward", seen.backward)):
            row |= {f"{way}_{SHORT[id]}": percent(float(one.lost[layer])) for id, one in losses.items()}
        rows.append(row)
    said = [
        f"{FLOATS[id].name:10}loss scale 2^{one.exponent}: {percent(one.before)} of all gradients lost without it,"
        f" {percent(one.after)} with it"
        for id, one in seen.scales.items()
    ]
    return "\n".join(["Lost: rounded to 0, or beyond the largest number.", FORMATS["table"].render(rows), "", *said])


SHORT = {id: form.name.removeprefix("fp8 ") for id, form in FLOATS.items()}
"""Names for the heads of columns."""
