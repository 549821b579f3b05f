"""A group of retailers with less, or more, than its share."""

from __future__ import annotations

from decimal import Decimal

import numpy as np

from allocator.auditing.case import Case
from allocator.auditing.judging import cartons_of, free_of, outcome
from allocator.auditing.rule import Outcome, Rule


def group_share(case: Case) -> Outcome:
    """The quotas give a group less than its least share or more than its largest.

    What it finds
    -------------
    Groups of the policy (rural shops at least 60 %, the top tiers at most 30 %) whose quotas of
    a product, times their retailers, miss the share of the supply less reserve. Where no supply
    is known the share is of what the table hands out. Odd lots without names count in the
    group's favour.

    Why it matters
    --------------
    Shares between town and country, small and large, are the part of a policy that is argued
    about most; a table by tier alone easily misses them.

    Example
    -------
    Rural shops shall have at least 60 % of P0103; their quotas come to 410 of 1,000 cartons.

    What to do
    ----------
    Raise or lower the quotas of the tiers in which the group stands, or split the table by the
    attribute of the group.

    Known limits
    ------------
    Whole lots: least shares are rounded up, largest down, as the planner does. Orders are not
    looked at, only what may be ordered.
    """
    plan, demands = case.plan, case.demands
    if demands is None:
        return outcome(case, [], 0)
    free, total = free_of(case), cartons_of(plan).sum(axis=1)
    count = np.maximum(plan.cells.count, 1)
    rows, checked = [], 0
    for share in demands.shares:
        p, lot = share.p, int(plan.lot[share.p])
        whole = int(free[p] if free[p] >= 0 else total[p])
        if not share.count.any() or not whole:
            continue
        checked += int((share.count > 0).sum())
        sure = int((plan.base[p] * share.count).sum())
        odd = np.minimum(plan.seats[p], count)
        others = count - share.count
        least = sure + int(np.maximum(odd - others, 0).sum()) * lot
        most = sure + int(np.minimum(odd, share.count).sum()) * lot
        for word, part, has in (("least", share.at_least, most), ("most", share.at_most, least)):
            limit = None if part is None else bound(part, whole, lot, up=word == "least")
            if part is None or limit is None or (has >= limit if word == "least" else has <= limit):
                continue
            rows.append(
                {
                    "product_id": plan.product[p],
                    "observed": has,
                    "limit": limit,
                    "message": f"group-share-{word}",
                    "policy": f"allocation.groups.{share.rule}",
                    "rule_number": share.rule + 1,
                    "percent": spelt_percent(has, whole),
                    "asked": f"{(part * 100).normalize():f}",
                    "whole": whole,
                    "excess": abs(limit - has),
                }
            )
    return outcome(case, rows, checked)


def bound(part: Decimal, whole: int, lot: int, *, up: bool) -> int:
    """A part of a supply in whole lots, cartons: least shares up, largest down."""
    top, bottom = part.as_integer_ratio()
    return (-(-whole * top // (bottom * lot)) if up else whole * top // (bottom * lot)) * lot


def spelt_percent(part: int, whole: int) -> str:
    """A share in per cent with one digit, rounded down."""
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10}"


GROUP_SHARE = Rule(
    name="group-share",
    code="V32",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="allocation.groups",
    find=group_share,
    needs=("quotas.quota", "policy.allocation"),
    counted="quotas",
)
