"""All promised fixes of the sampled experiments, the deep ones too, applied and measured: minutes."""

import pytest

from tests.advice.promises import are_kept
from tests.advice.sample import SAMPLE

pytestmark = pytest.mark.exhaustive


def test_every_promised_fix_of_the_sample_is_kept() -> None:
    are_kept(SAMPLE, least=120)
