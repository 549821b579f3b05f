"""Orders of a retailer that is not on file."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule, count, tally

TAKEN = nw.max_horizontal("granted", "requested").fill_null(0)
"""Cartons that show that a line is a real order, whichever of the two columns is known."""


def unknown_retailer(case: Case) -> Outcome:
    """Orders stand under a retailer number that the retailers table does not hold.

    What it finds
    -------------
    Retailers in the orders that are not in the retailers table, with all their lines.

    Why it matters
    --------------
    A fictitious retailer is a way to divert scarce supply.

    Example
    -------
    Orders D0071 and D0072 stand under R999999; no such retailer exists.

    What to do
    ----------
    Stop delivery; look for a mistyped number, a lost leading zero, or a shop that does not exist.

    Known limits
    ------------
    An out-of-date export of the retailers makes new shops unknown.
    """
    flagged = (
        case.lines.filter(nw.col("i").is_null())
        .with_columns(TAKEN.alias("taken"))
        .group_by("retailer_id")
        .agg(count().alias("lines"), nw.col("taken").sum().alias("observed"))
        .with_columns(
            nw.lit(0, nw.Int64).alias("limit"),
            nw.col("observed").alias("excess"),
            nw.lit("unknown-retailer").alias("message"),
        )
    )
    return Outcome(flagged, ("retailer_id",), tally(case.lines))


UNKNOWN_RETAILER = Rule(
    name="unknown-retailer",
    code="V05",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="retailers.retailer_id",
    find=unknown_retailer,
    wants=("clerk",),
)
