"""Departures in the quota table itself: what its makers did against the policy."""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.records import Units
from allocator.tables.synthesis.fraud.ground import Ground, counted, positions
from allocator.tables.synthesis.fraud.ledger import Ledger, told

FALLING = "松涛(中支)"
"""A tier in the middle may order less than the one below it."""
TOO_MANY = "桂湖(爆珠)"
"""The top tier may order more than the ceiling of the policy."""
TOO_LOW = "云岭(大师)"
"""A tier has a quota that the policy gives no right to the product."""
UNLIKE = "玉泉(细支)"
"""In town the top tier may order more than in the country, which the policy does not know."""
UNSHARED = "云岭(珍品)"
"""The country gets less of it than the policy promises."""
PROMISED = 75
"""(per cent) of that product for the country."""


def spoiled(made: Ground) -> Units:
    """The quotas as they were published, with a departure in one product each."""
    quota = made.quota.copy()
    lot = made.products["lot"].to_numpy()[made.scarce]
    fall, top, low, unlike = positions(made, (FALLING, TOO_MANY, TOO_LOW, UNLIKE))
    middle = len(quota) // 2
    # Higher first, so that a lot less is still a quota.
    quota[middle - 1 :, :, fall] += lot[fall]
    quota[middle, :, fall] = quota[middle - 1, :, fall] - lot[fall]
    quota[-1, :, top] += lot[top]
    first = int(np.flatnonzero(quota[:, 1, low])[0])
    if first:
        quota[first - 1, :, low] = lot[low]
    quota[-1, 1, unlike] += lot[unlike]
    return quota


def told_table(ledger: Ledger, supply: pl.DataFrame) -> Ledger:
    """The ledger with what an audit of the table must find.

    supply : cycle, product_id, quantity, reserve (cartons)
    """
    made = ledger.ground
    goods = dict(made.products.select("name", "product_id").rows())
    for name, rule, why in (
        (FALLING, "tier-order", "a tier may order less than the one below it"),
        (TOO_MANY, "quota-off-limits", "the top tier is above the ceiling"),
        (TOO_LOW, "beyond-policy", "a tier that may not have the product has a quota"),
        (UNLIKE, "unlike-equals", "town and country differ, which the policy does not know"),
        (UNSHARED, "group-share", "the country gets less than was promised"),
    ):
        rows = pl.DataFrame({"product_id": [goods[name]]})
        ledger = told(ledger, rule, rule, rows, subject="product_id", why=why)
    now = supply.filter(pl.col("cycle") == made.cycles[-1])
    free = dict(now.select("product_id", pl.col("quantity") - pl.col("reserve")).rows())
    promised = full_quotas(made, len(made.weeks) - 1)
    ids = made.products["product_id"].gather(made.scarce.astype(np.uint32)).to_list()
    beyond = [name for name, cartons in zip(ids, promised, strict=True) if cartons > free[name]]
    return told(
        ledger, "quotas-above-supply", "quotas-above-supply",
        pl.DataFrame({"product_id": beyond}, schema={"product_id": pl.String}),
        subject="product_id", why="the quotas promise more than there is",
    )  # fmt: skip


def full_quotas(made: Ground, c: int) -> list[int]:
    """Cartons if all shops that may order in a cycle order in full, one for each scarce product."""
    who = np.flatnonzero(counted(made, c))
    tier, urban = made.tier[who] - 1, made.urban[who].astype(np.int64)
    total: list[int] = made.quota[tier, urban].sum(axis=0).tolist()
    return total


def rules_of_products(made: Ground) -> str:
    """The part of the policy about single products, and the group."""
    goods = dict(made.products.select("name", "product_id").rows())
    names = made.products["name"].gather(made.scarce.astype(np.uint32)).to_list()
    lines = []
    tiers = len(made.quota)
    for s, name in enumerate(names):
        told_of = []
        first = int(np.flatnonzero(made.quota[:, 1, s])[0]) + 1
        if name == TOO_LOW:
            first += 1
        if first > 1:
            told_of.append(f"tiers: [{first}, {tiers}]")
        if not made.quota[:, 0, s].any():
            told_of.append("who: {market: urban}")
        if name == TOO_MANY:
            top = int(made.quota[-1, :, s].max()) - int(made.products["lot"][int(made.scarce[s])])
            told_of.append(f"ceiling: {top}")
        if told_of:
            lines.append(f'    "{goods[name]}": {{{", ".join(told_of)}}}\n')
    group = f'{{who: {{market: rural}}, products: ["{goods[UNSHARED]}"], at_least: {PROMISED}%}}'
    return f"  products:\n{''.join(lines)}  groups:\n    - {group}\n"
