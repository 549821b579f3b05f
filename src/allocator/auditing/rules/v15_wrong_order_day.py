"""Orders placed on a day that is not the retailer's."""

from __future__ import annotations

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.rule import NOTHING_ALLOWED, Outcome, Rule, tally
from allocator.auditing.timing import TAKEN, ordinary, spelt
from allocator.tables.shaping import order_weekdays


def wrong_order_day(case: Case) -> Outcome:
    """An order was placed on another day of the week than the retailer's order day.

    What it finds
    -------------
    Ordinary orders with cartons, placed inside the window of the cycle, of retailers whose file
    names their days of the week (order_cycle, such as 周三), on a day that is none of these.

    Why it matters
    --------------
    Shops order on their own day so that the call, the money and the delivery fit together. An
    order on another day was often placed by somebody else, or lets a shop choose first.

    Example
    -------
    R000212 orders on Wednesdays; order D0033 was placed on a Monday.

    What to do
    ----------
    Ask the shop whether it ordered itself; if its day has changed, change it in its file.

    Known limits
    ------------
    Not checked without a calendar with order hours (a holiday may have moved the week), for
    retailers without a day on file, and where the calendar moves the whole cycle so that none of
    the retailer's days lies in a window. Make-up orders and the second round are left out.
    """
    moment = nw.col("ordered_at")
    days = case.engine.lend(_days(case))
    # Sunday is 0 in one engine and 7 in the others.
    place = moment.dt.weekday().cast(nw.Int64) % 7
    judged = ordinary(case).filter(~nw.col("i").is_null(), case.hours.inside(moment))
    judged = judged.join(days, on="retailer_id", how="left")
    allowed = nw.lit(False)
    for day in range(7):
        allowed = allowed | ((place == day) & (nw.col("days") // 2**day % 2 == 1))
    known = ~nw.col("days").is_null() & ~moment.is_null()
    flagged = judged.filter(known, ~allowed).with_columns(
        nw.when(place == 0).then(nw.lit(7, nw.Int64)).otherwise(place).alias("weekday")
    )
    found = flagged.group_by("o", "retailer_id").agg(
        moment.min().alias("moment"),
        nw.col("weekday").min(),
        nw.col("order_cycle").min(),
        TAKEN.sum().alias("observed"),
    )
    return Outcome(
        found=found.with_columns(
            *NOTHING_ALLOWED,
            nw.lit("wrong-order-day").alias("message"),
        ),
        keys=("o", "retailer_id"),
        tally=tally(judged, known),
        lines=flagged,
        tell=spelt("moment"),
    )


def _days(case: Case) -> pl.DataFrame:
    """Order days of each retailer in force, as bits (Sunday 1, Monday 2, Tuesday 4, ...).

    Returns
    -------
    retailer_id, order_cycle, days; only retailers of whose days one lies in a window
    """
    if case.shops is None:
        return pl.DataFrame(
            schema={"retailer_id": pl.String, "order_cycle": pl.String, "days": pl.Int64}
        )
    (shops,) = case.engine.collect(case.shops.select("retailer_id", "order_cycle"))
    open_on = case.hours.days()
    words = shops.get_column("order_cycle").drop_nulls().unique().to_list()
    rows = [
        (word, sum(1 << day % 7 for day in days))
        for word in words
        if (days := order_weekdays(word)) & open_on
    ]
    known = pl.DataFrame(rows, schema={"order_cycle": pl.String, "days": pl.Int64}, orient="row")
    return shops.join(known, on="order_cycle")


WRONG_ORDER_DAY = Rule(
    name="wrong-order-day",
    code="V15",
    kind="violation",
    severity="low",
    subject="order_id",
    unit="cartons",
    policy="retailers.order_cycle",
    find=wrong_order_day,
    needs=("retailers.order_cycle", "calendar.opens_at"),
    wants=("clerk",),
)
