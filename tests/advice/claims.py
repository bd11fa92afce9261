"""Every sentence of a diagnosis against the columns it speaks of, computed here a second time and by other means."""

import re
from collections.abc import Callable
from math import isfinite

import numpy as np
import pytest

from initviz.advice.diagnosis import diagnose, settled
from initviz.advice.findings import (
    CAUSES,
    ENOUGH_SAMPLES,
    GRAVEST_FIRST,
    THRESHOLDS,
    Finding,
    every,
    is_healthy,
)
from initviz.arrays import FloatArray
from initviz.measure.propagation import Propagation
from initviz.network.experiment import Experiment
from initviz.text import percent, show

Said = tuple[dict[str, float], list[str]]
"""The evidence a finding must have, and what its sentence must say."""


def sizes(values: FloatArray, finding: Finding) -> list[str]:
    """What must be said of a size on its way: both ends, and the factor of every layer only where it is that."""
    said = [show(values[0]), show(values[-1])]
    if values[-1] == 0 or values[0] == 0:
        return said
    assert values[0] * finding.evidence["factor"] ** (len(values) - 1) == pytest.approx(values[-1], rel=1e-9)
    factors = values[1:] / values[:-1]
    mean = finding.evidence["factor"]
    if "each layer" in finding.sentence:
        assert np.median(np.abs(np.log(factors / mean))) <= np.log(1.5) * (1 + 1e-9)
        return [*said, percent(mean) if mean < 1 else f"{show(mean)} times"]
    return [*said, f"between {show(factors.min())} and {show(factors.max())}"]


def signal(p: Propagation, finding: Finding) -> Said:
    std = p.column("std")
    if "factor" not in finding.evidence:
        assert std[1] == 0
        return {"std": 0.0}, ["same number"]
    last = finding.layers[-1]
    assert finding.layers == tuple(range(1, last + 1))
    grows = std[last] > std[1]
    assert grows == (finding.id == "exploding_signal")
    numbers = {"first": std[1], "last": std[last], "factor": finding.evidence["factor"]}
    if std[last] == 0:
        return numbers, [show(std[1]), f"0 from layer {np.flatnonzero(std[1:] == 0)[0] + 1} on"]
    return numbers, [*sizes(std[1 : last + 1], finding), f"layer {last}"]


def gradient(p: Propagation, finding: Finding) -> Said:
    values, first, depth = p.column("grad_h_std"), finding.layers[0], len(p) - 1
    assert finding.layers == tuple(range(first, depth + 1))
    assert (values[first] > values[depth]) == (finding.id == "exploding_gradient")
    numbers = {"first": values[first], "last": values[depth], "factor": finding.evidence["factor"]}
    if values[first] == 0:
        return numbers, [show(values[depth]), f"0 from layer {np.flatnonzero(values[1:] == 0)[-1] + 1} back"]
    return numbers, [*sizes(values[first : depth + 1][::-1], finding), f"layer {first}", f"layer {depth}"]


def shares(p: Propagation, finding: Finding) -> Said:
    name = "dead" if finding.id == "few_samples" else finding.id.removesuffix("_units")
    column = p.column(name)
    assert finding.layers == tuple(np.flatnonzero(column >= THRESHOLDS[name].warning))
    worst = float(np.nanmax(column))
    layer = float(np.flatnonzero(column == worst)[0])
    said = [percent(worst), f"layer {layer:g}"]
    numbers = {"share": worst, "layer": layer}
    if name == "dead":
        assert (p.samples < ENOUGH_SAMPLES) == (finding.id == "few_samples")
        said.append(f"the {p.samples} samples")
    if "no gradient reaches" in finding.sentence:
        fed = p.column("grad_w_unique_columns")[list(finding.layers)]
        assert (fed > 0).all()
    return (numbers | {"samples": p.samples}) if finding.id == "few_samples" else numbers, said


def symmetry(p: Propagation, finding: Finding) -> Said:
    norm, columns, spread = (p.column(f) for f in ("grad_w_norm", "grad_w_unique_columns", "weight_std"))
    hit = list(finding.layers)
    finite = p.column("grad_w_nonfinite") == 0
    idle = [layer for layer in hit if norm[layer] == 0 and finite[layer]]
    lost = [layer for layer in hit if not norm[layer] > 0 and not finite[layer]]
    assert (columns[[layer for layer in hit if layer not in lost]] == 1).all()
    assert (spread[idle] == 0).all()
    assert (spread[lost] == 0).all()
    assert ("copies of each other" in finding.sentence) == bool(lost)
    missing = np.flatnonzero((columns == 1) & (norm > 0))
    assert set(missing) <= set(hit)
    assert ("exactly 0" in finding.sentence) == bool(idle)
    assert ("learn as one" in finding.sentence) == (len(idle) + len(lost) < len(hit))
    return {"unique_columns": 1, "layers": len(hit), "idle": len(idle)}, []


def overflow(p: Propagation, finding: Finding) -> Said:
    values = p.column("nonfinite" if finding.id == "signal_overflow" else "grad_h_nonfinite")
    hit = np.flatnonzero(values > 0)
    assert finding.layers == tuple(hit)
    first = hit[0] if finding.id == "signal_overflow" else hit[-1]
    return {"layer": float(first), "nonfinite": values[first]}, [f"layer {first}", percent(values[first])]


def float16(p: Propagation, finding: Finding) -> Said:
    lost = p.column("grad_h_float16_zero") + p.column("grad_h_float16_overflow")
    worst = float(np.nanmax(lost))
    layer = np.flatnonzero(lost == worst)[0]
    return {"share": worst, "layer": float(layer)}, [percent(worst), f"layer {layer}"]


def alike(p: Propagation, finding: Finding) -> Said:
    cosine = p.column("cosine")
    return {"first": cosine[0], "last": cosine[-1]}, [show(cosine[0]), f"{cosine[-1]:.4g}"]


def tied(p: Propagation, finding: Finding) -> Said:
    assert len(set(p.column("weight_std")[list(finding.layers)])) == 1
    return {"layers": len(finding.layers)}, [f"{len(finding.layers)} of {len(p) - 1} layers"]


def healthy(p: Propagation, finding: Finding) -> Said:
    std, back, steps = p.column("std"), p.column("grad_h_std"), len(p) - 2
    forward, backward = finding.evidence["forward"], finding.evidence["backward"]
    assert std[1] * forward**steps == pytest.approx(std[-1], rel=1e-9)
    assert back[-1] * backward**steps == pytest.approx(back[1], rel=1e-9)
    numbers = {"forward": forward, "backward": backward, "std": std[-1]}
    if not steps:
        return numbers, [show(std[1]), "one layer"]
    return numbers, [
        f"{show(backward)} per layer",
        "level" if "level" in finding.sentence else f"{show(forward)} per layer",
    ]


CLAIMS: dict[str, Callable[[Propagation, Finding], Said]] = {
    "vanishing_signal": signal,
    "exploding_signal": signal,
    "vanishing_gradient": gradient,
    "exploding_gradient": gradient,
    "saturated_units": shares,
    "zero_units": shares,
    "dead_units": shares,
    "few_samples": shares,
    "inputs_alike": alike,
    "symmetry": symmetry,
    "signal_overflow": overflow,
    "gradient_overflow": overflow,
    "float16_loss": float16,
    "tied_weights": tied,
    "healthy": healthy,
}


def check(experiment: Experiment, p: Propagation) -> tuple[Finding, ...]:
    """All that is said of this run."""
    found = diagnose(experiment, p)
    assert found
    for finding in every(found):
        numbers, said = CLAIMS[finding.id](p, finding)
        assert finding.evidence == numbers
        for words in said:
            assert words in finding.sentence, (words, finding.sentence)
        assert all(isfinite(value) for value in finding.evidence.values()), finding
        assert all(0 <= layer <= experiment.depth for layer in finding.layers)
        well_said(finding.sentence)
    in_the_order_of_causes(found)
    for direction in ("forward", "backward"):
        well_said(settled(direction, p).sentence)
    return found


def in_the_order_of_causes(found: tuple[Finding, ...]) -> None:
    assert len({finding.id for finding in every(found)}) == len(list(every(found)))
    ranks = [(GRAVEST_FIRST.index(finding.severity), list(CAUSES).index(finding.id)) for finding in found]
    assert ranks == sorted(ranks)
    assert [finding.id for finding in found].count("healthy") == is_healthy(found)
    for finding in found:
        for one in finding.consequences:
            assert one.id in CAUSES[finding.id]
            assert GRAVEST_FIRST.index(one.severity) >= GRAVEST_FIRST.index(finding.severity)


def well_said(sentence: str) -> None:
    """One way to write numbers, one sentence or two, and no number that is none."""
    assert sentence.endswith(".")
    assert not re.search(r"\bnan\b|\binf\b|e-0\d|e\+|\d%|\d  |overflow of|of the layers 1\b", sentence), sentence
    assert "  " not in sentence
