"""A higher tier that may order less than a lower one."""

from __future__ import annotations

import numpy as np

from allocator.auditing.case import Case
from allocator.auditing.judging import chains_of, judged_cells, outcome, shares_of, spelt, unsure_of
from allocator.auditing.rule import Outcome, Rule
from allocator.records import MICRO


def tier_order(case: Case) -> Outcome:
    """A quota falls as the tier rises (law L4).

    What it finds
    -------------
    Products of a published quota table in which, within one segment and rhythm, a tier may
    order less than a lower tier. Odd lots that go by turn count with their average. With a
    policy it is a violation unless the policy lifts the order of tiers for the product; without
    one it is an alert.

    Why it matters
    --------------
    Tiers are earned. A shop that climbed and may now order less has been misled about what its
    tier is worth.

    Example
    -------
    Tier 25 may order 3 cartons of P0103, tier 20 may order 5.

    What to do
    ----------
    Ask who made the table whether a column was shifted or two tiers swapped; if it is meant,
    let the policy say so (tier_order: false) with its source.

    Known limits
    ------------
    Without a policy tiers that are given none are passed over: a product may be for the lower
    tiers only. Each product and segment is told once, with the largest fall.
    """
    plan, demands = case.plan, case.demands
    share, judged = shares_of(plan), judged_cells(plan, demands)
    unsure = unsure_of(plan)
    rows, checked = [], 0
    for p, product in enumerate(plan.product):
        if demands is not None and not demands.tier_order[p]:
            continue
        for name, cells in chains_of(plan):
            own = cells[judged[p, cells]]
            checked += len(own)
            if len(own) < 2:
                continue
            # What rounding to whole odd lots may have done is no fall.
            highest = np.maximum.accumulate(share[p, own] - unsure[p, own])
            fall = highest - share[p, own] - unsure[p, own]
            fall = np.where(fall > 0, fall, 0)
            if not fall.any():
                continue
            worst = int(fall.argmax())
            best = int((share[p, own[:worst]] - unsure[p, own[:worst]]).argmax())
            rows.append(
                {
                    "product_id": product,
                    "segment": name or None,
                    "tier": int(plan.cells.tier[own[worst]]),
                    "observed": int(share[p, own[worst]] // MICRO),
                    "limit": int(-(-share[p, own[best]] // MICRO)),
                    "message": "tier-order",
                    "kind": "alert" if demands is None else "violation",
                    "severity": "medium" if demands is None else "high",
                    "lower_tier": int(plan.cells.tier[own[best]]),
                    "has": spelt(share[p, own[worst]]),
                    "lower_has": spelt(share[p, own[best]]),
                    "tiers": int((fall > 0).sum()),
                }
            )
    return outcome(case, rows, checked)


TIER_ORDER = Rule(
    name="tier-order",
    code="V30",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="allocation.defaults.tier_order",
    find=tier_order,
    needs=("quotas.quota",),
    counted="quotas",
)
