"""Orders that were delivered though nobody paid."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.timing import TAKEN, spelt, taking


def unpaid_delivered(case: Case) -> Outcome:
    """An order was delivered and has not been paid.

    What it finds
    -------------
    Orders with cartons and a time of delivery, without a time of payment or the status paid on
    any line, whose amount due, where it is on record, is not 0.

    Why it matters
    --------------
    Others lost their cartons because their money was not there at the cut-off. Who has them on
    credit is favoured, and somebody carries the money.

    Example
    -------
    Order D0047 was delivered on 2026-11-18 with 12 cartons; no payment is on record.

    What to do
    ----------
    Ask finance whether the money has come; if not, collect it and ask who released the delivery.

    Known limits
    ------------
    Payments that the export does not hold yet show here: export after the bank's last file of
    the cycle. Where no order at all has a time of payment, nothing is checked.
    """
    judged = taking(case).filter(~nw.col("delivered_at").is_null())
    flagged = unpaid(case, judged)
    found = flagged.group_by("o", "retailer_id").agg(
        nw.col("delivered_at").min().alias("moment"), TAKEN.sum().alias("observed")
    )
    return Outcome(
        found=found.with_columns(
            *NOTHING_ALLOWED,
            nw.lit("unpaid-delivered").alias("message"),
        ),
        keys=("o", "retailer_id"),
        tally=tally(judged),
        lines=flagged,
        tell=spelt("moment"),
    )


def unpaid(case: Case, lines: Frame) -> Frame:
    """Lines of orders that nobody has paid and for which something is due.

    An order is paid as a whole: some exports tell the payment on one of its lines only.
    """
    whole = ["o", "retailer_id"]
    told = ~nw.col("paid_at").is_null() | (nw.col("order_status").fill_null("") == "paid")
    paid = case.lines.filter(told).select(*whole).unique()
    return lines.filter(nw.col("due_amount").fill_null(1) != 0).join(paid, on=whole, how="anti")


UNPAID_DELIVERED = Rule(
    name="unpaid-delivered",
    code="V19",
    kind="violation",
    severity="high",
    subject="order_id",
    unit="cartons",
    policy="orders.paid_at",
    find=unpaid_delivered,
    needs=("paid_at", "delivered_at"),
    wants=("due_amount",),
)
