"""Orders of a retailer that is suspended or closed."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count, tally


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
    judged = case.lines.filter(~nw.col("i").is_null())
    taken = nw.coalesce(nw.col("granted"), nw.col("requested")).fill_null(0)
    flagged = (
        judged.filter((nw.col("status") != "active") & (taken > 0))
        .with_columns(taken.alias("taken"))
        .group_by("retailer_id")
        .agg(
            count().alias("lines"),
            nw.col("taken").sum().alias("observed"),
            nw.col("status").min(),
        )
        .with_columns(
            nw.lit(0, nw.Int64).alias("limit"),
            nw.col("observed").alias("excess"),
            nw.concat_str(nw.lit("inactive-retailer-"), nw.col("status")).alias("message"),
        )
    )
    return Outcome(flagged, ("retailer_id",), tally(judged))


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
