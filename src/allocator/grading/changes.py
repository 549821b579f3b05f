"""The sales of a city, changed: what a grading would have been is then a plain grading.

A what-if never patches a score. It changes rows of sales and grades the changed city, so that
every rule of the policy is asked again::

    al.grade(al.with_sales(city, added), policy)

``added`` may be anything: cartons more of one shop, fewer of all (negative quantities), or what a
cycle awarded (``sales_of_awards``), and so the next tiers that its quotas lead to.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.grading.exact import Units, muldiv
from allocator.records import Allocation
from allocator.tables.city import City, Table

_MEASURES: Final = ("quantity", "amount", "row")
"""Columns of sales that are not part of what a row is about."""

_LISTED: Final = 8


def with_sales(city: City, added: pl.DataFrame) -> City:
    """The city with rows of sales added; the city that was given is left as it is.

    Parameters
    ----------
    added : columns of the sales table, at least retailer_id, month (a date) and quantity
        (cartons, negative to take away); amount in fen, needed where the city's sales have it

    Raises
    ------
    BadRequest : the city has no sales; a column is unknown or missing
    """
    sales = city.sales
    if sales is None:
        raise BadRequest("grading-needs-sales")
    schema = sales.frame.schema
    unknown = sorted(set(added.columns) - set(schema))
    if unknown:
        raise BadRequest("added-sales-column-unknown", columns=_named(unknown))
    needed = {"retailer_id", "month", "quantity"} | (sales.columns & {"amount"})
    missing = sorted(
        name for name in needed if name not in added.columns or added[name].null_count()
    )
    if missing and added.height:
        raise BadRequest("added-sales-column-missing", columns=_named(missing))
    rows = added.with_columns(
        *(pl.lit(None).alias(name) for name in schema if name not in added.columns)
    )
    if "kind" in schema:
        rows = rows.with_columns(pl.col("kind").cast(pl.String).fill_null("ordinary"))
    rows = rows.select(list(schema)).with_columns(pl.lit(0).alias("row"))
    old, new = sales.frame, rows
    for name, dtype in schema.items():
        wanted = _wide_enough(dtype, new[name])
        if wanted != dtype:
            old = old.with_columns(pl.col(name).cast(wanted))
        new = new.with_columns(pl.col(name).cast(wanted))
    return replace(city, sales=replace(sales, frame=pl.concat([old, new])))


def sales_of_awards(allocation: Allocation, city: City, month: date) -> pl.DataFrame:
    """What a cycle awarded, as sales of a month at wholesale prices.

    Parameters
    ----------
    month : any day of the month in which it is delivered

    Returns
    -------
    one row for each award above 0: retailer_id, month, product_id, quantity (cartons), amount (fen)

    Raises
    ------
    BadRequest : a product that was awarded has no wholesale price
    """
    awarded = allocation.lines.filter(pl.col("award") > 0)
    prices = pl.DataFrame(schema={"product_id": pl.String, "wholesale_price": pl.Int64})
    if city.products is not None:
        prices = city.products.frame.select("product_id", "wholesale_price")
    rows = awarded.join(prices, on="product_id", how="left", maintain_order="left")
    unpriced = rows.filter(pl.col("wholesale_price").is_null())["product_id"].unique().sort()
    if len(unpriced):
        raise BadRequest("awards-without-price", products=_named(unpriced.to_list()))
    return rows.select(
        "retailer_id",
        pl.lit(month.replace(day=1)).alias("month"),
        "product_id",
        pl.col("award").alias("quantity"),
        (pl.col("award") * pl.col("wholesale_price")).alias("amount"),
    )


def sales_cut(sales: Table, products: Table, cut: Fraction) -> pl.DataFrame:
    """Rows that take a part of all scarce sales away, to be added (``with_sales``).

    Of what a retailer bought of a scarce product, in all months together, the part is taken away
    in whole cartons, rounded to the nearest, halves up; it is spread over the months as they come,
    and the money goes in proportion.

    Parameters
    ----------
    cut : part that is taken away, 0..1
    """
    frame = sales.frame
    about = [name for name in frame.columns if name not in _MEASURES]
    scarce = products.frame.filter(pl.col("scarce").fill_null(value=False))["product_id"]
    known = frame.with_columns(pl.col("product_id").cast(pl.String))
    bought = (
        known.lazy()
        .filter(pl.col("product_id").is_in(scarce.implode()))
        .group_by(about)
        .agg(pl.col("quantity").sum(), pl.col("amount").sum())
        .filter(pl.col("quantity") > 0)
        .sort(about, nulls_last=False)
        .collect()
    )
    so_far = pl.col("quantity").cum_sum().over("retailer_id", "product_id")
    gone = muldiv(bought.select(so_far).to_series().to_numpy(), cut.numerator, cut.denominator)
    before = bought.select(so_far - pl.col("quantity")).to_series().to_numpy()
    taken = gone - muldiv(before, cut.numerator, cut.denominator)
    money = _part_of(bought["amount"].to_numpy(), taken, bought["quantity"].to_numpy())
    rows = bought.with_columns(quantity=pl.Series(-taken), amount=pl.Series(-money))
    if "amount" not in sales.columns:
        rows = rows.drop("amount")
    return rows.filter(pl.col("quantity") < 0)


def _part_of(amount: Units, taken: Units, quantity: Units) -> Units:
    """``amount * taken / quantity`` rounded, keeping the sign."""
    size = muldiv(np.abs(amount), taken, np.maximum(quantity, 1))
    return np.sign(amount) * size


def _wide_enough(dtype: pl.DataType, values: pl.Series) -> pl.DataType:
    """A type that holds the values too: an ``Enum`` is widened by names it does not know."""
    if not isinstance(dtype, pl.Enum):
        return dtype
    known = dtype.categories
    names = values.cast(pl.String).drop_nulls().unique().sort()
    fresh = names.filter(~names.is_in(known.implode()))
    return pl.Enum(pl.concat([known, fresh])) if len(fresh) else dtype


def _named(words: list[str]) -> str:
    return ", ".join(words[:_LISTED]) + (", ..." if len(words) > _LISTED else "")
