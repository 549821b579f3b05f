"""Orders meet quotas: round one, round two, the award of every line (``model.md`` 5)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from allocator.allocation.rounding import Draw
from allocator.allocation.rounds import Lots, round_one, round_two, round_two_by_path
from allocator.allocation.turns import (
    Roster,
    credit_sums,
    priorities,
    reading_starts,
    roster,
)
from allocator.holdings import base_and_extra, ceilings
from allocator.records import Allocation, QuotaPlan, region_column
from allocator.tables.city import Table
from allocator.tables.reading import as_table

LARGEST_ORDER = 2**30
"""(lots) Orders are cut here before arithmetic in 32 bits; no ceiling is near it."""


def allocate(orders: Table | Any, plan: QuotaPlan, *, threads: int = 1) -> Allocation:
    """What the rules give for the orders of the plan's cycle.

    Parameters
    ----------
    orders : the orders table, or any dataframe of its columns; lines of other cycles, cancelled
        lines and make-up orders do not count; lines of one retailer and product are summed
    threads : released lines served at once; the outcome does not depend on it
    """
    wanted = _wanted(as_table("orders", orders).frame, plan)
    order = roster(plan.members, len(plan.cells.tier), plan.seed, plan.cycle)
    line = wanted["line"].fill_null(-1).to_numpy()
    starts = np.searchsorted(line, np.arange(len(plan.product) + 1))
    member = wanted["member"].fill_null(-1).to_numpy()
    lots = wanted["lots"].fill_null(0).to_numpy()
    limit, first, award = (np.zeros(len(wanted), dtype=np.int64) for _ in range(3))
    left = np.zeros(len(plan.product), dtype=np.int64)

    def serve_line(p: int) -> tuple[int, int] | None:
        part = slice(int(starts[p]), int(starts[p + 1]))
        who = member[part]
        inside = (who >= 0) & (who < len(order.rank))
        asked = np.zeros(len(order.rank), dtype=np.int32)
        asked[who[inside]] = lots[part][inside]
        served = serve_orders(plan, p, asked, order)
        lot = int(plan.lot[p])
        for target, source in (
            (limit, served.limit),
            (first, served.round_one),
            (award, served.award),
        ):
            target[part][inside] = source[who[inside]].astype(np.int64) * lot
        if plan.supply[p] >= 0:
            left[p] = plan.supply[p] - plan.reserve[p] - int(award[part].sum())
        return served.level

    with ThreadPoolExecutor(threads) as pool:
        level = tuple(pool.map(serve_line, range(len(plan.product))))
    lines = (
        wanted.with_columns(
            pl.Series("limit", limit), pl.Series("round_one", first), pl.Series("award", award)
        )
        .with_columns(
            # A product outside this plan is not ours to judge: no figure rather than a zero.
            pl.when(pl.col("governed")).then(pl.col(name)).alias(name)
            for name in ("limit", "round_one", "award")
        )
        .with_columns(round_two=pl.col("award") - pl.col("round_one"))
        .select(
            "line",
            "product_id",
            "retailer_id",
            "tier",
            "requested",
            "limit",
            "round_one",
            "round_two",
            "award",
            "granted",
            "order",
        )
        .sort("product_id", "retailer_id")
    )
    return Allocation(plan.cycle, lines, left, level)


@dataclass(frozen=True, slots=True, eq=False)
class Served:
    """One line served; (r,) lots in the order of the roster, and the level of round two."""

    limit: Lots
    round_one: Lots
    award: Lots
    level: tuple[int, int] | None


def serve_orders(plan: QuotaPlan, p: int, asked: Lots, order: Roster) -> Served:
    """Serve line p. asked : (r,) lots of the counted members."""
    lot = int(plan.lot[p])
    seat = np.zeros(len(asked), dtype=np.bool_)
    low, high = np.searchsorted(plan.turns.line, [p, p + 1])
    seat[plan.turns.retailer[low:high]] = True
    base, extra = base_and_extra(plan, p, seat)
    limit = np.repeat(base.astype(asked.dtype), np.diff(order.start)) + extra
    # A limit is never above the ceiling, so cutting orders there changes nothing in round one.
    wanted = np.minimum(asked, ceilings(plan, p).astype(asked.dtype))
    first, cohorts = round_one(wanted, extra, base, order)
    supply = int(plan.supply[p] - plan.reserve[p]) // lot
    if not plan.second_round or plan.supply[p] < 0 or int(first.sum(dtype=np.int64)) >= supply:
        return Served(limit, first, first, None)
    labels = tuple(plan.cells.label(c) for c in range(len(base)))
    draw = Draw(plan.seed, plan.cycle, plan.product[p], labels)
    if plan.method[p] == "path":
        award, level = round_two_by_path(
            wanted, first, cohorts, plan.weight(p), supply, order, draw
        )
        return Served(limit, first, award, level)
    credit = plan.credit_before[p][: len(asked)]
    if plan.method[p] == "lottery":
        credit = np.zeros_like(credit)
    award, level = round_two(
        wanted,
        first,
        cohorts,
        plan.weight(p),
        supply,
        priorities(order, reading_starts(order, draw), credit),
        credit_sums(credit, order),
        order,
        draw,
    )
    return Served(limit, first, award, level)


def _wanted(frame: pl.DataFrame, plan: QuotaPlan) -> pl.DataFrame:
    """One row for each retailer and product ordered, by released line, with what was asked.

    Columns: product_id, retailer_id, requested, granted, order (cartons), member (index i), tier,
    line (p), lots (whole lots asked for), governed (the product is in the plan).
    """
    counts = frame.filter(
        (pl.col("cycle").is_null() | (pl.col("cycle") == plan.cycle))
        & (pl.col("status").fill_null("") != "cancelled")
        & (pl.col("kind").fill_null("ordinary") != "make_up")
    )
    summed = (
        counts.group_by("product_id", "retailer_id")
        .agg(
            # A sum with an unknown part is unknown; polars would take the unknown for 0.
            pl.when(pl.col(name).is_null().any())
            .then(None)
            .otherwise(pl.col(name).sum())
            .alias(name)
            for name in ("requested", "granted")
        )
        .with_columns(order=pl.coalesce("requested", "granted"))
    )
    lines = pl.DataFrame(
        {
            "product_id": plan.product,
            "region": plan.region,
            "lot": plan.lot,
        },
        schema={"product_id": pl.String, "region": pl.String, "lot": pl.Int64},
    ).with_row_index("line")
    members = plan.members.select("retailer_id", "tier", "segment").with_row_index("member")
    joined = summed.join(members, on="retailer_id", how="left").join(
        lines, on="product_id", how="left"
    )
    # A product released by region has a line for each; the retailer's own is the one that counts.
    own = (pl.col("region") == "") | (pl.col("region") == region_column())
    joined = joined.with_columns(
        line=pl.when(own).then(pl.col("line")).cast(pl.Int32),
        governed=pl.col("line").is_not_null(),
    )
    return (
        joined.sort("product_id", "retailer_id", "line", nulls_last=True)
        .unique(["product_id", "retailer_id"], keep="first", maintain_order=True)
        .with_columns(
            lots=(pl.col("order") // pl.col("lot")).clip(0, LARGEST_ORDER),
        )
        .sort("line", "product_id", "retailer_id", nulls_last=False)
    )
