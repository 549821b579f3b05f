"""Below the standard, by order-taker."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.clerks.measures import BELOW
from allocator.auditing.clerks.outside import outside, rule_about
from allocator.auditing.rule import Outcome


def clerk_below_standard(case: Case) -> Outcome:
    """An order-taker enters less than the standard for more shops than chance explains (N1, N20).

    What it finds
    -------------
    Order-takers with more shops below the standard (rule below-standard) than chance explains.
    The count of an order-taker is set beside what comes when the shops that stand out in the city
    are dealt to the order-takers at random, like shops among each other (tier, number of lines).
    Who has fewer than ``audit.thresholds.clerk_shops`` (10) shops, or fewer than three that stand
    out, is never named; ``clerk_false_alarms`` (5 %) bounds the false alarms over all order-takers
    and indicators together. ``docs/order-takers.md`` says how.

    Why it matters
    --------------
    One line below the standard can be a slip of the hand. Many with one order-taker, and few with
    the others, have a cause; it need not be the order-taker.

    Example
    -------
    C03 entered less for 10 of 28 shops; by chance it would be 2, and all others together have 1
    of 136.

    What to do
    ----------
    Listen to the recordings of the orders named, hear the order-taker, then make up what is owed.

    Known limits
    ------------
    Shops whose pair of retailer and product two order-takers entered together count against
    neither. Differences that shops bring along beyond tier and number of lines are not taken out.
    With few order-takers or few shops much stays undecided.
    """
    return outside(case, BELOW)


CLERK_BELOW_STANDARD = rule_about(
    BELOW, clerk_below_standard, needs=("clerk", "requested", "granted")
)
