"""What each retailer sold in the window: one pass over the sales table.

Left out are the months outside the window, the kinds of sales and the scarce products that the
policy excludes. Returns are negative quantities and count. Products are told apart by lists of
identifiers (``is_in``), not by a join: a join of millions of rows costs more than the sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import polars as pl

from allocator.errors import BadRequest, BadTable, Refusal
from allocator.grading.refusals import Warnings, refuse_empty
from allocator.policy.grading_models import GradingPolicy
from allocator.tables.city import City, Table

NEEDS_AMOUNT: Final = frozenset({"amount", "mean_price", "class_amount"})
NEEDS_CLASSES: Final = {"class_quantity_share": "quantity", "class_amount": "amount"}
"""Items of chosen price classes -> what is summed."""

_MOST = 1 << 62
"""Sums stay below: then nothing wraps round."""


@dataclass(frozen=True, slots=True)
class Window:
    """The complete months before a day: ``first`` and ``last`` are first days of months."""

    first: date
    last: date
    months: int

    def names(self) -> tuple[str, ...]:
        """The months as ``YYYY-MM``, earliest first."""
        start = self.first.year * 12 + self.first.month - 1
        return tuple(f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(start, start + self.months))

    def days(self) -> tuple[date, date]:
        """The first and the last day."""
        end = self.last.year * 12 + self.last.month
        return self.first, date(end // 12, end % 12 + 1, 1) - timedelta(days=1)


def window_before(on: date, months: int) -> Window:
    """The ``months`` complete months before the month of ``on``."""
    end = on.year * 12 + on.month - 2
    start = end - months + 1
    if start < 12:
        raise BadRequest("grading-window-before-year-one", on=on, months=months)
    return Window(date(start // 12, start % 12 + 1, 1), date(end // 12, end % 12 + 1, 1), months)


def sales_sums(city: City, policy: GradingPolicy, window: Window) -> tuple[pl.DataFrame, Warnings]:
    """Sums per retailer that sold anything in the window.

    Returns
    -------
    sums : columns retailer_id str, quantity, amount (fen), months (in which it has any sale, also
        an excluded one), and one for each class item and ``product_count``; all i64
    warnings : what the planner should know

    Raises
    ------
    BadTable, BadRequest : the sales cannot answer what the policy asks.
    """
    if city.sales is None:
        raise BadRequest("grading-needs-sales")
    _refuse_missing_columns(city, policy)
    sales = city.sales
    counted, warnings = _counted(sales, city.products, policy)
    inside = pl.col("month").is_between(window.first, window.last)
    _refuse_missing_amounts(sales, policy, inside & counted)
    lazy = sales.frame.lazy().filter(inside)

    sums = [pl.col("quantity").sum()]
    bounds = [pl.col("quantity").abs().max().alias("most_quantity"), pl.len().alias("rows")]
    if policy.items.keys() & NEEDS_AMOUNT:
        sums.append(pl.col("amount").sum())
        bounds.append(pl.col("amount").abs().max().alias("most_amount"))
    for name, summed in NEEDS_CLASSES.items():
        if name in policy.items:
            of_class = pl.col("price_class").is_in(policy.items[name].classes)
            chosen = _among(sales, city.products, of_class)
            sums.append(pl.when(chosen).then(pl.col(summed)).otherwise(0).sum().alias(name))
    result = lazy.filter(counted).group_by("retailer_id").agg(*sums, *bounds)
    frame = result.collect(engine="streaming").with_columns(pl.col("retailer_id").cast(pl.String))
    frame = _within_bounds(frame)

    trading = lazy.group_by("retailer_id").agg(
        pl.col("month").n_unique().cast(pl.Int64).alias("months")
    )
    frame = _joined(frame, trading.collect(engine="streaming"))
    if "product_count" in policy.items:
        frame = _joined(frame, _product_counts(lazy.filter(counted)))
    warnings += _empty_months(sales, window)
    return frame, warnings


def _joined(left: pl.DataFrame, right: pl.DataFrame) -> pl.DataFrame:
    """All retailers of both sides; what one side does not know is 0."""
    right = right.with_columns(pl.col("retailer_id").cast(pl.String))
    both = left.join(right, on="retailer_id", how="full", coalesce=True)
    return both.with_columns(pl.exclude("retailer_id").fill_null(0))


def _product_counts(lazy: pl.LazyFrame) -> pl.DataFrame:
    """Products of which more was sold than returned, per retailer."""
    each = lazy.group_by("retailer_id", "product_id").agg(pl.col("quantity").sum())
    return (
        each.filter((pl.col("quantity") > 0) & pl.col("product_id").is_not_null())
        .group_by("retailer_id")
        .agg(pl.len().cast(pl.Int64).alias("product_count"))
        .collect(engine="streaming")
    )


def _counted(
    sales: Table, products: Table | None, policy: GradingPolicy
) -> tuple[pl.Expr, Warnings]:
    """Which rows of the sales count, by kind and by product."""
    rows = pl.lit(value=True)
    warnings: Warnings = []
    if policy.exclude.kinds:
        if "kind" in sales.columns:
            kind = pl.col("kind").fill_null("ordinary")
            rows &= ~kind.is_in(policy.exclude.kinds)
        else:
            kinds = ", ".join(policy.exclude.kinds)
            warnings.append(("grading-kinds-unchecked", {"kinds": kinds, "column": "kind"}))
    if policy.exclude.scarce:
        rows &= ~_among(sales, products, pl.col("scarce"))
    return rows, warnings


def _among(sales: Table, products: Table | None, which: pl.Expr) -> pl.Expr:
    """Whether the product of a sale is one of those chosen; an unknown product is not."""
    if products is None:
        return pl.lit(value=False)
    members = products.frame.filter(which)["product_id"]
    dtype = sales.frame.schema["product_id"]
    if isinstance(dtype, pl.Enum):  # compared by code: products without sales have none
        members = members.cast(dtype, strict=False).drop_nulls()
    return pl.col("product_id").is_in(members.implode()).fill_null(value=False)


def _refuse_missing_columns(city: City, policy: GradingPolicy) -> None:
    """Refuse all columns at once that the policy needs and the tables do not have."""
    sales, products = city.sales, city.products
    needed: list[tuple[Table | None, str, str, str]] = []
    for name in policy.items:
        path = f"grading.items.{name}" if policy.tiers.bands is None else "grading.tiers.bands"
        if name in NEEDS_AMOUNT:
            needed.append((sales, "sales", "amount", path))
        if name in NEEDS_CLASSES:
            needed.append((sales, "sales", "product_id", path))
            needed.append((products, "products", "price_class", path))
        if name == "product_count":
            needed.append((sales, "sales", "product_id", path))
        if name == "manager_score":
            needed.append((city.retailers, "retailers", "manager_score", path))
    if policy.exclude.scarce:
        needed.append((sales, "sales", "product_id", "grading.exclude.scarce"))
        needed.append((products, "products", "scarce", "grading.exclude.scarce"))
    refusals = [
        Refusal(
            "grading-needs-column",
            file=None if table is None else table.file,
            sheet=None if table is None else table.sheet,
            column=column,
            facts={"table": name, "column": column, "path": path},
        )
        for table, name, column, path in needed
        if table is None or column not in table.columns
    ]
    if refusals:
        raise BadTable("grading-tables-incomplete", refusals)


def _refuse_missing_amounts(sales: Table, policy: GradingPolicy, counted: pl.Expr) -> None:
    """An unknown amount is not zero: refuse the rows that have none."""
    if not policy.items.keys() & NEEDS_AMOUNT or not sales.frame["amount"].null_count():
        return
    rows = sales.frame.lazy().filter(counted & pl.col("amount").is_null()).select("row")
    refuse_empty(sales, "amount", rows.sort("row").collect()["row"])


def _within_bounds(frame: pl.DataFrame) -> pl.DataFrame:
    """The sums without their bounds, once it is certain that no sum wrapped round."""
    most = [name for name in frame.columns if name.startswith("most_")]
    if frame.height:
        longest, largest = (
            frame.select(pl.max_horizontal(pl.col(*columns).max()).cast(pl.Int64)).item() or 0
            for columns in (["rows"], most)
        )
        if longest * largest >= _MOST:
            raise BadRequest("grading-sales-too-large", rows=longest, largest=largest)
    return frame.drop(*most, "rows").with_columns(pl.exclude("retailer_id").cast(pl.Int64))


def _empty_months(sales: Table, window: Window) -> Warnings:
    """Months of the window in which nobody sold anything; all of them: nothing can be graded."""
    known = sales.frame["month"].unique().drop_nulls().sort()
    present = {f"{month:%Y-%m}" for month in known}
    missing = [name for name in window.names() if name not in present]
    if len(missing) == window.months:
        raise BadRequest(
            "grading-window-without-sales",
            first=window.names()[0],
            last=window.names()[-1],
            known_first=f"{known[0]:%Y-%m}" if len(known) else "-",
            known_last=f"{known[-1]:%Y-%m}" if len(known) else "-",
        )
    if not missing:
        return []
    return [("grading-months-without-sales", {"months": ", ".join(missing)})]
