"""Orders that were changed after orders had closed."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.timing import TAKEN, ordinary, spelt


def edited_after_cutoff(case: Case) -> Outcome:
    """An order was placed in time and changed after the cut-off, and no cause is on record.

    What it finds
    -------------
    Ordinary orders with cartons whose last change (changed_at) is later than the cut-off that
    binds them (closes_at of the calendar, else the closing time of the policy on their day),
    without a cause. A change at the very moment of payment or delivery is that event, not an edit.

    Why it matters
    --------------
    After the cut-off the orders are what everybody's share was computed from. Cartons that move
    afterwards move from one shop to another by hand.

    Example
    -------
    Orders closed at 16:00; C07 changed order D0031 at 19:42, no cause is given.

    What to do
    ----------
    Ask who changed what, and compare with the recording; restore the order or record the cause.

    Known limits
    ------------
    Only the last change is on record, not what it changed. Cancelled orders are not looked at:
    unpaid ones are cancelled after the cut-off by rule. Late orders are found by after-cutoff.
    Without a column for causes nothing is checked.
    """
    moment, changed = nw.col("ordered_at"), nw.col("changed_at")
    closing = case.hours.closing(moment)
    judged = ordinary(case).filter(moment <= closing)
    event = (changed == nw.col("paid_at")).fill_null(False) | (
        changed == nw.col("delivered_at")
    ).fill_null(False)
    flagged = judged.filter(changed > closing, ~event, nw.col("cause").is_null()).with_columns(
        closing.alias("closing")
    )
    found = flagged.group_by("o", "retailer_id").agg(
        changed.max().alias("moment"),
        nw.col("closing").min(),
        nw.col("changed_by").min().alias("editor"),
        TAKEN.sum().alias("observed"),
    )
    return Outcome(
        found=found.with_columns(
            *NOTHING_ALLOWED,
            nw.when(nw.col("editor").is_null())
            .then(nw.lit("edited-after-cutoff"))
            .otherwise(nw.lit("edited-after-cutoff-by"))
            .alias("message"),
            nw.lit(case.hours.path).alias("policy"),
        ),
        keys=("o", "retailer_id"),
        tally=tally(judged),
        lines=flagged,
        tell=spelt("moment", "closing"),
    )


EDITED_AFTER_CUTOFF = Rule(
    name="edited-after-cutoff",
    code="V23",
    kind="violation",
    severity="high",
    subject="order_id",
    unit="cartons",
    policy="calendar.closes_at",
    find=edited_after_cutoff,
    needs=("changed_at", "cause", "calendar.closes_at"),
    wants=("changed_by",),
)
