"""What would bring one carton more is so when it is tried: the city planned again with more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import polars as pl

from allocator.allocation.quotas import plan_quotas
from allocator.explanation.card import explain_each
from allocator.records import QuotaPlan
from strategies import Week, small_week


def planned_with(run: Week, product: str, region: str, cartons: int) -> QuotaPlan:
    """The week's plan with so many cartons more of a product in the supply table."""
    assert run.city.supply is not None
    here = pl.col("product_id") == product
    if region:
        here &= pl.col("region") == region
    rows = run.city.supply.frame.with_columns(
        pl.when(here).then(pl.col("quantity") + cartons).otherwise("quantity").alias("quantity")
    )
    city = replace(run.city, supply=replace(run.city.supply, frame=rows))
    return plan_quotas(
        city, run.grading, run.policy.allocation, cycle=run.cycle, seed=run.seed, on=run.plan.on
    )


def test_one_more_comes_with_so_much_supply_and_not_with_a_lot_less() -> None:
    """Read from the tables, planned by the program: the share is reached, and not one lot before.

    Where nothing is kept in reserve, so that what comes in is released.
    """
    tried, seen = set(), Counter()
    for seed in range(24):
        run = small_week(seed)
        plan = run.plan
        members = {row["retailer_id"]: row["cell"] for row in plan.members.to_dicts()}
        for card in explain_each(run, list(members)):
            for claim in card.claims:
                if claim.code not in ("more-supply", "more-no-supply"):
                    continue
                cell, product = members[card.retailer], claim.product
                p = next(
                    p for p, name in enumerate(plan.product)
                    if name == product and plan.allowed[p, cell]
                )  # fmt: skip
                share, lot = int(claim.parameters["share"]), int(plan.lot[p])
                if plan.reserve[p] or plan.supply[p] % lot or (seed, p, cell, share) in tried:
                    continue
                tried.add((seed, p, cell, share))
                region = plan.region[p]
                more = int(claim.parameters.get("cartons", plan.supply[p] // lot * lot))
                there = planned_with(run, product, region, more).entitlement[p, cell]
                seen[claim.code] += 1
                if claim.code == "more-no-supply":
                    assert there < share - 1e-6
                    continue
                before = planned_with(run, product, region, more - lot).entitlement[p, cell]
                assert before < share - 1e-7 <= share <= there + 1e-6, (seed, card.retailer, claim)

    assert seen["more-supply"] > 20
    assert seen["more-no-supply"] > 0


def test_who_fell_short_is_told_what_would_help_now_or_that_nothing_does() -> None:
    """One of the two, first of all; and a tier is named only if each shop of it has more."""
    first, named = Counter(), 0
    for seed in range(8):
        run = small_week(seed)
        for card in explain_each(run, run.plan.members["retailer_id"].to_list()):
            for part in card.parts:
                told = {answer.question: answer.claims for answer in part.answers}
                if "more" not in told:
                    continue
                now, *rest = told["more"]
                first[now.code] += 1
                room = part.line.parameters["limit"] - part.line.parameters["ordered"]
                assert (now.code == "more-nothing") == (room <= 0)
                # Round two may have given more than round one's limit: less than that is no help.
                has = max(part.line.parameters["limit"], part.line.parameters["ordered"])
                for claim in rest:
                    if claim.code == "more-tier":
                        named += 1
                        assert claim.parameters["other"] > card.tier
                        assert claim.parameters["base"] > has
                    if "share" in claim.parameters:
                        assert claim.parameters["share"] > has

    assert set(first) == {"more-room", "more-nothing", "more-withheld"}
    assert named > 10
