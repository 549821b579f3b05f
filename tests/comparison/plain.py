"""A second computation of what a comparison says: plain Python, dictionaries, fractions, pairs.

It reads a plan and awards as the records hold them and shares no code with ``allocator.comparison``
or ``allocator.simulation``.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product as pairs

from allocator.records import Allocation, Grading, QuotaPlan


@dataclass
class Shop:
    """One shop of one outcome.

    order, limit, award : cartons by product; joint : (most cartons, of which products together)
    """

    tier: int | None
    previous: int | None
    sales: int | None
    segment: str
    cell: int | None
    order: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    limit: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    award: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    entitled: Fraction = Fraction(0)
    joint: list[tuple[int, set[str]]] = field(default_factory=list)

    def room(self, name: str) -> int:
        """Cartons of a product that baskets and bands leave it beside what it was given."""
        left = [
            most - sum(self.award[other] for other in names)
            for most, names in self.joint
            if name in names
        ]
        return max(min(left, default=10**9), 0)

    def sum(self, name: str) -> int:
        """Over all products."""
        return sum(getattr(self, name).values())


def shops_of(grading: Grading, plan: QuotaPlan, allocation: Allocation | None) -> dict[str, Shop]:
    """The shops that are present, by id; of plans with steps."""
    graded = {row["retailer_id"]: row for row in grading.table.iter_rows(named=True)}
    members = list(plan.members.iter_rows(named=True))
    seats = {(int(p), int(i)) for p, i in zip(plan.turns.line, plan.turns.retailer, strict=True)}
    shops = {}
    for i, member in enumerate(members):
        if member["status"] not in ("active", "stopped") or not member["due"]:
            continue
        row = graded[member["retailer_id"]]
        sold = row.get("quantity") if row["graded"] else None
        shop = Shop(member["tier"], row["previous_tier"], sold, member["segment"], member["cell"])
        for p, name in enumerate(plan.product):
            if shop.cell is None:
                continue
            shop.limit[name] += int(plan.base[p][shop.cell])
            shop.limit[name] += int(plan.lot[p]) * ((p, i) in seats)
            if plan.allowed[p][shop.cell]:
                shop.entitled += Fraction(round(plan.entitlement[p][shop.cell] * 10**6), 10**6)
        for limit in (*plan.baskets, *plan.bands):
            if shop.cell is not None and limit.most[shop.cell] >= 0:
                own = {plan.product[p] for p in limit.lines if plan.allowed[p][shop.cell]}
                shop.joint.append((int(limit.most[shop.cell]), own))
        shops[member["retailer_id"]] = shop
    if allocation is None:
        for shop in shops.values():
            shop.order, shop.award = shop.limit, shop.limit
        return shops
    for line in allocation.lines.iter_rows(named=True):
        shop = shops.get(line["retailer_id"])
        if shop is not None and line["award"] is not None:
            shop.order[line["product_id"]] = line["order"] or 0
            shop.award[line["product_id"]] = line["award"]
    return shops


def gini(values: list[int]) -> Fraction | None:
    """Half the mean difference of two, over the mean."""
    n, total = len(values), sum(values)
    if not total:
        return None
    return Fraction(sum(abs(a - b) for a, b in pairs(values, values)), 2 * n * total)


def jain(values: list[int]) -> Fraction | None:
    squares = sum(a * a for a in values)
    return Fraction(sum(values) ** 2, len(values) * squares) if squares else None


def percentile(values: list[int], percent: int) -> int | None:
    """The least value that at least ``percent`` of all do not exceed."""
    for value in sorted(values):
        if 100 * sum(other <= value for other in values) >= percent * len(values):
            return value
    return None


def top_share(values: list[int]) -> Fraction | None:
    most = sorted(values, reverse=True)
    tenth = next(k for k in range(len(values) + 1) if 10 * k >= len(values))
    return Fraction(sum(most[:tenth]), sum(values)) if sum(values) else None


def lorenz(values: list[int], percent: int) -> Fraction:
    """What the poorest ``percent`` hold, shops divided where they must be."""
    left, held = Fraction(len(values) * percent, 100), Fraction(0)
    for value in sorted(values):
        part = min(left, Fraction(1))
        held += part * value
        left -= part
    return held / sum(values)


def figures(shops: dict[str, Shop], *, ordered: bool) -> dict[str, Fraction | int | None]:
    """The figures of ``comparison.figures`` that follow from shops alone."""
    awards = [shop.sum("award") for shop in shops.values()]
    limited = [shop for shop in shops.values() if shop.sum("limit")]
    found: dict[str, Fraction | int | None] = {
        "coverage": ratio(len(limited), len(shops)),
        "awarded": sum(awards),
        "mean": ratio(sum(awards), len(awards)),
        "least": min(awards, default=None),
        **{f"p{q:02}": percentile(awards, q) for q in (5, 10, 25, 50, 75, 90, 95)},
        "gini": gini(awards),
        "jain": jain(awards),
        "top_tenth": top_share(awards),
    }
    if ordered:
        asking = [shop for shop in shops.values() if shop.sum("order")]
        wanted = [
            (count, shop.award[name])
            for shop in shops.values()
            for name, count in shop.order.items()
            if count
        ]
        found |= {
            "order_rate": ratio(sum(shop.sum("order") > 0 for shop in limited), len(limited)),
            "fill_rate": ratio(sum(awards), sum(shop.sum("order") for shop in asking)),
            "full_fill": ratio(
                sum(
                    all(shop.award[name] >= count for name, count in shop.order.items())
                    for shop in asking
                ),
                len(asking),
            ),
            "stock_out": ratio(sum(not given for _, given in wanted), len(wanted)),
        }
    return found


def ratio(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def behind_equals(shops: dict[str, Shop], name: str, lot: int, *, ordered: bool) -> dict[str, int]:
    """Whole lots that each is short of one of its cell and had ordered, pair by pair."""
    short: dict[str, int] = {}
    for mine, theirs in pairs(shops, shops):
        one, other = shops[mine], shops[theirs]
        if one.cell is None or one.cell != other.cell:
            continue
        could = min(other.award[name], one.order[name]) if ordered else other.award[name]
        could = min(could - one.award[name], one.room(name))
        short[mine] = max(short.get(mine, 0), could // lot)
    return short


def tiers_lost(tier: int | None, tiers: int, before: int, tiers_before: int) -> int:
    """Tiers up to the lowest whose part of the shops is not wholly below that of the former one."""
    least = next(
        t for t in range(1, tiers + 1) if Fraction(t, tiers) > Fraction(before - 1, tiers_before)
    )
    return max(least - (tier or 0), 0)


def behind_similar(shops: dict[str, Shop]) -> dict[str, int]:
    """Whole cartons of entitlement that each is behind one with nearly the same sales."""
    short: dict[str, int] = {}
    for mine, theirs in pairs(shops, shops):
        one, other = shops[mine], shops[theirs]
        if None in (one.sales, other.sales, one.cell, other.cell) or one.segment != other.segment:
            continue
        a, b = one.sales, other.sales
        if mine == theirs or Fraction(abs(a - b)) <= Fraction(5, 100) * max(a, b):
            gap = other.entitled - one.entitled
            short[mine] = max(short.get(mine, 0), int(gap) if gap >= 1 else 0)
    return short
