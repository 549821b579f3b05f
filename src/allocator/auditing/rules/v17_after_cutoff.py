"""Orders placed after orders had closed."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.timing import TAKEN, ordinary, spelt


def after_cutoff(case: Case) -> Outcome:
    """An order was placed after the cut-off, and no cause is on record.

    What it finds
    -------------
    Ordinary orders with cartons placed after the last window of the cycle closed (closes_at of
    the calendar), or, without a calendar that says so, after the closing time of the policy
    (ordering.cutoffs.order) on their day, without a cause. At the very moment is in time.

    Why it matters
    --------------
    Everybody else had to be in time. An order after the cut-off takes from what was left for the
    second round, for a shop that somebody likes.

    Example
    -------
    Orders closed on Friday at 16:00; order D0091 was placed at 18:05 without a cause.

    What to do
    ----------
    Ask the order-taker for the cause and who approved it; record both, or cancel the order.

    Known limits
    ------------
    Lines of kind make_up, and late lines with a cause, are judged by unapproved-make-up. The second
    round is left out: it is offered after the first closed. Times are compared as the tables give
    them, to the microsecond. Without a column for causes nothing is checked.
    """
    moment = nw.col("ordered_at")
    closing = case.hours.closing(moment)
    judged = ordinary(case)
    flagged = judged.filter(moment > closing, nw.col("cause").is_null()).with_columns(
        closing.alias("closing")
    )
    found = flagged.group_by("o", "retailer_id").agg(
        moment.max().alias("moment"),
        nw.col("closing").min(),
        TAKEN.sum().alias("observed"),
    )
    return Outcome(
        found=found.with_columns(
            *NOTHING_ALLOWED,
            nw.lit("after-cutoff").alias("message"),
            nw.lit(case.hours.path).alias("policy"),
        ),
        keys=("o", "retailer_id"),
        tally=tally(judged, ~moment.is_null()),
        lines=flagged,
        tell=spelt("moment", "closing"),
    )


AFTER_CUTOFF = Rule(
    name="after-cutoff",
    code="V17",
    kind="violation",
    severity="high",
    subject="order_id",
    unit="cartons",
    policy="calendar.closes_at",
    find=after_cutoff,
    needs=("calendar.closes_at", "cause"),
    wants=("clerk",),
)
