"""Quotas that add up to more than there is."""

from __future__ import annotations

import numpy as np

from allocator.auditing.case import Case
from allocator.auditing.judging import cartons_of, free_of, headcount_unsure, outcome
from allocator.auditing.rule import Outcome, Rule


def quotas_above_supply(case: Case) -> Outcome:
    """If every shop orders what it may, the product does not suffice.

    What it finds
    -------------
    Products whose quotas, times the retailers of each tier that take part, odd lots included,
    come to more than the supply less the reserve. With a policy that expects no shop to order
    less than its quota (no take_up) it is a violation; without a policy an alert.

    Why it matters
    --------------
    What a table promises and the warehouse does not hold is given to whoever orders first:
    release by tier turns into a race.

    Example
    -------
    600 cartons of P0103 are there; 160 shops may order 4 each: 640.

    What to do
    ----------
    Lower the quotas, or record the extra supply. If the table counts on shops that order less,
    the policy must say so (take_up).

    Known limits
    ------------
    The reserve is the policy's; without one nothing is kept back. Not checked where no supply
    is known, nor where some shops order every second week and no calendar says which of them
    order now.
    """
    plan, demands = case.plan, case.demands
    free, total = free_of(case), cartons_of(plan).sum(axis=1)
    known = (free >= 0) & (not headcount_unsure(case))
    over = known & (total > free)
    if demands is not None and demands.oversold:
        over[:] = False
    rows = [
        {
            "product_id": plan.product[p],
            "observed": int(total[p]),
            "limit": int(free[p]),
            "message": "quotas-above-supply",
            "kind": "alert" if demands is None else "violation",
            "severity": "medium" if demands is None else "high",
            "excess": int(total[p] - free[p]),
            "retailers": int(plan.cells.count[plan.base[p] + plan.seats[p] > 0].sum()),
        }
        for p in np.flatnonzero(over).tolist()
    ]
    cells = len(plan.cells.tier)
    return outcome(case, rows, int(known.sum()) * cells, int((~known).sum()) * cells)


QUOTAS_ABOVE_SUPPLY = Rule(
    name="quotas-above-supply",
    code="V31",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="supply.quantity",
    find=quotas_above_supply,
    needs=("quotas.quota", "supply.quantity"),
    counted="quotas",
)
