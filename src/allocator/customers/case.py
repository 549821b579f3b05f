"""The files on a day beside what the shops did: what the rules about data look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from allocator.auditing.preparing import present
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City, Table


@dataclass(frozen=True, slots=True, eq=False)
class FileCase:
    """What is known on a day.

    files : one row per retailer in force on the day, closed ones included, by retailer_id; the
        columns of the retailers table
    trade : one row per retailer with sales before the month of the day, by retailer_id:
        retailer_id str, first, last date (first days of the first and last month with more than 0
        cartons; null without any), rows, cartons i64
    last_month : the last month with sales before the month of the day; ``None`` = no sales
    columns : what is present, ``table.column``
    """

    on: date
    files: pl.DataFrame
    retailers: Table
    sales: Table | None
    orders: Table | None
    products: Table | None
    trade: pl.DataFrame
    last_month: date | None
    columns: frozenset[str]

    @property
    def open_files(self) -> pl.DataFrame:
        """Files of shops that are not closed."""
        return self.files.filter(pl.col("status") != "closed")

    def tables(self) -> dict[str, Table | None]:
        """The tables that findings cite, by the name of their row numbers."""
        return {
            "retailer_rows": self.retailers,
            "sales_rows": self.sales,
            "order_rows": self.orders,
            "product_rows": self.products,
        }


def file_case(city: City, on: date) -> FileCase:
    """The files of a city as they stand on a day."""
    trade = _trade(city.sales, on)
    last = trade["last"].max()
    columns: frozenset[str] = frozenset()
    for table in (city.retailers, city.sales, city.orders, city.products):
        if table is not None:
            columns |= present(table.name, table)
    return FileCase(
        on=on,
        files=retailers_on(city, on),
        retailers=city.retailers,
        sales=city.sales,
        orders=city.orders,
        products=city.products,
        trade=trade,
        last_month=last if isinstance(last, date) else None,
        columns=columns,
    )


def _trade(sales: Table | None, on: date) -> pl.DataFrame:
    """First and last month of each shop's sales."""
    if sales is None:
        schema = {
            "retailer_id": pl.String, "first": pl.Date, "last": pl.Date,
            "rows": pl.Int64, "cartons": pl.Int64,
        }  # fmt: skip
        return pl.DataFrame(schema=schema)
    bought = pl.col("month").filter(pl.col("quantity") > 0)
    return (
        sales.frame.lazy()
        .filter(pl.col("month") < on.replace(day=1))
        .group_by("retailer_id")
        .agg(
            bought.min().alias("first"),
            bought.max().alias("last"),
            pl.len().cast(pl.Int64).alias("rows"),
            pl.col("quantity").sum().cast(pl.Int64).alias("cartons"),
        )
        .with_columns(pl.col("retailer_id").cast(pl.String))
        .sort("retailer_id")
        .collect()
    )


def sales_of(case: FileCase, flagged: pl.DataFrame) -> pl.DataFrame:
    """The sales rows of flagged shops: retailer_id str, month, quantity, row u32."""
    if case.sales is None:
        raise ValueError("no sales")
    names = flagged["retailer_id"].unique()
    dtype = case.sales.frame.schema["retailer_id"]
    if isinstance(dtype, pl.Enum):
        names = names.cast(dtype, strict=False).drop_nulls()
    return (
        case.sales.frame.lazy()
        .filter(pl.col("retailer_id").is_in(names.implode()))
        .filter(pl.col("month") < case.on.replace(day=1))
        .select(pl.col("retailer_id").cast(pl.String), "month", "quantity", "row")
        .collect()
    )


def months_apart(earlier: pl.Expr, later: pl.Expr) -> pl.Expr:
    """Whole months from the month of one day to that of another, i64."""

    def number(day: pl.Expr) -> pl.Expr:
        return day.dt.year().cast(pl.Int64) * 12 + day.dt.month().cast(pl.Int64)

    return number(later) - number(earlier)


def month_name(month: pl.Expr) -> pl.Expr:
    """A month as both languages write it in tables: ``2026-10``."""
    return month.dt.strftime("%Y-%m")
