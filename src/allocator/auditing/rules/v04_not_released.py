"""Cartons of a product that the retailer's tier may not have."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import trace
from allocator.auditing.rule import Outcome, Rule, count_lines


def not_released(case: Case) -> Outcome:
    """A product went to a retailer whose tier has no right to it in this cycle.

    What it finds
    -------------
    Pairs with cartons granted although the plan gives the retailer's tier (and segment) none of
    the product, or the retailer has no tier; and, where the products table is given, scarce
    products that are not released to anybody in this cycle.

    Why it matters
    --------------
    Release by tier is the rule for scarce products; an exception is favour.

    Example
    -------
    P0101 is released to tiers 20 to 30; a shop of tier 12 holds 2 cartons.

    What to do
    ----------
    Take the cartons back to the pool before delivery; ask who approved the line.

    Known limits
    ------------
    In a quota table, quota 0 and an empty cell both mean "not released".
    """
    judged = case.pairs.filter(
        (pl.col("status") == "active") & (pl.col("cell").is_not_null() | pl.col("tier").is_null())
    )
    known = judged.filter(pl.col("granted").is_not_null())
    excess = pl.col("granted") - pl.col("spare") - pl.col("award").fill_null(0)
    flagged = known.filter(~pl.col("released") & (excess > 0)).select(
        "i",
        "k",
        "lines",
        "tier",
        "requested",
        "granted",
        pl.col("granted").alias("observed"),
        pl.lit(0, pl.Int64).alias("limit"),
        excess.alias("excess"),
        pl.when(pl.col("tier").is_null())
        .then(pl.lit("not-released-no-tier"))
        .otherwise(pl.lit("not-released"))
        .alias("message"),
    )
    found = trace(case, flagged, ("i", "k")).drop("i", "k")
    unplanned, beyond = _unplanned(case)
    return Outcome(
        found=pl.concat([found, unplanned], how="diagonal"),
        checked=count_lines(known) + beyond,
        concerned=count_lines(flagged) + count_lines(unplanned),
        not_checked=count_lines(judged) - count_lines(known),
    )


def _unplanned(case: Case) -> tuple[pl.DataFrame, int]:
    """Scarce products with cartons granted that the plan does not release, and lines looked at."""
    if "products.scarce" not in case.columns or case.known_products is None:
        return pl.DataFrame(schema={"lines": pl.Int64}), 0
    scarce = case.known_products.filter(pl.col("scarce")).select(
        pl.col("product_id").cast(pl.String)
    )
    keys = ("retailer_id", "product_id")
    judged = case.lines.filter(pl.col("k").is_null() & pl.col("i").is_not_null()).join(
        scarce, on="product_id", how="semi"
    )
    flagged = (
        judged.group_by(*keys)
        .agg(
            pl.len().cast(pl.Int64).alias("lines"),
            pl.col("tier").first(),
            pl.col("granted").sum(),
        )
        .filter(pl.col("granted") > 0)
        .with_columns(
            pl.col("granted").alias("observed"),
            pl.lit(0, pl.Int64).alias("limit"),
            pl.col("granted").alias("excess"),
            pl.lit("not-released-at-all").alias("message"),
        )
    )
    return trace(case, flagged, keys), judged.height


NOT_RELEASED = Rule(
    name="not-released",
    code="V04",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="quotas",
    find=not_released,
    needs=("granted",),
    wants=("clerk", "products.scarce"),
)
