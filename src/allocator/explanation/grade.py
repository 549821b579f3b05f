"""Why this tier: the items, the score, the rank, the boundary, and what it was before."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache, partial

from allocator.explanation.books import Books
from allocator.explanation.claims import (
    Claim,
    Facts,
    Place,
    from_fen,
    from_micro,
    in_own_row,
    in_policy,
    in_public,
)
from allocator.explanation.indices import Row
from allocator.explanation.limits import by_limits, rule_place
from allocator.explanation.moves import why_moved
from allocator.explanation.period import what_counts
from allocator.explanation.standing import Standing
from allocator.explanation.touched import what_was_touched
from allocator.hiding import enough_others
from allocator.records import Grading, Item

UNITS = {
    "cartons": ("cartons", Decimal),
    "fen": ("yuan", from_fen),
    "fen-per-carton": ("yuan-per-carton", from_fen),
    "millionths": ("percent", lambda value: from_micro(100 * value)),
    "products": ("products", Decimal),
    "points": ("points", from_micro),
}
"""Unit of an item's values in the grading -> the unit people read, and how to get there."""


def why_tier(books: Books, who: Standing) -> tuple[Claim, ...]:
    """Everything about the tier of ``who``, the result first, then how it was computed."""
    decided = what_decides(books, who)
    scored = bool(decided) and who.graded["graded"]
    if not scored or books.run.grading.rule in ("bands", "grid"):
        return decided
    return (*decided, *_items(books, who))


def what_decides(books: Books, who: Standing) -> tuple[Claim, ...]:
    """The same without the points of each item."""
    if who.tier is None or not who.graded:
        return ()
    if not who.graded["graded"]:
        return (*_without_score(books, who), *why_moved(books, who), *moved(who))
    decided = by_limits(books, who)
    if books.run.grading.rule in ("bands", "grid"):
        counted = (*what_counts(books), *what_was_touched(books, who))
        return (*decided, *counted, *why_moved(books, who), *moved(who))
    return (*_by_rank(books, who), *decided, *why_moved(books, who), *moved(who))


def tier_block(grading: Grading, tier: int) -> tuple[int, int]:
    """First and last rank of a tier; (1, 0) where the shares leave no place for it."""
    last = int(grading.last_rank[tier - 1])
    if last < 0:
        return 1, 0
    higher = grading.last_rank[tier:]
    return max([0, *higher[higher >= 0].tolist()]) + 1, last


def block_of(books: Books, tier: int) -> tuple[int, int]:
    """The same, looked up once."""
    return books.once(("block", tier), lambda: tier_block(books.run.grading, tier))


def item_facts(item: Item, row: Row) -> Facts:
    """Own value, unit, most points and own points of one item."""
    unit, convert = UNITS[item.unit]
    return {
        "item": item.name,
        "value": convert(row[item.name]),
        "unit": unit,
        "weight": decimal_of(item.weight),
        "points": from_micro(row[f"{item.name}_points"]),
    }


@lru_cache(maxsize=1024)
def decimal_of(value: Fraction) -> Decimal:
    """A policy's number as it was written; six decimals where it has no finite spelling."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return Decimal(format(round(exact, 6).normalize(), "f"))


def rank_of(books: Books, who: Standing) -> Claim:
    """Own tier, points and place of a graded retailer."""
    grading, row = books.run.grading, who.graded
    facts: Facts = {
        "tier": who.tier,
        "tiers": grading.tiers,
        "score": from_micro(row["score"]),
        "rank": row["rank"],
        "graded": books.graded,
    }
    own = in_own_row("grading.csv", "score rank tier")
    return Claim("tier-rank", facts, (own, in_public("quotas.csv", "retailers", tier=who.tier)))


def _by_rank(books: Books, who: Standing) -> tuple[Claim, ...]:
    tier = who.graded["tier_by_score"]
    places = books.once(("places", tier), partial(_places, books, tier))
    return (rank_of(books, who), *places, *_counted(books, who))


def _places(books: Books, tier: int) -> tuple[Claim, ...]:
    """The places of a tier, where the boundary hides those who stand at it."""
    first, last = block_of(books, tier)
    if not enough_others(last - first + 1):
        return ()
    own = in_own_row("grading.csv", "score rank tier")
    facts: Facts = {"tier": tier, "first": first, "last": last}
    return (Claim("tier-boundary", facts, (rule_place(books), own)),)


def _counted(books: Books, who: Standing) -> tuple[Claim, ...]:
    return (*what_counts(books), *what_was_touched(books, who))


def _items(books: Books, who: Standing) -> tuple[Claim, ...]:
    """One claim per item.

    The reference of a ``max`` or ``winsorised`` scale stems from other retailers' sales. It is
    told as the published full-score line, because a score cannot be recomputed without it (the
    grading notices publish value / maximum x weight); not where fewer than five others are graded.
    """
    told = []
    for item in books.run.grading.items:
        if who.graded.get(item.name) is None:
            continue
        code, reference, places = books.once(("item", item.name), partial(_item, books, item))
        told.append(Claim(code, item_facts(item, who.graded) | reference, places))
    return tuple(told)


def _item(books: Books, item: Item) -> tuple[str, Facts, tuple[Place, ...]]:
    """What is alike for all shops: the code, the reference if it is told, the places."""
    open_reference = enough_others(sum(books.crowd.values()))
    places = (
        in_own_row("grading.csv", item.name),
        in_own_row("record/grading.csv", f"{item.name}_points"),
        in_policy(f"grading.items.{item.name}", books.run.policy.lines),
    )
    if item.scale == "rank" or not open_reference:
        return "tier-item-rank" if item.scale == "rank" else "tier-item-own", {}, places
    reference: Facts = {"reference": UNITS[item.unit][1](item.reference)}
    place = in_public("record/grading.json", "reference", name=item.name)
    return f"tier-item-{item.scale}", reference, (*places, place)


def moved(who: Standing) -> tuple[Claim, ...]:
    """The tier before and now."""
    previous, tier = who.graded["previous_tier"], who.tier
    if previous is None or tier is None:
        return ()
    own = in_own_row("grading.csv", "previous_tier tier")
    if previous == tier:
        return (Claim("tier-same", {"tier": tier}, (own,)),)
    code = "tier-up" if tier > previous else "tier-down"
    facts = {"previous": previous, "tier": tier, "change": abs(tier - previous)}
    return (Claim(code, facts, (own,)),)


def _without_score(books: Books, who: Standing) -> tuple[Claim, ...]:
    reasons = str(who.graded["reason"]).split()
    tier, tiers = who.tier, books.run.grading.tiers
    own = in_own_row("grading.csv", "tier reason")
    policy = books.run.policy
    entry = policy.grading.newcomers if policy.grading else None
    if "newcomer" in reasons and entry is not None:
        facts = {"tier": tier, "tiers": tiers, "months": entry.months}
        rule = in_policy("grading.newcomers", policy.lines)
        joined = who.person.get("joined_on")
        if joined is None:
            return (Claim("tier-newcomer-undated", facts, (own, rule)),)
        person = in_own_row("inputs/retailers.csv", "joined_on")
        return (Claim("tier-newcomer", {"joined_on": joined, **facts}, (own, rule, person)),)
    if "by" in reasons:
        return by_limits(books, who)
    if "exempt" in reasons:
        facts = {"tier": tier, "tiers": tiers}
        return (
            Claim("tier-exempt", facts, (own,)),
            *what_counts(books),
            *what_was_touched(books, who),
        )
    known = {"given": "tier-given", "no-sales": "tier-no-sales"}
    code = next((known[reason] for reason in reasons if reason in known), "tier-not-scored")
    return (Claim(code, {"tier": tier, "tiers": tiers}, (own,)),)
