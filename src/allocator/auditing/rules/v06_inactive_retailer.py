"""Orders of a retailer that is suspended or closed."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import trace
from allocator.auditing.rule import Outcome, Rule, count_lines


def inactive_retailer(case: Case) -> Outcome:
    """A suspended or closed retailer holds cartons.

    What it finds
    -------------
    Retailers whose status is not active and that were granted cartons (or asked for some, where
    only that is known), of any product.

    Why it matters
    --------------
    Somebody else takes cartons under the name of a shop that may not order.

    Example
    -------
    R000345 is closed; order D0090 holds 3 cartons under its number.

    What to do
    ----------
    Stop delivery; find out who placed and who would receive the order.

    Known limits
    ------------
    Judged by the status on the date of the standard; a shop closed later in the cycle, with an
    order from before, must be looked at by hand. No status means active.
    """
    judged = case.lines.filter(pl.col("i").is_not_null())
    taken = pl.coalesce("granted", "requested").fill_null(0)
    flagged = (
        judged.filter((pl.col("status") != "active") & (taken > 0))
        .group_by("retailer_id")
        .agg(
            pl.len().cast(pl.Int64).alias("lines"),
            taken.sum().alias("observed"),
            pl.col("status").first(),
        )
        .with_columns(
            pl.lit(0, pl.Int64).alias("limit"),
            pl.col("observed").alias("excess"),
            (pl.lit("inactive-retailer-") + pl.col("status")).alias("message"),
        )
    )
    found = trace(case, flagged, ("retailer_id",))
    return Outcome(found, judged.height, count_lines(flagged))


INACTIVE_RETAILER = Rule(
    name="inactive-retailer",
    code="V06",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="retailers.status",
    find=inactive_retailer,
    needs=("retailers.status",),
    wants=("clerk",),
)
