"""Quotas outside the limits of the policy."""

from __future__ import annotations

import numpy as np

from allocator.auditing.case import Case
from allocator.auditing.judging import chains_of, judged_cells, outcome, shares_of, spelt, unsure_of
from allocator.auditing.rule import Outcome, Rule
from allocator.records import MICRO, Flags


def quota_off_limits(case: Case) -> Outcome:
    """A quota is above the ceiling, below the floor, a step too far, or does not fit its basket.

    What it finds
    -------------
    Products of a published table whose quotas pass the ceiling or stay under the floor of the
    policy, rise by more than the largest step from one tier to the next, or, together with
    others of a basket, come to more than the basket allows.

    Why it matters
    --------------
    These limits are what shops were told beforehand; a table that passes them was not made by
    the published rule.

    Example
    -------
    The policy allows at most 5 cartons of P0103 in tier 30; the table says 8.

    What to do
    ----------
    Correct the quota, or change the policy with a date and a source before the table is
    published.

    Known limits
    ------------
    One finding for each product and kind of limit, with the tier that is off most. Coverage
    (the least part of a tier that can have a lot) is not judged.
    """
    plan, demands = case.plan, case.demands
    if demands is None:
        return outcome(case, [], 0)
    judged = judged_cells(plan, demands)
    given = (plan.base > 0) | (plan.seats > 0)
    top = plan.base + plan.lot[:, None] * (plan.seats > 0)
    above = np.where(judged & given, top - demands.ceiling, 0)
    below = np.where(judged & (plan.cells.count > 0), demands.floor - plan.base, 0)
    rows = []
    for p, product in enumerate(plan.product):
        for word, off, limit, has in (
            ("ceiling", above[p], demands.ceiling[p], top[p]),
            ("floor", below[p], demands.floor[p], plan.base[p]),
        ):
            if not (off > 0).any():
                continue
            cell = int(off.argmax())
            rows.append(
                {
                    "product_id": product,
                    "segment": plan.cells.segment[cell] or None,
                    "tier": int(plan.cells.tier[cell]),
                    "observed": int(has[cell]),
                    "limit": int(limit[cell]),
                    "message": f"quota-off-limits-{word}",
                    "policy": f"allocation.{word}",
                    "limit_of": word,
                    "tiers": len(set(plan.cells.tier[off > 0].tolist())),
                }
            )
        rows += step_too_far(case, p, judged[p])
    rows += [row for k in range(len(demands.baskets)) for row in beyond_basket(case, k)]
    return outcome(case, rows, int(judged.sum()))


Row = dict[str, str | int | None]


def step_too_far(case: Case, p: int, judged: Flags) -> list[Row]:
    """The largest rise from one tier to the next above the policy's step, if any."""
    plan, demands = case.plan, case.demands
    if demands is None or demands.step[p] < 0:
        return []
    share, unsure = shares_of(plan)[p], unsure_of(plan)[p]
    worst = (0, -1, -1)
    for _, cells in chains_of(plan):
        low, high = cells[:-1], cells[1:]
        both = judged[low] & judged[high]
        # What rounding to whole odd lots may have added is no step.
        rise = np.where(both, share[high] - share[low] - unsure[high] - unsure[low], 0)
        beyond = rise - demands.step[p] * demands.visits[p, high] * MICRO
        if len(beyond) and beyond.max() > worst[0]:
            worst = (int(beyond.max()), int(low[beyond.argmax()]), int(high[beyond.argmax()]))
    if worst[1] < 0:
        return []
    _, low_cell, high_cell = worst
    step = int(demands.step[p] * demands.visits[p, high_cell])
    risen = int(share[high_cell] - share[low_cell])
    return [
        {
            "product_id": plan.product[p],
            "segment": plan.cells.segment[high_cell] or None,
            "tier": int(plan.cells.tier[high_cell]),
            "observed": -(-risen // MICRO),
            "limit": step,
            "message": "quota-off-limits-step",
            "policy": "allocation.step",
            "limit_of": "step",
            "has": spelt(share[high_cell]),
            "lower_has": spelt(share[low_cell]),
        }
    ]


def beyond_basket(case: Case, k: int) -> list[Row]:
    """The tier whose quotas pass a basket by most, if any does."""
    plan, demands = case.plan, case.demands
    if demands is None or len(demands.baskets[k].lines) < 2:
        return []
    basket = demands.baskets[k]
    lines = list(basket.lines)
    top = (plan.base + plan.lot[:, None] * (plan.seats > 0))[lines].sum(axis=0)
    off = np.where((basket.most >= 0) & (plan.cells.count > 0), top - basket.most, 0)
    if not (off > 0).any():
        return []
    cell = int(off.argmax())
    return [
        {
            "product_id": plan.product[lines[0]],
            "segment": plan.cells.segment[cell] or None,
            "tier": int(plan.cells.tier[cell]),
            "observed": int(top[cell]),
            "limit": int(basket.most[cell]),
            "message": "quota-off-limits-basket",
            "policy": "allocation.baskets",
            "limit_of": f"basket {basket.name}",
            "basket": basket.name,
            "goods": len(lines),
        }
    ]


QUOTA_OFF_LIMITS = Rule(
    name="quota-off-limits",
    code="V33",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="allocation",
    find=quota_off_limits,
    needs=("quotas.quota", "policy.allocation"),
    counted="quotas",
)
