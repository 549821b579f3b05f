"""Months of sales: which may be compared, and what was bought in them."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import date

import narwhals as nw
import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.engine import Frame

LOST = ("confiscated", "damaged")
"""Kinds of sales that no shop bought."""


def months_before(case: Case, months: int) -> tuple[date, ...]:
    """The last complete month on or before the day of the plan and those right before it.

    The latest first; none after a gap in the table or a month that a holiday touches.
    """
    if case.sales is None:
        return ()
    (known,) = case.engine.collect(case.sales.group_by("month").agg(nw.len().alias("rows")))
    held = set(known["month"].drop_nulls().to_list())
    on = case.plan.on
    found: list[date] = []
    month = on.replace(day=1)
    if on.day < monthrange(on.year, on.month)[1]:
        month = _last_month(month)
    while len(found) < months and month in held:
        end = month.replace(day=monthrange(month.year, month.month)[1])
        if any(day.first <= end and month <= day.last for day in case.policy.set_aside.holidays):
            break
        found.append(month)
        month = _last_month(month)
    return tuple(found)


def _last_month(month: date) -> date:
    return (month.replace(day=1) - date.resolution).replace(day=1)


def purchases(sales: Frame, months: Sequence[date]) -> Frame:
    """What was bought in some months, returns taken off: retailer_id, product_id, month, quantity.

    Sales without a product count as one of their own, named by the empty text.
    """
    return sales.filter(
        nw.col("month").is_in(list(months)), ~nw.col("kind").is_in(list(LOST))
    ).select(
        nw.col("retailer_id").cast(nw.String),
        nw.col("product_id").cast(nw.String).fill_null(""),
        "month",
        nw.col("quantity").cast(nw.Int64),
    )


def with_sales_rows(
    case: Case, found: pl.DataFrame, months: Sequence[date], key: str = "retailer_id"
) -> pl.DataFrame:
    """Findings with ``sale_rows``: the rows of the sales table behind them.

    found : with ``key``, retailer_id or product_id
    """
    if case.sales is None:
        return found
    wanted = found[key].unique().to_list()
    (rows,) = case.engine.collect(
        case.sales.filter(nw.col("month").is_in(list(months)))
        .select(nw.col(key).cast(nw.String), "row")
        .filter(nw.col(key).is_in(wanted))
    )
    cited = rows.group_by(key).agg(pl.col("row").cast(pl.UInt32).sort().alias("sale_rows"))
    return found.join(cited, on=key, how="left")
