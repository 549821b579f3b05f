"""Recounts what a card says of tiers by cut-offs, bands, natural breaks and attributes."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from allocator.explanation.claims import Claim, Facts, from_micro
from allocator.explanation.recount.again import gains, nearest, scores_with
from allocator.explanation.recount.case import Case, Found
from allocator.grading.items import MEASURES
from allocator.hiding import enough_others
from allocator.records import MICRO, Axis, TierLimits

PARTS = {"cartons": 1, "fen": 100, "fen-per-carton": 100, "millionths": 10**4, "products": 1}
"""How much of an item's values makes one of the unit in which limits are written."""


def _limits(case: Case) -> TierLimits:
    limits = case.run.grading.limits
    if limits is None:
        raise ValueError("no limits")
    return limits


def _measured(case: Case, axis: Axis, more: int = 0) -> int:
    """The item as bands measure it, with so many cartons a month more; rounded down."""
    limits, row = _limits(case), case.graded
    measure = MEASURES[axis.item]
    value = max(int(row[axis.item]), 0)
    if more:
        value = max(value + gains(case).get(axis.item, 0) * nearest(limits.months * more), 0)
    parts = Fraction(value, PARTS.get(measure.unit, MICRO))
    return math.floor(parts * MICRO / (limits.months if measure.grows else 1))


def _band(axis: Axis, value: int) -> int:
    return sum(value >= least for least in axis.least.tolist())


def cell(case: Case, more: int = 0) -> int:
    """The tier of the bands of two items."""
    limits = _limits(case)
    first, second = (_band(axis, _measured(case, axis, more)) for axis in limits.axes)
    return 0 if limits.table is None else int(limits.table[first - 1, second - 1])


def reached(case: Case, score: int) -> int:
    """The highest tier that begins at a score or below."""
    least = _limits(case).least.tolist()
    return max(tier for tier, begins in enumerate(least, 1) if 0 <= begins <= score)


def score(case: Case, more: int = 0) -> int:
    """The own score, with so many cartons a month more."""
    grading = case.run.grading
    if grading.rule == "bands":
        return _measured(case, _limits(case).axes[0], more)
    if not more:
        return sum(case.graded[f"{item.name}_points"] for item in grading.items)
    score, own = scores_with(case, more)
    return int(score[own])


def unit(case: Case) -> str:
    """Unit of the score."""
    axes = _limits(case).axes
    if not axes:
        return "points"
    return axes[0].unit + ("-a-month" if axes[0].per_month else "")


def _others(case: Case, tier: int) -> int:
    """How many other shops stand in a tier."""
    table = case.run.grading.table.filter(tier_by_score=tier)
    return sum(shop != case.retailer for shop in table["retailer_id"].to_list())


def by_bands(case: Case, claim: Claim) -> Found:
    """The final tier, where bands decide."""
    if case.run.grading.rule not in ("bands", "grid"):
        return None
    return {"tier": case.member["tier"], "tiers": case.run.grading.tiers}


def band(case: Case, claim: Claim) -> Found:
    """Own value a month of one item, the band it is in and where that begins."""
    axes = {axis.item: axis for axis in _limits(case).axes}
    axis = axes.get(str(claim.parameters["item"]))
    if axis is None:
        return None
    value = _measured(case, axis)
    place = _band(axis, value)
    return {
        "item": axis.item,
        "monthly": from_micro(value),
        "unit": axis.unit + ("-a-month" if axis.per_month else ""),
        "band": place,
        "bands": len(axis.least),
        "from": from_micro(int(axis.least[place - 1])),
    }


def of_bands(case: Case, claim: Claim) -> Found:
    """The tier that both bands give together."""
    return {"tier": cell(case)}


def begins(case: Case, claim: Claim) -> Found:
    """The own tier by score, where it begins, and that the score reaches it."""
    tier = reached(case, score(case))
    least = int(_limits(case).least[tier - 1])
    if case.run.grading.rule == "breaks":
        table = case.run.grading.table.filter(graded=True, tier_by_score=tier)
        drawn = int(np.min(table["score"].to_numpy()))
        if _others(case, tier) < 5 or (least and least != drawn):
            return None
    if bool(least) != (claim.code == "tier-begins"):
        return None
    return {"tier": tier, "from": from_micro(least), "unit": unit(case)}


def attribute(case: Case, claim: Claim) -> Found:
    """The tier that the policy names for the shop's own value."""
    limits = _limits(case)
    value = case.person.get(limits.attribute)
    tier = limits.values.get(str(value)) if value is not None else None
    facts: Facts = {
        "tier": case.member["tier"],
        "tiers": case.run.grading.tiers,
        "attribute": limits.attribute,
    }
    if claim.code == "tier-by-otherwise":
        return facts if tier is None and limits.otherwise > 0 else None
    return None if tier is None else {**facts, "value": str(value), "named_tier": tier}


def above(case: Case) -> int | None:
    """The next tier up that anybody can reach."""
    own, least = case.graded["tier_by_score"], _limits(case).least.tolist()
    return min((t for t, begins in enumerate(least, 1) if t > own and begins >= 0), default=None)


def top(case: Case) -> Found:
    """No tier is higher."""
    tier = case.graded["tier_by_score"]
    grid = case.run.grading.rule == "grid"
    highest = tier == case.run.grading.tiers if grid else above(case) is None
    return {"tier": tier} if highest else None


def hidden(case: Case) -> Found:
    """Few shops stand in the tier above, which breaks have drawn."""
    higher = above(case)
    few = higher is not None and not enough_others(_others(case, higher) + 1)
    return {"next_tier": higher} if few and case.run.grading.rule == "breaks" else None


def gap(case: Case) -> Found:
    """What lacks to where the tier above begins."""
    higher = above(case)
    if higher is None or hidden(case):
        return None
    lacking = int(_limits(case).least[higher - 1]) - score(case)
    if case.run.grading.rule == "bands":
        return {"next_tier": higher, "monthly": from_micro(lacking), "unit": unit(case)}
    return {"next_tier": higher, "score": from_micro(lacking)}


def band_gap(case: Case, claim: Claim) -> Found:
    """The same of a value a month."""
    return gap(case) if case.run.grading.rule == "bands" else None


def cartons(case: Case, claim: Claim) -> Found:
    """So many cartons a month more reach where the tier above begins; one less does not."""
    higher, more = above(case), claim.parameters["cartons"]
    if higher is None or not isinstance(more, int) or more < 1:
        return None
    if not _counts_cartons(case):
        return {"next_tier": higher, "cartons": case.graded["to_next_tier"]}
    least = int(_limits(case).least[higher - 1])
    enough = score(case, more) >= least > score(case, more - 1)
    return {"next_tier": higher, "cartons": more} if enough else None


def higher_cell(case: Case, claim: Claim) -> Found:
    """So many cartons a month more bring a higher tier of two items; one less does not."""
    more, tier = claim.parameters["cartons"], cell(case)
    if not isinstance(more, int) or more < 1:
        return None
    if not _counts_cartons(case):
        return {"cartons": case.graded["to_next_tier"]}
    return {"cartons": more} if cell(case, more) > tier == cell(case, more - 1) else None


def no_higher_cell(case: Case, claim: Claim) -> Found:
    """No figure is on record."""
    below = case.graded["tier_by_score"] < case.run.grading.tiers
    return {} if below and case.graded["to_next_tier"] is None else None


def unreachable(case: Case) -> Found:
    """No figure is on record."""
    higher = above(case)
    unknown = higher is not None and case.graded["to_next_tier"] is None
    return {"next_tier": higher} if unknown else None


def _counts_cartons(case: Case) -> bool:
    return "quantity" in {item.name for item in case.run.grading.items}
