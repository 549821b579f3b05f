"""What the laws look at: awards line by line, and limits read from the policy by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np
from hypothesis import reject

from allocator.errors import InfeasiblePolicy
from allocator.policy.allocation_models import ProductLimits, Together
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


def planned(market: Market) -> QuotaPlan:
    """The plan of a market; what no quota table can keep is no case of any law."""
    try:
        return market.plan()
    except InfeasiblePolicy:
        reject()


def quotas(plan: QuotaPlan) -> dict[tuple[int, str], int]:
    """Cartons that each counted retailer may order in round one, by line and name."""
    seated = set(zip(*seat_holders(plan), strict=True))
    people = plan.members.drop_nulls("cell").select("retailer_id", "cell").rows()
    return {
        (p, name): int(plan.base[p, c] + plan.lot[p] * ((p, i) in seated))
        for p in range(len(plan.product))
        for i, (name, c) in enumerate(people)
        if plan.allowed[p, c]
    }


@dataclass(frozen=True)
class Shared:
    """A share of the supply of line p for some shops, in cartons, whole lots inward.

    rule : index in the policy; names : counted shops that may have the product; -1 = no limit
    """

    rule: int
    p: int
    names: frozenset[str]
    least: int
    most: int


def groups_by_hand(market: Market, plan: QuotaPlan) -> list[Shared]:
    """The groups of the policy, from the rules and the tables alone."""
    by_name = shops(market)
    here = set(plan.members.drop_nulls("cell")["retailer_id"])
    found = []
    for rule, group in enumerate(market.policy.groups):
        low, high = group.who.tier or (1, 99)
        chosen = {
            name
            for name in here
            if low <= by_name[name]["tier"] <= high
            and all(by_name[name][key] in values for key, values in group.who.named().items())
        }
        for p, product in enumerate(plan.product):
            if not (group.products.every or product in group.products.ids):
                continue
            region, lot = plan.region[p], int(plan.lot[p])
            names = {
                name
                for name in chosen
                if not why_not(market, by_name[name], product)
                and region in ("", by_name[name]["region"])
            }
            supply = int(plan.supply[p] - plan.reserve[p]) // lot * lot
            least, most = (
                -1 if share is None else way(Fraction(share) * supply / lot) * lot
                for share, way in ((group.at_least, ceil), (group.at_most, floor))
            )
            found.append(Shared(rule, p, frozenset(names), least, most))
    return found


def together(
    market: Market, rules: Sequence[Together], shop: Mapping[str, Any]
) -> list[tuple[frozenset[str], int]]:
    """Products and the most cartons of them together for a shop, for each rule that binds it."""
    products = set(market.city.products.frame["product_id"]) if market.city.products else set()
    found = []
    for rule in rules:
        most: int | None = rule.at_most if isinstance(rule.at_most, int) else None
        if not isinstance(rule.at_most, int):
            below = [tier for tier in rule.at_most if tier <= shop["tier"]]
            most = rule.at_most[max(below)] if below else None
        if most is not None:
            names = products if rule.products.every else products & set(rule.products.ids)
            found.append((frozenset(names), most))
    return found


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
    """Most cartons of a shop, whole lots: its ceiling; with tier order no higher tier's either."""
    if why_not(market, shop, product):
        return 0
    own, defaults = limits_of(market, product), market.policy.defaults
    ordered = defaults.tier_order if own.tier_order is None else own.tier_order
    highest = max(market.city.retailers.frame["tier"].to_list())
    last = min((own.tiers or (1, highest))[1], highest) if ordered else shop["tier"]
    most = min(ceiling_of(market, product, tier) for tier in range(shop["tier"], last + 1))
    twice = own.fortnightly == "double" and shop["rhythm"] == "fortnightly"
    return most // lot * lot * (1 + twice)


def ceiling_of(market: Market, product: str, tier: int) -> int:
    """The ceiling of a tier, cartons: its entry or the next lower one, else the default."""
    own, most = limits_of(market, product).ceiling, market.policy.defaults.ceiling
    if isinstance(own, int):
        return own
    below = [entry for entry in own or {} if entry <= tier]
    return own[max(below)] if own and below else most


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
