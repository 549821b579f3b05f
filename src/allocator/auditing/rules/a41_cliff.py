"""Shops with nearly the same sales, far apart in quota."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.judging import cliffs_of, outcome, shares_of, spelt
from allocator.auditing.rule import Outcome, Rule
from allocator.nearness import NEAR_PERCENT
from allocator.records import MICRO

WIDE = 2
"""(cartons) Of two shops with nearly the same sales, one may have a carton more: whole cartons."""


def cliff(case: Case) -> Outcome:
    """A small difference in sales became a large difference in quota (need N2).

    What it finds
    -------------
    Products for which two retailers of one segment, whose sales differ by at most 5 %, may
    order two cartons or more apart. The finding says how many of all such pairs are a carton or
    more apart.

    Why it matters
    --------------
    "We sell about the same, why does he get so much more?" is the complaint that retailers
    bring against the standard itself.

    Example
    -------
    Two shops sold 500 and 512 cartons; one stands in tier 12 and may order 1 carton of P0103,
    the other in tier 15 and may order 5.

    What to do
    ----------
    Smooth the steps of the table, limit the step between neighbouring tiers, or look at how
    tiers are cut where the two shops stand.

    Known limits
    ------------
    Sales are the ordinary cartons of the whole sales table up to the day of the standard: not
    necessarily those the tiers were cut by. Hardship, sanctions and new shops put shops apart
    for a reason.
    """
    plan, cliffs = case.plan, cliffs_of(case)
    if cliffs is None:
        return outcome(case, [], 0)
    share, rows = shares_of(plan), []
    for p, product in enumerate(plan.product):
        if cliffs.widest[p] < WIDE * MICRO:
            continue
        ends = sorted((int(cliffs.one[p]), int(cliffs.other[p])), key=lambda c: int(share[p, c]))
        low, high = ends
        rows.append(
            {
                "product_id": product,
                "segment": plan.cells.segment[low] or None,
                "tier": int(plan.cells.tier[high]),
                "observed": int(cliffs.widest[p] // MICRO),
                "limit": WIDE,
                "message": "cliff",
                "lower_tier": int(plan.cells.tier[low]),
                "has": spelt(share[p, high]),
                "lower_has": spelt(share[p, low]),
                "pairs": int(cliffs.pairs[p]),
                "apart": int(cliffs.apart[p]),
                "near": NEAR_PERCENT,
            }
        )
    return outcome(case, rows, len(plan.product) * len(plan.cells.tier))


CLIFF = Rule(
    name="cliff",
    code="A41",
    kind="alert",
    severity="medium",
    subject="product_id",
    unit="cartons",
    policy="quotas",
    find=cliff,
    needs=("quotas.quota", "sales.quantity"),
    counted="quotas",
)
