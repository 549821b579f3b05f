"""A month far above the one before."""

from __future__ import annotations

from datetime import date

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.history import (
    MOST_LINE,
    PERMYRIAD,
    largest_rise,
    members,
    nothing_judged,
    permyriad,
    set_aside,
    totals,
    with_judged,
)
from allocator.auditing.months import months_before, purchases, with_sales_rows
from allocator.auditing.rule import Outcome, Rule, tally


def month_above_last(case: Case) -> Outcome:
    """A shop bought more than twice what it bought in the month before.

    What it finds
    -------------
    Shops whose purchases of the last complete month are over
    ``audit.thresholds.month_over_last`` (200 %) of the month before, and at least
    ``least_cartons``. First set aside: products that nobody bought in the month before (new),
    products of which the other shops bought more than ``audit.set_aside.arrivals`` of their last
    month too (uneven arrivals), and months that a holiday of ``audit.set_aside.holidays``
    touches.

    Why it matters
    --------------
    One of the national thresholds: what a single order hides shows in the month.

    Example
    -------
    R17 bought 420 cartons in October and 130 in September; most of the rise is P0103.

    What to do
    ----------
    Compare with the shop's own sales and stock; ask the customer manager what changed.

    Known limits
    ------------
    On ordinary sales (Iowa, August to October 2021) it flags 337 of the 5,271 shops that bought in
    these months, 6 %. Needs two whole months of sales
    without a gap; shops that joined after the first day of the earlier month, or bought nothing in
    it, are not judged. Ordinary causes: a poor month before (illness, building work), a feast, a
    new customer such as a restaurant.
    """
    limits = case.policy.thresholds
    months = months_before(case, 2)
    if case.sales is None or len(months) < 2:
        return nothing_judged(case)
    rows = case.engine.keep(set_aside(case, _bought(case, case.sales, *months), 1))
    shops = totals(rows).filter(nw.col("before") > 0)
    limit = nw.col("before") * permyriad(limits.month_over_last) // PERMYRIAD
    flagged = shops.with_columns(limit.alias("limit")).filter(
        nw.col("now") > nw.col("limit"), nw.col("now") >= limits.least_cartons
    )
    rising = largest_rise(rows, flagged, 1)
    found = flagged.join(rising, on="i", how="left").join(members(case), on="i")
    told = found.select(
        "i",
        "retailer_id",
        "limit",
        "aside",
        "rising",
        "rising_now",
        "rising_usual",
        nw.col("now").alias("observed"),
        nw.col("before").alias("usual"),
        nw.lit(f"{months[0]:%Y-%m}").alias("month"),
        nw.lit(f"{months[1]:%Y-%m}").alias("month_before"),
        nw.lit("month-above-last").alias("message"),
    )
    return Outcome(
        told,
        ("i",),
        tally(*with_judged(case, shops)),
        tell=lambda found, _: with_sales_rows(case, found, months),
    )


def _bought(case: Case, sales: Frame, month: date, earlier: date) -> Frame:
    """What known shops bought of each product: i, product_id, now, before, recent."""
    zero, bought = nw.lit(0, nw.Int64), nw.col("quantity").clip(-MOST_LINE, MOST_LINE)
    sold = purchases(sales, [month, earlier]).join(members(case), on="retailer_id")
    if case.shops is not None:
        late = case.shops.filter(nw.col("joined_on") > earlier).select("retailer_id")
        sold = sold.join(late, on="retailer_id", how="anti")
    at = {"now": month, "before": earlier, "recent": earlier}
    columns = [
        nw.when(nw.col("month") == day).then(bought).otherwise(zero).alias(name)
        for name, day in at.items()
    ]
    return sold.with_columns(*columns).group_by("i", "product_id").agg(nw.col(*at).sum())


MONTH_ABOVE_LAST = Rule(
    name="month-above-last",
    code="A02",
    kind="alert",
    severity="low",
    subject="retailer_id",
    unit="cartons",
    policy="audit.thresholds.month_over_last",
    find=month_above_last,
    needs=("sales.quantity",),
)
