"""Cards under every rule of tiers and every rule after the score.

The figures of "what lifts me" and "what keeps me" are bought for real: sales are changed, the
city is graded again by the plain rules, and the tier is looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from allocator.explanation.card import explain_each
from allocator.explanation.check import check_claim, check_claims
from allocator.explanation.claims import Claim
from allocator.explanation.recount.case import Case
from allocator.explanation.sentences import sentence
from allocator.grading.changes import with_sales
from allocator.grading.scheme import grade
from explanation.test_check import unnoticed
from explanation.test_wording import LONGEST
from strategies import RULED_TIERS, Week, ruled_week

MONTHS = [date(2026, month, 1) for month in (8, 9, 10)]
SEEDS = range(2 * len(RULED_TIERS))


def everybody(run: Week) -> list[str]:
    return run.plan.members["retailer_id"].to_list()


@pytest.mark.parametrize("seed", SEEDS)
def test_every_claim_holds_under_every_rule(seed: int) -> None:
    """Shares, cut-offs, bands, two bands, breaks and attributes; movement, credit, penalties."""
    run = ruled_week(seed, moving=seed % 5 > 0)
    refuted = [
        (card.retailer, verdict.claim.code, dict(verdict.claim.parameters), verdict.found)
        for card in explain_each(run, everybody(run))
        for verdict in check_claims(run, card)
        if not verdict.holds
    ]

    assert refuted == []


@pytest.mark.parametrize("seed", SEEDS)
def test_months_that_were_touched_are_told_before_and_after(seed: int) -> None:
    """Left out, cut, of hardship; other windows: each claim holds, and no bent one does."""
    run = ruled_week(seed, touched=True)
    cards = list(explain_each(run, everybody(run)))
    refuted = [
        (card.retailer, verdict.claim.code, dict(verdict.claim.parameters), verdict.found)
        for card in cards
        for verdict in check_claims(run, card)
        if not verdict.holds
    ]
    told = {claim.code for card in cards for claim in card.claims}
    screened = run.grading.screened
    by_rule = run.policy.grading.screening.action if screened is not None else None
    code = {"winsorise": "month-cut", "exclude": "month-left-out"}.get(by_rule, "")

    assert refuted == []
    assert code in told or not code or screened.is_empty()
    assert not {"month-cut", "month-left-out"} - {code} & told
    assert unnoticed(run, everybody(run)[:4]) == []


@pytest.mark.parametrize("seed", range(len(RULED_TIERS)))
def test_a_changed_number_is_caught_under_every_rule(seed: int) -> None:
    """Each parameter of each claim, changed alone by the least step, refutes the claim."""
    run = ruled_week(seed + 8)

    assert unnoticed(run, everybody(run)[:8]) == []


def claims_of(run: Week) -> Iterator[tuple[str, dict[str, Claim]]]:
    for card in explain_each(run, everybody(run)):
        yield card.retailer, {claim.code: claim for claim in card.claims}


def bought(run: Week, shop: str, cartons: int) -> pl.DataFrame | None:
    """Rows with which a shop buys so many cartons a month more at its printed mean price.

    ``None`` where that would not leave the mean price as printed (what is taken away is rounded).
    """
    rules = run.policy.grading
    sold = run.city.sales.frame.filter(pl.col("retailer_id") == shop, pl.col("month").is_in(MONTHS))
    months = [
        month
        for month in MONTHS
        if rules.missing_month == "zero" or month in sold["month"].to_list()
    ]
    quantity, amount = int(sold["quantity"].sum()), int(sold["amount"].sum())
    row = run.grading.table.filter(retailer_id=shop).to_dicts()[0]
    if "mean_price" in row:
        price = row["mean_price"]
    elif "amount" in row and "quantity" in row:
        price = (2 * row["amount"] + row["quantity"]) // (2 * row["quantity"])
    else:
        price = 0
    left = quantity + cartons * len(months)
    paid = amount + cartons * len(months) * price
    if left <= 0 or ("mean_price" in row and (2 * paid + left) // (2 * left) != price):
        return None
    return pl.DataFrame(
        [
            {"retailer_id": shop, "month": month, "product_id": "A", "quantity": cartons,
             "amount": cartons * price}
            for month in months
        ]
    )  # fmt: skip


def tier_with(run: Week, shop: str, cartons: int) -> int | None:
    """The tier after really grading the changed city; by score where no rule follows."""
    rows = bought(run, shop, cartons)
    if rows is None:
        return None
    rules = run.policy.grading
    table = grade(with_sales(run.city, rows), rules, run.grading.on).table
    column = "tier" if run.grading.moving else "tier_by_score"
    return table.filter(retailer_id=shop)[column].item()


@pytest.mark.parametrize("moving", [True, False])
def test_what_lifts_and_what_keeps_is_so_when_it_is_bought(moving: bool) -> None:
    """Reached with x cartons a month more, not with x - 1; kept with y fewer, not with y + 1.

    Natural breaks are left out: they are told as they were drawn, and a grading draws them anew.
    Bands of money are too: without cartons on record the test could not buy them.
    """
    lifted, kept = Counter(), Counter()
    for seed in SEEDS:
        run = ruled_week(seed, moving=moving)
        if run.grading.rule in ("breaks", "by") or "quantity" not in run.grading.table.columns:
            continue
        column = "tier" if run.grading.moving else "tier_by_score"
        now = dict(run.grading.table.select("retailer_id", column).iter_rows())
        for shop, told in claims_of(run):
            lift = told.get("advance-cartons") or told.get("advance-higher")
            if lift is not None:
                x = lift.parameters["cartons"]
                reached, short = tier_with(run, shop, x), tier_with(run, shop, x - 1)
                assert reached == lift.parameters.get("next_tier", reached) > now[shop] >= short
                lifted[run.grading.rule] += 1
            keep = told.get("keep-cartons") or told.get("keep-all")
            if keep is not None:
                y = keep.parameters.get("fewer", 0)
                still, lost = tier_with(run, shop, -y), tier_with(run, shop, -y - 1)
                if still is not None and lost is not None:
                    assert still >= now[shop] > lost
                    kept[run.grading.rule] += 1

    assert min(lifted[rule] for rule in ("shares", "cutoffs", "bands", "grid")) > 5, lifted
    assert min(kept[rule] for rule in ("shares", "cutoffs", "bands", "grid")) > 3, kept


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_said_to_hold_the_tier_holds_it(seed: int) -> None:
    """Where a rule is named instead of a figure, buying ten times as much lifts nothing."""
    run = ruled_week(seed)
    now = dict(run.grading.table.select("retailer_id", "tier").iter_rows())
    held = ("advance-held-", "advance-full-", "advance-no-tier")
    for shop, told in claims_of(run):
        told_here = run.grading.rule != "breaks" and "quantity" in run.grading.table.columns
        if told_here and any(code.startswith(held) for code in told):
            row = run.grading.table.filter(retailer_id=shop).to_dicts()[0]
            most = max(10 * -(-max(row["quantity"], 0) // 3), 100)
            tier = tier_with(run, shop, most)
            assert tier is None or tier <= now[shop], (shop, sorted(told))


def test_a_penalty_is_told_with_its_end_and_ground_alone_to_its_shop() -> None:
    """Quoted as written; a bent ground is caught; nobody else's penalty is on a card."""
    seen = 0
    for seed in range(4):
        run = ruled_week(seed)
        own = set(run.city.sanctions.frame["retailer_id"]) if run.city.sanctions else set()
        for card in explain_each(run, everybody(run)):
            for claim in card.claims:
                if not claim.code.startswith("penalty-"):
                    continue
                assert card.retailer in own
                if claim.quotes:
                    bent = replace(claim, quotes={"source": "decision no. 8"})
                    assert not check_claim(Case(run, card.retailer), bent).holds
                    seen += 1
    assert seen > 5


def test_sentences_are_short_under_every_rule() -> None:
    """At most 25 Chinese signs each, names and grounds apart; English says it too."""
    long = set()
    for seed in SEEDS:
        run = ruled_week(seed)
        for card in explain_each(run, everybody(run)):
            for claim in card.claims:
                assert sentence(claim, card.names, "en")
                if claim.quotes or claim.product:
                    continue
                spoken = sentence(claim, {}, "zh-CN").replace(" ", "")
                long |= {part for part in re.split("[。：]", spoken) if len(part) > LONGEST}

    assert long == set()
