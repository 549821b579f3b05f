"""Recounts the limits that hold or lift a share, from the published table and the rules."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from allocator.explanation.claims import Claim
from allocator.explanation.recount.case import Case, Found
from allocator.records import MICRO, QuotaPlan

TAU = Fraction(1, 10**5)
"""(part of the limit, and cartons) What six printed decimals may cost in a sum."""


def basket(case: Case, claim: Claim) -> Found:
    """The shares of the basket's products at the own cell make just its limit."""
    p, plan, c = case.released(claim.product), case.run.plan, case.member["cell"]
    for joint in plan.baskets if p is not None else ():
        most = int(joint.most[c])
        together = sum(Fraction(float(plan.entitlement[q, c])) for q in joint.lines.tolist())
        if p in joint.lines and most >= 0 and _same(together, most):
            found = {"product": claim.product, "tier": case.member["tier"]}
            if joint.name == claim.parameters.get("basket"):
                return {**found, "basket": joint.name, "most": most}
    return None


def group(case: Case, claim: Claim) -> Found:
    """A group of the line has just its share: one with the own cell, or one that others are in."""
    p, plan, c = case.released(claim.product), case.run.plan, case.member["cell"]
    side = claim.code.rpartition("-")[2]
    for share in plan.groups:
        limit = share.most if side == "most" else share.least
        inside = c in share.cells
        if share.line != p or limit != claim.parameters.get(side) or inside != (side == "most"):
            continue
        terms = zip(share.cells.tolist(), share.mass.tolist(), strict=True)
        held = sum(Fraction(float(plan.entitlement[p, k])) * m for k, m in terms) / MICRO
        if _same(held, limit):
            return {"product": claim.product, "tier": case.member["tier"], side: limit}
    return None


def neighbour(case: Case, claim: Claim) -> Found:
    """The next tier above or below stands just as far off as tier order or the step allow."""
    p, plan, c = case.released(claim.product), case.run.plan, case.member["cell"]
    if p is None:
        return None
    _, side, kind = claim.code.split("-")
    up = (kind == "order") == (side == "held")
    other = _next(plan, p, c, 1 if up else -1)
    if other is None:
        return None
    rise = Fraction(float(plan.entitlement[p, other])) - Fraction(float(plan.entitlement[p, c]))
    found = {
        "product": claim.product,
        "tier": case.member["tier"],
        "other": int(plan.cells.tier[other]),
    }
    if kind == "order":
        return found if plan.tier_order[p] and _same(rise, 0) else None
    step = int(plan.step[p] * plan.visits(p)[c])
    wide = plan.step[p] >= 0 and _same(rise if up else -rise, step)
    return {**found, "step": step} if wide else None


def _next(plan: QuotaPlan, p: int, c: int, by: int) -> int | None:
    """The neighbouring tier of the same segment and rhythm that may have the product."""
    cells = plan.cells
    same = [
        k
        for k in np.flatnonzero(plan.allowed[p]).tolist()
        if cells.segment[k] == cells.segment[c]
        and cells.rhythm[k] == cells.rhythm[c]
        and cells.tier[k] == cells.tier[c] + by
    ]
    return same[0] if same else None


def _same(value: Fraction | int, limit: int) -> bool:
    return abs(Fraction(value) - limit) <= TAU * (1 + abs(limit))
