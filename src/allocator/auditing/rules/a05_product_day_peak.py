"""One day that holds too much of a product's month."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.history import (
    CARTONS,
    MOST_LINE,
    PERMYRIAD,
    nothing_judged,
    permyriad,
)
from allocator.auditing.rule import Outcome, Rule, tally

MONTH = 30
"""Days that make a month, the last order day of the cycle included."""


def product_day_peak(case: Case) -> Outcome:
    """A product was ordered on one day as it should be in a week.

    What it finds
    -------------
    Days of the cycle on which a product has ``audit.thresholds.day_of_month`` (15 %) or more of
    all cartons ordered of it in the 30 days that end with the cycle's last order day, at least
    ``least_cartons``. First set aside: products ordered on so few of these days that an even
    spread would come near the limit (fewer than 14 days at 15 %), which are those newly
    introduced or arrived unevenly and those of cities with few order days; and days of a holiday
    in ``audit.set_aside.holidays``.

    Why it matters
    --------------
    One of the national thresholds: a flood of orders on one day is how a buyer of many shops'
    quotas shows.

    Example
    -------
    On 2026-11-17 the shops ordered 320 cartons of P0103, 23 % of what they ordered in 30 days.

    What to do
    ----------
    Look who ordered on that day: the lines are named in the evidence; compare phones, devices and
    order-takers.

    Known limits
    ------------
    Needs orders of 30 days with their days: a file of one cycle tells nothing and is counted as
    not checked. Iowa's orders of scarce products fall on too few days to be judged.
    Ordinary causes: the day the product arrived, an order system that was down the day before.
    """
    limits = case.policy.thresholds
    (spans,) = case.engine.collect(
        nw.concat(
            [case.lines.select("ordered_at"), case.past.select("ordered_at")], how="vertical"
        ).select(
            nw.col("ordered_at").min().alias("first"), nw.col("ordered_at").max().alias("last")
        )
    )
    first, last = spans.row(0)
    if first is None or (last.date() - first.date()).days < MONTH - 1:
        return nothing_judged(case)
    begin = datetime.combine(last.date() - timedelta(days=MONTH - 1), time())
    part = permyriad(limits.day_of_month)
    days_needed = -(-2 * PERMYRIAD // part)
    both = [
        frame.select(
            "product_id",
            nw.col("ordered_at").dt.truncate("1d").alias("day"),
            CARTONS.clip(0, MOST_LINE).fill_null(0).alias("cartons"),
        ).filter(nw.col("day") >= begin)
        for frame in (case.lines, case.past)
    ]
    daily = case.engine.keep(
        nw.concat(both, how="vertical").group_by("product_id", "day").agg(nw.col("cartons").sum())
    )
    months = (
        daily.group_by("product_id")
        .agg(nw.col("cartons").sum().alias("month_cartons"), nw.len().cast(nw.Int64).alias("days"))
        .filter(nw.col("days") >= days_needed, nw.col("month_cartons") > 0)
    )
    here = case.lines.with_columns(nw.col("ordered_at").dt.truncate("1d").alias("day"))
    own = here.select("product_id", "day").unique()
    peaks = daily.join(own, on=["product_id", "day"], how="semi").join(months, on="product_id")
    for holiday in case.policy.set_aside.holidays:
        start = datetime.combine(holiday.first, time())
        end = datetime.combine(holiday.last, time())
        peaks = peaks.filter((nw.col("day") < start) | (nw.col("day") > end))
    found = peaks.filter(
        nw.col("cartons") * PERMYRIAD >= nw.col("month_cartons") * part,
        nw.col("cartons") >= limits.least_cartons,
    ).select(
        "product_id",
        "day",
        "days",
        nw.col("cartons").alias("observed"),
        (nw.col("month_cartons") * part // PERMYRIAD).alias("limit"),
        nw.col("month_cartons").alias("month_cartons"),
        (nw.col("cartons") * 100 // nw.col("month_cartons")).alias("percent"),
        nw.lit("product-day-peak").alias("message"),
    )
    known = months.select("product_id", nw.lit(1, nw.Int64).alias("mark"))
    lines = case.lines.select("product_id").join(known, on="product_id", how="left")
    return Outcome(
        found,
        ("product_id", "day"),
        tally(lines, ~nw.col("mark").is_null()),
        lines=here,
        tell=_tell,
    )


def _tell(found: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    shops = lines.group_by("product_id", "day").agg(
        pl.col("retailer_id").n_unique().cast(pl.Int64).alias("retailers")
    )
    return found.join(shops, on=["product_id", "day"], how="left").with_columns(
        pl.col("day").dt.strftime("%Y-%m-%d")
    )


PRODUCT_DAY_PEAK = Rule(
    name="product-day-peak",
    code="A05",
    kind="alert",
    severity="low",
    subject="product_id",
    unit="cartons",
    policy="audit.thresholds.day_of_month",
    find=product_day_peak,
    needs=("past",),
)
