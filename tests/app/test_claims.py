"""The page of claims: what is listed, what opens, and that a verdict there is that of the core."""

from streamlit.testing.v1 import AppTest

from initviz.advice.claims import CLAIMS, claims_about, judge
from initviz.network.experiment import Experiment
from initviz.network.presets import PRESETS
from initviz.text import show
from initviz.ui.claim_options import TOPICS
from initviz.ui.claim_parts import ICONS
from tests.app.conftest import Visit, link, link_warnings, shown


def labels(page: AppTest) -> list[str]:
    """The sentences as they are listed."""
    return [fold.label for fold in page.expander if fold.label.endswith(".")]


def links(page: AppTest) -> list[tuple[str, str]]:
    """(page, query) of every link that opens an experiment."""
    return [
        (one.proto.page, one.proto.query_string) for one in page.get("page_link") if one.proto.label.startswith("Open")
    ]


def test_an_open_claim_shows_its_verdict_its_numbers_and_who_says_it(open_page: Visit) -> None:
    claim, verdict = CLAIMS["torch_is_he"], judge(CLAIMS["torch_is_he"])
    page = open_page("claims", claim=claim.id)
    assert [failure.value for failure in page.exception] == []
    assert link(page)["claim"] == claim.id
    (box,) = {"holds": page.success, "holds only if": page.warning, "does not hold": page.error}[verdict.word]
    assert (verdict.sentence in box.value, box.icon) == (True, ICONS[verdict.word])
    (row,) = page.table[0].value.to_dict("records")
    outcome = verdict.outcomes[0]
    assert row["predicted"] == show(outcome.predicted or 0)
    assert row["measured"].startswith(show(outcome.median))
    assert row["met"] == ("✓ yes" if outcome.passed else "✗ no")
    assert [text for text in page.markdown if claim.source in text.value and claim.learn in text.value]
    assert f"**{verdict.word}** · {claim.sentence}" in labels(page)


def test_open_loads_the_experiment(open_page: Visit) -> None:
    page = open_page("claims", claim="torch_is_he")
    opened = links(page)
    assert len(opened) == len(CLAIMS["torch_is_he"].trials)
    for (_, query), trial in zip(opened, CLAIMS["torch_is_he"].trials, strict=True):
        pairs = dict(pair.split("=") for pair in query.lstrip("?").split("&"))
        assert Experiment.from_query(pairs) == (trial.experiment, [])


def test_topics_and_search(open_page: Visit) -> None:
    page = open_page("claims", topic="small_print")
    assert labels(page) == [claim.sentence for claim in CLAIMS.values() if claim.topic == "Small print"]
    page.text_input(key="field-find").set_value("SELU klambauer").run()
    assert labels(page) == [CLAIMS["selu_normalizes"].sentence]
    assert link(page)["find"] == "SELU klambauer"
    assert labels(open_page("claims", find="tanh_small")) == [claim.sentence for claim in claims_about("tanh_small")]


def test_every_topic_is_drawn_and_nothing_is_run_unasked(open_page: Visit) -> None:
    listed = []
    for topic in TOPICS:
        page = open_page("claims", topic=topic, first="77")
        assert [failure.value for failure in page.exception] == []
        listed += labels(page)
    assert listed == [claim.sentence for claim in CLAIMS.values()]


def test_a_link_to_no_claim_is_told(open_page: Visit) -> None:
    page = open_page("claims", claim="he_rel")
    assert [failure.value for failure in page.exception] == []
    (warning,) = link_warnings(page)
    assert "he\\_relu" in warning or "he_relu" in warning


def test_presets_lead_to_their_claims(open_page: Visit) -> None:
    page = open_page("overview", **PRESETS["tanh_small"].experiment.to_query() | {"width": "500", "samples": "1000"})
    assert shown(page) == PRESETS["tanh_small"].experiment
    assert [text for text in page.markdown if "(claims?find=tanh_small)" in text.value]
    assert len([id for id in PRESETS if claims_about(id)]) >= 10
