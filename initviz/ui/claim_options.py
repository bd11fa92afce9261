"""What stands in the link of the Claims page, and which sentences it lists."""

from dataclasses import dataclass

from initviz.advice.claims import CLAIMS, Claim, claims_about
from initviz.catalogue import Catalogue, Named
from initviz.fields import Choice, Number
from initviz.network.experiment import SEEDS
from initviz.network.presets import PRESETS
from initviz.ui.state import Option, Visit

LONGEST_SEARCH = 60
_TITLES = tuple(dict.fromkeys(claim.topic for claim in CLAIMS.values()))
TOPICS = Catalogue("topic", [Named(title.lower().replace(" ", "_"), title) for title in _TITLES])


@dataclass(frozen=True)
class Words:
    """A search as it stands in the link."""

    def parse(self, text: str) -> str:
        """The first words of it."""
        return text[:LONGEST_SEARCH]

    text = parse


@dataclass(frozen=True)
class Opened:
    """The open claim as it stands in the link: its id, or nothing."""

    def parse(self, text: str) -> str:
        """The id. Raises InputError for an unknown one."""
        return CLAIMS[text].id if text else ""

    def text(self, value: str) -> str:
        """As it stands in the link."""
        return value


OPTIONS = {
    "topic": Option(Choice("About", "What the sentences are about.", TOPICS), next(iter(TOPICS))),
    "find": Option(Words(), ""),
    "first": Option(Number("first seed", "Another seed is another draw.", 0, SEEDS - 1, integer=True, typed=True), 0),
    "claim": Option(Opened(), ""),
}


def shown_claims(current: Visit) -> list[Claim]:
    """Those of the topic, or what was searched for in all topics: words, or a preset. The open one comes first where it
    is none of them."""
    words, topic = current.options["find"].lower().split(), TOPICS[current.options["topic"]].name
    if len(words) == 1 and words[0] in PRESETS:
        chosen = list(claims_about(words[0]))
    else:
        chosen = [claim for claim in CLAIMS.values() if (_has(claim, words) if words else claim.topic == topic)]
    opened = current.options["claim"]
    return chosen if not opened or CLAIMS[opened] in chosen else [CLAIMS[opened], *chosen]


def _has(claim: Claim, words: list[str]) -> bool:
    """Whether all the words stand in it, or in its id or source."""
    said = f"{claim.id} {claim.sentence} {claim.source} {claim.learn}".lower()
    return all(word in said for word in words)
