"""Equals with different quotas."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.judging import outcome, shares_of, spelt, unsure_of
from allocator.auditing.rule import Outcome, Rule
from allocator.records import MICRO


def unlike_equals(case: Case) -> Outcome:
    """Retailers that the policy treats alike have different quotas.

    What it finds
    -------------
    Tiers in which the table gives one product different quotas to retailers that differ in
    nothing the policy mentions for it: the table is split by market, format or rhythm, the
    policy is not. A fortnightly shop counts twice where the policy doubles it.

    Why it matters
    --------------
    Retailers of one tier are equals: this is the complaint "you got 10, I got 5" with the table
    itself as its cause.

    Example
    -------
    Tier 17 may order 10 cartons of P0103 in town and 5 in the country; the policy knows no
    market.

    What to do
    ----------
    Give both the same quota, or write the division into the policy with its source.

    Known limits
    ------------
    Odd lots that go by turn are averaged; a difference of less than a hundredth of a carton is
    passed over.
    """
    plan, demands = case.plan, case.demands
    if demands is None:
        return outcome(case, [], 0)
    share, rows, checked = shares_of(plan), [], 0
    for p, product in enumerate(plan.product):
        own, unsure = share[p] // demands.visits[p], unsure_of(plan)[p]
        for group in demands.alike[p]:
            cells = [cell for cell in group if plan.cells.count[cell]]
            checked += len(cells)
            low = min(cells, key=lambda cell: (own[cell], cell))
            high = max(cells, key=lambda cell: (own[cell], -cell))
            if own[high] - own[low] - unsure[high] - unsure[low] < MICRO // 100:
                continue
            rows.append(
                {
                    "product_id": product,
                    "tier": int(plan.cells.tier[low]),
                    "observed": int(own[low] // MICRO),
                    "limit": int(-(-own[high] // MICRO)),
                    "message": "unlike-equals",
                    "one": label(case, low),
                    "other": label(case, high),
                    "has": spelt(share[p, low]),
                    "other_has": spelt(share[p, high]),
                    "retailers": int(plan.cells.count[low]),
                }
            )
    return outcome(case, rows, checked)


def label(case: Case, cell: int) -> str:
    """Segment and rhythm of a cell."""
    cells = case.plan.cells
    both = len(set(cells.rhythm)) > 1
    return ", ".join(
        part for part in (cells.segment[cell], cells.rhythm[cell] if both else "") if part
    )


UNLIKE_EQUALS = Rule(
    name="unlike-equals",
    code="V36",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="allocation",
    find=unlike_equals,
    needs=("quotas.quota", "policy.allocation"),
    counted="quotas",
)
