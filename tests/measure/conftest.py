"""Passes are compiled before the first test: no test's time is theirs."""

import pytest

from initviz.measure.passes import compile_all


@pytest.fixture(scope="session", autouse=True)
def compiled() -> None:
    compile_all()
