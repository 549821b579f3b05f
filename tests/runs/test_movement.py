"""A week whose tiers were moved: to the directory and back, proved, explained, stopped at entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claims
from allocator.grading.past import next_tiers
from allocator.grading.settling import movers
from allocator.ordering.check import Order, check_order
from allocator.ordering.limits import limits_of
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.reading import read_run
from allocator.runs.record import Run
from allocator.runs.verifying import verify_run
from allocator.runs.week import run
from allocator.tables.city import City
from allocator.tables.reading import read_city
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from allocator.wording import LANGUAGES
from strategies import table_of

MOVEMENT = """\
  movement: {hysteresis: 5%, max_step: {up: 1, down: 1}}
  credit: {AAA: {promote: 1}, C: {cap: 20}}
  sanctions: {demote: {tiers: 2}, cap: {}, suspend: {}, exempt_month: {}}
"""
BOUNDARIES = {
    "step": (),
    "smooth": (
        ("boundary: step", "boundary: smooth"),
        ("whole_units: {at_least_one: equal, below_one: rotate}", "whole_units: rotate"),
    ),
}


@pytest.fixture(scope="module")
def city() -> City:
    """Sixty shops; the first served ones under a sanction each, and one in hardship."""
    city = demonstration(60)
    served = city.retailers.frame.filter(status="active")["retailer_id"]
    kinds = [("demote", None), ("cap", "3"), ("suspend", None), ("exempt_month", "2026-09")]
    rows = [
        {"retailer_id": name, "kind": kind, "value": value, "source": "no. 7"}
        for name, (kind, value) in zip(served, kinds, strict=False)
    ]
    return replace(city, sanctions=table_of("sanctions", rows))


def ruled(boundary: str, on: date) -> Policy:
    text = POLICY.read_text(encoding="utf-8").replace("\nallocation:", f"{MOVEMENT}\nallocation:")
    for old, new in BOUNDARIES[boundary]:
        assert old in text
        text = text.replace(old, new, 1)
    return policy_from(text, on)


@pytest.fixture(scope="module", params=sorted(BOUNDARIES))
def week(request: pytest.FixtureRequest, city: City) -> Run:
    return run(city, ruled(request.param, first_day(CYCLE)), seed=DRAW)


@pytest.fixture(scope="module")
def folder(week: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return week.write(tmp_path_factory.mktemp("runs") / "week")


def sanctioned(week: Run, kind: str) -> str:
    assert week.city.sanctions is not None
    return week.city.sanctions.frame.filter(kind=kind)["retailer_id"].item()


def test_rules_moved_somebody(week: Run) -> None:
    """Else the rest of this page would say little."""
    counts = movers(week.grading)

    assert min(counts["hysteresis"], counts["max-step"], counts["credit-promote"]) > 0
    assert (counts["demote"], counts["cap"], counts["stopped"]) == (1, 1, 1)


def test_the_run_reads_back_as_it_was(week: Run, folder: Path) -> None:
    back = read_run(folder)

    assert back.grading.table.equals(week.grading.table)
    assert back.grading.moving
    assert back.plan.members.equals(week.plan.members)


def test_the_run_is_accepted(folder: Path) -> None:
    assert verify_run(folder).discrepancies == ()


def test_the_tiers_file_is_the_past_of_the_next_grading(week: Run, folder: Path) -> None:
    """Read as any tiers table; what was earned comes back as what is counted from."""
    beside = folder.parent / "next"
    beside.mkdir()
    (beside / "tiers.csv").write_bytes((folder / "tiers.csv").read_bytes())
    (beside / "retailers.csv").write_bytes((folder / "inputs" / "retailers.csv").read_bytes())
    table = read_city(beside).tables()

    (tiers,) = (found for found in table if found.name == "tiers")
    assert tiers.frame.drop("row").equals(next_tiers(week.grading).sort("retailer_id"))


def test_a_stopped_shop_is_not_served(week: Run) -> None:
    """It keeps its tier, counts in no cell, and its order is refused at entry with the place."""
    name = sanctioned(week, "suspend")
    member = week.plan.members.row(by_predicate=pl.col("retailer_id") == name, named=True)
    decision = check_order(limits_of(week.plan), Order(name, week.plan.product[0], 3))

    assert member["status"] == "stopped"
    assert member["tier"] is not None
    assert member["cell"] is None
    assert decision.at_most == 0
    assert decision.claims[0].code == "retailer-stopped"
    assert decision.claims[0].evidence[0].file == "inputs/sanctions.csv"
    assert week.allocation is not None
    assert week.allocation.lines.filter(retailer_id=name)["award"].sum() == 0


def test_every_card_can_be_recomputed(week: Run) -> None:
    """Of everybody, in every language, sentences included."""
    names = week.plan.members["retailer_id"].to_list()
    for card in explain_each(week, names):
        assert [verdict.claim for verdict in check_claims(week, card) if not verdict.holds] == []
        for language in LANGUAGES:
            assert card.text(language)


def test_the_card_of_a_stopped_shop_names_the_sanction(week: Run) -> None:
    (card,) = explain_each(week, [sanctioned(week, "suspend")])
    claim = next(claim for claim in card.claims if claim.code == "not-active")

    assert claim.parameters["status"] == "stopped"
    assert claim.evidence[0].file == "inputs/sanctions.csv"
    assert "sanction" in card.text("en")
