"""What is not there: fields of a file, and files of shops that buy."""

from __future__ import annotations

from typing import Final

import polars as pl

from allocator.customers.case import FileCase, month_name, sales_of
from allocator.customers.completeness import FIELDS, gaps_of
from allocator.customers.rule import FileRule, Outcome


def missing_details(case: FileCase) -> Outcome:
    """A file lacks details that the export has a column for.

    What it finds
    -------------
    Shops that are not closed, with the names of all their empty fields.

    Why it matters
    --------------
    Without a phone nobody can remind the shop of the cut-off, without an account it cannot pay,
    without a first day it is never a newcomer, without a manager nobody visits it.

    Example
    -------
    Shop R17 has no phone and no account on file.

    What to do
    ----------
    Ask on the next visit and enter it.

    Known limits
    ------------
    A column that no shop has filled is taken for one that the export lacks, and told once.
    """
    gaps = gaps_of(case.open_files, case.columns)
    found = (
        gaps.filter(pl.col("missing") > 0)
        .with_columns(
            pl.col("missing").alias("observed"),
            pl.lit(0, pl.Int64).alias("limit"),
            pl.lit("missing-details").alias("message"),
        )
        .join(
            case.files.select("retailer_id", pl.concat_list("row").alias("retailer_rows")),
            on="retailer_id",
        )
        .drop("missing", "filled")
    )
    return Outcome(found, gaps.height, found.height)


def sales_without_file(case: FileCase) -> Outcome:
    """Sales under a number that no file has.

    What it finds
    -------------
    Numbers in the sales table that the retailers table does not hold.

    Why it matters
    --------------
    Such a shop is not graded and has no quota; or it does not exist, and somebody buys in its name.

    Example
    -------
    480 cartons were sold to R99 from March to May; no file is called R99.

    What to do
    ----------
    Find the shop. If it closed, keep its file with the status closed; if the number is mistyped,
    correct the sales; if there is no such shop, ask who received the goods.

    Known limits
    ------------
    An export of retailers that leaves out closed shops makes each of them a finding.
    """
    strangers = case.trade.join(
        case.retailers.frame.select("retailer_id"), on="retailer_id", how="anti"
    )
    found = strangers.select(
        "retailer_id",
        pl.col("cartons").alias("observed"),
        pl.lit(0, pl.Int64).alias("limit"),
        pl.col("rows").alias("lines"),
        month_name(pl.col("first")).alias("from_month"),
        month_name(pl.col("last")).alias("to_month"),
        pl.lit("sales-without-file").alias("message"),
    )
    if found.height:
        rows = (
            sales_of(case, found)
            .group_by("retailer_id")
            .agg(pl.col("row").sort().alias("sales_rows"))
        )
        found = found.join(rows, on="retailer_id", how="left")
    return Outcome(found, case.trade.height, found.height)


MISSING: Final = (
    FileRule(
        name="missing-details", code="D10", family="missing", severity="low",
        subject="retailer_id", unit="fields", about="retailers", find=missing_details,
        wants=tuple(f"retailers.{field}" for field in FIELDS),
    ),
    FileRule(
        name="sales-without-file", code="D11", family="missing", severity="high",
        subject="retailer_id", unit="cartons", about="retailers.retailer_id",
        find=sales_without_file, needs=("sales.quantity",),
    ),
)  # fmt: skip
