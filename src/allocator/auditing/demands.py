"""What a policy asks of a quota table, cell by cell, whoever made it.

Read from the policy anew, without the code that plans by it: a judge that shared the planner's
reading would share its mistakes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import polars as pl

from allocator.policy.allocation_models import (
    AllocationPolicy,
    GroupPolicy,
    ProductLimits,
    Together,
)
from allocator.policy.choices import Who, chosen_products
from allocator.policy.limits import by_tier_down, line_limits
from allocator.records import Flags, QuotaPlan, Units
from allocator.tables.calendar import in_force
from allocator.tables.city import Table

FORTNIGHTLY = "fortnightly"


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A share of one line for a group of retailers.

    rule : index of the group in the policy; p : line; count : (C,) int64 retailers of the group
    at_least, at_most : parts of supply less reserve, ``None`` = no such limit
    """

    rule: int
    p: int
    count: Units
    at_least: Decimal | None
    at_most: Decimal | None


@dataclass(frozen=True, slots=True, eq=False)
class Basket:
    """Quotas that must fit together. lines : indices p; most : (C,) int64 cartons, -1 = any."""

    name: str
    lines: tuple[int, ...]
    most: Units


@dataclass(frozen=True, slots=True, eq=False)
class Demands:
    """P lines, C cells.

    may, barred : (P, C) int64, counted retailers of the cell that may have the product, and not
    floor, ceiling : (P, C) int64 cartons for one retailer, whole lots inward; visits : (P, C), 2
        where a fortnightly shop has twice the limits
    step : (P,) int64 cartons, -1 = none; tier_order : (P,) bool
    alike : for each line, the cells whose retailers differ in nothing that the policy mentions for
        it, several at least
    oversold : whether the policy lets quotas exceed the supply, because less is ordered
    in_turn : whether it hands out odd lots, so that no more than one need remain
    """

    may: Units
    barred: Units
    floor: Units
    ceiling: Units
    visits: Units
    step: Units
    tier_order: Flags
    shares: tuple[Share, ...]
    baskets: tuple[Basket, ...]
    alike: tuple[tuple[tuple[int, ...], ...], ...]
    oversold: bool
    in_turn: bool


def demands_of(
    policy: AllocationPolicy, plan: QuotaPlan, retailers: Table, products: Table | None
) -> Demands:
    """The demands of a policy on the lines and cells of a plan that was made elsewhere."""
    lines, cells = len(plan.product), len(plan.cells.tier)
    shops = _counted(plan, retailers)
    cell = shops["cell"].to_numpy()

    def count(chosen: pl.Series) -> Units:
        return np.bincount(cell[chosen.to_numpy()], minlength=cells).astype(np.int64)

    may = np.zeros((lines, cells), np.int64)
    floor, ceiling, visits = (np.zeros_like(may) for _ in range(3))
    step, order = np.full(lines, -1, np.int64), np.zeros(lines, np.bool_)
    every_second = np.array([rhythm == FORTNIGHTLY for rhythm in plan.cells.rhythm])
    for p, product in enumerate(plan.product):
        # A handful of products: no hot path.
        own = policy.products.get(product, ProductLimits())
        limits, lot = line_limits(policy, product, plan.tiers), int(plan.lot[p])
        inside = shops["tier"].is_between(limits.lowest, limits.highest)
        may[p] = count(inside & _fits(shops, own.who))
        visits[p] = 1 + (every_second & (own.fortnightly == "double"))
        floor[p] = -(-limits.floor // lot) * lot * visits[p]
        ceiling[p] = np.array(limits.ceiling)[plan.cells.tier - 1] // lot * lot * visits[p]
        step[p] = -1 if limits.step is None else limits.step
        order[p] = limits.tier_order
    everybody = np.bincount(cell, minlength=cells).astype(np.int64)
    units = policy.whole_units
    bands, classes = _prices(products)
    shares = tuple(
        Share(rule, p, count(_of_group(shops, group)), group.at_least, group.at_most)
        for rule, group in enumerate(policy.groups)
        for p, meant in enumerate(chosen_products(group.products, plan.product, bands, classes))
        if meant
    )
    mentioned = [_mentioned(policy, product, p, shares) for p, product in enumerate(plan.product)]
    alike = {names: _alike(shops, names) for names in set(mentioned)}
    return Demands(
        may=may,
        barred=everybody - may,
        floor=floor,
        ceiling=ceiling,
        visits=visits,
        step=step,
        tier_order=order,
        shares=shares,
        baskets=tuple(_together(policy.baskets, plan, bands, classes)),
        alike=tuple(alike[names] for names in mentioned),
        oversold=policy.take_up is not None,
        in_turn="equal" not in (units.at_least_one, units.below_one),
    )


def _mentioned(
    policy: AllocationPolicy, product: str, p: int, shares: tuple[Share, ...]
) -> tuple[str, ...]:
    """The attributes of retailers on which the quotas of a line may depend."""
    own = policy.products.get(product, ProductLimits()).who
    chosen = [own] if own is not None else []
    chosen += [policy.groups[share.rule].who for share in shares if share.p == p]
    named = {name for who in chosen for name in who.named()}
    return tuple(name for name in Who.model_fields if name in named)


def _alike(shops: pl.DataFrame, names: tuple[str, ...]) -> tuple[tuple[int, ...], ...]:
    groups = shops.group_by("tier", *names).agg(pl.col("cell").unique().sort())
    cells = groups.filter(pl.col("cell").list.len() > 1)["cell"].to_list()
    return tuple(sorted(tuple(group) for group in cells))


def _counted(plan: QuotaPlan, retailers: Table) -> pl.DataFrame:
    """The retailers that take part, with cell, tier and attributes."""
    known = in_force(retailers.frame, plan.on).select(
        pl.col("retailer_id").cast(pl.String), *Who.model_fields
    )
    return (
        plan.members.filter(pl.col("cell").is_not_null())
        .select(pl.col("retailer_id").cast(pl.String), "cell", "tier")
        .join(known, on="retailer_id", how="left", maintain_order="left")
    )


def _fits(shops: pl.DataFrame, who: Who | None) -> pl.Series:
    chosen = pl.lit(True)
    for name, values in ({} if who is None else who.named()).items():
        chosen &= pl.col(name).is_in(values).fill_null(False)
    return shops.select(pl.repeat(True, pl.len()) & chosen).to_series()


def _of_group(shops: pl.DataFrame, group: GroupPolicy) -> pl.Series:
    who = group.who
    inside = _fits(shops, who)
    return inside if who.tier is None else inside & shops["tier"].is_between(*who.tier)


def _prices(products: Table | None) -> tuple[dict[str, str | None], dict[str, int | None]]:
    if products is None:
        return {}, {}
    rows = products.frame.select("product_id", "price_band", "price_class").rows()
    return {name: band for name, band, _ in rows}, {name: price for name, _, price in rows}


def _together(
    rules: tuple[Together, ...],
    plan: QuotaPlan,
    bands: dict[str, str | None],
    classes: dict[str, int | None],
) -> Iterator[Basket]:
    for rule in rules:
        meant = chosen_products(rule.products, plan.product, bands, classes)
        most = np.array(by_tier_down(rule.at_most, plan.tiers), np.int64)[plan.cells.tier - 1]
        yield Basket(rule.name, tuple(p for p, yes in enumerate(meant) if yes), most)
