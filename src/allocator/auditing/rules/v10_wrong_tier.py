"""Orders taken under another tier than the retailer's."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count, tally


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
    judged = case.lines.filter(~nw.col("i").is_null(), ~nw.col("tier").is_null())
    known = ~nw.col("order_tier").is_null()
    keys = ("o", "i", "order_tier")
    flagged = (
        judged.filter(known & (nw.col("order_tier") != nw.col("tier")))
        .group_by(*keys)
        .agg(count().alias("lines"), nw.col("tier").min())
        .with_columns(
            nw.col("order_tier").alias("observed"),
            nw.col("tier").alias("limit"),
            nw.lit("wrong-tier").alias("message"),
        )
    )
    return Outcome(flagged, keys, tally(judged, known), tell=_of_the_order)


def _of_the_order(found: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """The tier is of the order, whatever product it holds."""
    return found.drop("product_id")


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
