"""What departures entail for others: equals treated unequally, supplies, the limits together."""

from __future__ import annotations

import polars as pl

from allocator.tables.synthesis.fraud.ground import RESERVE, SHORT
from allocator.tables.synthesis.fraud.ledger import Ledger, told

WITHHELD = 3
"""(lots) by which the orders exceed what is there."""


def unequal(ledger: Ledger) -> Ledger:
    """Wherever one of several equals is off the standard by another number than the rest.

    Equals are retailers of one tier, market and rhythm that asked for the same cartons of a
    product, or all for the quota or more.
    """
    ground, lines = ledger.ground, _judged(ledger)
    shop = lines["shop"].cast(pl.UInt32)
    equals = ["standing", "urban", "rhythm", "k", "order"]
    lines = lines.with_columns(
        standing=pl.Series(ground.tier).gather(shop),
        urban=pl.Series(ground.urban).gather(shop),
        rhythm=pl.Series(ground.shops.parity > 0).gather(shop),
        order=pl.min_horizontal("requested", "quota"),
        apart=pl.col("granted") - pl.col("due"),
    )
    mixed = (
        lines.group_by(equals)
        .agg(pl.col("apart").min().alias("low"), pl.col("apart").max().alias("high"))
        .filter(pl.col("low") != pl.col("high"))
    )
    rows = lines.filter(pl.col("apart") != 0).join(
        mixed, on=equals, how="semi", maintain_order="left"
    )
    return told(
        ledger, "unequal-treatment", "unequal-treatment", rows,
        subject="product_id", why="equals that asked for the same have something else",
    )  # fmt: skip


def _judged(ledger: Ledger) -> pl.DataFrame:
    """Lines that a standard binds: released to the shop, active and due, entered once."""
    names = ledger.ground.products.select(
        k=pl.int_range(pl.len(), dtype=pl.Int16), name="name"
    )
    gone = ledger.retailers.filter(pl.col("status") != "active")["shop"].unique()
    return (
        ledger.lines.filter(
            (pl.col("quota") > 0)
            & (pl.col("kind") == "ordinary")
            & (pl.col("status") != "cancelled")
            & ~pl.col("shop").is_in(gone.implode())
            & (pl.len().over("order_id", "product_id") == 1)
            & pl.col("due").is_not_null()
        )
        .join(names, on="k", how="left", maintain_order="left")
        .filter(~pl.col("name").is_in(list(SHORT)))
    )


def supplied(ledger: Ledger) -> tuple[Ledger, pl.DataFrame]:
    """The supply of every cycle, ample but for the products of which there is too little.

    Of one product more is granted than there is, of one the orders reach into the reserve, and of
    one they leave nothing but the reserve.

    Returns
    -------
    the ledger with what that means, and cycle, product_id, quantity
    """
    ground = ledger.ground
    goods = ground.products.select(
        "product_id", "name", "lot", k=pl.int_range(pl.len(), dtype=pl.Int16)
    ).filter(ground.products["scarce"])
    count = pl.col("status") != "cancelled"
    entered = pl.when(pl.col("kind") == "make_up").then(0).otherwise("granted")
    needed = ("cycle", "k", "status", "kind", "granted", "due")
    sold = (
        pl.concat([ledger.past.select(needed), ledger.lines.select(needed)])
        .filter(count)
        .group_by("cycle", "k")
        .agg(
            pl.max_horizontal("granted", "due").sum().alias("most"),
            pl.col("granted").sum(),
            entered.sum().alias("ordinary"),
        )
    )
    every = pl.DataFrame({"cycle": list(ground.cycles)}).join(goods, how="cross")
    table = every.join(sold, on=["cycle", "k"], how="left", maintain_order="left").with_columns(
        pl.col("most", "granted", "ordinary").fill_null(0)
    )
    now = pl.col("cycle") == ground.cycles[-1]
    lot = pl.col("lot")
    ample = (pl.col("most") * 125 // 100 // lot + 4) * lot
    beyond = (pl.col("granted") - WITHHELD * lot) // lot * lot
    # Least supply whose part that is not reserve (whole lots, rounded up) covers the orders.
    covering = (pl.col("ordinary") * 100 // (100 - RESERVE) // lot + 2) * lot
    table = table.with_columns(
        quantity=pl.when(now & (pl.col("name") == SHORT[0])).then(beyond)
        .when(now & (pl.col("name") == SHORT[1])).then(pl.max_horizontal("ordinary", "granted"))
        .otherwise(ample)
        .clip(lower_bound=0)
    )  # fmt: skip
    rows = table.filter(now & pl.col("name").is_in(list(SHORT)) & (pl.col("granted") > 0))
    lines = ledger.lines.filter(count).group_by("product_id").agg(pl.col("line").sort())
    ledger = told(
        ledger, "above-supply", "above-supply",
        rows.join(lines, on="product_id", maintain_order="left"),
        subject="product_id", why="the orders exceed the supply, or reach into the reserve",
    )  # fmt: skip
    return ledger, table.select("cycle", "product_id", "quantity").sort("cycle", "product_id")

