"""Fewer cartons than the standard gives."""

from __future__ import annotations

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.evidence import trace
from allocator.auditing.former import name_former_tier
from allocator.auditing.rule import Outcome, Rule, count_lines


def below_standard(case: Case) -> Outcome:
    """A retailer asked for what it may have and was entered for less (need N1).

    What it finds
    -------------
    Pairs of retailer and product whose lines together grant less than the standard: the award of
    the allocation where there is one, else min(requested, limit) in whole lots.

    Why it matters
    --------------
    This is the complaint "he got 10 cartons, I got 5": the order-taker did not follow the
    standard, and the retailer cannot see it.

    Example
    -------
    Tier 17 may order 10 cartons of P0103, the retailer asked for 10, order D0012 holds 5.

    What to do
    ----------
    Make up the difference from the reserve; listen to the recording of the call.

    Known limits
    ------------
    Not checked where the request is unknown: an order with one quantity cannot tell what was
    asked. Where a published quota table promises more than the supply, only what is still there
    counts as withheld. Make-up orders add to what was granted, not to what was asked. A request
    that was lowered before it was written down is not seen.
    """
    judged = case.pairs.filter(
        (pl.col("status") == "active") & pl.col("cell").is_not_null() & pl.col("released")
    )
    owed = pl.col("standard") - pl.col("granted")
    gone = pl.col("left").is_not_null() & (owed > pl.col("left"))
    known = judged.filter(
        pl.col("standard").is_not_null() & pl.col("granted").is_not_null() & ~gone.fill_null(False)
    )
    flagged = known.filter(owed > 0).select(
        "i",
        "k",
        "lines",
        "tier",
        "quota",
        pl.col("asked").alias("requested"),
        "granted",
        "standard",
        pl.col("granted").alias("observed"),
        pl.col("standard").alias("limit"),
        owed.alias("owed"),
        pl.when(pl.col("standard") > pl.col("quota"))
        .then(pl.lit("below-standard-second-round"))
        .otherwise(pl.lit("below-standard"))
        .alias("message"),
    )
    return Outcome(
        found=trace(case, name_former_tier(case, flagged), ("i", "k")),
        checked=count_lines(known),
        concerned=count_lines(flagged),
        not_checked=count_lines(judged) - count_lines(known),
    )


BELOW_STANDARD = Rule(
    name="below-standard",
    code="V02",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="quotas",
    find=below_standard,
    needs=("requested", "granted"),
    wants=("clerk", "awards.award"),
)
