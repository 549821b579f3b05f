"""Departures around payment and make-up orders, and limits of several products together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from allocator.tables.synthesis.fraud.book import APPROVERS, CAUSES
from allocator.tables.synthesis.fraud.entries import planned
from allocator.tables.synthesis.fraud.ground import BAND, BASKET, TIGHT, positions
from allocator.tables.synthesis.fraud.hours import DAY, HOUR, MINUTE
from allocator.tables.synthesis.fraud.ledger import (
    Ledger,
    added,
    blanked,
    entered,
    one_a_shop,
    shifted,
    taken,
    told,
    told_orders,
    whole_orders,
)

PUSHED = 5
"""Shops that an order-taker makes take a slow seller with what is scarce."""


def unapproved_make_up(ledger: Ledger) -> Ledger:
    """The day after: without approval, without cause, or without both."""
    heads = one_a_shop(ledger, planned(ledger), "unapproved make-up", ledger.wanted)
    return _made_up(ledger, heads, "unapproved-make-up")


def reserve_without_cause(ledger: Ledger) -> Ledger:
    """The same with the product of which the orders leave nothing but the reserve."""
    k = ledger.ground.products["name"].to_list().index(TIGHT)
    lines = ledger.free.filter((pl.col("k") == k) & (pl.col("granted") > 0))
    heads = one_a_shop(ledger, lines, "reserve without cause", ledger.wanted)
    return _made_up(ledger, heads, "reserve-without-cause")


def _made_up(ledger: Ledger, heads: pl.DataFrame, plant: str) -> Ledger:
    ledger = taken(ledger, heads["shop"])
    lines = whole_orders(ledger, heads["shop"])
    ten = (DAY + 10 * HOUR) * 1_000_000 - (pl.col("ordered_at").dt.epoch("us") % (DAY * 1_000_000))
    by = lines.select((ten // 1_000_000).alias("by"))["by"]
    rows = shifted(lines, by)
    place = pl.DataFrame({"shop": heads["shop"], "place": np.arange(len(heads)) % 3})
    rows = rows.join(place, on="shop", maintain_order="left").with_columns(
        kind=pl.lit("make_up"),
        cause=pl.when(pl.col("place") == 0).then(pl.lit(CAUSES[0])),
        approved_by=pl.when(pl.col("place") == 1).then(pl.lit(APPROVERS[0])),
        due=pl.lit(0, pl.Int64),
    )
    ledger = entered(ledger, rows)
    return told_orders(
        ledger, plant, "unapproved-make-up", lines,
        why="a make-up order without cause or approval",
    )  # fmt: skip


def unpaid_delivered(ledger: Ledger) -> Ledger:
    """Delivered though nobody paid."""
    heads = one_a_shop(ledger, planned(ledger), "unpaid delivered", ledger.wanted)
    ledger = taken(ledger, heads["shop"])
    lines = whole_orders(ledger, heads["shop"])
    ledger = entered(ledger, lines.with_columns(status=pl.lit("confirmed")))
    ledger = blanked(ledger, lines["line"], "paid_at")
    return told_orders(
        ledger, "unpaid-delivered", "unpaid-delivered", lines, why="delivered and not paid",
    )  # fmt: skip


def unpaid_not_cancelled(ledger: Ledger) -> Ledger:
    """Not paid and not cancelled, or paid only after unpaid orders fall; not delivered yet."""
    heads = one_a_shop(ledger, planned(ledger), "unpaid not cancelled", ledger.wanted)
    ledger = taken(ledger, heads["shop"])
    lines = whole_orders(ledger, heads["shop"])
    late = heads["shop"][::2]
    evening = pl.col("ordered_at").dt.truncate("1d") + pl.duration(seconds=18 * HOUR + 20 * MINUTE)
    paying = lines.filter(pl.col("shop").is_in(late.implode()))
    owing = lines.filter(~pl.col("shop").is_in(late.implode()))
    ledger = entered(ledger, paying.with_columns(paid_at=evening))
    ledger = entered(ledger, owing.with_columns(status=pl.lit("confirmed")))
    ledger = blanked(ledger, owing["line"], "paid_at")
    ledger = blanked(ledger, lines["line"], "delivered_at")
    return told_orders(
        ledger, "unpaid-not-cancelled", "unpaid-not-cancelled", lines,
        why="kept its place without money",
    )  # fmt: skip


def cancelled_though_paid(ledger: Ledger) -> Ledger:
    """Paid in time, and cancelled all the same."""
    lines = planned(ledger).filter(pl.col("paid_at").is_not_null())
    heads = one_a_shop(ledger, lines, "cancelled though paid", ledger.wanted)
    ledger = taken(ledger, heads["shop"])
    lines = whole_orders(ledger, heads["shop"])
    in_time = pl.min_horizontal("paid_at", pl.col("ordered_at") + pl.duration(minutes=5))
    ledger = entered(ledger, lines.with_columns(paid_at=in_time, status=pl.lit("cancelled")))
    ledger = blanked(ledger, lines["line"], "delivered_at")
    return told_orders(
        ledger, "cancelled-though-paid", "cancelled-though-paid", lines,
        why="paid in time and cancelled",
    )  # fmt: skip


def band_exceeded(ledger: Ledger) -> Ledger:
    """The full quota of each of three products that have a band."""
    return _together(ledger, BAND, "band-exceeded")


def basket_exceeded(ledger: Ledger) -> Ledger:
    """Each of three products of a basket in full, and of the first two lots above the quota."""
    return _together(ledger, BASKET, "basket-exceeded", 2)


def _together(ledger: Ledger, names: tuple[str, ...], plant: str, above: int = 0) -> Ledger:
    ground = ledger.ground
    at = positions(ground, names)
    k = ground.scarce[at]
    lines = planned(ledger)
    town = pl.Series(ground.urban).gather(lines["shop"].cast(pl.UInt32))
    heads = one_a_shop(ledger, lines.filter(town), plant, ledger.wanted)
    ledger = taken(ledger, heads["shop"])
    # What the shops ordered of these products gives way to all three.
    gone = pl.col("shop").is_in(heads["shop"].implode()) & pl.col("k").is_in(k.tolist())
    mine = gone & (pl.col("kind") == "ordinary")
    kept = ledger.lines.filter(~mine)
    ledger = replace(ledger, lines=kept)
    quota = ground.quota[ground.tier[heads["shop"].to_numpy()] - 1, 1][:, at]
    price = ground.products["wholesale_price"].to_numpy()[k]
    held = quota.copy()
    held[:, 0] += above * ground.products["lot"].to_numpy()[k[0]]
    ids = ground.products["product_id"].gather(k.astype(np.uint32))
    rows = pl.concat(
        [
            heads.with_columns(
                k=pl.lit(int(k[j]), pl.Int16),
                product_id=pl.lit(ids[j]),
                requested=pl.Series(held[:, j]),
                granted=pl.Series(held[:, j]),
                quota=pl.Series(quota[:, j]),
                due=pl.Series(quota[:, j]),
                due_amount=pl.Series(held[:, j] * price[j]),
            )
            for j in range(len(k))
        ]
    )
    count = len(ledger.lines)
    ledger = added(ledger, rows)
    new = ledger.lines[count:]
    why = "together above the limit"
    if above:
        over = new.filter(pl.col("granted") > pl.col("quota"))
        ledger = told(
            ledger, plant, "over-quota", over, subject="retailer_id", product=True, why=why
        )
    return told_orders(ledger, plant, plant, new, why=why, subject="retailer_id")


def tied_sale(ledger: Ledger) -> Ledger:
    """An order-taker adds a slow seller, which nobody asked for, to orders with scarce products."""
    ground = ledger.ground
    slow = int(np.flatnonzero(~ground.products["scarce"].to_numpy())[-1])
    calls = ledger.free.filter(
        pl.col("clerk").is_not_null() & (pl.col("quota") > 0) & (pl.col("granted") > 0)
    )
    heads = one_a_shop(ledger, calls, "tied sale", len(calls)).with_columns(
        nth=pl.int_range(pl.len()).over("clerk"), shops=pl.len().over("clerk")
    )
    heads = heads.filter((pl.col("shops") >= PUSHED) & (pl.col("nth") < PUSHED))
    clerks = heads["clerk"].unique(maintain_order=True).head(ledger.wanted)
    heads = heads.filter(pl.col("clerk").is_in(clerks.implode()))
    ledger = taken(ledger, heads["shop"])
    price = ground.products["wholesale_price"][slow]
    rows = heads.with_columns(
        k=pl.lit(slow, pl.Int16),
        product_id=pl.lit(ground.products["product_id"][slow]),
        requested=pl.lit(0, pl.Int64),
        granted=pl.lit(2, pl.Int64),
        quota=pl.lit(None, pl.Int64),
        due=pl.lit(2, pl.Int64),
        due_amount=pl.lit(2 * price, pl.Int64),
    )
    count = len(ledger.lines)
    ledger = added(ledger, rows)
    new = ledger.lines[count:]
    why = "a slow seller that nobody asked for, with scarce products"
    told_of = new.group_by("clerk", "product_id").agg(pl.col("line").sort()).sort("clerk")
    ledger = told(ledger, "tied-sale", "tied-sale", told_of, subject="clerk", product=True, why=why)
    return told(
        ledger, "tied-sale", "above-request", new, subject="retailer_id", product=True, why=why
    )
