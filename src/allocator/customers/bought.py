"""Which products make up a change: those the city could not buy, and a single one."""

from __future__ import annotations

from datetime import date
from typing import Final

import polars as pl

from allocator.tables.city import Table

BEFORE: Final = 6
"""Months before the change that say what a shop usually buys, product by product."""
SCARCER: Final = 2
"""A product is out of stock where it is sold less than half as often as usual in the whole city."""
USUAL_ROWS: Final = 10
"""Rows a month in the whole city from which the above can be said of a product."""
PART: Final = (1, 3)
"""Products out of stock are named when they make up a third of the cartons lost."""
ONE_PRODUCT: Final = (1, 2)
"""A single product is named when it makes up half of the cartons lost or won."""
NAMED: Final = 3
"""Products or neighbours named."""


def products_moved(sales: Table | None, changes: pl.DataFrame) -> pl.DataFrame | None:
    """Products that make up the change: those out of stock in the city, and a single one."""
    if sales is None or changes.is_empty():
        return None
    rows = sales.frame.lazy().filter(pl.col("product_id").is_not_null())
    first = _months_before(changes["since"].min(), BEFORE)
    rows = rows.filter(pl.col("month") >= first)
    spans = changes.select(
        "n", "retailer_id", "fall", "since", "raised", "window", "usual", "cartons",
        start=pl.col("since").dt.offset_by(f"-{BEFORE}mo"),
    )  # fmt: skip
    shops = _among(sales.frame.schema["retailer_id"], spans["retailer_id"])
    own = (
        rows.filter(pl.col("retailer_id").is_in(shops))
        .select(pl.col("retailer_id", "product_id").cast(pl.String), "month", "quantity")
        .collect()
        .join(spans, on="retailer_id")
        .filter(pl.col("month").is_between("start", "raised"))
    )
    later = pl.col("month") >= pl.col("since")
    mine = own.group_by("n", "product_id").agg(
        now=pl.col("quantity").filter(later).sum() / pl.col("window").first(),
        before=pl.col("quantity").filter(~later).sum() / BEFORE,
        fall=pl.col("fall").first(),
        since=pl.col("since").first(),
        raised=pl.col("raised").first(),
        window=pl.col("window").first(),
        change=(pl.col("usual") - pl.col("cartons")).first().abs(),
    )
    mine = mine.with_columns(
        part=pl.when("fall")
        .then(pl.col("before") - pl.col("now"))
        .otherwise(pl.col("now") - pl.col("before"))
    ).filter(pl.col("part") > 0)
    one = _single(mine)
    goods = _among(sales.frame.schema["product_id"], mine.filter("fall")["product_id"])
    short = _short(rows.filter(pl.col("product_id").is_in(goods)), mine.filter("fall"))
    return one.join(short, on="n", how="full", coalesce=True)


def _single(mine: pl.DataFrame) -> pl.DataFrame:
    """The product that makes up half of the change or more."""
    least, of = ONE_PRODUCT
    return (
        mine.sort("part", "product_id", descending=[True, False])
        .unique("n", keep="first", maintain_order=True)
        .filter(pl.col("part") * of >= pl.col("change") * least)
        .select("n", one_product="product_id", one_percent=_percent())
    )


def _short(rows: pl.LazyFrame, lost: pl.DataFrame) -> pl.DataFrame:
    """Products that a shop lost and that the whole city could hardly buy in these months."""
    pairs = lost.select("product_id", "since", "raised", "window").unique()
    sold = (
        rows.filter(pl.col("quantity") > 0)
        .group_by("product_id", "month")
        .agg(pl.len().cast(pl.Int64).alias("rows"))
        .with_columns(pl.col("product_id").cast(pl.String))
        .collect()
    )
    later = pl.col("month") >= pl.col("since")
    city = (
        pairs.join(sold, on="product_id", how="left")
        .filter(pl.col("month") <= pl.col("raised"))
        .filter(pl.col("month") >= pl.col("since").dt.offset_by(f"-{BEFORE}mo"))
        .group_by("product_id", "since", "raised")
        .agg(
            now=pl.col("rows").filter(later).sum() / pl.col("window").first(),
            before=pl.col("rows").filter(~later).sum() / BEFORE,
        )
        .filter((pl.col("before") >= USUAL_ROWS) & (pl.col("now") * SCARCER < pl.col("before")))
    )
    least, of = PART
    return (
        lost.join(city, on=["product_id", "since", "raised"], how="semi")
        .sort("n", "part", "product_id", descending=[False, True, False])
        .group_by("n", maintain_order=True)
        .agg(
            pl.col("part").sum(),
            pl.col("change").first(),
            short_products=pl.col("product_id").head(NAMED).str.join(", "),
        )
        .filter(pl.col("part") * of >= pl.col("change") * least)
        .select("n", "short_products", short_percent=_percent())
    )


def _among(dtype: pl.DataType, names: pl.Series) -> pl.Series:
    """The different names as one list of the column's own kind: millions of rows by code."""
    some = names.unique()
    if isinstance(dtype, pl.Enum):
        some = some.cast(dtype, strict=False).drop_nulls()
    return some.implode()


def _percent() -> pl.Expr:
    share = (pl.col("part") / pl.col("change") * 100).round().cast(pl.Int64)
    return pl.min_horizontal(share, 100)


def _months_before(day: object, months: int) -> date:
    """The first day of the month so many months before."""
    if not isinstance(day, date):
        raise TypeError(f"no day: {day!r}")
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)
