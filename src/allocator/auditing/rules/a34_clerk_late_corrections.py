"""Late corrections, by order-taker."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.clerks.measures import LATE
from allocator.auditing.clerks.outside import outside, rule_about
from allocator.auditing.rule import Outcome


def clerk_late_corrections(case: Case) -> Outcome:
    """An order-taker changes orders late for more shops than chance explains (N20).

    What it finds
    -------------
    Order-takers who changed the orders of more shops after the cut-off than chance explains; where
    no cut-off is known, after the order was placed. Changes that somebody else made (changed_by) do
    not count.
    The count of an order-taker is set beside what comes when the shops that stand out in the city
    are dealt to the order-takers at random, like shops among each other (tier, number of lines).
    Who has fewer than ``audit.thresholds.clerk_shops`` (10) shops, or fewer than three that stand
    out, is never named; ``clerk_false_alarms`` (5 %) bounds the false alarms over all order-takers
    and indicators together. ``docs/order-takers.md`` says how.

    Why it matters
    --------------
    Late changes move cartons when nobody looks any more.

    Example
    -------
    C02 changed the orders of 9 of 40 shops after 16:00; all others together 3 of 200.

    What to do
    ----------
    Ask what was changed and why; compare with the recordings.

    Known limits
    ------------
    Shops whose pair of retailer and product two order-takers entered together count against
    neither. Differences that shops bring along beyond tier and number of lines are not taken out.
    With few order-takers or few shops much stays undecided.
    """
    return outside(case, LATE)


CLERK_LATE_CORRECTIONS = rule_about(LATE, clerk_late_corrections, needs=("clerk", "changed_at"))
