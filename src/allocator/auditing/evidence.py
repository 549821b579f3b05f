"""From what a rule flagged back to the rows, orders and order-takers concerned.

Rules work on whole numbers; identifiers, names and row numbers are fetched here, for the flagged
few only.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from allocator.auditing.case import Case
from allocator.auditing.findings import EVIDENCE
from allocator.tables.city import Table

JOINT = ", "


def names(column: str) -> pl.Expr:
    """The different identifiers of a group in order, joined; null where there is none."""
    listed = pl.col(column).drop_nulls().unique().sort()
    return pl.when(pl.col(column).count() > 0).then(listed.str.join(JOINT)).alias(column)


def only(column: str) -> pl.Expr:
    """The identifier of a group that has just one; null where it has several."""
    return pl.when(pl.col(column).min() == pl.col(column).max()).then(pl.col(column).min())


def trace(case: Case, flagged: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Flagged groups of lines with their orders, order-takers and row numbers.

    flagged : ``keys`` (columns of ``Case.lines``) and any facts
    """
    lines = case.lines.join(flagged.select(keys), on=list(keys), how="semi")
    concerned = lines.group_by(*keys).agg(
        *(only(column) for column in ("retailer_id", "product_id") if column not in keys),
        *(names(column) for column in ("order_id", "clerk") if column not in keys),
        pl.col("row").sort().alias("order_rows"),
    )
    return flagged.join(concerned, on=list(keys), how="left")


def place(table: Table | None, name: str, rows: str) -> pl.Expr:
    """One entry of the evidence: a table's file, sheet and rows; null where no row is concerned."""
    entry = pl.struct(
        pl.lit(name).alias("table"),
        pl.lit(None if table is None else table.file, pl.String).alias("file"),
        pl.lit(None if table is None else table.sheet, pl.String).alias("sheet"),
        pl.col(rows).alias("rows"),
    )
    return pl.when(pl.col(rows).list.len() > 0).then(entry)


def cite(case: Case, found: pl.DataFrame) -> pl.DataFrame:
    """Add the column ``evidence``: file, sheet and row of all rows concerned, table by table."""
    for column in ("order_rows", "supply_rows", "retailer_rows"):
        if column not in found.columns:
            found = found.with_columns(pl.lit(None, pl.List(pl.UInt32)).alias(column))
    if case.retailers is not None and "retailer_id" in found.columns:
        rows = (
            case.retailers.frame.select(
                pl.col("retailer_id").cast(pl.String), pl.col("row").cast(pl.UInt32)
            )
            .join(found.select("retailer_id"), on="retailer_id", how="semi")
            .group_by("retailer_id")
            .agg(pl.col("row").sort().alias("retailer_rows"))
        )
        found = found.drop("retailer_rows").join(rows, on="retailer_id", how="left")
    places = (
        place(case.orders, "orders", "order_rows"),
        place(case.retailers, "retailers", "retailer_rows"),
        place(case.supply, "supply", "supply_rows"),
    )
    return found.with_columns(
        pl.concat_list(*places).list.drop_nulls().cast(EVIDENCE).alias("evidence")
    ).drop("order_rows", "retailer_rows", "supply_rows")
