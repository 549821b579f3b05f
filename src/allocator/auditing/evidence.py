"""From what a rule flagged back to the rows, orders and order-takers concerned.

Rules work on codes; identifiers, names and row numbers are fetched here, for the flagged few only.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from allocator.auditing.case import Case, Cited
from allocator.auditing.findings import EVIDENCE
from allocator.auditing.rule import Outcome

JOINT = ", "


CONCERNED = ("row", "i", "k", "retailer_id", "product_id", "order_id", "clerk", "granted")
"""Columns of the lines that a finding concerns, besides its keys."""


def names(column: str) -> pl.Expr:
    """The different identifiers of a group in order, joined; null where there is none."""
    listed = pl.col(column).drop_nulls().unique().sort()
    return pl.when(pl.col(column).count() > 0).then(listed.str.join(JOINT)).alias(column)


def only(column: str) -> pl.Expr:
    """The identifier of a group that has just one; null where it has several."""
    return pl.when(pl.col(column).min() == pl.col(column).max()).then(pl.col(column).min())


def concerned(case: Case, outcome: Outcome, found: pl.DataFrame) -> pl.DataFrame:
    """Order lines behind findings: ``CONCERNED``, the keys, and ``witness``."""
    lines = case.lines if outcome.lines is None else outcome.lines
    wanted = case.engine.lend(found.select(outcome.keys).unique())
    columns = dict.fromkeys((*outcome.keys, *CONCERNED))
    if "witness" in lines.collect_schema().names():
        columns["witness"] = None
    (traced,) = case.engine.collect(
        lines.select(*columns).join(wanted, on=list(outcome.keys), how="semi")
    )
    if "witness" not in traced.columns:
        traced = traced.with_columns(pl.lit(False).alias("witness"))
    return traced.sort("row", *outcome.keys)


def trace(found: pl.DataFrame, lines: pl.DataFrame, keys: Sequence[str]) -> pl.DataFrame:
    """Findings with their retailer, product, orders, order-takers and row numbers.

    A column that the rule gave itself stays as it is. lines : as ``concerned`` gives them
    """
    taken = [
        name
        for name in ("retailer_id", "product_id", "order_id", "clerk")
        if name not in found.columns
    ]
    party = (
        lines.filter(~pl.col("witness"))
        .group_by(*keys)
        .agg(only(name) if name in ("retailer_id", "product_id") else names(name) for name in taken)
    )
    rows = lines.group_by(*keys).agg(
        pl.col("row").cast(pl.UInt32).unique().sort().alias("order_rows")
    )
    return found.join(party, on=keys, how="left").join(rows, on=keys, how="left")


def place(table: Cited | None, name: str, rows: str) -> pl.Expr:
    """One entry of the evidence: a table's file, sheet and rows; null where no row is concerned."""
    entry = pl.struct(
        pl.lit(name).alias("table"),
        pl.lit(None if table is None else table.file, pl.String).alias("file"),
        pl.lit(None if table is None else table.sheet, pl.String).alias("sheet"),
        pl.col(rows).alias("rows"),
    )
    return pl.when(pl.col(rows).list.len() > 0).then(entry)


def cite(case: Case, found: pl.DataFrame) -> pl.DataFrame:
    """Add the column ``evidence``: file, sheet and row of all rows concerned, table by table.

    found : lists of row numbers in ``order_rows`` and, where the rule gives them, ``supply_rows``
        and ``retailer_rows``; else the rows of the finding's retailer
    """
    of_retailer = "retailer_id" in found.columns and "retailer_rows" not in found.columns
    if case.retailers is not None and of_retailer:
        rows = (
            case.retailers.frame.select(pl.col("retailer_id").cast(pl.String), "row")
            .join(found.select("retailer_id"), on="retailer_id", how="semi")
            .group_by("retailer_id")
            .agg(pl.col("row").sort().alias("retailer_rows"))
        )
        found = found.join(rows, on="retailer_id", how="left")
    given: dict[str, Cited | None] = {
        "orders": case.orders,
        "retailers": case.retailers,
        "supply": case.supply,
        "quotas": case.quotas,
        "sales": case.sold,
    }
    places = []
    for name, table in given.items():
        rows_of = "order_rows" if name == "orders" else f"{name.removesuffix('s')}_rows"
        if rows_of in found.columns:
            found = found.with_columns(pl.col(rows_of).cast(pl.List(pl.UInt32)))
            places.append(place(table, name, rows_of))
    return found.with_columns(
        pl.concat_list(*places).list.drop_nulls().cast(EVIDENCE).alias("evidence")
    )
