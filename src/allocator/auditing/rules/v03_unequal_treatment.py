"""Equals that were treated differently."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import JOINT
from allocator.auditing.rule import Outcome, Rule, count_lines

GROUP = ("cell", "k", "order")


def unequal_treatment(case: Case) -> Outcome:
    """Same cell, same product, same request, different cartons; traced to the order-taker (N1).

    What it finds
    -------------
    Groups of retailers of one tier, segment and rhythm that asked for the same number of cartons
    of a product (or all for the limit or more), where the distance between what was granted and
    what the standard gives is not the same for all. The odd lot of a seat is part of the
    standard, so it never counts as unequal.

    Why it matters
    --------------
    Retailers of one tier are equals; a difference between them has no reason but the person who
    entered the order.

    Example
    -------
    Two shops of tier 17 asked for 10 cartons of P0103; C01 entered 10 for one, C03 5 for the
    other.

    What to do
    ----------
    Compare the order-takers named; make up what is owed, and check their other orders.

    Known limits
    ------------
    A group where everybody is short by the same number is not unequal (below-standard finds it).
    Retailers with lines entered twice, and products of which less is there than the quota table
    promises, are not compared.
    """
    judged = case.pairs.filter(
        (pl.col("status") == "active") & pl.col("cell").is_not_null() & pl.col("released")
    )
    cap = pl.col("base") + pl.when("seated").then("lot").otherwise(0)
    known = judged.filter(
        pl.col("standard").is_not_null()
        & pl.col("granted").is_not_null()
        & (pl.col("spare") == 0)
        & (pl.col("spare_asked") == 0)
        & pl.col("left").is_null()
        & (pl.col("asked") > 0)
    ).with_columns(
        pl.min_horizontal("asked", cap).alias("order"),
        (pl.col("granted") - pl.col("standard")).alias("apart"),
        cap.alias("cap"),
    )
    groups = (
        known.group_by(*GROUP)
        .agg(
            pl.col("apart").min().alias("lowest"),
            pl.col("apart").max().alias("highest"),
            pl.len().cast(pl.Int64).alias("retailers"),
        )
        .filter(pl.col("lowest") != pl.col("highest"))
    )
    members = known.join(groups, on=list(GROUP), how="inner")
    found = _tell(case, members)
    return Outcome(
        found=found,
        checked=count_lines(known),
        concerned=count_lines(members.filter(pl.col("apart") != 0)),
        not_checked=count_lines(judged) - count_lines(known),
    )


def _tell(case: Case, members: pl.DataFrame) -> pl.DataFrame:
    """One row per group: who departs from the standard, and one equal who was treated best."""
    lines = (
        case.lines.select("i", "k", "order_id", "clerk", "row", "retailer_id", "product_id")
        .join(members.select("i", "k"), on=["i", "k"], how="semi")
        .group_by("i", "k")
        .agg(
            pl.col("order_id").unique().sort(),
            pl.col("clerk").drop_nulls().unique().sort(),
            pl.col("row"),
            pl.col("retailer_id").first(),
            pl.col("product_id").first(),
        )
    )
    told = members.join(lines, on=["i", "k"]).sort(*GROUP, "retailer_id")
    departs = pl.col("apart") != 0
    worst = pl.col("apart") == pl.col("lowest")
    best = pl.col("apart") == pl.col("highest")
    # The first retailer by id stands for the best treated, and so for the worst.
    told = told.with_columns(
        (best & (best.cast(pl.Int64).cum_sum().over(GROUP) == 1)).alias("peer"),
        (worst & (worst.cast(pl.Int64).cum_sum().over(GROUP) == 1)).alias("worst"),
    )

    def of(who: str, column: str, alias: str) -> pl.Expr:
        return pl.col(column).filter(pl.col(who)).first().alias(alias)

    def joined(column: str) -> pl.Expr:
        return pl.col(column).filter(departs).explode().drop_nulls().unique().sort()

    groups = told.group_by(*GROUP).agg(
        pl.col("tier").first(),
        pl.col("product_id").first(),
        pl.col("retailers").first(),
        pl.col("cap").first().alias("quota"),
        departs.cast(pl.Int64).sum().alias("departed"),
        pl.col("granted").filter(departs).min().alias("least"),
        pl.col("granted").filter(departs).max().alias("most"),
        of("worst", "retailer_id", "worst"),
        of("worst", "granted", "worst_granted"),
        of("worst", "order_id", "worst_order"),
        of("peer", "retailer_id", "peer"),
        of("peer", "granted", "peer_granted"),
        of("peer", "order_id", "peer_order"),
        (pl.col("highest").first() - pl.col("lowest").first()).alias("observed"),
        joined("clerk").alias("clerk"),
        joined("order_id").alias("order_id"),
        pl.col("row").filter(departs | pl.col("peer")).explode().sort().alias("order_rows"),
    )
    whole = pl.col("order") >= pl.col("quota")
    return groups.with_columns(
        pl.col("order").alias("requested"),
        pl.lit(0, pl.Int64).alias("limit"),
        pl.col("worst_order", "peer_order").list.join(JOINT),
        pl.col("order_id").list.join(JOINT),
        pl.when(pl.col("clerk").list.len() > 0).then(pl.col("clerk").list.join(JOINT)),
        pl.when(whole)
        .then(pl.lit("unequal-treatment-limit"))
        .otherwise(pl.lit("unequal-treatment"))
        .alias("message"),
    )


UNEQUAL_TREATMENT = Rule(
    name="unequal-treatment",
    code="V03",
    kind="violation",
    severity="high",
    subject="product_id",
    unit="cartons",
    policy="quotas",
    find=unequal_treatment,
    needs=("requested", "granted"),
    wants=("clerk",),
)
