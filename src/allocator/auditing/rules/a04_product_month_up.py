"""A product's month far above the one before, in the whole city."""

from __future__ import annotations

from datetime import date

import narwhals as nw

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame
from allocator.auditing.history import PERMYRIAD, nothing_judged, permyriad
from allocator.auditing.months import months_before, purchases, with_sales_rows
from allocator.auditing.rule import Outcome, Rule, tally

MONTHS = 3
"""Months before the last one whose mean it must exceed too: uneven arrivals are set aside so."""


def product_month_up(case: Case) -> Outcome:
    """The city bought far more of a product than in the month before.

    What it finds
    -------------
    Products of which all shops together bought over ``audit.thresholds.product_over_last``
    (150 %: 50 % more) of the month before, and also of the mean of up to three months before,
    at least ``least_cartons`` cartons. First set aside: products that nobody bought in the month
    before, or that appear for the second month only in a table of more (new); months that only
    make up for a poor one before (uneven arrivals: the mean of three months is the second
    bar); months that a holiday of ``audit.set_aside.holidays`` touches.

    Why it matters
    --------------
    One of the national thresholds, for a brand: a jump that a few shops carry is often stock
    gathered for another area.

    Example
    -------
    All shops together bought 900 cartons of P0103 in October after 500 in September; R17 alone
    took 210 of the 400 more.

    What to do
    ----------
    Look first at the shop that is named; where the rise is spread over many shops, ask marketing
    about a campaign or a price change.

    Known limits
    ------------
    On ordinary sales (Iowa, August to October 2021) it flags 638 of the 7,947 products sold in
    these months, 8 %. Seasons are not known to the rule: name the holidays. Sales without a
    product are left out. Ordinary causes: a campaign, a competing product that ran out, a change of
    price to come.
    """
    limits = case.policy.thresholds
    months = months_before(case, MONTHS + 1)
    if case.sales is None or len(months) < 2:
        return nothing_judged(case)
    sold = case.engine.keep(_sold(case.sales, months))
    city = sold.group_by("product_id").agg(
        *(nw.col(name).sum() for name in ("now", "last", "earlier", "sum")),
        nw.len().cast(nw.Int64).alias("retailers"),
    )
    rest = len(months) - 1
    judged = city.filter(nw.col("last") > 0)
    if rest > 1:
        judged = judged.filter(nw.col("earlier") > 0)
    factor = permyriad(limits.product_over_last)
    bar = nw.max_horizontal(
        nw.col("last") * factor // PERMYRIAD, nw.col("sum") * factor // (PERMYRIAD * rest)
    )
    flagged = judged.with_columns(bar.alias("limit")).filter(
        nw.col("now") > nw.col("limit"), nw.col("now") >= limits.least_cartons
    )
    found = flagged.join(_leader(sold, flagged), on="product_id").select(
        "product_id",
        "limit",
        "retailers",
        "worst",
        nw.col("rise").alias("worst_rise"),
        (nw.col("now") - nw.col("last")).alias("excess"),
        nw.col("now").alias("observed"),
        nw.col("last").alias("usual"),
        (nw.col("now") * 100 // nw.col("last") - 100).alias("percent"),
        nw.lit(f"{months[0]:%Y-%m}").alias("month"),
        nw.lit(f"{months[1]:%Y-%m}").alias("month_before"),
        nw.lit("product-month-up").alias("message"),
    )
    known = judged.select("product_id", nw.lit(1, nw.Int64).alias("mark"))
    lines = case.lines.select("product_id").join(known, on="product_id", how="left")
    return Outcome(
        found,
        ("product_id",),
        tally(lines, ~nw.col("mark").is_null()),
        tell=lambda found, _: with_sales_rows(case, found, months[:2], "product_id"),
    )


def _sold(sales: Frame, months: tuple[date, ...]) -> Frame:
    """Each shop's cartons of each product: now, last month, the ones before it, all before now."""
    month, zero = nw.col("month"), nw.lit(0, nw.Int64)
    parts = {
        "now": month == months[0],
        "last": month == months[1],
        "earlier": month < months[1],
        "sum": month < months[0],
    }
    columns = [
        nw.when(part).then(nw.col("quantity")).otherwise(zero).alias(name)
        for name, part in parts.items()
    ]
    return (
        purchases(sales, months)
        .filter(nw.col("product_id") != "")
        .with_columns(*columns)
        .group_by("product_id", "retailer_id")
        .agg(nw.col(*parts).sum())
    )


def _leader(sold: Frame, flagged: Frame) -> Frame:
    """The shop whose purchases of a flagged product rose most: product_id, worst, rise."""
    rises = sold.join(flagged.select("product_id"), on="product_id", how="semi").with_columns(
        (nw.col("now") - nw.col("last")).alias("rise")
    )
    most = rises.group_by("product_id").agg(nw.col("rise").max().alias("most_rise"))
    return (
        rises.join(most, on="product_id")
        .filter(nw.col("rise") == nw.col("most_rise"))
        .group_by("product_id", "rise")
        .agg(nw.col("retailer_id").min().alias("worst"))
    )


PRODUCT_MONTH_UP = Rule(
    name="product-month-up",
    code="A04",
    kind="alert",
    severity="low",
    subject="product_id",
    unit="cartons",
    policy="audit.thresholds.product_over_last",
    find=product_month_up,
    needs=("sales.quantity", "sales.product_id"),
)
