"""The worst-off tier could have more."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.judging import (
    free_of,
    headcount_unsure,
    outcome,
    shares_of,
    spelt,
    worst_of,
)
from allocator.auditing.rule import Outcome, Rule

NEAR_BEST = 90
"""(per cent) Whole cartons keep a good table within a few per cent of the best; this is far off."""


def worst_off_share(case: Case) -> Outcome:
    """The tier that is served worst has less than the supply would allow it.

    What it finds
    -------------
    Products for which, measured by the weights of the policy, the worst-off tier (those at
    their ceiling aside) has less than nine tenths of the share that could be given to all of
    them at once.

    Why it matters
    --------------
    The rule of a fair release is that the worst-off share is as large as it can be; how far
    below that a table stays is the price of how it was made.

    Example
    -------
    The table gives tier 3 no carton of P0103, though 1.7 cartons for each of its shops are
    possible if all tiers are served by weight.

    What to do
    ----------
    Plan the same supply under the same policy (allocator plan) and compare; raise the worst-off
    tier first.

    Known limits
    ------------
    What rounding to whole lots may have taken is no finding: a table without turns may be a lot
    short of the best. Not computed where a group or a basket joins products or tiers: there only
    the plan itself tells.
    """
    plan, demands = case.plan, case.demands
    cells = len(plan.cells.tier)
    if demands is None or headcount_unsure(case):
        return outcome(case, [], 0, len(plan.product) * cells)
    worst, best, where = worst_of(plan, demands, free_of(case))
    share, rows = shares_of(plan), []
    for p, product in enumerate(plan.product):
        if best[p] <= 0 or 100 * int(worst[p]) >= NEAR_BEST * int(best[p]):
            continue
        cell = int(where[p])
        rows.append(
            {
                "product_id": product,
                "segment": plan.cells.segment[cell] or None,
                "tier": int(plan.cells.tier[cell]),
                "observed": int(worst[p]) * 100 // int(best[p]),
                "limit": NEAR_BEST,
                "message": "worst-off-share",
                "has": spelt(share[p, cell]),
                "could": spelt(best_quota(case, p, cell, int(best[p]))),
            }
        )
    known = int((best >= 0).sum())
    return outcome(case, rows, known * cells, (len(plan.product) - known) * cells)


def best_quota(case: Case, p: int, cell: int, level: int) -> int:
    """What a retailer of a cell has at a level, millionths of a carton."""
    plan, demands = case.plan, case.demands
    if demands is None:
        return 0
    weight = plan.cells.weight * demands.visits[p]
    mass = int((demands.may[p] * weight).sum())
    return level * int(free_of(case)[p]) * int(weight[cell]) // mass


WORST_OFF_SHARE = Rule(
    name="worst-off-share",
    code="A42",
    kind="alert",
    severity="medium",
    subject="product_id",
    unit="percent",
    policy="allocation.weights",
    find=worst_off_share,
    needs=("quotas.quota", "policy.allocation", "supply.quantity"),
    counted="quotas",
)
