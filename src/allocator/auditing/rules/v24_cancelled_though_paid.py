"""Orders that were cancelled although they had been paid in time."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.timing import TAKEN, spelt


def cancelled_though_paid(case: Case) -> Outcome:
    """An order was paid in time and cancelled all the same.

    What it finds
    -------------
    Ordinary orders with cartons that were cancelled as a whole, without a cause on record, and
    paid no later than the time at which the policy cancels unpaid orders
    (ordering.cutoffs.cancel).

    Why it matters
    --------------
    The shop did its part and has nothing; its cartons went back to the pool and to others. This is
    the complaint "my order was cancelled" when it is right.

    Example
    -------
    Unpaid orders fall at 17:00; order D0061 was paid at 15:40 and is cancelled.

    What to do
    ----------
    Place a make-up order from the reserve, with cause and approval; ask who cancelled the order,
    and whether the bank's message came in time.

    Known limits
    ------------
    The time counts on the day on which orders close: that of the calendar, else the day of the
    order. An order that the shop took back itself shows here unless the cause is recorded. Lines
    struck from an order that otherwise stands are left out. Without a column for causes nothing is
    checked.
    """
    moment = nw.col("ordered_at")
    whole = ["o", "retailer_id"]
    fallen = case.fallen.filter(nw.col("kind") == "ordinary", TAKEN > 0)
    # Few orders fall: only their numbers are sought among the lines that stand.
    near = case.lines.join(fallen.select("o").unique(), on="o", how="semi")
    judged = (
        fallen.join(near.select(*whole).unique(), on=whole, how="anti")
        .with_columns(case.hours.cancelling(moment).alias("falls"))
        .filter(nw.col("cause").is_null(), moment <= nw.col("falls"))
    )
    # Some exports tell the payment on one line of an order only.
    in_time = judged.filter(nw.col("paid_at") <= nw.col("falls"))
    paid = in_time.group_by(*whole).agg(nw.col("paid_at").min().alias("moment"))
    flagged = judged.join(paid, on=whole, how="inner")
    found = flagged.group_by(*whole).agg(
        nw.col("moment", "falls").min(), TAKEN.sum().alias("observed")
    )
    return Outcome(
        found=found.with_columns(
            *NOTHING_ALLOWED,
            nw.lit("cancelled-though-paid").alias("message"),
        ),
        keys=("o", "retailer_id"),
        tally=tally(judged),
        lines=flagged,
        tell=spelt("moment", "falls"),
    )


CANCELLED_THOUGH_PAID = Rule(
    name="cancelled-though-paid",
    code="V24",
    kind="violation",
    severity="high",
    subject="order_id",
    unit="cartons",
    policy="ordering.cutoffs.cancel",
    find=cancelled_though_paid,
    needs=("status", "paid_at", "cause", "policy.ordering.cutoffs.cancel"),
)
