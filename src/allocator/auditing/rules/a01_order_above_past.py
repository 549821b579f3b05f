"""An order far above what the shop ordered before."""

from __future__ import annotations

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.history import (
    PERMYRIAD,
    cycles_before,
    judged_shops,
    largest_rise,
    own_orders,
    permyriad,
    set_aside,
    with_judged,
)
from allocator.auditing.rule import Outcome, Rule, tally


def order_above_past(case: Case) -> Outcome:
    """A shop ordered more than twice what it ordered on average in its three orders before.

    What it finds
    -------------
    Shops whose cartons of the cycle are over ``audit.thresholds.order_over_mean`` (200 %) of the
    mean of their last ``cycles`` (three) order cycles, and at least ``least_cartons``. First set
    aside: products that nobody had in the cycles before (new), products of which the other shops
    together took more than ``audit.set_aside.arrivals`` of their mean too (uneven arrivals), and
    cycles that a holiday of ``audit.set_aside.holidays`` touches. Cycles in which the shop did
    not order are passed over.

    Why it matters
    --------------
    One of the national thresholds: a shop that orders for others shows first in its quantities.

    Example
    -------
    R17 ordered 84 cartons, in its three orders before 30 on average; most of the rise is P0103,
    40 instead of 5.

    What to do
    ----------
    Ask the customer manager what changed at the shop, and look at the stock there.

    Known limits
    ------------
    Triage, not a verdict: on ordinary orders (Iowa, scarce products, August to October 2021) it
    flags 127 of the 1,448 shops that ordered in these months, 9 %. Shops with fewer than three
    earlier orders are not judged and are counted. Ordinary causes: a feast, a shop next door that
    closed, a larger stock before a journey. The season is not known to the rule: name the
    holidays. What many shops buy together counts as an uneven arrival here: product-day-peak and
    product-month-up see that.
    """
    limits = case.policy.thresholds
    number, before = limits.cycles, cycles_before(case)
    rows, visits = own_orders(case, before, number)
    rows = case.engine.keep(set_aside(case, rows, min(number, len(before.cycles))))
    judged = judged_shops(rows, visits, number, touched=before.touched)
    limit = nw.col("before") * permyriad(limits.order_over_mean) // (PERMYRIAD * number)
    flagged = judged.with_columns(limit.alias("limit")).filter(
        nw.col("now") > nw.col("limit"), nw.col("now") >= limits.least_cartons
    )
    rising = largest_rise(rows, flagged, number)
    found = flagged.join(rising, on="i", how="left").select(
        "i",
        "limit",
        "aside",
        "rising",
        "rising_now",
        "rising_usual",
        nw.col("now").alias("observed"),
        ((2 * nw.col("before") + number) // (2 * number)).alias("usual"),
        "before",
        nw.lit(number, nw.Int64).alias("cycles"),
        nw.lit("order-above-past").alias("message"),
    )
    return Outcome(found, ("i",), tally(*with_judged(case, judged)))


ORDER_ABOVE_PAST = Rule(
    name="order-above-past",
    code="A01",
    kind="alert",
    severity="low",
    subject="retailer_id",
    unit="cartons",
    policy="audit.thresholds.order_over_mean",
    find=order_above_past,
    needs=("past",),
    wants=("clerk",),
)
