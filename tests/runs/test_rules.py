"""A week under each way in which tiers come about: to the directory and back, proved, explained."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from allocator.allocation.cliffs import cliff_figures
from allocator.errors import BrokenRun
from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claims
from allocator.policy.reading import policy_from
from allocator.records import Grading
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.reading import read_grading, read_run
from allocator.runs.record import Run
from allocator.runs.verifying import verify_run
from allocator.runs.week import run
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day
from allocator.wording import LANGUAGES

DOWN = range(30, 1, -1)
RULES = {
    "cutoffs": "cutoffs: {" + ", ".join(f"{t}: {2.8 * (t - 1):.1f}" for t in DOWN) + "}",
    "bands": "bands: {item: quantity, from: {"
    + ", ".join(f"{t}: {40 * (t - 1)}" for t in DOWN) + "}}",
    "grid": "bands: {items: [{item: quantity, from: [900, 700, 500, 400, 300, 230, 160, 110, 60]}, "
    "{item: mean_price, from: [160, 110]}]}",
    "breaks": "breaks: {tiers: 30}",
    "by": "by: {market: {urban: 30}, otherwise: 12}",
}  # fmt: skip


@pytest.fixture(scope="module")
def city() -> City:
    """Sixty shops whose order-takers have entered their orders."""
    return demonstration(60)


def text_with(rule: str, *changes: tuple[str, str]) -> str:
    text = POLICY.read_text(encoding="utf-8")
    start, end = text.index("  tiers:\n"), text.index("  newcomers:")
    text = f"{text[:start]}  tiers: {{{RULES[rule]}}}\n{text[end:]}"
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    return text


@pytest.fixture(scope="module", params=sorted(RULES))
def week(request: pytest.FixtureRequest, city: City) -> Run:
    """The week under one of the rules."""
    return run(city, policy_from(text_with(request.param), first_day(CYCLE)), seed=DRAW)


@pytest.fixture(scope="module")
def folder(week: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return week.write(tmp_path_factory.mktemp("rules") / "week")


def plain(grading: Grading) -> dict[str, object]:
    """A grading without its table, arrays as lists."""
    limits = grading.limits
    assert limits is not None
    return {
        "rule": grading.rule,
        "tiers": grading.tiers,
        "window": grading.window,
        "items": [asdict(item) for item in grading.items],
        "last_rank": grading.last_rank.tolist(),
        "cut_score": grading.cut_score.tolist(),
        "least": limits.least.tolist(),
        "months": limits.months,
        "axes": [(a.item, a.classes, a.unit, a.per_month, a.least.tolist()) for a in limits.axes],
        "table": None if limits.table is None else limits.table.tolist(),
        "attribute": (limits.attribute, dict(limits.values), limits.otherwise),
    }


def test_a_run_and_a_grading_come_back_as_they_were(week: Run, folder: Path) -> None:
    """The rule, its limits and the table of retailers."""
    for back in (read_run(folder).grading, read_grading(folder)):
        assert plain(back) == plain(week.grading)
        assert back.table.equals(week.grading.table)


def test_a_run_verifies(folder: Path) -> None:
    """With the tiers found again from the limits."""
    verdict = verify_run(folder)

    assert [found.message() for found in verdict.discrepancies] == []
    assert verdict.checked["tiers"] > 50


def test_every_claim_of_every_card_is_true(week: Run) -> None:
    """Recomputed one by one; and nothing is left unsaid about the tier."""
    shops = week.plan.members.filter(pl.col("tier").is_not_null())["retailer_id"].to_list()
    for card in explain_each(week, shops):
        wrong = [v.claim for v in check_claims(week, card) if not v.holds]
        assert wrong == []
        codes = [claim.code for claim in card.claims]
        assert any(code.startswith("tier-") for code in codes), codes
        for language in LANGUAGES:
            assert "{" not in card.text(language)


def test_sentences_of_shares_are_not_said_of_bands(week: Run) -> None:
    """Nobody is told points that are cartons, or places that decide nothing."""
    said = {
        claim.code
        for card in explain_each(week, week.plan.members["retailer_id"].to_list())
        for claim in card.claims
    }

    if week.grading.rule in ("bands", "grid", "by"):
        assert not said & {"tier-rank", "tier-boundary", "advance-score", "tier-item-max"}
    else:
        assert "tier-rank" in said


CHANGES = {
    "cutoffs": "least",
    "breaks": "least",
    "bands": "months",
    "grid": "months",
    "by": "values",
}


def test_changed_limits_are_found(week: Run, folder: Path, tmp_path: Path) -> None:
    """A limit that is not the policy's, though everything else stands."""
    changed, part = tmp_path / "week", CHANGES[week.grading.rule]
    shutil.copytree(folder, changed)
    file = changed / "record" / "grading.json"
    document = json.loads(file.read_text("utf-8"))
    limits = document["limits"]
    limits[part] = {
        "least": [*limits["least"][:-1], 99_000_000],
        "months": "4",
        "values": {"urban": 29},
    }[part]
    file.write_text(json.dumps(document), "utf-8")

    places = [found.facts.get("place") for found in verify_run(changed).discrepancies]

    assert "limits" in places


@pytest.mark.parametrize(
    "damage",
    [
        {"least": [1.5]},
        {"least": [0, 5]},
        {"axes": [{}]},
        {"table": [[1, 2], [3]]},
        {"table": [1, 2]},
        {"values": [3]},
        {"months": "0"},
        {"months": "three"},
        {"otherwise": None},
    ],
    ids=str,
)
def test_damaged_limits_are_refused_in_words(
    folder: Path, tmp_path: Path, damage: dict[str, object]
) -> None:
    """Never by a traceback: the file is named."""
    changed = tmp_path / "week"
    shutil.copytree(folder, changed)
    file = changed / "record" / "grading.json"
    document = json.loads(file.read_text("utf-8"))
    document["limits"] |= damage
    file.write_text(json.dumps(document), "utf-8")

    with pytest.raises(BrokenRun, match=r"record/grading\.json"):
        read_run(changed)


def test_why_there_are_no_cliff_figures(week: Run) -> None:
    """Tiers by an attribute were not given elsewhere, and the score is not to blame either."""
    assert cliff_figures(week.plan, week.grading).not_computed == (
        "tiers-by" if week.grading.rule == "by" else ""
    )


@pytest.mark.parametrize("rule", ["cutoffs", "bands", "breaks"])
def test_smooth_boundaries_follow_every_score(rule: str, tmp_path: Path) -> None:
    """Knots rise with the tier, each tier of six scores has one, and the run verifies."""
    city = demonstration(200)
    text = text_with(
        rule,
        ("boundary: step", "boundary: smooth"),
        ("whole_units: {at_least_one: equal, below_one: rotate}", "whole_units: rotate"),
    )
    week = run(city, policy_from(text, first_day(CYCLE)), seed=DRAW)

    between = week.plan.between
    assert between is not None
    knots = between.knot[between.knot >= 0]
    assert (np.diff(knots) > 0).all()
    crowd = week.grading.table["tier_by_score"].drop_nulls().value_counts()["count"]
    assert len(knots) == (crowd >= 6).sum() > 3
    verdict = verify_run(week.write(tmp_path / "week"))
    assert [found.message() for found in verdict.discrepancies] == []


def test_tiers_by_attribute_need_no_sales(city: City) -> None:
    """Without a sales table the rule still holds; other rules take the tiers that are given."""
    policy = policy_from(text_with("by"), first_day(CYCLE))

    grading = run(replace(city, sales=None), policy, seed=DRAW).grading

    assert grading.rule == "by"
    assert set(grading.table["tier"].drop_nulls()) == {12, 30}
