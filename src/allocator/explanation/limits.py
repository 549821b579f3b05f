"""Why this tier, and what the next one takes, where places by rank do not decide.

Cut-offs and the limits of bands are published, so they are told to everybody. Where natural breaks
draw a boundary it is the score of the last shop above it: told only where at least five others
stand in that tier.
"""

from __future__ import annotations

import numpy as np

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Facts, Place, from_micro, in_own_row, in_policy
from allocator.explanation.indices import Row
from allocator.explanation.standing import Standing
from allocator.grading.bands import monthly
from allocator.hiding import enough_others
from allocator.records import Axis, Grading, TierLimits

KINDS = {"grid": "bands"}
"""Rule of a grading -> key of the policy, where they differ."""


def by_limits(books: Books, who: Standing) -> tuple[Claim, ...]:
    """What decides the tier of ``who``: after its points, or instead of them."""
    grading, row = books.run.grading, who.graded
    limits, tier = grading.limits, row["tier_by_score"]
    if limits is None or who.tier is None:
        return ()
    evidence = (rule_place(books), _own(who))
    if grading.rule == "by":
        return (_by_attribute(who, limits, grading.tiers, evidence),)
    if grading.rule in ("bands", "grid"):
        told = [Claim("tier-by-bands", {"tier": who.tier, "tiers": grading.tiers}, evidence)]
        told += [_band(axis, row, limits, evidence) for axis in limits.axes]
        if grading.rule == "grid":
            return (*told, Claim("tier-of-bands", {"tier": tier}, evidence))
    else:
        told = []
    least = int(limits.least[tier - 1])
    if grading.rule == "breaks" and not _many_stand(grading, tier):
        return tuple(told)
    facts: Facts = {"tier": tier, "from": from_micro(least), "unit": unit_of(grading)}
    return (*told, Claim("tier-begins" if least else "tier-lowest", facts, evidence))


def next_by_limits(books: Books, who: Standing) -> tuple[Claim, ...]:
    """How far the next tier up is, and how many cartons a month would bring it."""
    grading, row = books.run.grading, who.graded
    tier, cartons = row["tier_by_score"], row["to_next_tier"]
    evidence = (rule_place(books), _own(who))
    if grading.rule == "grid":
        if tier == grading.tiers:
            return (Claim("advance-top", {"tier": tier}, evidence),)
        if cartons is None:
            return (Claim("advance-no-higher", {}, evidence),)
        return (Claim("advance-higher", {"cartons": cartons}, evidence),)
    above = next_of(books, tier)
    if above is None:
        return (Claim("advance-top", {"tier": tier}, evidence),)
    if grading.rule == "breaks" and not _many_stand(grading, above, reader=False):
        return (Claim("advance-hidden", {"next_tier": above}, evidence),)
    gap = from_micro(row["to_next_score"])
    if grading.rule == "bands":
        facts: Facts = {"next_tier": above, "monthly": gap, "unit": unit_of(grading)}
        told = [Claim("advance-band", facts, evidence)]
    else:
        told = [Claim("advance-score", {"next_tier": above, "score": gap}, evidence)]
    if cartons is None:
        return (*told, Claim("advance-no-cartons", {"next_tier": above}, evidence))
    facts = {"next_tier": above, "cartons": cartons}
    return (*told, Claim("advance-cartons", facts, evidence))


def next_tier(grading: Grading, tier: int) -> int | None:
    """The lowest tier above ``tier`` that can be reached; ``None`` where there is none.

    With rank shares these are the tiers that have places, with limits all that have one.
    """
    reach = grading.last_rank if grading.limits is None else grading.limits.least
    higher = np.flatnonzero(reach[tier:] >= 0)
    return tier + 1 + int(higher[0]) if len(higher) else None


def next_of(books: Books, tier: int) -> int | None:
    """The same, looked up once."""
    return books.once(("next", tier), lambda: (next_tier(books.run.grading, tier),))[0]


def rule_place(books: Books) -> Place:
    """Where the policy says how tiers come about."""
    rule = books.run.grading.rule
    return in_policy(f"grading.tiers.{KINDS.get(rule, rule)}", books.run.policy.lines)


def unit_of(grading: Grading) -> str:
    """Unit of the score: points, or the unit of the item whose bands decide."""
    axes = () if grading.limits is None else grading.limits.axes
    return _unit(axes[0]) if axes else "points"


def _unit(axis: Axis) -> str:
    return f"{axis.unit}-a-month" if axis.per_month else axis.unit


def _own(who: Standing) -> Place:
    return in_own_row("grading.csv", "score tier to_next_tier")


def _many_stand(grading: Grading, tier: int, *, reader: bool = True) -> bool:
    """Whether at least five others stand in a tier, in which the reader stands or not."""
    stand = int((grading.table["tier_by_score"] == tier).sum())
    return enough_others(stand if reader else stand + 1)


def _band(axis: Axis, row: Row, limits: TierLimits, evidence: tuple[Place, ...]) -> Claim:
    """The value of one item, as its bands are written, and where its band begins."""
    value = monthly_value(axis, row[axis.item], limits)
    band = int(np.searchsorted(axis.least, value, "right"))
    facts: Facts = {
        "item": axis.item,
        "monthly": from_micro(value),
        "unit": _unit(axis),
        "band": band,
        "bands": len(axis.least),
        "from": from_micro(int(axis.least[band - 1])),
    }
    return Claim("tier-band", facts, evidence)


def monthly_value(axis: Axis, value: int, limits: TierLimits) -> int:
    """A value of the window as bands measure it: millionths of the unit, a month, rounded down."""
    return int(monthly(axis.item, limits.months).points(np.array([value]))[0])


def _by_attribute(
    who: Standing, limits: TierLimits, tiers: int, evidence: tuple[Place, ...]
) -> Claim:
    value = who.person.get(limits.attribute)
    own = in_own_row("inputs/retailers.csv", limits.attribute)
    facts: Facts = {"tier": who.tier, "tiers": tiers, "attribute": limits.attribute}
    if value is None or str(value) not in limits.values:
        return Claim("tier-by-otherwise", facts, (*evidence, own))
    named: Facts = {"value": str(value), "named_tier": limits.values[str(value)]}
    return Claim("tier-by-attribute", {**facts, **named}, (*evidence, own))
