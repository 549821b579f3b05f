"""More cartons granted than there are."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count_lines
from allocator.auditing.standard import supplied


def above_supply(case: Case) -> Outcome:
    """The lines of a product add up to more than its supply.

    What it finds
    -------------
    Products (per region, where the supply has regions) whose granted cartons together exceed the
    supply, or, make-up orders aside, the supply less the reserve.

    Why it matters
    --------------
    Somebody's confirmed order cannot be delivered, or the reserve was used without a record.

    Example
    -------
    100 cartons of P0103 were released, 5 of them held in reserve; the orders add up to 98.

    What to do
    ----------
    Stop delivery of the last lines above the limit, or record the extra supply in the supply table.

    Known limits
    ------------
    Lines entered twice count once. Where a product has a supply per region, lines of unknown
    retailers have no region and are left out.
    """
    lines = _sourced(case)
    known = case.stock.filter(pl.col("supply").is_not_null())
    judged = lines.join(known.select("p"), on="p", how="semi")
    make_up = (pl.col("kind") == "make_up").fill_null(False)
    totals = (
        judged.group_by("p")
        .agg(
            pl.len().cast(pl.Int64).alias("lines"),
            pl.col("granted").sum(),
            pl.when(make_up).then("granted").otherwise(0).sum().alias("made_up"),
            pl.col("row").sort().alias("order_rows"),
        )
        .join(_spare(case, judged), on="p", how="left")
        .join(known, on="p")
        .with_columns(pl.col("granted") - pl.col("spare").fill_null(0))
        .with_columns(
            (pl.col("granted") - pl.col("supply")).alias("beyond"),
            (pl.col("granted") - pl.col("made_up") - pl.col("supply") + pl.col("reserve")).alias(
                "into_reserve"
            ),
        )
    )
    excess = pl.max_horizontal("beyond", "into_reserve")
    flagged = totals.filter(excess > 0).with_columns(
        pl.when(pl.col("region") != "").then("region").alias("segment"),
        excess.alias("excess"),
        pl.col("granted").alias("observed"),
        (pl.col("granted") - excess).alias("limit"),
        pl.when(pl.col("beyond") <= 0)
        .then(pl.lit("above-supply-reserve"))
        .when(pl.col("into_reserve") > pl.col("beyond"))
        .then(pl.lit("above-supply-and-reserve"))
        .otherwise(pl.lit("above-supply"))
        .alias("message"),
    )
    if case.supply is not None:
        rows = (
            supplied(case.supply, case.plan.cycle)
            .group_by("product_id")
            .agg(pl.col("row").cast(pl.UInt32).sort().alias("supply_rows"))
        )
        flagged = flagged.join(rows, on="product_id", how="left")
    return Outcome(
        found=flagged,
        checked=judged.height,
        concerned=count_lines(flagged),
        not_checked=lines.height - judged.height,
    )


def _sourced(case: Case) -> pl.DataFrame:
    """Lines of planned products with the supply line p they draw on."""
    lines = case.lines.filter(pl.col("k").is_not_null() & pl.col("granted").is_not_null())
    single = (
        case.stock.group_by("k")
        .agg(pl.col("p").min().alias("only"), pl.len().alias("lines"))
        .filter(pl.col("lines") == 1)
        .drop("lines")
    )
    return (
        lines.join(single, on="k", how="left")
        .join(case.places.select("k", "cell", "p"), on=["k", "cell"], how="left")
        .with_columns(pl.coalesce("only", "p").alias("p"))
    )


def _spare(case: Case, lines: pl.DataFrame) -> pl.DataFrame:
    """Cartons that count only if lines entered twice are two orders: p, spare."""
    return (
        lines.join(case.duplicates.drop("lines"), on=["order_id", "product_id"], how="semi")
        .group_by("p", "order_id")
        .agg((pl.col("granted").sum() - pl.col("granted").min()).alias("spare"))
        .group_by("p")
        .agg(pl.col("spare").sum())
    )


ABOVE_SUPPLY = Rule(
    name="above-supply",
    code="V09",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="supply.quantity",
    find=above_supply,
    needs=("granted", "supply.quantity"),
)
