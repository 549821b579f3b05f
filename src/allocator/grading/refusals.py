"""Faults and warnings that grading finds in tables which are sound by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import polars as pl

from allocator.errors import BadRequest, BadTable, Refusal
from allocator.policy.grading_models import GradingPolicy
from allocator.tables.city import City, Table

Warnings = list[tuple[str, dict[str, str | int]]]
"""(code, facts) as in ``records.Grading``."""

NEEDS_AMOUNT: Final = frozenset({"amount", "mean_price", "class_amount"})
NEEDS_CLASSES: Final = {"class_quantity_share": "quantity", "class_amount": "amount"}
"""Items of chosen price classes -> what is summed."""

SHOWN: Final = 20
"""Rows of one fault that are listed."""


MOST: Final = 1 << 62
"""Sums stay below: then nothing wraps round."""


def refuse_empty(
    table: Table, column: str, rows: pl.Series, code: str = "grading-value-missing"
) -> None:
    """Refuse a table for rows whose ``column`` lacks something; the first of them are listed."""
    if len(rows):
        raise BadTable(
            "grading-values-missing",
            [
                Refusal(
                    code,
                    file=table.file,
                    sheet=table.sheet,
                    row=int(row),
                    column=column,
                    facts={"column": column},
                )
                for row in rows.head(SHOWN)
            ],
            rows=len(rows),
        )


def refuse_unknown_days(sales: Table, kind: str, since: date, until: date | None) -> None:
    """Refuse sales of months where weeks or days are counted."""
    if kind == "months" or not sales.frame.height:
        return
    if sales.frame["day"].null_count() == sales.frame.height:
        raise BadRequest("grading-needs-days", unit=kind)
    near = pl.col("day").is_null() & (pl.col("month").dt.month_end() >= since)
    if until is not None:
        near &= pl.col("month") <= until
    rows = sales.frame.lazy().filter(near).select("row").sort("row").collect()["row"]
    refuse_empty(sales, "month", rows, "grading-day-missing")


def refuse_missing_amounts(sales: Table, counted: pl.Expr) -> None:
    """An unknown amount is not zero: refuse the rows that count and have none."""
    if sales.frame["amount"].null_count():
        rows = sales.frame.lazy().filter(counted & pl.col("amount").is_null()).select("row")
        refuse_empty(sales, "amount", rows.sort("row").collect()["row"])


def refuse_too_large(sales: Table, inside: pl.Expr, columns: Sequence[str]) -> None:
    """Make certain that no sum of a retailer wraps round.

    All rows times the largest figure are bound enough for every real city; else the rows of the
    retailer that has most.
    """
    ends = [end for name in columns for end in _ends(sales.frame[name])]
    if sales.frame.height * max(ends) < MOST:
        return
    rows = sales.frame.lazy().filter(inside)
    largest = pl.max_horizontal(pl.col(*columns).abs().max()).cast(pl.Int64)
    longest = rows.group_by("retailer_id").len().select(pl.col("len").max().cast(pl.Int64))
    most = rows.select(largest).collect().item() or 0
    count = longest.collect().item() or 0
    if count * most >= MOST:
        raise BadRequest("grading-sales-too-large", rows=count, largest=most)


def _ends(values: pl.Series) -> tuple[int, int]:
    least, most = values.min(), values.max()
    return abs(least if isinstance(least, int) else 0), abs(most if isinstance(most, int) else 0)


def refuse_missing_columns(city: City, policy: GradingPolicy) -> None:
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
    if policy.screening is not None:
        path = "grading.screening.peers"
        needed += [
            (city.retailers, "retailers", peer, path) for peer in policy.screening.peers or ()
        ]
    for key, column in (("scarce", "scarce"), ("classes", "price_class"), ("products", None)):
        if getattr(policy.exclude, key):
            needed.append((sales, "sales", "product_id", f"grading.exclude.{key}"))
            if column is not None:
                needed.append((products, "products", column, f"grading.exclude.{key}"))
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
