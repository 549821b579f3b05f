"""Patterns of order-takers and of orders in parts: bursts, always the limit, split orders."""

from __future__ import annotations

import polars as pl

from allocator.tables.synthesis.fraud.entries import planned
from allocator.tables.synthesis.fraud.ground import BAND, BASKET
from allocator.tables.synthesis.fraud.ledger import (
    Ledger,
    added,
    entered,
    one_a_shop,
    taken,
    told,
    whole_orders,
)

BURST = 8
"""Phone orders of one day that follow each other within seconds."""
APART = 6
"""(seconds) between them."""


def always_at_limit(ledger: Ledger) -> Ledger:
    """All lines of an order-taker ask exactly for the limit."""
    lines = ledger.free.filter(pl.col("clerk").is_not_null())
    limited = lines.filter(pl.col("quota") > 0)
    desks = limited.group_by("clerk").agg(pl.len()).filter(pl.col("len") >= 40).sort("clerk")
    clerks = desks["clerk"].head(max(1, len(desks) // 20))
    mine = limited.filter(pl.col("clerk").is_in(clerks.implode()))
    price = pl.Series(ledger.ground.products["wholesale_price"]).gather(mine["k"].cast(pl.UInt32))
    ledger = taken(ledger, lines.filter(pl.col("clerk").is_in(clerks.implode()))["shop"].unique())
    quota = pl.col("quota")
    ledger = entered(
        ledger,
        mine.with_columns(requested=quota, granted=quota, due=quota, due_amount=quota * price),
    )
    rows = mine.group_by("clerk").agg(pl.col("line").sort()).sort("clerk")
    return told(
        ledger, "always-at-limit", "always-at-limit", rows,
        subject="clerk", why="every line asks exactly for the limit",
    )  # fmt: skip


def entry_burst(ledger: Ledger) -> Ledger:
    """An order-taker enters orders of one day a few seconds apart."""
    day = pl.col("ordered_at").dt.truncate("1d").alias("day")
    calls = ledger.free.filter(pl.col("clerk").is_not_null()).with_columns(day)
    heads = one_a_shop(ledger, calls, "entry burst", len(calls)).with_columns(
        nth=pl.int_range(pl.len()).over("clerk", "day"), shops=pl.len().over("clerk", "day")
    )
    heads = heads.filter((pl.col("shops") >= BURST) & (pl.col("nth") < BURST))
    desks = heads.select("clerk", "day").unique("clerk", keep="first", maintain_order=True)
    desks = desks.head(ledger.wanted)
    heads = heads.join(desks, on=["clerk", "day"], how="semi", maintain_order="left")
    ledger = taken(ledger, heads["shop"])
    second = 15 * 3600 + 1800 + APART * pl.col("nth")
    at = heads.select(
        "shop",
        ordered_at=pl.col("day") + pl.duration(seconds=second),
        called_at=pl.col("day") + pl.duration(seconds=second - 2),
    )
    lines = whole_orders(ledger, heads["shop"])
    ledger = entered(ledger, lines.select("line", "shop").join(at, on="shop"))
    rows = lines.group_by("clerk").agg(pl.col("line").sort()).sort("clerk")
    return told(
        ledger, "entry-burst", "entry-burst", rows,
        subject="clerk", why="orders entered a few seconds apart",
    )  # fmt: skip


def split_order(ledger: Ledger) -> Ledger:
    """A second order of a product in the same cycle: each within the limit, both above it."""
    whole = planned(ledger, 2, *BAND, *BASKET).filter(pl.col("granted") == pl.col("quota"))
    rows = one_a_shop(ledger, whole, "split order", ledger.wanted)
    ledger = taken(ledger, rows["shop"])
    second = rows.with_columns(
        order_id=pl.concat_str("order_id", pl.lit("C")),
        requested=pl.col("quota"), granted=pl.col("quota"), due=pl.lit(0, pl.Int64),
        ordered_at=pl.col("ordered_at") - pl.duration(seconds=600),
    )  # fmt: skip
    count = len(ledger.lines)
    ledger = added(ledger, second)
    both = rows.with_columns(new=ledger.lines[count:]["line"]).with_columns(
        line=pl.concat_list("line", "new")
    )
    for rule in ("split-order", "over-quota"):
        ledger = told(
            ledger, "split-order", rule, both,
            subject="retailer_id", product=True, why="in two orders, together above the quota",
        )  # fmt: skip
    return ledger
