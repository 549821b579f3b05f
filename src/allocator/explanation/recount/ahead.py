"""Recounts what lifts a tier, what holds it and what keeps it, by grading again."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction

from allocator.explanation.claims import Claim, Facts, from_fen
from allocator.explanation.recount import limits
from allocator.explanation.recount.again import months, own_price, places, rules, ties_lower
from allocator.explanation.recount.case import Case, Found
from allocator.explanation.recount.moves import earned_before, final, outcome
from allocator.records import MICRO


def lifted(case: Case, claim: Claim) -> Found:
    """So many cartons a month more lift the tier, one less does not."""
    more, tier = claim.parameters["cartons"], case.graded["tier"]
    if not isinstance(more, int) or more < 1:
        return None
    reached = final(case, more)
    return (
        {"next_tier": reached, "cartons": more} if reached > tier >= final(case, more - 1) else None
    )


def lifting(case: Case) -> int | None:
    """The least cartons a month more that lift the tier, found by halving."""
    tier = case.graded["tier"]
    low, high = 0, most_told(case)
    if monthly(case) <= 0 or final(case, high) <= tier:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if final(case, middle) > tier else (middle, high)
    return high


def lifted_to(case: Case) -> int | None:
    """The tier that they bring."""
    more = lifting(case)
    return None if more is None else final(case, more)


def small(case: Case) -> Found:
    """The line that the next tier takes is that of a tier in which few stand."""
    reached = lifted_to(case)
    few = reached is not None and not _crowd(case, outcome(case, lifting(case) or 0)[0])
    return {"next_tier": reached} if few else None


def most_told(case: Case) -> int:
    """The most cartons a month that are told a shopkeeper: ten times what it buys, or a hundred."""
    return max(10 * monthly(case), 100)


def monthly(case: Case) -> int:
    """Cartons a month that are bought, rounded up."""
    return math.ceil(Fraction(max(case.graded["quantity"], 0)) / months(case))


def no_figure(case: Case, claim: Claim) -> Found:
    """Cartons are not on record, so that none can be told."""
    tier = case.graded["tier"]
    unknown = case.graded.get("quantity") is None and tier < case.run.grading.tiers
    return {"tier": tier} if unknown else None


def not_lifted(case: Case, claim: Claim) -> Found:
    """Nothing that can be told lifts the tier; which rule holds it then, if one does."""
    tier, person = case.graded["tier"], case.person
    if tier == case.run.grading.tiers or (monthly(case) <= 0 and claim.code != "advance-no-tier"):
        return None
    if final(case, most_told(case)) > tier and monthly(case) > 0:
        return None
    _, chain = outcome(case, most_told(case))
    top = [rule for rule, before, after in chain if after < before and rule in _TOPS]
    movement = rules(case).movement
    step = None if movement is None else movement.max_step
    now = [before for rule, before, _ in outcome(case)[1] if rule == "max-step"]
    facts: Facts = {"tier": case.member["tier"]}
    if not top:
        return facts if claim.code == "advance-no-tier" else None
    if top[-1] == "max-step" and step is not None:
        previous = earned_before(case)
        facts |= {"previous": previous, "step": step.up}
        enough = bool(now) and previous is not None and now[0] > previous
        if enough != (claim.code == "advance-held-step"):
            return None
        return {**facts, "score_tier": now[0]} if enough else facts
    if claim.code != _TOPS[top[-1]]:
        return None
    return {**facts, "credit": str(person.get("credit"))} if top[-1] == "credit-cap" else facts


_TOPS = {
    "max-step": "advance-full-step",
    "first-tier": "advance-held-first",
    "credit-cap": "advance-held-credit",
    "cap": "advance-held-cap",
}


def kept(case: Case, claim: Claim) -> Found:
    """So many cartons a month fewer keep the tier, one fewer again does not; or none would."""
    moving = case.run.grading.moving
    tier = case.graded["tier" if moving else "tier_by_score"]

    def tier_with(fewer: int) -> int:
        return final(case, -fewer) if moving else outcome(case, -fewer)[0]

    if claim.code == "keep-lowest":
        return {"tier": tier} if tier == 1 else None
    if claim.code == "keep-safe":
        bought = monthly(case)
        return {"tier": tier} if bought == 0 or tier_with(bought) >= tier > 1 else None
    fewer = claim.parameters.get("fewer", 0)
    if not isinstance(fewer, int) or fewer < 0 or (fewer == 0) != (claim.code == "keep-all"):
        return None
    if (fewer and tier_with(fewer) < tier) or tier_with(fewer + 1) >= tier:
        return None
    if not _crowd(case, outcome(case, -fewer - 1)[0]):
        return None
    return {"tier": tier} if claim.code == "keep-all" else {"tier": tier, "fewer": fewer}


def _by_score(case: Case, more: int) -> int:
    return outcome(case, more)[0]


def _crowd(case: Case, tier: int) -> bool:
    """Whether the line of a tier is published, or five others stand there.

    With a margin five others must stand in the own tier by score as well.
    """
    if case.run.grading.rule in ("cutoffs", "bands", "grid"):
        return True
    movement, own = rules(case).movement, case.graded["tier_by_score"]
    margin = movement is not None and movement.hysteresis is not None
    rows = case.run.grading.table.select("retailer_id", "tier_by_score").rows()
    others = [t for shop, t in rows if shop != case.retailer]
    return others.count(tier) >= 5 and (not margin or others.count(own) >= 5)


def spare(case: Case, claim: Claim) -> Found:
    """How far the score may fall: to the limit, or to the first score of a lower tier."""
    tier, score = case.graded["tier_by_score"], case.graded["score"]
    grading = case.run.grading
    if grading.limits is not None:
        least = int(grading.limits.least[tier - 1])
        lacking = score - least
    else:
        below = case.run.grading.table.filter(graded=True, tier_by_score=tier)
        last = places(case, tier)[1]
        after = case.scores[last] if last < len(case.scores) else None
        if after is None or below.is_empty():
            return None
        lacking = score - after - (1 if ties_lower(case) else 0)
    return {
        "tier": tier,
        "monthly": Decimal(lacking) / MICRO,
        "unit": "points" if grading.limits is None else limits.unit(case),
    }


def money(case: Case, claim: Claim) -> Found:
    """So many cartons at the own mean price, and that the card may speak of them."""
    price, cartons = own_price(case.graded), claim.parameters["cartons"]
    if not price or not isinstance(cartons, int) or cartons < 1:
        return None
    better = final if case.run.grading.moving else _by_score
    if better(case, cartons) <= better(case, 0):
        return None
    return {"cartons": cartons, "price": from_fen(price), "amount": from_fen(price * cartons)}


def by_attribute(case: Case, claim: Claim) -> Found:
    """Tiers go by an attribute, and this shop's does."""
    found = case.run.grading.limits
    if case.run.grading.rule != "by" or found is None or case.graded["graded"]:
        return None
    return {"attribute": found.attribute} if case.graded["tier_by_score"] is not None else None
