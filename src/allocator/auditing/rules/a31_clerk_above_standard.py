"""Above the standard, by order-taker."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.clerks.measures import ABOVE
from allocator.auditing.clerks.outside import outside, rule_about
from allocator.auditing.rule import Outcome


def clerk_above_standard(case: Case) -> Outcome:
    """An order-taker enters more than the standard for more shops than chance explains (N20).

    What it finds
    -------------
    Order-takers with more shops above the standard (rules over-quota, not-released and
    above-request) than chance explains.
    The count of an order-taker is set beside what comes when the shops that stand out in the city
    are dealt to the order-takers at random, like shops among each other (tier, number of lines).
    Who has fewer than ``audit.thresholds.clerk_shops`` (10) shops, or fewer than three that stand
    out, is never named; ``clerk_false_alarms`` (5 %) bounds the false alarms over all order-takers
    and indicators together. ``docs/order-takers.md`` says how.

    Why it matters
    --------------
    What one shop gets above the standard others lack.

    Example
    -------
    C04 entered more for 6 of 28 shops; all others together for 1 of 136.

    What to do
    ----------
    Listen to the recordings of the orders named: who asked for the extra cartons, and why were they
    given?

    Known limits
    ------------
    Shops whose pair of retailer and product two order-takers entered together count against
    neither. Differences that shops bring along beyond tier and number of lines are not taken out.
    With few order-takers or few shops much stays undecided.
    """
    return outside(case, ABOVE)


CLERK_ABOVE_STANDARD = rule_about(ABOVE, clerk_above_standard, needs=("clerk", "granted"))
