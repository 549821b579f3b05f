"""A week with smooth boundaries from the policy to the directory and back."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from allocator.allocation.cliffs import cliff_figures
from allocator.auditing.inspection import audit
from allocator.errors import BrokenRun
from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claims
from allocator.holdings import holdings
from allocator.ordering.check import check_order
from allocator.ordering.limits import limits_of
from allocator.ordering.reading import read_limits
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from, read_policy
from allocator.runs.demonstration import DRAW, demonstration
from allocator.runs.reading import read_run
from allocator.runs.record import Run
from allocator.runs.verifying import verify_run
from allocator.runs.week import run
from allocator.tables.synthetic import CYCLE, POLICY, first_day


@pytest.fixture(scope="module")
def smooth(tmp_path_factory: pytest.TempPathFactory) -> Policy:
    """The rules of the synthetic city, with smooth boundaries and turns for all that is odd."""
    text = POLICY.read_text(encoding="utf-8")
    old, units = "boundary: step", "whole_units: {at_least_one: equal, below_one: rotate}"
    assert old in text
    assert units in text
    path = tmp_path_factory.mktemp("smooth") / "policy.yaml"
    path.write_text(
        text.replace(old, "boundary: smooth").replace(units, "whole_units: rotate"),
        encoding="utf-8",
    )
    return read_policy(path, first_day(CYCLE))


@pytest.fixture(scope="module")
def week(smooth: Policy) -> Run:
    """Three hundred shops."""
    return run(demonstration(300), smooth, seed=DRAW)


@pytest.fixture(scope="module")
def folder(week: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its directory."""
    return week.write(tmp_path_factory.mktemp("runs") / "week")


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    """A copy to tamper with."""
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_verify_accepts_it(folder: Path) -> None:
    """Members, masses, limits, turns, credits and awards follow from the files."""
    verdict = verify_run(folder)

    assert [told.message() for told in verdict.discrepancies] == []


def test_it_comes_back(folder: Path, week: Run) -> None:
    """Where everybody stands is found again from grading and members."""
    plan, back = week.plan, read_run(folder).plan

    assert back.boundary == "smooth"
    assert plan.between is not None
    assert back.between is not None
    for name in ("knot", "below", "above", "part", "down", "up"):
        assert np.array_equal(getattr(back.between, name), getattr(plan.between, name)), name
    assert np.array_equal(back.mass, plan.mass)


def test_no_order_taker_is_accused_who_entered_what_the_rules_give(week: Run) -> None:
    """Neighbours on the list have different limits, and that is no unequal treatment."""
    assert week.allocation is not None
    assert week.city.orders is not None
    awards = week.allocation.lines.select("retailer_id", "product_id", "award", "order")
    frame = (
        week.city.orders.frame.unique(["retailer_id", "product_id"], keep="first")
        .drop("granted", "requested")
        .join(awards, on=["retailer_id", "product_id"])
        .rename({"award": "granted", "order": "requested"})
        .filter(pl.col("granted").is_not_null())
    )
    orders = type(week.city.orders)("orders", frame)
    for allocation in (week.allocation, None):
        found = audit(orders, week.plan, allocation=allocation, retailers=week.city.retailers)
        told = found.frame.filter(pl.col("kind") == "violation")
        assert told["message"].to_list() == []


def test_only_shops_with_one_limit_are_compared(week: Run) -> None:
    """Where order-takers slip, the two that a finding names could order the same."""
    assert week.allocation is not None
    assert week.city.orders is not None
    rng = np.random.default_rng(4)
    frame = week.city.orders.frame
    slip = pl.Series(rng.integers(0, 2, len(frame)))
    frame = frame.with_columns(granted=(pl.col("granted") - slip).clip(0))
    found = audit(type(week.city.orders)("orders", frame), week.plan, allocation=week.allocation)
    told = found.frame.filter(pl.col("rule") == "unequal-treatment")
    base = {
        (week.plan.product[p], week.plan.members["retailer_id"][i]): lots
        for p in range(len(week.plan.product))
        for i, lots in enumerate(holdings(week.plan, p).base.tolist())
    }

    assert len(told) > 3
    for product, facts in told.select("product_id", "facts").iter_rows():
        named = json.loads(facts)
        assert base[product, named["worst"]] == base[product, named["peer"]]


def test_every_claim_of_every_card_checks_true(folder: Path) -> None:
    """Read back from the files."""
    back = read_run(folder)
    ids = back.plan.members["retailer_id"].to_list()[::7]
    codes = set()
    for card in explain_each(back, ids):
        for verdict in check_claims(back, card):
            codes.add(verdict.claim.code)
            assert verdict.holds, (card.retailer, verdict.claim, verdict.found)
            for place in verdict.claim.evidence:
                assert (folder / place.file).is_file()
    assert {"quota-share-between", "quota-limit-own"} <= codes


def test_order_entry_knows_each_shops_own_limit(folder: Path, week: Run) -> None:
    """From the plan and from the files alike: the limits of the awards."""
    read, made = read_limits(folder), limits_of(week.plan)
    assert week.allocation is not None
    lines = week.allocation.lines.filter(pl.col("line").is_not_null() & (pl.col("requested") > 0))
    for limits in (read, made):
        for line in lines.head(400).iter_rows(named=True):
            at_most = check_order(limits, line).at_most
            assert at_most == line["round_one"], line
    mine = np.array([made.retailers[name] for name in read.retailers])
    assert all(np.array_equal(a, b[mine]) for a, b in zip(read.own, made.own, strict=True))


def test_a_changed_limit_is_found(copy: Path) -> None:
    lines = (copy / "limits.csv").read_text().splitlines()
    lines[5] = lines[5].rsplit(",", 1)[0] + ",77"
    (copy / "limits.csv").write_text("\n".join(lines) + "\n")

    assert "limits.csv" in {told.file for told in verify_run(copy).discrepancies}


def test_limits_are_not_guessed_where_their_file_is_gone(copy: Path) -> None:
    """Else the table of tiers would pass for what shops may order."""
    (copy / "limits.csv").unlink()

    with pytest.raises(BrokenRun, match=r"limits\.csv"):
        read_limits(copy)


def test_a_run_that_calls_itself_stepped_is_refused(copy: Path) -> None:
    head = json.loads((copy / "run.json").read_bytes())
    head["boundary"] = "step"
    (copy / "run.json").write_text(json.dumps(head))

    assert "run.json" in {told.file for told in verify_run(copy).discrepancies}


def test_the_papers_say_so(folder: Path) -> None:
    """The notice tells how to read the table and the slope; cliffs.csv has the slope."""
    page = (folder / "notice.html").read_text(encoding="utf-8")
    assert "middle score" in page
    assert "One point more of score" in page
    rows = table(folder / "cliffs.csv")
    assert all(float(row["slope"]) >= 0 for row in rows)
    assert any(float(row["slope"]) > 0 for row in rows)
    limits = table(folder / "limits.csv")
    assert list(limits[0]) == ["product_id", "retailer_id", "entitlement", "base"]


def test_smooth_boundaries_bring_near_shops_nearer(week: Run) -> None:
    """The largest difference between shops with nearly the same sales falls, product by product."""
    text = week.policy.text.replace("boundary: smooth", "boundary: step")
    steps = run(demonstration(300), policy_from(text, week.policy.on), seed=DRAW)
    before = cliff_figures(steps.plan, steps.grading)
    after = cliff_figures(week.plan, week.grading)
    assert after.pairs.tolist() == before.pairs.tolist()
    assert int(after.apart.sum()) < int(before.apart.sum())
