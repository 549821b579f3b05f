"""What departures entail for others: equals treated unequally, supplies, the limits together."""

from __future__ import annotations

import polars as pl

from allocator.tables.synthesis.fraud.ground import RESERVE, SHORT, TIGHT
from allocator.tables.synthesis.fraud.ledger import Ledger, told
from allocator.tables.synthesis.fraud.table import full_quotas, told_table

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
    """What a standard binds, by shop and product: released, active and due, entered once."""
    names = ledger.ground.products["name"].to_list()
    short = [names.index(name) for name in SHORT]
    gone = ledger.retailers.filter(pl.col("status") != "active")["shop"].unique()
    return (
        ledger.lines.filter(
            (pl.col("quota") > 0)
            & (pl.col("kind") == "ordinary")
            & (pl.col("status") != "cancelled")
            & ~pl.col("shop").is_in(gone.implode())
            & (pl.len().over("order_id", "product_id") == 1)
            & ~pl.col("k").is_in(short)
        )
        .group_by("shop", "k", "product_id", "quota", maintain_order=True)
        .agg(
            pl.col("requested").sum(),
            pl.col("granted").sum(),
            pl.col("due").sum(),
            "line",
            pl.col("order_id").first(),
        )
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
    needed = ("cycle", "k", "status", "kind", "granted", "due", "cause", "approved_by")
    count = pl.col("status") != "cancelled"
    made_up = pl.col("kind") == "make_up"
    excused = pl.col("cause").is_not_null() & pl.col("approved_by").is_not_null()
    spare = _spare(ledger)
    sold = (
        pl.concat([ledger.past.select(needed), ledger.lines.select(needed)])
        .filter(count)
        .group_by("cycle", "k")
        .agg(
            pl.max_horizontal("granted", "due").sum().alias("most"),
            pl.col("granted").sum(),
            pl.col("granted").filter(~made_up).sum().alias("ordinary"),
            pl.col("granted").filter(made_up & ~excused).sum().alias("unexcused"),
        )
    )
    every = pl.DataFrame({"cycle": list(ground.cycles)}).join(goods, how="cross")
    table = (
        every.join(sold, on=["cycle", "k"], how="left", maintain_order="left")
        .join(spare, on=["cycle", "k"], how="left", maintain_order="left")
        .with_columns(pl.col("most", "granted", "ordinary", "unexcused", "spare").fill_null(0))
        .with_columns(pl.col("granted", "ordinary") - pl.col("spare"))
    )
    now = pl.col("cycle") == ground.cycles[-1]
    lot = pl.col("lot")
    # Room for all that the table promises beside the reserve.
    full = pl.concat(
        [
            pl.DataFrame(
                {
                    "cycle": [cycle] * len(ground.scarce),
                    "k": pl.Series(ground.scarce, dtype=pl.Int16),
                    "full": full_quotas(ground, c),
                }
            )
            for c, cycle in enumerate(ground.cycles)
        ]
    )
    table = table.join(full, on=["cycle", "k"], how="left", maintain_order="left")
    ample = (pl.max_horizontal("most", "full") * 125 // 100 // lot + 4) * lot
    beyond = (pl.col("granted") - WITHHELD * lot) // lot * lot
    # The least supply whose part that is not reserve (whole lots, rounded up) covers the orders.
    covering = pl.col("ordinary") * 100 // (100 - RESERVE)
    covering = covering + _missing(covering)
    table = table.with_columns(
        quantity=pl.when(now & (pl.col("name") == SHORT[0])).then(beyond)
        .when(now & (pl.col("name") == SHORT[1])).then("granted")
        .when(now & (pl.col("name") == TIGHT)).then(covering + _missing(covering))
        .otherwise(ample)
        .clip(lower_bound=0)
    ).with_columns(reserve=_reserve(pl.col("quantity")))  # fmt: skip
    free = pl.col("quantity") - pl.col("reserve")
    short = pl.max_horizontal(pl.col("granted") - pl.col("quantity"), pl.col("ordinary") - free)
    used = pl.min_horizontal("ordinary", free) + pl.col("unexcused") - free
    ledger = told(
        ledger, "above-supply", "above-supply", table.filter(now & (short > 0)),
        subject="product_id", why="the orders exceed the supply, or reach into the reserve",
    )  # fmt: skip
    lines = ledger.lines.filter(count & made_up & ~excused)
    taken = table.filter(now & (pl.col("unexcused") > 0) & (used > 0)).join(
        lines.group_by("product_id").agg(pl.col("line").sort()),
        on="product_id",
        maintain_order="left",
    )
    ledger = told(
        ledger, "reserve-without-cause", "reserve-without-cause", taken,
        subject="product_id", why="make-up orders without cause took the reserve",
    )  # fmt: skip
    supply = table.select("cycle", "product_id", "quantity", "reserve")
    supply = supply.sort("cycle", "product_id")
    return told_table(ledger, supply), supply.drop("reserve")


def _reserve(quantity: pl.Expr) -> pl.Expr:
    """Cartons that the policy holds back: whole lots, rounded up."""
    lot = pl.col("lot")
    return (quantity * RESERVE + 100 * lot - 1) // (100 * lot) * lot


def _missing(quantity: pl.Expr) -> pl.Expr:
    """What a supply lacks to cover the ordinary orders beside its reserve."""
    return (pl.col("ordinary") - (quantity - _reserve(quantity))).clip(lower_bound=0)


def _spare(ledger: Ledger) -> pl.DataFrame:
    """Cartons of lines that were entered twice, counted once: cycle, k, spare."""
    return (
        ledger.lines.filter(pl.len().over("order_id", "product_id") > 1)
        .group_by("cycle", "k", "order_id")
        .agg((pl.col("granted").sum() - pl.col("granted").min()).alias("spare"))
        .group_by("cycle", "k")
        .agg(pl.col("spare").sum())
    )
