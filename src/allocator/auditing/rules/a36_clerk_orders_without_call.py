"""Orders without a call, by order-taker."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.clerks.measures import WITHOUT_CALL
from allocator.auditing.clerks.outside import outside, rule_about
from allocator.auditing.rule import Outcome


def clerk_orders_without_call(case: Case) -> Outcome:
    """An order-taker has orders by phone without a call for more shops than chance explains (N20).

    What it finds
    -------------
    Order-takers with orders by phone of more shops that have neither the time of a call (called_at)
    nor a recording (recording_id) than chance explains. Not judged without both columns.
    The count of an order-taker is set beside what comes when the shops that stand out in the city
    are dealt to the order-takers at random, like shops among each other (tier, number of lines).
    Who has fewer than ``audit.thresholds.clerk_shops`` (10) shops, or fewer than three that stand
    out, is never named; ``clerk_false_alarms`` (5 %) bounds the false alarms over all order-takers
    and indicators together. ``docs/order-takers.md`` says how.

    Why it matters
    --------------
    What was not recorded cannot be listened to, and perhaps there was no call.

    Example
    -------
    15 of 50 shops of C06 have no recording; all others together 2 of 260.

    What to do
    ----------
    Ask for the recordings; ask the shops whether they were called.

    Known limits
    ------------
    Shops whose pair of retailer and product two order-takers entered together count against
    neither. Differences that shops bring along beyond tier and number of lines are not taken out.
    With few order-takers or few shops much stays undecided.
    """
    return outside(case, WITHOUT_CALL)


CLERK_ORDERS_WITHOUT_CALL = rule_about(
    WITHOUT_CALL, clerk_orders_without_call, needs=("clerk",), wants=("called_at", "recording_id")
)
