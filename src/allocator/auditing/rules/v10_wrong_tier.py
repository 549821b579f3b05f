"""Orders taken under another tier than the retailer's."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import trace
from allocator.auditing.rule import Outcome, Rule, count_lines


def wrong_tier(case: Case) -> Outcome:
    """The tier an order was taken under is not the tier in force.

    What it finds
    -------------
    Orders whose column ``tier`` differs from the retailer's tier on the date of the standard.

    Why it matters
    --------------
    The tier decides the limit; an old tier in the ordering system gives too much or too little
    on every line.

    Example
    -------
    R000212 is in tier 17 since the last grading; order D0033 was taken under tier 16.

    What to do
    ----------
    Load the tiers of the last grading into the ordering system; check the lines of the order
    against the right limits (over-quota and below-standard say which).

    Known limits
    ------------
    Needs the tier in the orders; without it an old tier shows only as lines off the standard.
    """
    judged = case.lines.filter(pl.col("i").is_not_null() & pl.col("tier").is_not_null())
    known = judged.filter(pl.col("order_tier").is_not_null())
    keys = ("order_id", "retailer_id", "order_tier")
    flagged = (
        known.filter(pl.col("order_tier") != pl.col("tier"))
        .group_by(*keys)
        .agg(pl.len().cast(pl.Int64).alias("lines"), pl.col("tier").first())
        .with_columns(
            pl.col("order_tier").alias("observed"),
            pl.col("tier").alias("limit"),
            pl.lit("wrong-tier").alias("message"),
        )
    )
    return Outcome(
        found=trace(case, flagged, keys).drop("product_id"),
        checked=known.height,
        concerned=count_lines(flagged),
        not_checked=judged.height - known.height,
    )


WRONG_TIER = Rule(
    name="wrong-tier",
    code="V10",
    kind="violation",
    severity="high",
    subject="order_id",
    unit="tier",
    policy="grading.tiers",
    find=wrong_tier,
    needs=("tier",),
    wants=("clerk",),
)
