"""Orders of unanswered calls, by order-taker."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.clerks.measures import UNANSWERED
from allocator.auditing.clerks.outside import outside, rule_about
from allocator.auditing.rule import Outcome


def clerk_unanswered_calls(case: Case) -> Outcome:
    """An order-taker has orders of unanswered calls for more shops than chance explains (N20).

    What it finds
    -------------
    Order-takers with orders by phone of more shops whose call was not answered (call_result) than
    chance explains.
    The count of an order-taker is set beside what comes when the shops that stand out in the city
    are dealt to the order-takers at random, like shops among each other (tier, number of lines).
    Who has fewer than ``audit.thresholds.clerk_shops`` (10) shops, or fewer than three that stand
    out, is never named; ``clerk_false_alarms`` (5 %) bounds the false alarms over all order-takers
    and indicators together. ``docs/order-takers.md`` says how.

    Why it matters
    --------------
    Without a talk nobody can have said what the shop wants: its right to order may have been used
    by somebody else.

    Example
    -------
    12 of 60 shops of C05 did not answer and have an order; all others together 5 of 300.

    What to do
    ----------
    Ask the shops whether they ordered; listen to later calls to them.

    Known limits
    ------------
    Shops whose pair of retailer and product two order-takers entered together count against
    neither. Differences that shops bring along beyond tier and number of lines are not taken out.
    With few order-takers or few shops much stays undecided.
    """
    return outside(case, UNANSWERED)


CLERK_UNANSWERED_CALLS = rule_about(
    UNANSWERED, clerk_unanswered_calls, needs=("clerk", "call_result")
)
