"""Recounts what a card says of the shop: the first line, the tier, the next tier."""

from __future__ import annotations

import math
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl

from allocator.explanation.claims import Claim, Facts, from_fen, from_micro
from allocator.explanation.recount import ahead, limits, moves
from allocator.explanation.recount.again import (
    percentile,
    place_with,
    places,
    ties_lower,
)
from allocator.explanation.recount.case import Case, Found
from allocator.grading.exact import log2
from allocator.hiding import enough_others
from allocator.records import MICRO, Item

SPELT: Final = {
    "fen": ("yuan", from_fen),
    "fen-per-carton": ("yuan-per-carton", from_fen),
    "millionths": ("percent", lambda value: from_micro(value * 100)),
    "points": ("points", from_micro),
}


def period(case: Case) -> str:
    """``week`` for cycles named by ISO week."""
    return "week" if re.fullmatch(r"[0-9]{4}-W[0-9]{2}", case.run.cycle) else "cycle"


def may_order(case: Case, claim: Claim) -> Found:
    """Limit (or what round two gave, where that is more) over all products; and what is held."""
    allocation = case.run.allocation
    ordered: set[str] = set()
    if allocation is not None:
        mine = allocation.lines.filter(pl.col("award").is_not_null(), retailer_id=case.retailer)
        ordered = set(mine["product_id"].to_list())
    products = ordered | set(case.run.plan.product)
    limit = sum(max(case.limit(product), case.standard(product)) for product in products)
    found: Facts = {"period": period(case), "limit": limit}
    cell = case.member["cell"]
    bands = case.run.plan.bands
    banded = cell is not None and any(case.joint(band) is not None for band in bands)
    if banded != claim.code.startswith("may-order-bands"):
        return None
    if not claim.code.endswith("-only"):
        found["ordered"] = sum(case.held(product) for product in ordered)
    return found


def barred(case: Case, claim: Claim) -> Found:
    """Why nothing can be ordered."""
    status = case.member["status"]
    idle = status not in (None, "active")
    facts: Facts = {"period": period(case)}
    if status == "stopped" and not _stopped(case):
        return None
    if claim.code == "not-active":
        return {**facts, "status": status} if idle else None
    if claim.code == "no-tier":
        return facts if case.member["tier"] is None else None
    return None if case.member["due"] else facts


def _stopped(case: Case) -> bool:
    """Whether the sanctions table stops supply on the day of the plan."""
    table, on = case.run.city.sanctions, case.run.plan.on
    rows = [] if table is None else table.frame.filter(retailer_id=case.retailer).to_dicts()
    return any(
        row["kind"] == "suspend" and (row["from"] or on) <= on <= (row["until"] or on)
        for row in rows
    )


def rank(case: Case, claim: Claim) -> Found:
    """The sum of the points, and how many score more."""
    row, items = case.graded, case.run.grading.items
    score = sum(row[f"{item.name}_points"] for item in items) if items else row["score"]
    return {
        "tier": case.member["tier"],
        "tiers": case.run.grading.tiers,
        "score": from_micro(score),
        "rank": 1 + sum(other > score for other in case.scores),
        "graded": len(case.scores),
    }


def boundary(case: Case, claim: Claim) -> Found:
    """Ranks of the tier; a group too small must not be told."""
    tier = case.graded["tier_by_score"]
    first, last = places(case, tier)
    return {"tier": tier, "first": first, "last": last} if enough_others(last - first + 1) else None


def item(case: Case, claim: Claim) -> Found:
    """Points of an item from its value, by the formula of its scale."""
    scored = next(
        (it for it in case.run.grading.items if it.name == claim.parameters["item"]), None
    )
    if scored is None:
        return None
    unit, spell = SPELT.get(scored.unit, (scored.unit, Decimal))
    told = "reference" in claim.parameters
    if told and not enough_others(len(case.scores)):
        return None
    if claim.code not in (f"tier-item-{scored.scale}", "tier-item-own"):
        return None
    reference, points = _points(case, scored)
    found: Facts = {
        "item": scored.name,
        "value": spell(case.graded[scored.name]),
        "unit": unit,
        "weight": Decimal(scored.weight.numerator) / Decimal(scored.weight.denominator),
        "points": from_micro(points),
    }
    return {**found, "reference": spell(reference)} if told else found


def _points(case: Case, scored: Item) -> tuple[int, int]:
    """Reference and own points (millionths)."""
    graded = case.run.grading.table.filter(graded=True)
    values = sorted(graded[scored.name].to_list())
    own, n = case.graded[scored.name], len(values)
    if scored.scale == "rank":
        lower, equal = sum(v < own for v in values), values.count(own)
        part = Fraction(2 * lower + equal + 1, 2 * n)
        return n, _rounded(case, scored.weight * part)
    at = n
    if scored.scale == "winsorised":
        at = max(math.ceil(n * percentile(case, scored.name)), 1)
    full = max(values[at - 1], 0)
    if not full:
        return 0, 0
    capped = min(max(own, 0), full)
    part = Fraction(capped, full)
    if scored.scale == "log":
        part = Fraction(*log2(np.array([capped, full])).tolist())
    return full, _rounded(case, scored.weight * part)


def _rounded(case: Case, points: Fraction) -> int:
    """Points in millionths, rounded once to the decimals that the grading gives."""
    parts: int = 10**case.run.grading.decimals
    return math.floor(points * parts + Fraction(1, 2)) * (MICRO // parts)


def moved(case: Case, claim: Claim) -> Found:
    """The tier before and now."""
    before, now = case.graded["previous_tier"], case.graded["tier"]
    if before is None or now is None:
        return None
    if claim.code == "tier-same":
        return {"tier": now} if before == now else None
    if (now > before) != (claim.code == "tier-up") or before == now:
        return None
    return {"previous": before, "tier": now, "change": abs(now - before)}


def newcomer(case: Case, claim: Claim) -> Found:
    """The rule for new shops, and that it still holds on the day."""
    grading = case.run.policy.grading
    entry = grading.newcomers if grading else None
    if entry is None or case.graded["graded"]:
        return None
    facts: Facts = {
        "tier": moves.final(case),
        "tiers": case.run.grading.tiers,
        "months": entry.months,
    }
    if claim.code == "tier-newcomer-undated":
        return facts
    joined: date | None = case.person.get("joined_on")
    if joined is None:
        return None
    young = moves.months_after(joined, entry.months) > case.run.grading.on
    return {"joined_on": joined, **facts} if young else None


def new_products(case: Case, claim: Claim) -> Found:
    """Products of which a new shop may order something."""
    if not _is_new(case) or case.member["tier"] is None:
        return None
    products = sum(case.limit(name) > 0 for name in set(case.run.plan.product))
    facts: Facts = {"period": period(case), "tier": case.member["tier"], "products": products}
    return facts if products else None


def new_scored(case: Case, claim: Claim) -> Found:
    """The day from which a grading scores it: not before, as ``newcomer`` finds."""
    grading, joined = case.run.policy.grading, case.person.get("joined_on")
    entry = grading.newcomers if grading else None
    if not _is_new(case) or entry is None or joined is None:
        return None
    return {"months": entry.months, "scored_on": moves.months_after(joined, entry.months)}


def new_item(case: Case, claim: Claim) -> Found:
    """An item of the score, and its most points by the policy."""
    grading, name = case.run.policy.grading, claim.parameters["item"]
    items = {str(key): item.weight for key, item in grading.items.items()} if grading else {}
    known = {item.name for item in case.run.grading.items if item.scale != "value"}
    if not _is_new(case) or name not in known:
        return None
    return {"item": name, "weight": Decimal(items[str(name)])}


def _is_new(case: Case) -> bool:
    return "newcomer" in str(case.graded.get("reason", "")).split()


def unscored(case: Case, claim: Claim) -> Found:
    """A tier that no score gave."""
    if case.graded["graded"]:
        return None
    return {"tier": case.member["tier"], "tiers": case.run.grading.tiers}


def _above(case: Case) -> int | None:
    """The next tier up that has places."""
    tier, tiers = case.graded["tier_by_score"], case.run.grading.tiers
    for higher in range(tier + 1, tiers + 1):
        first, last = places(case, higher)
        if last >= first:
            return higher
    return None


def top(case: Case, claim: Claim) -> Found:
    """No tier above has places."""
    if case.run.grading.moving:
        tier = case.graded["tier"]
        return {"tier": tier} if tier == case.run.grading.tiers else None
    if case.run.grading.limits is not None:
        return limits.top(case)
    return {"tier": case.graded["tier_by_score"]} if _above(case) is None else None


def hidden(case: Case, claim: Claim) -> Found:
    """The tier above is small."""
    if case.run.grading.moving:
        return ahead.small(case)
    if case.run.grading.limits is not None:
        return limits.hidden(case)
    above = _above(case)
    if above is None:
        return None
    first, last = places(case, above)
    return {"next_tier": above} if last - first + 1 < 5 else None


def gap(case: Case, claim: Claim) -> Found:
    """Points up to the score at the last rank of the tier above, where at least five stand."""
    if case.run.grading.limits is not None:
        return limits.gap(case)
    above = _above(case)
    if above is None:
        return None
    first, last = places(case, above)
    if last - first + 1 < 5:
        return None
    margin = 1 if ties_lower(case) else 0
    return {
        "next_tier": above,
        "score": from_micro(case.scores[last - 1] + margin - case.graded["score"]),
    }


def cartons(case: Case, claim: Claim) -> Found:
    """So many cartons a month more reach the tier above; one less does not."""
    if case.run.grading.moving:
        return ahead.lifted(case, claim)
    if case.run.grading.limits is not None:
        return limits.cartons(case, claim)
    above, more = _above(case), claim.parameters["cartons"]
    if above is None or not isinstance(more, int) or more < 1:
        return None
    goal = places(case, above)[1]
    if "quantity" not in {it.name for it in case.run.grading.items}:
        return {"next_tier": above, "cartons": case.graded["to_next_tier"]}
    enough = place_with(case, more) <= goal < place_with(case, more - 1)
    return {"next_tier": above, "cartons": more} if enough else None


def unreachable(case: Case, claim: Claim) -> Found:
    """No figure is on record."""
    if case.run.grading.limits is not None:
        return limits.unreachable(case)
    above = _above(case)
    unknown = above is not None and case.graded["to_next_tier"] is None
    return {"next_tier": above} if unknown else None


def gain(case: Case, claim: Claim) -> Found:
    """Whole quotas of the tier above less the own ones, over all products."""
    fixed = case.run.grading.limits is not None
    plan, cell = case.run.plan, case.member["cell"]
    above = limits.above(case) if fixed else _above(case)
    if case.run.grading.moving:
        above = ahead.lifted_to(case)
    if above is None or cell is None:
        return None
    wanted = f"{above}/{plan.cells.segment[cell]}/{plan.cells.rhythm[cell]}"
    higher = next(c for c in range(len(plan.cells.tier)) if plan.cells.label(c) == wanted)
    more = 0
    for p in range(len(plan.product)):
        more += int(plan.base[p, higher]) if plan.allowed[p, higher] else 0
        more -= int(plan.base[p, cell]) if plan.allowed[p, cell] else 0
    return {"next_tier": above, "more": more} if more > 0 else None
