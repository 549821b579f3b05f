"""A week graded by windows of every kind: to the directory and back, proved, explained."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claims
from allocator.policy.reading import policy_from
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.record import Run
from allocator.runs.verifying import verify_run
from allocator.runs.week import run
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from allocator.wording import LANGUAGES

WINDOWS = {
    "months: 2, recency: [2, 1]": {"tier-window", "tier-window-weights"},
    "named: [2026-08, 2026-10]": {"tier-window-months"},
    "weeks: 6": {"tier-window-days"},
    "days: 40, holidays: [{name: x, from: 2026-10-01, to: 2026-10-08}]": {"tier-window-gaps"},
    "weeks: 6, holidays: [{name: x, from: 2026-10-20, to: 2026-10-21}]": {"tier-window-gaps"},
}


@pytest.fixture(scope="module")
def city() -> City:
    """Forty shops whose sales have days."""
    made = demonstration(40)
    assert made.sales is not None
    days = (pl.int_range(pl.len()) * 7 % 28 + 1).cast(pl.Int8).alias("day")
    return replace(made, sales=replace(made.sales, frame=made.sales.frame.with_columns(days)))


@pytest.fixture(scope="module", params=WINDOWS)
def week(request: pytest.FixtureRequest, city: City) -> tuple[Run, set[str]]:
    text = POLICY.read_text(encoding="utf-8").replace("{months: 3}", f"{{{request.param}}}", 1)
    made = run(city, policy_from(text, first_day(CYCLE)), seed=DRAW)
    return made, WINDOWS[request.param]


def test_the_cards_tell_the_window_and_are_true(week: tuple[Run, set[str]]) -> None:
    """Every claim about the tier is recomputed from the policy and the records."""
    made, codes = week
    scored = made.grading.table.filter("graded")["retailer_id"].to_list()
    for card in explain_each(made, scored[:8]):
        wrong = [v.claim for v in check_claims(made, card) if not v.holds]
        assert [claim for claim in wrong if claim.code.startswith("tier-")] == []
        told = {claim.code for claim in card.claims if claim.code.startswith("tier-window")}
        assert told == codes
        for language in LANGUAGES:
            assert "{" not in card.text(language)


def test_the_run_verifies(week: tuple[Run, set[str]], tmp_path: Path) -> None:
    """Read back from its directory."""
    verdict = verify_run(week[0].write(tmp_path / "week"))

    assert [found.message() for found in verdict.discrepancies] == []
