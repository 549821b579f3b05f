"""Orders of a retailer that is not on file."""

from __future__ import annotations

from datetime import date

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, count, tally
from allocator.auditing.timing import spelt

TAKEN = nw.max_horizontal("granted", "requested").fill_null(0)
"""Cartons that show that a line is a real order, whichever of the two columns is known."""


def unknown_retailer(case: Case) -> Outcome:
    """Orders stand under a retailer number that the retailers table does not hold.

    What it finds
    -------------
    Retailers in the orders that are not in the retailers table, with all their lines; and lines
    placed before the first day on which the retailer is on file (valid_from).

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
        _unknown(case)
        .with_columns(TAKEN.alias("taken"))
        .group_by("retailer_id", "begins")
        .agg(count().alias("lines"), nw.col("taken").sum().alias("observed"))
        .with_columns(
            *NOTHING_ALLOWED,
            nw.when(nw.col("begins").is_null())
            .then(nw.lit("unknown-retailer"))
            .otherwise(nw.lit("unknown-retailer-yet"))
            .alias("message"),
        )
    )
    keys = ("retailer_id",)
    return Outcome(flagged, keys, tally(case.lines), lines=_unknown(case), tell=spelt("begins"))


def _unknown(case: Case) -> Frame:
    """Lines of retailers that are not on file on the day of the order.

    begins : the first day they are on file; null = no row of theirs at all
    """
    strangers = case.lines.filter(nw.col("i").is_null())
    if case.shop_rows is None:
        return strangers.with_columns(nw.lit(None, nw.Date).alias("begins"))
    begins = nw.col("valid_from").fill_null(date.min).min().alias("begins")
    filed = case.shop_rows.group_by("retailer_id").agg(begins)
    placed = nw.col("ordered_at").dt.date() >= nw.col("begins")
    return strangers.join(filed, on="retailer_id", how="left").filter(
        nw.col("begins").is_null() | ~placed.fill_null(True)
    )


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
