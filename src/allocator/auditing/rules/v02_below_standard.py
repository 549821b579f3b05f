"""Fewer cartons than the standard gives."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.former import name_former_tier
from allocator.auditing.rule import Outcome, Rule, tally


def below_standard(case: Case) -> Outcome:
    """A retailer asked for what it may have and was entered for less.

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
    counts as withheld. Make-up orders add to what was granted, not to what was asked. Lines of the
    second round are left out where nobody tells what it gave. A request that was lowered before
    it was written down is not seen.
    """
    judged = case.pairs.filter(
        (nw.col("status") == "active") & ~nw.col("cell").is_null() & nw.col("released")
    )
    owed = nw.col("standard") - nw.col("first")
    gone = ~nw.col("left").is_null() & (owed > nw.col("left"))
    known = ~nw.col("standard").is_null() & ~nw.col("granted").is_null() & ~gone.fill_null(False)
    flagged = judged.filter(known & (owed > 0)).select(
        "i",
        "k",
        "cell",
        "lines",
        "tier",
        "quota",
        nw.col("asked").alias("requested"),
        nw.col("first").alias("granted"),
        "standard",
        nw.col("first").alias("observed"),
        nw.col("standard").alias("limit"),
        owed.alias("owed"),
        nw.when(nw.col("standard") > nw.col("quota"))
        .then(nw.lit("below-standard-second-round"))
        .otherwise(nw.lit("below-standard"))
        .alias("message"),
    )
    return Outcome(
        flagged,
        ("i", "k"),
        tally(judged, known, "lines"),
        tell=lambda found, _: name_former_tier(case, found),
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
