"""Every place that a card cites exists in the run directory, row and column."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

import pytest

from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claims
from allocator.explanation.claims import Place
from allocator.policy.reading import read_policy
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.heads import PUBLIC
from allocator.runs.reading import read_run
from allocator.runs.week import run
from allocator.tables.synthetic import CYCLE, POLICY, first_day


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of a week of the synthetic city."""
    policy = read_policy(POLICY, first_day(CYCLE))
    week = run(demonstration(90), policy, seed=DRAW)
    return week.write(tmp_path_factory.mktemp("week") / "out")


@lru_cache
def rows(path: Path) -> tuple[dict[str, str], ...]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return tuple(csv.DictReader(file))


def missing(folder: Path, place: Place) -> str | None:
    """What is wrong with a place; nothing where it stands as cited."""
    path = folder / place.file
    if not path.is_file():
        return "no such file"
    if place.source == "public" and place.file not in PUBLIC:
        return "not public"
    if path.suffix != ".csv":
        return None
    header = rows(path)[0].keys() if rows(path) else set()
    wanted = dict(part.split("=", 1) for part in place.key)
    lacking = (set(place.column.split()) | wanted.keys()) - set(header)
    if lacking:
        return f"no column {lacking}"
    return None


def test_every_cited_place_exists(written: Path) -> None:
    """Files, and in tables the columns read and the columns of the key."""
    week = read_run(written)
    places = {
        place
        for card in explain_each(week, week.plan.members["retailer_id"].to_list())
        for claim in card.claims
        for place in claim.evidence
    }

    assert {(p.file, p.column, p.key, m) for p in places if (m := missing(written, p))} == set()


def test_cards_of_a_run_read_back_are_the_same_and_hold(written: Path) -> None:
    """A directory alone is enough to explain and to check."""
    week = read_run(written)
    for card in explain_each(week, week.plan.members["retailer_id"].to_list()[:12]):
        assert all(verdict.holds for verdict in check_claims(week, card))
