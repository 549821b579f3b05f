"""What shops buy of everything that is not released: the last months, month by month, again.

A month to come repeats one of the last months that are known, up to twelve of them: with a whole
year known that is the same month a year earlier, so that seasons stay; with three known months
they repeat in turn. Nothing is smoothed or drawn: what moves tiers is what moved them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.grading.exact import muldiv
from allocator.simulation.behaviour import HOARDING, SLEEPING, aimed, bought
from allocator.simulation.pace import days_of, months_later
from allocator.tables.city import City

MOST_MONTHS: Final = 12


@dataclass(frozen=True, slots=True, eq=False)
class Habits:
    """The last known months of ordinary sales.

    first : the month that the first known one is, months : how many follow each other
    frame : rows of the sales table in these months but those of released products, with ``day``
        and ``kind`` as they are; by_day : whether the table tells days
    """

    first: date
    months: int
    frame: pl.DataFrame
    by_day: bool
    money: bool

    def source(self, month: date) -> date:
        """The known month that a month to come repeats."""
        apart = (month.year - self.first.year) * 12 + month.month - self.first.month
        return months_later(self.first, apart % self.months)


def habits_of(city: City, on: date, released: pl.Series) -> Habits:
    """The months before a day as habits.

    Parameters
    ----------
    released : products that are bought by quota; what was sold of them is no habit

    Raises
    ------
    BadRequest : no sales before the day
    """
    if city.sales is None:
        raise BadRequest("grading-needs-sales")
    frame = city.sales.frame
    known = frame.filter(pl.col("month") < on.replace(day=1))["month"].unique().sort().to_list()
    if not known:
        raise BadRequest("cycles-no-past-sales", on=on)
    count = 1
    while (
        count < min(MOST_MONTHS, len(known))
        and months_later(known[-count], -1) == known[-count - 1]
    ):
        count += 1
    first = known[-count]
    scarce = pl.col("product_id").cast(pl.String).is_in(released.implode())
    rows = frame.filter(
        pl.col("month").is_between(first, known[-1]) & ~scarce.fill_null(value=False)
    )
    by_day = bool(rows["day"].is_not_null().any())
    return Habits(first, count, rows, by_day, "amount" in city.sales.columns)


def month_of_sales(
    habits: Habits,
    month: date,
    behaves: pl.DataFrame,
    stock: pl.DataFrame,
    *,
    before_grading: bool,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The sales of a month to come, and the stocks after it.

    Parameters
    ----------
    month : first day; behaves : as ``behaviour.assigned``
    stock : retailer_id, product_id str, stock i64 (cartons) of hoarding shops
    before_grading : whether a grading counts this month as its last one

    Returns
    -------
    rows for ``with_sales``, and the stocks
    """
    rows = habits.frame.filter(pl.col("month") == habits.source(month)).with_columns(
        pl.lit(month).alias("month"), pl.col("retailer_id", "product_id", "kind").cast(pl.String)
    )
    if habits.by_day:
        rows = rows.with_columns(day=pl.col("day").clip(upper_bound=days_of(month)))
    kinds = behaves.filter(pl.col("behaviour").is_in([SLEEPING, HOARDING]))
    columns = ["retailer_id", "month", "product_id", "quantity", "kind"]
    columns += ["amount"] if habits.money else []
    columns += ["day"] if habits.by_day else []
    if kinds.is_empty():
        return rows.select(columns), stock
    rows = rows.join(kinds, on="retailer_id", how="left", maintain_order="left")
    hoards = (
        (pl.col("behaviour") == HOARDING)
        & (pl.col("kind").fill_null("ordinary") == "ordinary")
        & (pl.col("quantity") > 0)
        & pl.col("product_id").is_not_null()
    ).fill_null(value=False)
    others = rows.filter(~hoards & (pl.col("behaviour").fill_null("") != SLEEPING))
    early, stock = _bought_early(rows.filter(hoards), stock, columns, before_grading)
    return pl.concat([others.select(columns), early.select(columns)]), stock


def _bought_early(
    rows: pl.DataFrame, stock: pl.DataFrame, columns: list[str], before_grading: bool
) -> tuple[pl.DataFrame, pl.DataFrame]:
    key = ["retailer_id", "product_id"]
    firsts = [pl.col(name).first() for name in columns if name not in (*key, "quantity", "amount")]
    sums = [pl.col(name).sum() for name in ("quantity", "amount") if name in columns]
    sold = (
        rows.sort(*key, "quantity")
        .group_by(key, maintain_order=True)
        .agg(*sums, *firsts, pl.col("top", "bottom").first())
        .join(stock, on=key, how="full", coalesce=True)
        .with_columns(
            pl.col("quantity", "stock").fill_null(0), pl.col("top", "bottom").fill_null(1)
        )
        .sort(key)
    )
    wanted, has, top, bottom = (
        sold[name].to_numpy() for name in ("quantity", "stock", "top", "bottom")
    )
    aim = aimed(wanted, top, bottom) if before_grading else np.zeros_like(wanted)
    order, after = bought(wanted, has, aim)
    early = sold.with_columns(pl.Series("quantity", order), pl.Series("stock", after))
    if "amount" in columns:
        money = sold["amount"].fill_null(0).to_numpy()
        paid = np.sign(money) * muldiv(np.abs(money), order, np.maximum(wanted, 1))
        early = early.with_columns(pl.Series("amount", paid))
    stock = early.filter(pl.col("stock") > 0).select(*key, "stock")
    return early.filter((pl.col("quantity") > 0) & pl.col("month").is_not_null()), stock
