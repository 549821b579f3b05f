"""Quotas for retailers that the policy gives none."""

from __future__ import annotations

import numpy as np

from allocator.auditing.case import Case
from allocator.auditing.judging import outcome
from allocator.auditing.rule import Outcome, Rule


def beyond_policy(case: Case) -> Outcome:
    """The table releases a product to retailers that the policy leaves out.

    What it finds
    -------------
    Products with a quota for a tier or segment in which retailers stand that, by the policy,
    may not have the product.

    Why it matters
    --------------
    Who may have a scarce product is the first line of a notice; a table that goes further
    favours somebody.

    Example
    -------
    P0101 is for urban shops of tier 20 and up; the table gives tier 18 one carton each.

    What to do
    ----------
    Set the quota to 0, split the table by the attribute that the policy names, or change the
    policy with a date and a source.

    Known limits
    ------------
    A table by tier alone cannot keep a rule by market or format: then each tier in which both
    kinds stand is told.
    """
    plan, demands = case.plan, case.demands
    if demands is None:
        return outcome(case, [], 0)
    top = plan.base + plan.lot[:, None] * (plan.seats > 0)
    rows = []
    for p, product in enumerate(plan.product):
        barred = np.where(top[p] > 0, demands.barred[p], 0)
        if not barred.any():
            continue
        cell = int((barred * top[p]).argmax())
        rows.append(
            {
                "product_id": product,
                "segment": plan.cells.segment[cell] or None,
                "tier": int(plan.cells.tier[cell]),
                "observed": int((barred * plan.base[p]).sum()),
                "limit": 0,
                "message": "beyond-policy",
                "policy": f"allocation.products.{product}",
                "retailers": int(barred.sum()),
                "tiers": len(set(plan.cells.tier[barred > 0].tolist())),
                "quota": int(top[p, cell]),
            }
        )
    return outcome(case, rows, int((top > 0).sum()))


BEYOND_POLICY = Rule(
    name="beyond-policy",
    code="V34",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="allocation.products",
    find=beyond_policy,
    needs=("quotas.quota", "policy.allocation"),
    counted="quotas",
)
