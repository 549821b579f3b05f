"""Recounts what would bring one carton more, by planning again with it and with one lot less."""

from __future__ import annotations

from functools import lru_cache

from allocator.allocation.one_more import shares_with
from allocator.explanation.claims import Claim
from allocator.explanation.recount.case import Case, Found
from allocator.explanation.recount.order import room_of, unmet
from allocator.records import QuotaPlan, Reals

NEAR = 1e-7
"""(lots) What the program's numbers may lack of a whole lot."""


@lru_cache(maxsize=1 << 12)
def _planned(plan: QuotaPlan, p: int, lots: int) -> Reals:
    """The plan made again, once for all who ask."""
    return shares_with(plan, p, lots)


def now(case: Case, claim: Claim) -> Found:
    """Whether more can be ordered at once."""
    if unmet(case, claim) is None:
        return None
    room = room_of(case, claim.product)
    short = case.standard(claim.product) - case.held(claim.product)
    if claim.code == "more-withheld":
        return {"product": claim.product, "short": short} if short > 0 else None
    if short > 0:
        return None
    if claim.code == "more-room":
        return {"product": claim.product, "room": room} if room > 0 else None
    return {"product": claim.product} if room <= 0 else None


def _had(case: Case, claim: Claim) -> int:
    """The limit of round one, or what both rounds gave or was entered."""
    product = claim.product
    return max(case.limit(product), case.standard(product), case.held(product))


def higher(case: Case, claim: Claim) -> Found:
    """The lowest tier above in which each shop is sure of more than this one has."""
    plan, p, own = case.run.plan, case.released(claim.product), case.member["cell"]
    if p is None or plan.boundary != "step" or unmet(case, claim) is None:
        return None
    have, tier = _had(case, claim), int(plan.cells.tier[own])
    for other in range(tier + 1, plan.tiers + 1):
        label = f"{other}/{plan.cells.segment[own]}/{plan.cells.rhythm[own]}"
        for c in range(len(plan.cells.tier)):
            if plan.cells.label(c) == label and plan.allowed[p, c] and plan.base[p, c] > have:
                found = {"product": claim.product, "other": other, "base": int(plan.base[p, c])}
                return found if claim.code == "more-tier" else None
    none = claim.code == "more-no-tier" and tier < plan.tiers
    return {"product": claim.product, "tier": tier} if none else None


def supply(case: Case, claim: Claim) -> Found:
    """So many cartons more make the share, one lot less does not; or twice the supply does not."""
    plan, p, cell = case.run.plan, case.released(claim.product), case.member["cell"]
    if p is None or plan.source != "planned" or unmet(case, claim) is None:
        return None
    lot = int(plan.lot[p])
    share = (_had(case, claim) // lot + 1) * lot
    found = {"product": claim.product, "tier": case.member["tier"], "share": share}

    def reaches(lots: int) -> bool:
        return bool(_planned(plan, p, lots)[cell] >= share - NEAR * lot)

    if claim.code == "more-no-supply":
        twice = int(plan.supply[p] - plan.reserve[p]) // lot
        return None if reaches(twice) else found
    cartons = claim.parameters.get("cartons")
    if not isinstance(cartons, int) or cartons < lot or cartons % lot:
        return None
    least = reaches(cartons // lot) and not reaches(cartons // lot - 1)
    return {**found, "cartons": cartons} if least else None
