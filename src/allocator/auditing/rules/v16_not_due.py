"""Orders of a fortnightly retailer in the other week."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.timing import TAKEN, taking


def not_due(case: Case) -> Outcome:
    """A retailer that orders every second week holds cartons in the week between.

    What it finds
    -------------
    Fortnightly retailers (单周, 双周) that are not due in the cycle and hold cartons of any
    product, make-up orders aside.

    Why it matters
    --------------
    A fortnightly shop often has twice the quota for its week; with an order in the other week it
    has it twice over.

    Example
    -------
    R000345 orders in odd weeks; order D0090 of week 46 holds 3 cartons.

    What to do
    ----------
    Stop delivery and take the cartons back to the pool. If the shop's rhythm has changed, change
    it in its file with the day from which it holds.

    Known limits
    ------------
    Weeks are ISO weeks of the calendar's order days; without a calendar everybody may order every
    week. Suspended and closed shops are found by inactive-retailer.
    """
    judged = taking(case).filter(nw.col("status") == "active", nw.col("kind") != "make_up")
    flagged = judged.filter(~nw.col("due").fill_null(True))
    found = flagged.group_by("retailer_id").agg(TAKEN.sum().alias("observed"))
    return Outcome(
        found=found.with_columns(
            *NOTHING_ALLOWED,
            nw.lit("not-due").alias("message"),
        ),
        keys=("retailer_id",),
        tally=tally(judged),
        lines=flagged,
    )


NOT_DUE = Rule(
    name="not-due",
    code="V16",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="retailers.order_cycle",
    find=not_due,
    needs=("calendar.order_day",),
    wants=("clerk",),
)
