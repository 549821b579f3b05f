"""The reserve used up by make-up orders that nobody explains."""

from __future__ import annotations

from functools import partial

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.pairing import SAME_LINE
from allocator.auditing.rule import Outcome, Rule, tally
from allocator.auditing.rules.v09_above_supply import cite_supply, sourced


def reserve_without_cause(case: Case) -> Outcome:
    """Make-up orders without cause or approval took cartons out of the reserve.

    What it finds
    -------------
    Products (per region, where the supply has regions) of which make-up orders without a cause
    or without an approval hold more than the supply less the reserve leaves beside the ordinary
    orders. Make-up orders with both are not counted.

    Why it matters
    --------------
    The reserve mends mistakes. Once it has gone without a reason, the shop that really lost its
    order gets nothing.

    Example
    -------
    100 cartons of P0103 were released, 5 of them held in reserve; ordinary orders hold 95, a
    make-up order without a cause 3 more.

    What to do
    ----------
    Have the make-up orders that unapproved-make-up names explained and approved, or put the
    cartons back into the reserve.

    Known limits
    ------------
    Needs supply and reserve. Lines that are entered twice (see duplicate-line) count once.
    Ordinary orders that go into the reserve are found by above-supply.
    """
    zero = nw.lit(0, nw.Int64)
    lacking = nw.lit(False)
    for name in ("cause", "approved_by"):
        if name in case.columns:
            lacking = lacking | nw.col(name).is_null()
    made_up = nw.col("kind") == "make_up"
    lines = (
        sourced(case)
        .join(case.stock.select("p", "supply"), on="p", how="inner")
        .with_columns(
            nw.when(~made_up).then(nw.col("granted")).otherwise(zero).alias("in_time"),
            nw.when(made_up & lacking).then(nw.col("granted")).otherwise(zero).alias("bare"),
        )
    )
    known = ~nw.col("supply").is_null()
    # Of lines entered twice the one counts that accuses nobody.
    once = (
        lines.filter(known)
        .group_by("p", *SAME_LINE)
        .agg(nw.col("in_time").min(), nw.col("bare").min())
        .group_by("p")
        .agg(nw.col("in_time").sum(), nw.col("bare").sum())
    )
    free = nw.col("supply") - nw.col("reserve")
    excess = nw.min_horizontal(nw.col("in_time"), nw.col("free")) + nw.col("bare") - nw.col("free")
    found = (
        once.join(case.stock, on="p", how="inner")
        .with_columns(free.alias("free"))
        .with_columns(excess.alias("excess"))
        .filter(nw.col("excess") > 0, nw.col("reserve") > 0)
        .select(
            "p",
            "product_id",
            "supply",
            "reserve",
            "excess",
            nw.when(nw.col("region") != "").then(nw.col("region")).alias("segment"),
            nw.col("excess").alias("observed"),
            nw.lit(0, nw.Int64).alias("limit"),
            nw.lit("reserve-without-cause").alias("message"),
        )
    )
    return Outcome(
        found,
        ("p",),
        tally(lines, known),
        lines=lines.filter(nw.col("bare") > 0),
        tell=partial(_tell, case),
    )


def _tell(case: Case, found: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """Orders and order-takers stay: few are behind a reserve."""
    return cite_supply(case, found.drop("retailer_id"))


RESERVE_WITHOUT_CAUSE = Rule(
    name="reserve-without-cause",
    code="V22",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="allocation.reserve",
    find=reserve_without_cause,
    needs=("granted", "kind", "cause", "supply.quantity"),
    wants=("approved_by", "clerk"),
)
