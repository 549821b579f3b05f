"""What the laws look at: awards line by line, and limits read from the policy by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from allocator.policy.allocation_models import ProductLimits
from allocator.records import Allocation, QuotaPlan
from strategies import Market


@dataclass(frozen=True)
class Entry:
    """One order of a released line and what became of it, in cartons.

    p : released line; cell : index, ``None`` for who is not counted in this cycle
    seated : whether the retailer has an odd lot of round one
    """

    p: int
    cell: int | None
    retailer: str
    tier: int
    lot: int
    order: int
    limit: int
    first: int
    award: int
    seated: bool

    @property
    def asked(self) -> int:
        """The order in whole lots, cartons."""
        return self.order // self.lot * self.lot


def entries(plan: QuotaPlan, allocation: Allocation) -> list[Entry]:
    """The orders of released lines."""
    names = plan.members["retailer_id"]
    cell = dict(plan.members.select("retailer_id", "cell").rows())
    seated = {(p, names[i]) for p, i in zip(*seat_holders(plan), strict=True)}
    return [
        Entry(
            row["line"],
            cell[row["retailer_id"]],
            row["retailer_id"],
            row["tier"],
            int(plan.lot[row["line"]]),
            row["order"],
            row["limit"],
            row["round_one"],
            row["award"],
            (row["line"], row["retailer_id"]) in seated,
        )
        for row in allocation.lines.rows(named=True)
        if row["line"] is not None
    ]


def counted(plan: QuotaPlan, allocation: Allocation) -> list[Entry]:
    """The entries of those who take part in this cycle."""
    return [entry for entry in entries(plan, allocation) if entry.cell is not None]


def cells_of(plan: QuotaPlan) -> np.ndarray:
    """Cell of every member, (n,) int64, -1 for who is not counted."""
    return plan.members["cell"].fill_null(-1).to_numpy().astype(np.int64)


def seat_holders(plan: QuotaPlan) -> tuple[list[int], list[int]]:
    """Lines and members of the odd lots."""
    return plan.turns.line.tolist(), plan.turns.retailer.tolist()


def without_seats(plan: QuotaPlan, allocation: Allocation, entry: Entry) -> int:
    """The award but for odd lots, cartons: equals have the same, a higher tier no less.

    Round one: min(order, base). Round two, at a level of L lots for each unit of weight: whole
    lots below L w; along a path the k-th lot is passed when (k - 1/2) / w < L.
    """
    assert entry.cell is not None
    p, c = entry.p, entry.cell
    most = min(entry.asked, int(plan.ceiling[p, c])) if plan.allowed[p, c] else 0
    held = min(most, int(plan.base[p, c]))
    if not second_round(allocation, p):
        return held
    level = allocation.level[p]
    if level is None:
        return most
    reached = Fraction(*level) * int(plan.weight(p)[c])
    if plan.method[p] == "path":
        reached = Fraction(-(-(reached + Fraction(1, 2)) // 1) - 1)
    return min(most, max(held, int(reached) * entry.lot))


def second_round(allocation: Allocation, p: int) -> bool:
    """Whether anybody got anything in round two."""
    lines = allocation.lines
    return bool(lines.filter(line=p)["round_two"].sum())


def shops(market: Market) -> dict[str, Mapping[str, Any]]:
    """The retailers table by name."""
    rows = market.city.retailers.frame.rows(named=True)
    return {row["retailer_id"]: row for row in rows}


def why_not(market: Market, shop: Mapping[str, Any], product: str) -> str | None:
    """The limit by which a shop may have nothing of a product at all."""
    own = limits_of(market, product)
    low, high = own.tiers or (1, 99)
    if shop["status"] != "active":
        return "status"
    if not low <= shop["tier"] <= high:
        return "tiers"
    for attribute, values in (own.who.named() if own.who else {}).items():
        if shop[attribute] not in values:
            return "who"
    return None


def limits_of(market: Market, product: str) -> ProductLimits:
    """What the policy says of one product."""
    return market.policy.products.get(product, ProductLimits())


def largest(market: Market, shop: Mapping[str, Any], product: str, lot: int) -> int:
    """The ceiling of a shop, cartons, whole lots: entry of its tier or next below, else default."""
    if why_not(market, shop, product):
        return 0
    own = limits_of(market, product)
    most = market.policy.defaults.ceiling
    if isinstance(own.ceiling, int):
        most = own.ceiling
    elif own.ceiling:
        below = [tier for tier in own.ceiling if tier <= shop["tier"]]
        most = own.ceiling[max(below)] if below else most
    twice = own.fortnightly == "double" and shop["rhythm"] == "fortnightly"
    return most // lot * lot * (1 + twice)


def greatest_entitlements(plan: QuotaPlan, p: int) -> np.ndarray:
    """What ceilings, tier order and step alone allow each cell, (C,) cartons, step by step."""
    table = np.where(plan.allowed[p], plan.ceiling[p], 0).astype(float)
    visits = plan.visits(p)
    neighbours = [
        (c, c + 1)
        for c in range(len(table) - 1)
        if (c + 1) % plan.tiers and plan.allowed[p, c] and plan.allowed[p, c + 1]
    ]
    for _ in range(len(table)):
        for low, high in neighbours:
            if plan.tier_order[p]:
                table[low] = min(table[low], table[high])
            if plan.step[p] >= 0:
                table[high] = min(table[high], table[low] + plan.step[p] * visits[low])
    return table
