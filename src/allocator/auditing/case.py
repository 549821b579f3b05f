"""The case before the rules: counted order lines beside what the standard gives them.

Built once per audit by joins; rules only filter and group. Two grains: ``lines`` (as entered)
and ``pairs`` (a retailer and a product, lines summed), because limits bind the sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from allocator.auditing.standard import (
    own_limits,
    places_of,
    products_of,
    seats_of,
    shortage_of,
    stock_of,
)
from allocator.records import Allocation, QuotaPlan
from allocator.tables.city import Table

LINE_COLUMNS = ("order_id", "retailer_id", "product_id", "clerk", "kind", "requested", "granted")


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Everything a rule may look at.

    lines : counted order lines: row, order_id, retailer_id, product_id, clerk, kind, requested,
        granted, order_tier (tier the order was taken under); i (retailer, null = unknown), status,
        tier, cell (null = not counted in this cycle), due, and k (product, null = not in the
        plan), lot
    pairs : one row per known retailer and planned product: i, k, lines, status, tier, cell, due,
        lot; released (whether the plan gives the tier any right), base, quota (base and seat),
        seated (whether the cell has seats); requested, granted (null if a line lacks it), asked
        (requested, make-up orders aside: they mend, they do not ask for more), award (null without
        an allocation), standard (null where asked is unknown), second (cartons of second-round
        lines), spare and spare_asked (cartons that count only if duplicate lines are two orders),
        left (null, or cartons still there of a product whose standards exceed its supply), ceiling
        (most that a second round may have made of the quota: above it nothing is allowed)
    products : k, product_id, lot
    places : for each product and cell: k, cell, p (-1 = none), base, released, seated
    stock : p, k, region, supply, reserve (cartons; supply null where none is known)
    duplicates : order_id, product_id, lines: entered more than once
    second_round_unknown : there was a second round whose awards are not given, so that up to the
        ceiling nothing above the quota is proven
    columns : what is present: ``column`` of the orders, ``table.column`` of the other tables
    """

    plan: QuotaPlan
    orders: Table
    retailers: Table | None
    supply: Table | None
    known_products: pl.DataFrame | None
    lines: pl.DataFrame
    pairs: pl.DataFrame
    products: pl.DataFrame
    places: pl.DataFrame
    stock: pl.DataFrame
    duplicates: pl.DataFrame
    second_round_unknown: bool
    columns: frozenset[str]
    aside: Mapping[str, int]


def present(name: str, table: Table | None, prefix: bool = True) -> frozenset[str]:
    """Columns of a table that hold anything; a column that is empty throughout is absent.

    ``requested`` and ``granted`` may come from one column ``quantity``, so only what they hold
    counts; columns with a default (status, kind) must also be in the input.
    """
    if table is None:
        return frozenset()
    frame = table.frame
    held = set(table.columns) | {"requested", "granted"}
    if frame.height:
        nulls = frame.null_count().row(0, named=True)
        held &= {column for column, count in nulls.items() if count < frame.height}
    return frozenset(f"{name}.{column}" if prefix else column for column in held)


def counted(orders: Table, cycle: str) -> tuple[pl.DataFrame, dict[str, int]]:
    """Lines that count in the cycle, and how many do not, by cause."""
    frame = orders.frame
    for column, dtype in (("tier", pl.Int64), ("cycle", pl.String), ("status", pl.String)):
        if column not in frame.columns:
            frame = frame.with_columns(pl.lit(None, dtype).alias(column))
    cancelled = (pl.col("status") == "cancelled").fill_null(False)
    other = (pl.col("cycle") != cycle).fill_null(False) if cycle else pl.lit(False)
    kept = frame.filter(~cancelled & ~other).select(
        "row", *LINE_COLUMNS, pl.col("tier").alias("order_tier")
    )
    aside = frame.select(
        (cancelled & ~other).sum().alias("cancelled"), other.sum().alias("other-cycle")
    ).row(0, named=True)
    return kept, {cause: int(count) for cause, count in aside.items() if count}


def _duplicates(lines: pl.DataFrame) -> pl.DataFrame:
    return (
        lines.group_by("order_id", "product_id")
        .agg(pl.len().cast(pl.Int64).alias("lines"))
        .filter(pl.col("lines") > 1)
    )


def _pairs(lines: pl.DataFrame, duplicates: pl.DataFrame) -> pl.DataFrame:
    """Lines summed per retailer and product; ``spare`` is what duplicates may have added."""

    def whole(column: str) -> pl.Expr:
        # A sum over unknown quantities is unknown, not smaller.
        unknown = pl.col(column).is_null().cast(pl.Int64).sum()
        return pl.when(unknown == 0).then(pl.col(column).sum()).alias(column)

    ordinary = pl.when(pl.col("kind") == "make_up").then(0).otherwise(pl.col("requested"))
    second = pl.when(pl.col("kind") == "second_round").then(pl.col("granted")).otherwise(0)
    judged = lines.filter(pl.col("i").is_not_null() & pl.col("k").is_not_null()).with_columns(
        ordinary.alias("asked")
    )
    pairs = judged.group_by("i", "k").agg(
        pl.len().cast(pl.Int64).alias("lines"),
        whole("requested"),
        whole("asked"),
        whole("granted"),
        second.sum().alias("second"),
    )
    spare = (
        judged.join(duplicates.drop("lines"), on=["order_id", "product_id"], how="semi")
        .group_by("i", "k", "order_id")
        .agg(
            (pl.col("granted").sum() - pl.col("granted").min()).alias("spare"),
            (pl.col("asked").sum() - pl.col("asked").min()).alias("spare_asked"),
        )
        .group_by("i", "k")
        .agg(pl.col("spare").sum(), pl.col("spare_asked").sum())
    )
    return pairs.join(spare, on=["i", "k"], how="left").with_columns(
        pl.col("spare", "spare_asked").fill_null(0)
    )


def _awards(
    allocation: Allocation | None, members: pl.DataFrame, products: pl.DataFrame
) -> pl.DataFrame:
    if allocation is None:
        return pl.DataFrame(schema={"i": pl.Int32, "k": pl.Int32, "award": pl.Int64})
    lines = allocation.lines.select(
        pl.col("retailer_id", "product_id").cast(pl.String), pl.col("award").cast(pl.Int64)
    )
    return (
        lines.join(members.select("retailer_id", "i"), on="retailer_id")
        .join(products.select("product_id", "k"), on="product_id")
        .group_by("i", "k")
        .agg(pl.col("award").sum())
    )


def prepare(
    orders: Table,
    plan: QuotaPlan,
    *,
    allocation: Allocation | None = None,
    retailers: Table | None = None,
    supply: Table | None = None,
    products: Table | None = None,
) -> Case:
    """Set every counted order line beside the right of its retailer.

    The standard of a pair is the award of the allocation where one is given, else
    min(requested, limit) in whole lots; unknown where the request is (``formats.md``, "Words
    that must not be mixed").
    """
    lines, aside = counted(orders, plan.cycle)
    members = plan.members.select(
        pl.col("retailer_id").cast(pl.String),
        "status",
        "tier",
        "due",
        pl.col("cell").cast(pl.Int32),
        pl.int_range(pl.len(), dtype=pl.Int32).alias("i"),
    )
    goods, k_of_line = products_of(plan)
    places = places_of(plan, k_of_line, goods.height)
    lines = (
        lines.with_columns(pl.col("retailer_id", "product_id", "order_id").cast(pl.String))
        .join(members, on="retailer_id", how="left")
        .join(goods, on="product_id", how="left")
    )
    duplicates = _duplicates(lines)
    lot = pl.col("lot")
    second_round_unknown = plan.second_round and allocation is None
    open_to = ("most",) if second_round_unknown else ()
    pairs = (
        _pairs(lines, duplicates)
        .join(members.drop("retailer_id"), on="i", how="left")
        .join(goods.drop("product_id"), on="k", how="left")
        .join(places, on=["k", "cell"], how="left")
        .pipe(own_limits, plan)
        .join(seats_of(plan), on=["p", "i"], how="left")
        .join(_awards(allocation, members, goods), on=["i", "k"], how="left")
        .with_columns(
            pl.col("base").fill_null(0),
            pl.col("released", "seated").fill_null(False),
            (pl.col("base").fill_null(0) + pl.col("seat").fill_null(0) * lot).alias("quota"),
        )
        .with_columns(pl.max_horizontal("quota", "award", *open_to).alias("ceiling"))
    )
    asked = pl.col("asked") - pl.col("spare_asked")
    by_quota = pl.min_horizontal((asked // lot) * lot, "quota")
    by_award = pl.min_horizontal(asked, "award")
    pairs = pairs.with_columns(
        pl.when(pl.col("asked").is_not_null())
        .then(pl.when(pl.col("award").is_null()).then(by_quota).otherwise(by_award))
        .alias("standard")
    )
    stock = stock_of(plan, k_of_line, supply)
    short = shortage_of(pairs, stock)
    if allocation is not None:
        short = short.clear()  # the awards already are what the supply allows
    pairs = pairs.join(short, on="k", how="left")
    told = present("orders", orders, prefix=False) | present("supply", supply)
    told |= present("retailers", retailers) | present("products", products)
    if retailers is None:
        told |= {"retailers.status"}  # the plan's own word counts
    if not second_round_unknown:
        told |= {"awards.award"}
    if stock.get_column("supply").is_not_null().any():
        told |= {"supply.quantity"}
    return Case(
        plan=plan,
        orders=orders,
        retailers=retailers,
        supply=supply,
        known_products=None if products is None else products.frame,
        lines=lines,
        pairs=pairs,
        products=goods,
        places=places,
        stock=stock,
        duplicates=duplicates,
        second_round_unknown=second_round_unknown,
        columns=told,
        aside=aside,
    )
