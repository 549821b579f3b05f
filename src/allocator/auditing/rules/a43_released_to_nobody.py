"""Products that no shop may order."""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.judging import free_of, outcome
from allocator.auditing.rule import Outcome, Rule
from allocator.auditing.standard import supplied


def released_to_nobody(case: Case) -> Outcome:
    """A product is there, or stands in the table, and no shop may order it.

    What it finds
    -------------
    Products of the quota table whose quotas are 0 for every tier in which a retailer stands,
    and products that have a supply in this cycle but no quota at all.

    Why it matters
    --------------
    Cartons that nobody may order stay in the warehouse, and every shop that asks is told that
    there is none.

    Example
    -------
    300 cartons of P0107 came in; the table has quotas for tier 31 only.

    What to do
    ----------
    Ask whether the row was left empty by mistake, or the product is held back, and for what.

    Known limits
    ------------
    A product may be sold without a quota (顺销): then leave it out of the table of scarce supply.
    Only shops that are active and order in this cycle are counted.
    """
    plan, free = case.plan, free_of(case)
    here = plan.cells.count > 0
    open_to = ((plan.base + plan.seats > 0) & here).any(axis=1)
    rows = [
        {
            "product_id": plan.product[p],
            "observed": max(int(free[p]), 0),
            "limit": 0,
            "message": "released-to-nobody" if free[p] > 0 else "released-to-nobody-unsupplied",
        }
        for p in np.flatnonzero(~open_to).tolist()
        if free[p] != 0
    ]
    if case.supply is not None:
        held = (
            supplied(case.supply, plan.cycle).group_by("product_id").agg(pl.col("quantity").sum())
        )
        rows += [
            {
                "product_id": name,
                "observed": left,
                "limit": 0,
                "message": "released-to-nobody-unlisted",
            }
            for name, left in held.sort("product_id").rows()
            if name not in plan.product and left > 0
        ]
    return outcome(case, rows, len(plan.product) * len(plan.cells.tier))


RELEASED_TO_NOBODY = Rule(
    name="released-to-nobody",
    code="A43",
    kind="alert",
    severity="medium",
    subject="product_id",
    unit="cartons",
    policy="quotas",
    find=released_to_nobody,
    needs=("quotas.quota",),
    counted="quotas",
)
