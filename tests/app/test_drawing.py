"""Pictures are kept as long as what they follow from stays, and no longer."""

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from initviz.ui import parts
from tests.app.conftest import Visit, charts, works

SHOWN = {
    "overview": {"axis": ("log", "own"), "pinned": ("", "depth=3&width=16&samples=16&std=0.5")},
    "initialization": {
        "view": ("ridges", "violins"),
        "of": ("h", "z"),
        "axis": ("own", "fixed"),
        "low": ("-1", "-3"),
        "high": ("1", "3"),
        "bins": ("60", "20"),
        "layer": ("1", "3"),
        "log": ("1", "0"),
        "theory": ("1", "0"),
        "seeds": ("1", "2"),
        "std": ("0.01", "1"),
        "seed": ("0", "1"),
    },
    "gradient_flow": {
        "view": ("ridges", "violins"),
        "of": ("grad_h", "grad_w"),
        "axis": ("shared", "own"),
        "theory": ("1", "0"),
        "seeds": ("1", "2"),
    },
}
CASES = [(page, name, values) for page, options in SHOWN.items() for name, values in options.items()]


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    st.cache_data.clear()
    yield
    st.cache_data.clear()


def tables(page: AppTest) -> list[str]:
    return [table.value.to_csv() for table in page.dataframe]


@pytest.mark.parametrize(("page", "name", "values"), CASES, ids=[f"{page}-{name}" for page, name, _ in CASES])
def test_whatever_changes_a_picture_draws_it_again(
    page: str, name: str, values: tuple[str, str], open_page: Visit
) -> None:
    """What is kept from one value is not shown for another: as if nothing had been kept."""
    fixed = {"axis": "fixed"} if name in ("low", "high") else {}
    first = charts(works(open_page(page, **fixed | {name: values[0]})))
    kept = works(open_page(page, **fixed | {name: values[1]}))
    st.cache_data.clear()
    anew = works(open_page(page, **fixed | {name: values[1]}))
    assert charts(kept) == charts(anew) != first
    assert tables(kept) == tables(anew)


@pytest.mark.parametrize(
    ("page", "name", "value", "redrawn"),
    [
        ("overview", "axis", "own", {"ridges"}),
        ("initialization", "log", "0", {"std", "variance"}),
        ("initialization", "layer", "2", {"weights"}),
        ("initialization", "bins", "20", {"distributions"}),
        ("initialization", "seeds", "2", {"std", "variance", "shares", "mean", "cosine"}),
        ("gradient_flow", "of", "grad_w", {"sizes"}),
    ],
)
def test_a_control_redraws_only_what_follows_from_it(
    page: str, name: str, value: str, redrawn: set[str], open_page: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    works(open_page(page))
    drawn, draw = list[str](), parts.chart

    def watched(figure: object, key: str, *arguments: object) -> None:
        drawn.append(key)
        draw(figure, key, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(parts, "chart", watched)
    works(open_page(page, **{name: value}))
    assert set(drawn) == redrawn
    drawn.clear()
    works(open_page(page, **{name: value}))
    assert drawn == []
