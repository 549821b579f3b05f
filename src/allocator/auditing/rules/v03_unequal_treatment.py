"""Equals that were treated differently."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import names
from allocator.auditing.rule import Outcome, Rule, count_lines

GROUP = ("cell", "k", "base", "seated", "order")
"""Equals: one cell and one limit, which differs within a cell where boundaries are smooth."""


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
    # What a second round without awards added proves nothing: compared up to the limit only.
    held = pl.col("granted")
    if case.second_round_unknown:
        held = pl.min_horizontal("granted", pl.max_horizontal("quota", "standard"))
    known = judged.filter(
        pl.col("standard").is_not_null()
        & pl.col("granted").is_not_null()
        & (pl.col("spare") == 0)
        & (pl.col("spare_asked") == 0)
        & pl.col("left").is_null()
        & (pl.col("asked") > 0)
    ).with_columns(
        pl.min_horizontal("asked", cap).alias("order"),
        (held - pl.col("standard")).alias("apart"),
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
    compared = known.join(groups, on=list(GROUP), how="inner")
    departed = compared.filter(pl.col("apart") != 0)
    return Outcome(
        found=_tell(case, compared, departed),
        checked=count_lines(known),
        concerned=count_lines(departed),
        not_checked=count_lines(judged) - count_lines(known),
    )


def _tell(case: Case, compared: pl.DataFrame, departed: pl.DataFrame) -> pl.DataFrame:
    """One row per group: who departs from the standard, and one equal who was treated best.

    The first retailer by id stands for the worst treated, and for the best.
    """

    def first(mark: str) -> pl.Expr:
        return pl.when(pl.col("apart") == pl.col(mark)).then("i").min()

    off = departed.group_by(*GROUP).agg(
        pl.len().cast(pl.Int64).alias("departed"),
        pl.col("granted").min().alias("least"),
        pl.col("granted").max().alias("most"),
    )
    groups = (
        compared.group_by(*GROUP)
        .agg(
            pl.col("tier", "retailers").first(),
            pl.col("cap").first().alias("quota"),
            (pl.col("highest").first() - pl.col("lowest").first()).alias("observed"),
            first("lowest").alias("worst_i"),
            first("highest").alias("peer_i"),
        )
        .join(off, on=list(GROUP))
        .join(case.products.select("k", "product_id"), on="k")
        .join(_segments(case), on="cell")
        .with_row_index("g")
    )
    concerned = _lines(case, departed.join(groups.select("g", *GROUP), on=list(GROUP)))
    told = groups.join(
        concerned.group_by("g").agg(names("order_id"), names("clerk"), "row"), on="g"
    )
    for who in ("worst", "peer"):
        lines = _lines(case, groups.select("g", "k", pl.col(f"{who}_i").alias("i")))
        one = lines.group_by("g").agg(
            pl.col("retailer_id").first().alias(who),
            pl.col("granted").sum().alias(f"{who}_granted"),
            names("order_id").alias(f"{who}_order"),
            pl.col("row").alias(f"{who}_row"),
        )
        told = told.join(one, on="g")
    whole = pl.col("order") >= pl.col("quota")
    return told.with_columns(
        pl.col("order").alias("requested"),
        pl.lit(0, pl.Int64).alias("limit"),
        pl.concat_list("row", "peer_row").list.unique().list.sort().alias("order_rows"),
        pl.when(whole)
        .then(pl.lit("unequal-treatment-limit"))
        .otherwise(pl.lit("unequal-treatment"))
        .alias("message"),
    )


def _segments(case: Case) -> pl.DataFrame:
    """Segment of each cell, null where there is only one: cell, segment."""
    cells = case.plan.cells
    return pl.DataFrame(
        {
            "cell": pl.int_range(len(cells.segment), dtype=pl.Int32, eager=True),
            "segment": pl.Series(list(cells.segment), dtype=pl.String),
        }
    ).with_columns(pl.when(pl.col("segment") != "").then("segment"))


def _lines(case: Case, pairs: pl.DataFrame) -> pl.DataFrame:
    """Order lines of pairs (columns g, i, k), with the group g of each."""
    columns = ("i", "k", "retailer_id", "order_id", "clerk", "granted", "row")
    return case.lines.select(columns).join(pairs.select("g", "i", "k"), on=["i", "k"])


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
    wants=("clerk", "awards.award"),
)
