"""Departures in what was entered: quantities, tiers, lots, duplicates, shops that may not order."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from allocator.tables.synthesis.draws import stream
from allocator.tables.synthesis.fraud.ground import BAND, BASKET, SHORT, TIGHT
from allocator.tables.synthesis.fraud.ledger import (
    Ledger,
    added,
    entered,
    next_line,
    one_a_shop,
    taken,
    told,
)


def planned(ledger: Ledger, quota: int = 1, *apart: str) -> pl.DataFrame:
    """Free lines of scarce products, with the lot.

    Left out are products whose supply is too small, where a line below the standard withholds
    nothing that is there.

    quota : (lots) least quota of the line; apart : names of products that are left out too
    """
    goods, free = ledger.ground.products, ledger.free
    left_out = goods["name"].is_in([*SHORT, TIGHT, *apart])
    k = free["k"].cast(pl.UInt32)
    lines = free.with_columns(lot=goods["lot"].gather(k), left_out=left_out.gather(k))
    wanted = (pl.col("quota") >= quota * pl.col("lot")) & ~pl.col("left_out")
    return lines.filter(wanted).drop("left_out")


def over_quota(ledger: Ledger) -> Ledger:
    """The order-taker enters more than the quota; the shop asked for that much."""
    chosen = one_a_shop(ledger, planned(ledger, 1, *BAND, *BASKET), "over quota", ledger.wanted)
    rng = stream(ledger.seed, "plant over quota size")
    more = pl.Series(1 + (rng.random(len(chosen)) * 3).astype(np.int64)) * chosen["lot"]
    rows = chosen.with_columns(granted=pl.col("quota") + more, due=pl.col("quota"))
    rows = rows.with_columns(requested=pl.max_horizontal("requested", "granted"))
    ledger = entered(taken(ledger, rows["shop"]), rows.drop("lot"))
    return told(
        ledger, "over-quota", "over-quota", rows,
        subject="retailer_id", product=True, why="entered above the quota, as asked",
    )  # fmt: skip


def below_standard(ledger: Ledger) -> Ledger:
    """The order-taker enters a part of what is due, at least a lot less."""
    some = planned(ledger, 2).filter(pl.col("due") >= 2 * pl.col("lot"))
    rows = one_a_shop(ledger, some, "below standard", ledger.wanted).with_columns(
        granted=pl.col("due") // pl.col("lot") // 2 * pl.col("lot")
    )
    ledger = entered(taken(ledger, rows["shop"]), rows.drop("lot"))
    return told(
        ledger, "below-standard", "below-standard", rows,
        subject="retailer_id", product=True, why="entered for half of what is due",
    )  # fmt: skip


def above_request(ledger: Ledger) -> Ledger:
    """The shop asked for one lot and got more, within its quota."""
    rows = one_a_shop(ledger, planned(ledger, 3), "above request", ledger.wanted).with_columns(
        granted=3 * pl.col("lot"), requested=pl.col("lot"), due=pl.col("lot")
    )
    ledger = entered(taken(ledger, rows["shop"]), rows.drop("lot"))
    return told(
        ledger, "above-request", "above-request", rows,
        subject="retailer_id", product=True, why="asked for one lot, entered for three",
    )  # fmt: skip


def not_released(ledger: Ledger) -> Ledger:
    """Cartons of a product whose quota is 0 for the tier and market of the shop."""
    lot = pl.Series(ledger.ground.products["lot"])
    hoped = ledger.free.filter(pl.col("quota") == 0)
    hoped = hoped.with_columns(lot=lot.gather(hoped["k"].cast(pl.UInt32)))
    rows = one_a_shop(ledger, hoped, "not released", ledger.wanted).with_columns(
        granted=pl.col("lot"), requested=pl.max_horizontal("requested", "lot")
    )
    ledger = entered(taken(ledger, rows["shop"]), rows.drop("lot"))
    return told(
        ledger, "not-released", "not-released", rows,
        subject="retailer_id", product=True, why="its tier or market has no right to the product",
    )  # fmt: skip


def unknown_retailer(ledger: Ledger) -> Ledger:
    """An order under a number that no shop has: a copy of one line of a real shop."""
    rows = one_a_shop(ledger, planned(ledger), "unknown retailer", ledger.wanted)
    ledger = taken(ledger, rows["shop"])
    rows = rows.with_columns(
        retailer_id=pl.concat_str(pl.lit("9909"), pl.col("retailer_id").str.slice(4)),
        order_id=pl.concat_str("order_id", pl.lit("X")),
        requested=pl.col("lot"), granted=pl.col("lot"),
        due=pl.col("lot"), quota=pl.lit(None, pl.Int64),
        device=pl.lit(None, pl.String), account=pl.lit(None, pl.String),
    )  # fmt: skip
    before = len(ledger.lines)
    ledger = added(ledger, rows)
    return told(
        ledger, "unknown-retailer", "unknown-retailer", ledger.lines[before:],
        subject="retailer_id", why="no such shop is on file",
    )  # fmt: skip


def inactive_retailer(ledger: Ledger) -> Ledger:
    """A shop that is suspended, or closed, holds cartons that it asked for."""
    rows = one_a_shop(ledger, planned(ledger), "inactive retailer", ledger.wanted)
    status = np.where(np.arange(len(rows)) % 2 == 0, "suspended", "closed")
    gone = pl.DataFrame({"shop": rows["shop"], "status": status})
    retailers = ledger.retailers.update(gone, on="shop", how="left")
    ledger = taken(ledger, rows["shop"])
    lines = ledger.lines.filter(pl.col("shop").is_in(rows["shop"].implode()))
    listed = lines.filter(pl.col("granted") > 0).group_by("retailer_id").agg("line").sort("line")
    ledger = replace(ledger, retailers=retailers)
    return told(
        ledger, "inactive-retailer", "inactive-retailer", listed,
        subject="retailer_id", why="suspended or closed, and yet it holds cartons",
    )  # fmt: skip


def wrong_lot(ledger: Ledger) -> Ledger:
    """Asked and entered: a broken lot, within the quota."""
    some = planned(ledger, 2).filter(pl.col("lot") > 1)
    rows = one_a_shop(ledger, some, "wrong lot", ledger.wanted).with_columns(
        granted=pl.col("lot") + 1, requested=pl.col("lot") + 1, due=pl.col("lot")
    )
    ledger = entered(taken(ledger, rows["shop"]), rows.drop("lot"))
    return told(
        ledger, "wrong-lot", "wrong-lot", rows, subject="order_id", why="no whole lots",
    )  # fmt: skip


def duplicate_line(ledger: Ledger) -> Ledger:
    """The same product twice in one order."""
    rows = one_a_shop(ledger, planned(ledger), "duplicate line", ledger.wanted)
    ledger = taken(ledger, rows["shop"])
    before = next_line(ledger)
    twins = rows.with_columns(
        twin=pl.int_range(before, before + len(rows), dtype=pl.Int64)
    ).with_columns(line=pl.concat_list("line", "twin"))
    ledger = added(ledger, rows.with_columns(due=pl.lit(None, pl.Int64)))
    return told(
        ledger, "duplicate-line", "duplicate-line", twins,
        subject="order_id", why="the line was entered twice",
    )  # fmt: skip


def wrong_tier(ledger: Ledger) -> Ledger:
    """The whole order was taken under the tier before the last grading, or a neighbouring one."""
    ground = ledger.ground
    top = ground.quota.shape[0]
    other = np.where(
        ground.former != ground.tier,
        ground.former,
        np.where(ground.tier < top, ground.tier + 1, np.maximum(ground.tier - 1, 1)),
    )
    rows = one_a_shop(ledger, planned(ledger), "wrong tier", ledger.wanted)
    tiers = pl.DataFrame(
        {"shop": rows["shop"], "tier": pl.Series(other).gather(rows["shop"].cast(pl.UInt32))}
    )
    ledger = taken(ledger, rows["shop"])
    lines = ledger.lines.select("line", "shop", "order_id", "status").join(tiers, on="shop")
    ledger = entered(ledger, lines.drop("status"))
    orders = lines.group_by("order_id").agg("line").sort("order_id")
    return told(
        ledger, "wrong-tier", "wrong-tier", orders,
        subject="order_id", why="taken under another tier than the one in force",
    )  # fmt: skip


def unknown_product(ledger: Ledger) -> Ledger:
    """A line of a product that is in no list."""
    rows = one_a_shop(ledger, planned(ledger), "unknown product", ledger.wanted)
    ledger = taken(ledger, rows["shop"])
    rows = rows.with_columns(
        product_id=pl.concat_str(pl.lit("99"), pl.col("shop").cast(pl.String).str.zfill(7)),
        k=pl.lit(-1, pl.Int16), quota=pl.lit(None, pl.Int64), due=pl.col("granted"),
    )  # fmt: skip
    before = len(ledger.lines)
    ledger = added(ledger, rows)
    return told(
        ledger, "unknown-product", "unknown-product", ledger.lines[before:],
        subject="product_id", product=True, why="the product is in no list",
    )  # fmt: skip
