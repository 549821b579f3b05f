"""One small city, run once for all tests of the run directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.record import Run
from allocator.runs.week import run
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day


@pytest.fixture(scope="session")
def policy() -> Policy:
    """The rules of the synthetic city."""
    return read_policy(POLICY, first_day(CYCLE))


@pytest.fixture(scope="session")
def city() -> City:
    """Ninety shops whose order-takers have entered their orders."""
    return demonstration(90)


@pytest.fixture(scope="session")
def week(city: City, policy: Policy) -> Run:
    """The whole week of the city."""
    return run(city, policy, seed=DRAW)


@pytest.fixture(scope="session")
def folder(week: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the week; tests that change it copy it first."""
    return week.write(tmp_path_factory.mktemp("runs") / "week")
