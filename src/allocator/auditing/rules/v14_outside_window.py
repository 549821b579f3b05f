"""Orders placed when none could be placed."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.timing import TAKEN, ordinary, spelt, with_time


def outside_window(case: Case) -> Outcome:
    """An order was placed before the window of the cycle opened, or between two windows.

    What it finds
    -------------
    Ordinary orders with cartons whose time lies in no window of the calendar (opens_at to
    closes_at, both inside): before the first one opens, or between two of them without a cause on
    record. What comes after the last one closes is found by after-cutoff.

    Why it matters
    --------------
    Who orders before everybody else can has the first choice in the second round and of what is
    short; an order at night was placed by somebody with a key to the system.

    Example
    -------
    Orders of the cycle open on Monday at 8:00; order D0007 was placed on Monday at 6:12.

    What to do
    ----------
    Find out who entered the order and from where; cancel it if the shop did not place it.

    Known limits
    ------------
    Needs a calendar with opens_at or closes_at. Times are compared as the tables give them: a
    clock that is wrong shows here. Lines at midnight to the second are not checked: exports of days
    alone say so. Make-up orders and the second round have hours of their own.
    """
    moment = nw.col("ordered_at")
    judged = ordinary(case)
    timed = with_time(moment)
    early = case.hours.early(moment)
    late = moment > case.hours.closing(moment) if case.hours.closings else nw.lit(False)
    flagged = judged.filter(
        timed, ~case.hours.inside(moment), ~late, early | nw.col("cause").is_null()
    ).with_columns(
        nw.when(early)
        .then(nw.lit("outside-window-early"))
        .otherwise(nw.lit("outside-window-between"))
        .alias("message"),
    )
    found = flagged.group_by("o", "retailer_id", "message").agg(
        moment.min().alias("moment"), TAKEN.sum().alias("observed")
    )
    return Outcome(
        found=found.with_columns(*NOTHING_ALLOWED),
        keys=("o", "retailer_id", "message"),
        tally=tally(judged, timed),
        lines=flagged,
        tell=spelt("moment"),
    )


OUTSIDE_WINDOW = Rule(
    name="outside-window",
    code="V14",
    kind="violation",
    severity="medium",
    subject="order_id",
    unit="cartons",
    policy="calendar.opens_at",
    find=outside_window,
    needs=("calendar.opens_at",),
    wants=("clerk",),
)
