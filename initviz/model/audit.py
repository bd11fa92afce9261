"""Which law did each matrix of a model get, and which breaks the rule of its siblings?

Public: audit, Row, headline, rows_as_markdown.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import nan, sqrt

import ml_dtypes
import numpy as np

from initviz.catalogue import Catalogue, InputError, Named
from initviz.model.laws import FIXED, KURTOSIS, LAWS, Context, Fit, has_shape, law_of
from initviz.model.matrices import Matrix, Orientation, matrices, role_of
from initviz.model.read import DTYPES, Tensor
from initviz.text import counted, say

SIBLINGS = 3
"""So many matrices of one role make a rule."""

NAMES: Catalogue[Named] = Catalogue(
    "law",
    [
        *(Named(law.id, law.name) for law in LAWS.values()),
        *(Named(id, name) for id, name in FIXED.items()),
        Named("orthogonal", "orthogonal"),
        Named("none", "no known law"),
    ],
)
"""Every law that an audit can name or be told to expect."""


@dataclass(frozen=True)
class Row:
    """One matrix: what it is, what it follows, and what is odd about it."""

    name: str
    shape: tuple[int, ...]
    """As the file keeps it."""
    orientation: Orientation
    fan_in: int
    fan_out: int
    std: float
    kurtosis: float
    """In excess of a normal distribution's: uniform -1.2, truncated normal -0.63."""
    law: str
    odds: float
    """How sure the law is, 0..1."""
    expected_std: float = nan
    """Of the law, or of the one that was expected."""
    finding: str = ""
    severe: bool = False
    """Whether the finding is a fault, not a remark."""
    trained: bool = False
    """Whether it shows that it has learnt."""


def audit(
    tensors: Sequence[Tensor], expect: str | None = None, orientation: Orientation | None = None
) -> tuple[Row, ...]:
    """One row for each matrix, in the order of the model.

    expect: the law that every matrix should have; tables that are looked up are left out of that. Raises InputError
    where the law is unknown, or no tensor is a matrix.
    """
    if expect is not None:
        expect = NAMES[expect].id
    found = matrices(tensors, orientation)
    if not found:
        raise InputError("The model holds no matrix: only tensors of one axis.")
    context = Context(blocks=_blocks(found))
    kinds = {tensor.name: tensor.kind for tensor in tensors}
    fits = [law_of(matrix, context, _precision(kinds[matrix.name])) for matrix in found]
    fits = _decide(found, fits)
    rows = [_row(matrix, fit, context) for matrix, fit in zip(found, fits, strict=True)]
    rows = _compare_siblings(found, rows)
    rows = [_residual_scale(matrix, row, context) for matrix, row in zip(found, rows, strict=True)]
    if expect is not None:
        pairs = zip(found, rows, strict=True)
        rows = [row if matrix.kind == "table" else _expected(matrix, row, context, expect) for matrix, row in pairs]
    return tuple(rows)


def _precision(kind: str) -> float:
    """Relative rounding of a kind of numbers, as safetensors or NumPy name it."""
    return float(ml_dtypes.finfo(DTYPES.get(kind, kind)).eps)  # type: ignore[no-untyped-call]


def _blocks(found: Sequence[Matrix]) -> int:
    """Different numbers that stand in the names of what ends a residual branch; 1 where nothing does."""
    numbers = {match[0] for matrix in found if matrix.ends_branch if (match := re.search(r"\d+", matrix.name))}
    return max(len(numbers), 1)


def _decide(found: Sequence[Matrix], fits: Sequence[Fit]) -> list[Fit]:
    """Where one matrix alone leaves a doubt (LeCun and Glorot of a square are one law), the law that more of its
    siblings have, then more of the model."""
    siblings, everyone = Counter[tuple[str, str]](), Counter[str]()
    for matrix, fit in zip(found, fits, strict=True):
        for law in fit.equal or (fit.law,):
            siblings[matrix.role, law] += 1
            everyone[law] += 1

    def support(role: str, fit: Fit, law: str) -> tuple[int, int, bool]:
        return siblings[role, law], everyone[law], law == fit.law

    return [
        replace(fit, law=max(fit.close, key=lambda law: support(matrix.role, fit, law))) if fit.close else fit
        for matrix, fit in zip(found, fits, strict=True)
    ]


def _row(matrix: Matrix, fit: Fit, context: Context) -> Row:
    finding, severe = _own_finding(matrix, fit)
    expected = LAWS[fit.law].std(matrix, context) if fit.law in LAWS else nan
    return Row(
        matrix.name,
        matrix.shape,
        matrix.orientation,
        matrix.fan_in,
        matrix.fan_out,
        fit.std,
        fit.kurtosis,
        fit.law,
        fit.odds,
        expected,
        finding,
        severe,
        fit.trained,
    )


def _own_finding(matrix: Matrix, fit: Fit) -> tuple[str, bool]:
    if not np.isfinite(matrix.values).all():
        lost = int(np.count_nonzero(~np.isfinite(matrix.values)))
        return f"{lost:,} of {matrix.values.size:,} values are inf or nan", True
    if fit.law == "zeros" and not matrix.ends_branch:
        return "all weights are 0: nothing passes, forward or backward", True
    if fit.law in ("ones", "constant"):
        return "all weights are equal: the units of the layer learn as one", True
    return _remark(matrix, fit), False


def _remark(matrix: Matrix, fit: Fit) -> str:
    """What is worth knowing and no fault: that it is trained, PyTorch's default, or unlike every law."""
    if fit.trained:
        return "trained: its largest singular value stands out of what a random matrix has"
    if fit.law == "torch_default":
        return "PyTorch's default, not He: its variance is 1/6 of what ReLU needs, 1/3 of what tanh needs"
    if fit.law != "none" or matrix.kind == "table":
        return ""
    if not any(has_shape(fit.kurtosis, shape, matrix.values.size) for shape in KURTOSIS):
        return f"no start is distributed like this, with kurtosis {say(fit.kurtosis)}: trained, or made by hand"
    return f"no law has its scale: its std is {say(fit.std / sqrt(2 / matrix.fan_in))} times that of He"


def _compare_siblings(found: Sequence[Matrix], rows: Sequence[Row]) -> list[Row]:
    """Matrices of one role (the same name but for numbers) have one law: who differs is named."""
    families: dict[str, list[int]] = defaultdict(list)
    for index, matrix in enumerate(found):
        families[matrix.role].append(index)
    compared = list(rows)
    for members in families.values():
        law, count = Counter(rows[index].law for index in members).most_common(1)[0]
        if len(members) < SIBLINGS or not len(members) / 2 < count < len(members):
            continue
        for index in members:
            if rows[index].law != law and not rows[index].severe:
                said = f"breaks the rule of its siblings: {count} of {len(members)} are {NAMES[law].name}"
                compared[index] = replace(rows[index], finding=said, severe=True)
    return compared


def _residual_scale(matrix: Matrix, row: Row, context: Context) -> Row:
    """The scale 1/sqrt(2 L) of what ends a residual branch, where the model's other matrices follow GPT-2's rule."""
    if row.finding or row.law != "normal_0.02" or not matrix.ends_branch or context.blocks < SIBLINGS:
        return row
    ratio = sqrt(2 * context.blocks)
    said = (
        f"ends a residual branch without the scale 1/sqrt(2 L): its std is {say(ratio)} times what GPT-2's rule gives"
        f" for {context.blocks} blocks, {say(0.02 / ratio)}"
    )
    return replace(row, finding=said, severe=True, expected_std=0.02 / ratio)


def _expected(matrix: Matrix, row: Row, context: Context, expect: str) -> Row:
    std = LAWS[expect].std(matrix, context) if expect in LAWS else nan
    if row.law == expect:
        return row
    ratio = f", its std {say(row.std / std)} times" if std > 0 and row.std == row.std else ""
    said = f"expected {NAMES[expect].name}, found {NAMES[row.law].name}{ratio}"
    return replace(row, finding=said, severe=True, expected_std=std)


MOST_NAMED = 3
"""Roles of matrices, and laws, that a headline names."""


def headline(rows: Sequence[Row]) -> str:
    """How many matrices break a rule, which rule most of them break, what laws there are, and how many have learnt."""
    broken = [row for row in rows if row.severe]
    laws = Counter(NAMES[row.law].name for row in rows).most_common()
    some = ", ".join(f"{law} ({count})" for law, count in laws[:MOST_NAMED])
    more = " and others" if len(laws) > MOST_NAMED else ""
    many = f"{len(broken) or 'None'} of {counted(len(rows), 'matrix', 'matrices')}"
    broke = f"{many} {'break' if len(broken) > 1 else 'breaks'} a rule."
    worst = f" {_worst(broken)}" if broken else ""
    learnt = sum(row.trained for row in rows)
    return f"{broke}{worst} Laws: {some}{more}.{f' Trained: {learnt}.' if learnt else ''}"


def _worst(broken: Sequence[Row]) -> str:
    """The finding that most matrices share, and who they are: matrices that differ in numbers are one name with *."""
    finding, count = Counter(row.finding for row in broken).most_common(1)[0]
    named = [row.name for row in broken if row.finding == finding]
    if count > 1:
        named = list(dict.fromkeys(role_of(name).replace("#", "*") for name in named))
    who = ", ".join(named[:MOST_NAMED]) + (" and more" if len(named) > MOST_NAMED else "")
    some = f" ({count} of these)" if count < len(broken) else ""
    return f"{who}{some}: {finding}."


def rows_as_markdown(rows: Sequence[Row]) -> str:
    """Expected against found, as a table for an issue or a pull request."""
    head = ["name", "fan_in", "fan_out", "std", "expected", "law", "sure", "finding"]
    lines = [f"| {' | '.join(head)} |", "|---|--:|--:|--:|--:|---|--:|---|"]
    for row in rows:
        expected = say(row.expected_std) if row.expected_std == row.expected_std else ""
        std = say(row.std) if row.std == row.std else "nan"
        cells = [f"`{row.name}`", row.fan_in, row.fan_out, std, expected]
        cells += [NAMES[row.law].name, f"{row.odds:.1%}", row.finding]
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines)
