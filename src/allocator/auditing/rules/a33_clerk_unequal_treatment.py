"""Unequal treatment, by order-taker."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.clerks.measures import UNEQUAL
from allocator.auditing.clerks.outside import outside, rule_about
from allocator.auditing.rule import Outcome


def clerk_unequal_treatment(case: Case) -> Outcome:
    """An order-taker treats equals unequally for more shops than chance explains (N1, N20).

    What it finds
    -------------
    Order-takers with more shops that depart in unequal treatment (rule unequal-treatment) than
    chance explains.
    The count of an order-taker is set beside what comes when the shops that stand out in the city
    are dealt to the order-takers at random, like shops among each other (tier, number of lines).
    Who has fewer than ``audit.thresholds.clerk_shops`` (10) shops, or fewer than three that stand
    out, is never named; ``clerk_false_alarms`` (5 %) bounds the false alarms over all order-takers
    and indicators together. ``docs/order-takers.md`` says how.

    Why it matters
    --------------
    Equals are treated alike by rule; who treats them differently again and again has a reason that
    should be heard.

    Example
    -------
    9 of 28 shops of C03 departed from how their equals were treated; all others together 4 of 136.

    What to do
    ----------
    Compare the shops with their equals, as the findings of unequal-treatment name them, and listen
    to both calls.

    Known limits
    ------------
    Shops whose pair of retailer and product two order-takers entered together count against
    neither. Differences that shops bring along beyond tier and number of lines are not taken out.
    With few order-takers or few shops much stays undecided.
    """
    return outside(case, UNEQUAL)


CLERK_UNEQUAL_TREATMENT = rule_about(
    UNEQUAL, clerk_unequal_treatment, needs=("clerk", "requested", "granted")
)
