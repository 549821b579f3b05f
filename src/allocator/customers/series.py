"""What each shop bought in each month: one pass over the sales, then columns of n shops.

Three views of one month, because they are noisy in different ways: how many cartons, how many
lines (rows of the sales table with a product), and how large a line is against what all shops
usually buy of that product. A shop that halves every line shows at once in the third, long before
its cartons, which swing with every large order, would prove it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.records import MICRO, Reals, Units
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City, Table

MOST_MONTHS: Final = 36
"""Months before the day that are read: two years of history, and a year whose changes are told."""


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Monthly purchases of n shops over T months, latest last.

    members : n rows by retailer_id, the columns of the retailers table: whoever is on file on the
        day and not closed; closed : the others
    months : T first days of complete months with any sale in the city, rising. A month in which
        nobody bought is a gap of the export: it is left out, and no shop is said to have bought
        nothing in it
    gaps : months inside the span that were left out
    volume : (T, n) int64 cartons, returns taken off
    lines : (T, n) int64, sales rows with a product and more than 0 cartons
    size : (T, n) int64 millionths, sum over these rows of log(cartons / usual cartons of a row of
        that product); all 0 where the sales name no products
    by_product : whether the sales name products, so that ``lines`` and ``size`` say anything
    """

    members: pl.DataFrame
    closed: pl.DataFrame
    months: tuple[date, ...]
    gaps: tuple[date, ...]
    volume: Units
    lines: Units
    size: Units
    by_product: bool


def monthly_series(city: City, on: date) -> Series:
    """Read the sales of the complete months before a day.

    Parameters
    ----------
    city : retailers and sales
    on : the months before the month of this day count, at most ``MOST_MONTHS``

    Raises
    ------
    BadRequest : there are no sales, or none before the day
    """
    if city.sales is None:
        raise BadRequest("customers-need-sales")
    last = _month_number(on) - 1
    first = max(last - MOST_MONTHS + 1, 12)
    files = retailers_on(city, on).sort("retailer_id")
    members = files.filter(pl.col("status") != "closed")
    sums, by_product = _sums(city.sales, _first_day(first), _first_day(last))
    if sums.is_empty():
        raise BadRequest("customers-without-sales", before=_first_day(last + 1))
    held = sorted(set(sums["month"].to_list()))
    months = tuple(_first_day(number) for number in held)
    gaps = tuple(_first_day(m) for m in range(held[0], last + 1) if m not in set(held))
    place = pl.DataFrame({"month": held, "t": range(len(held))}, schema_overrides={"t": pl.Int64})
    known = members.select("retailer_id").with_row_index("i")
    cells = sums.join(known, on="retailer_id").join(
        place.with_columns(pl.col("month").cast(sums.schema["month"])), on="month"
    )
    t, i = cells["t"].to_numpy(), cells["i"].to_numpy()
    views = []
    for name in ("volume", "lines", "size"):
        table = np.zeros((len(months), members.height), np.int64)
        table[t, i] = cells[name].to_numpy()
        views.append(table)
    closed = files.filter(pl.col("status") == "closed")
    return Series(members, closed, months, gaps, views[0], views[1], views[2], by_product)


def _sums(sales: Table, first: date, last: date) -> tuple[pl.DataFrame, bool]:
    """Sums per retailer and month (a month as its number), in whole numbers: no order matters."""
    frame = sales.frame.filter(pl.col("month").is_between(first, last))
    by_product = frame["product_id"].null_count() < frame.height
    bought = (pl.col("quantity") > 0) & pl.col("product_id").is_not_null()
    if by_product:
        frame = frame.select("retailer_id", "month", "quantity", "product_id", *_log_size(frame))
    else:
        frame = frame.select(
            "retailer_id", "month", "quantity", "product_id", log_size=pl.lit(0, pl.Int64)
        )
    number = pl.col("month").dt.year().cast(pl.Int32) * 12 + pl.col("month").dt.month() - 1
    sums = (
        frame.lazy()
        .group_by("retailer_id", "month")
        .agg(
            pl.col("quantity").sum().cast(pl.Int64).alias("volume"),
            bought.cast(pl.Int64).sum().alias("lines"),
            pl.when(bought).then(pl.col("log_size")).otherwise(0).sum().alias("size"),
        )
        .with_columns(number.alias("month"), pl.col("retailer_id").cast(pl.String))
        .collect(engine="streaming")
    )
    return sums, by_product


def _log_size(frame: pl.DataFrame) -> tuple[pl.Series]:
    """Log of a row's cartons against the mean log of its product, in whole millionths.

    By codes instead of a join: this runs over every row of the sales.
    """
    product = frame["product_id"]
    if not isinstance(product.dtype, pl.Enum):
        product = product.cast(pl.Enum(product.drop_nulls().unique().sort()))
    code = product.to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    cartons = frame["quantity"].to_numpy()
    counted = (code >= 0) & (cartons > 0)
    logs = np.zeros(len(code), np.int64)
    logs[counted] = np.rint(np.log(cartons[counted].astype(np.float64)) * MICRO).astype(np.int64)
    kinds = int(code.max(initial=-1)) + 1
    # bincount weighs in floats: these sums of whole numbers stay exact below 2^53.
    rows = np.bincount(code[counted], minlength=kinds)
    usual = np.bincount(code[counted], logs[counted], kinds).astype(np.int64)
    usual //= np.maximum(rows, 1)
    logs[counted] -= usual[code[counted]]
    return (pl.Series("log_size", logs),)


def logs_of(series: Series, t: int) -> Reals:
    """The three views of month t as logs, (3, n) float64; NaN where a view has nothing to say.

    Volume and lines are NaN where nothing was bought.
    """
    volume, lines = series.volume[t].astype(np.float64), series.lines[t].astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        views = np.stack([np.log(volume), np.log(lines), series.size[t] / MICRO / lines])
    views[~np.isfinite(views)] = np.nan
    views[:, series.volume[t] <= 0] = np.nan
    return views if series.by_product else views[:1]


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _first_day(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
