"""Favours: extra cartons for few shops, by order-taker."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.clerks.measures import FEW_SHOPS
from allocator.auditing.clerks.outside import outside, rule_about
from allocator.auditing.rule import Outcome


def clerk_few_shops(case: Case) -> Outcome:
    """What an order-taker enters above the standard goes to few shops (N16, N20).

    What it finds
    -------------
    Order-takers whose lines above the standard fall on fewer shops than if they were spread by
    chance over the lines on which shops asked for more than was entered, or got more.
    The count of an order-taker is set beside what comes when the shops that stand out in the city
    are dealt to the order-takers at random, like shops among each other (tier, number of lines).
    Who has fewer than ``audit.thresholds.clerk_shops`` (10) shops, or fewer than three that stand
    out, is never named; ``clerk_false_alarms`` (5 %) bounds the false alarms over all order-takers
    and indicators together. ``docs/order-takers.md`` says how.

    Why it matters
    --------------
    Slips of the hand fall anywhere; favours fall on friends.

    Example
    -------
    16 lines above the standard with 4 shops, of 28 that wanted more; by chance they would reach 12.

    What to do
    ----------
    Listen to the calls of these shops, and see whether the same shops have been favoured in earlier
    cycles.

    Known limits
    ------------
    Shops whose pair of retailer and product two order-takers entered together count against
    neither. Differences that shops bring along beyond tier and number of lines are not taken out.
    With few order-takers or few shops much stays undecided.
    """
    return outside(case, FEW_SHOPS)


CLERK_FEW_SHOPS = rule_about(
    FEW_SHOPS, clerk_few_shops, unit="lines", needs=("clerk", "requested", "granted")
)
