"""Quotas for tiers in which no shop stands."""

from __future__ import annotations

import numpy as np

from allocator.auditing.case import Case
from allocator.auditing.judging import outcome
from allocator.auditing.rule import Outcome, Rule


def quota_without_shops(case: Case) -> Outcome:
    """The table gives quotas to tiers that nobody is in.

    What it finds
    -------------
    Products with a quota for tiers (of a segment) in which no active retailer stands this
    cycle.

    Why it matters
    --------------
    If the table was made with other tiers than those in force, its totals are wrong: either the
    tiers or the table are of another grading.

    Example
    -------
    The table gives tier 30 ten cartons of P0103; no shop is in tier 30.

    What to do
    ----------
    Compare the tiers in the retailers table with those the table was made with; nothing to do
    if the tier is simply empty now.

    Known limits
    ------------
    An empty tier is usual in a small district. All products of the table are told in one
    finding where the tiers are the same.
    """
    plan = case.plan
    given = plan.base + plan.seats > 0
    empty = given & (plan.cells.count == 0)
    groups: dict[tuple[int, ...], list[int]] = {}
    for p in np.flatnonzero(empty.any(axis=1)).tolist():
        groups.setdefault(tuple(np.flatnonzero(empty[p]).tolist()), []).append(p)
    rows = []
    for cells, lines in groups.items():
        tiers = sorted({int(plan.cells.tier[cell]) for cell in cells})
        rows.append(
            {
                "product_id": plan.product[lines[0]],
                "observed": len(cells),
                "limit": 0,
                "message": "quota-without-shops",
                "goods": len(lines),
                "named": ", ".join(str(tier) for tier in tiers),
            }
        )
    return outcome(case, rows, int(given.sum()))


QUOTA_WITHOUT_SHOPS = Rule(
    name="quota-without-shops",
    code="A44",
    kind="alert",
    severity="low",
    subject="product_id",
    unit="tiers",
    policy="quotas",
    find=quota_without_shops,
    needs=("quotas.quota",),
    counted="quotas",
)
