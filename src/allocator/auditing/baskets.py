"""Baskets: what one order holds, as a number that is equal where baskets are."""

from __future__ import annotations

from hashlib import sha256

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.history import ASKED

MOST = 1_000_000
"""(cartons) largest quantity that counts in a basket: sums stay below 64 bits."""


def orders_with_baskets(case: Case) -> Frame:
    """Orders of known shops: i, o, c, moment, device, items, cartons, basket.

    basket : sum of cartons times a 31-bit number drawn from each product's name. Two different
        baskets have the same sum by chance once in two thousand million; together with the number
        of lines and cartons that is never.
    """
    (names,) = case.engine.collect(case.lines.select("product_id").unique())
    weights = [
        int.from_bytes(sha256(name.encode()).digest()[:4]) >> 1 for name in names["product_id"]
    ]
    drawn = case.engine.lend(
        names.with_columns(pl.Series("weight", weights, pl.Int64)).sort("product_id")
    )
    held = (
        case.lines.filter(~nw.col("i").is_null())
        .with_columns(ASKED.clip(0, MOST).fill_null(0).cast(nw.Int64).alias("cartons"))
        .join(drawn, on="product_id")
        .with_columns((nw.col("cartons") * nw.col("weight")).alias("basket"))
    )
    return held.group_by("i", "o", "c").agg(
        nw.col("ordered_at").min().alias("moment"),
        nw.col("device").min(),
        nw.col("tier").min(),
        nw.len().cast(nw.Int64).alias("items"),
        nw.col("cartons", "basket").sum(),
    )


def timed(orders: Frame) -> Frame:
    """The orders whose time of day is known; exports with days alone say midnight."""
    moment = nw.col("moment").dt
    return orders.with_columns(
        (moment.hour().cast(nw.Int64) * 3600 + moment.minute().cast(nw.Int64) * 60
         + moment.second().cast(nw.Int64)).alias("second"),
        (moment.year().cast(nw.Int64) * 10_000 + moment.month().cast(nw.Int64) * 100
         + moment.day().cast(nw.Int64)).alias("day"),
    ).filter(nw.col("second") > 0)  # fmt: skip


SAME = ("basket", "items", "cartons")
"""What makes two baskets one."""
