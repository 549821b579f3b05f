"""Unpaid orders that should have been cancelled."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.rules.v19_unpaid_delivered import unpaid
from allocator.auditing.timing import TAKEN, ordinary, spelt

MOMENTS = ("ordered_at", "called_at", "changed_at", "paid_at", "delivered_at")
"""Times of an order line: the latest of the table is when the table was made, or earlier."""


def unpaid_not_cancelled(case: Case) -> Outcome:
    """An order was not paid in time and still stands.

    What it finds
    -------------
    Ordinary orders with cartons that were paid only after the time at which the policy cancels
    unpaid orders (ordering.cutoffs.cancel), or that are unpaid although the table holds later
    times, without a cause on record. Delivered ones are found by unpaid-delivered.

    Why it matters
    --------------
    Cancelled cartons go back to the pool and to others. A shop whose order stands without money
    is kept its place.

    Example
    -------
    Unpaid orders fall at 17:00; order D0055 was paid at 18:20 and not cancelled.

    What to do
    ----------
    Ask who kept the order; record the cause (a bank's fault) with approval, or cancel it.

    Known limits
    ------------
    The time counts on the day on which orders close: that of the calendar, else the day of the
    order. When the table was made is not known: only a time in it that is later proves that an
    unpaid order outlived its cut-off. Without a column for causes nothing is checked.
    """
    moment = nw.col("ordered_at")
    falls = case.hours.cancelling(moment)
    judged = (
        ordinary(case)
        .filter(nw.col("delivered_at").is_null(), nw.col("cause").is_null())
        .with_columns(falls.alias("falls"))
        .filter(moment <= nw.col("falls"))
    )
    late = judged.filter(nw.col("paid_at") > nw.col("falls")).with_columns(
        nw.col("paid_at").alias("seen"), nw.lit("unpaid-not-cancelled-late").alias("message")
    )
    latest = case.lines.select(nw.max_horizontal(*MOMENTS).max().alias("seen"))
    open_still = (
        unpaid(case, judged)
        .join(latest, how="cross")
        .filter(nw.col("seen") > nw.col("falls"))
        .with_columns(nw.lit("unpaid-not-cancelled").alias("message"))
    )
    flagged = nw.concat([late, open_still], how="vertical")
    return Outcome(
        found=_by_order(flagged),
        keys=("o", "retailer_id", "message"),
        tally=tally(judged),
        lines=flagged,
        tell=spelt("moment", "falls"),
    )


def _by_order(flagged: Frame) -> Frame:
    return (
        flagged.group_by("o", "retailer_id", "message")
        .agg(
            nw.col("seen").max().alias("moment"),
            nw.col("falls").min(),
            TAKEN.sum().alias("observed"),
        )
        .with_columns(*NOTHING_ALLOWED)
    )


UNPAID_NOT_CANCELLED = Rule(
    name="unpaid-not-cancelled",
    code="V20",
    kind="violation",
    severity="medium",
    subject="order_id",
    unit="cartons",
    policy="ordering.cutoffs.cancel",
    find=unpaid_not_cancelled,
    needs=("paid_at", "cause", "policy.ordering.cutoffs.cancel"),
    wants=("delivered_at", "due_amount"),
)
