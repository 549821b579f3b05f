"""More cartons of several products together than their basket holds."""

from __future__ import annotations

from allocator.auditing.case import Case
from allocator.auditing.rule import Outcome, Rule
from allocator.auditing.rules.v12_band_exceeded import together_exceeded


def basket_exceeded(case: Case) -> Outcome:
    """A retailer holds more of the products of a basket together than the policy allows.

    What it finds
    -------------
    Retailers whose lines of the cycle grant more cartons of a basket's products together than
    the basket allows their tier.

    Why it matters
    --------------
    A basket keeps one shop from taking much of everything that is scarce. Quotas are made to fit
    in it, so only an order above a quota, or a quota table that breaks the policy, goes beyond.

    Example
    -------
    Nobody may have more than 40 cartons of all scarce products together; a shop holds 43.

    What to do
    ----------
    Take the cartons above the total back to the pool before delivery. Where the message says that
    the quota table itself adds up to more, mend the table: the order-taker kept to it.

    Known limits
    ------------
    Baskets come from the policy; without one there is nothing to check. Lines that are entered
    twice (see duplicate-line) count once.
    """
    return together_exceeded(case, case.plan.baskets, case.plan.between, "basket-exceeded")


BASKET_EXCEEDED = Rule(
    name="basket-exceeded",
    code="V13",
    kind="violation",
    severity="high",
    subject="retailer_id",
    unit="cartons",
    policy="allocation.baskets",
    find=basket_exceeded,
    needs=("granted", "baskets.at_most"),
    wants=("clerk",),
)
