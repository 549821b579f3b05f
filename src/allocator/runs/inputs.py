"""The tables that a run used, spelled in one way: for ``inputs/*.csv`` and for their digests.

A spelled table reads back as the same table; its bytes do not depend on the order of rows, on
the kind of file it came from, or on the language of headers and values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import polars as pl

from allocator.runs.outputs import decimal
from allocator.tables.city import City, Table
from allocator.tables.columns import Column
from allocator.tables.schemas import SCHEMAS
from allocator.tables.writing import csv_bytes

COPIED = (
    "retailers", "products", "supply", "quotas", "bands", "orders", "calendar", "tiers",
    "sanctions", "credits",
)  # fmt: skip
"""Sales are not copied: ``grading.csv`` carries what was counted from them."""

OPEN = frozenset({"products", "supply", "quotas", "bands", "calendar"})
"""Tables that speak of no shop. The digest of any other would let guesses of a shop's figures be
tried by whoever knows all the rest of the table, and its rows tell how much was ordered."""

SLICE = 200_000
"""(rows) Sales are spelled piece by piece, so that no second copy of them is in memory."""


def spell_table(table: Table) -> pl.DataFrame:
    """The columns that hold something, in the schema's order, as text and whole numbers."""
    frame = table.frame
    columns = [
        column
        for column in SCHEMAS[table.name].columns
        if column.required or column.name in table.columns or _told(frame, column)
    ]
    if table.name == "orders" and frame["requested"].null_count() == len(frame) > 0:
        # Only one quantity is known: what was granted.
        columns = [column for column in columns if column.name not in ("requested", "granted")]
        lone = [pl.col("granted").alias("quantity")]
    else:
        lone = []
    return frame.select(*(_spelled(column) for column in columns), *lone)


def input_digests(city: City) -> dict[str, Mapping[str, Any]]:
    """Rows and SHA-256 of every table given.

    Sales, which are not copied, are spelled as CSV of their canonical columns, amounts in fen,
    sorted by all columns.
    """
    return {
        table.name: {"rows": table.frame.height, "sha256": _digest(table)}
        for table in city.tables()
    }


def _digest(table: Table) -> str:
    hashed = hashlib.sha256()
    if table.name != "sales":
        hashed.update(csv_bytes(spell_table(table)))
        return hashed.hexdigest()
    names = [column.name for column in SCHEMAS["sales"].columns]
    if table.frame["day"].null_count() < table.frame.height:
        names.insert(names.index("month") + 1, "day")
    ordered = table.frame.select(names).sort(names, nulls_last=False)
    for start in range(0, max(ordered.height, 1), SLICE):
        # Fen and days as they are: nobody reads this spelling, and decimals cost three times more.
        hashed.update(ordered.slice(start, SLICE).write_csv(include_header=start == 0).encode())
    return hashed.hexdigest()


def _told(frame: pl.DataFrame, column: Column) -> bool:
    """Whether a column says more than its default; a derived City need not list its columns."""
    values = frame[column.name]
    if column.default is None:
        return values.null_count() < len(values)
    return bool((values != column.default).any())


def _spelled(column: Column) -> pl.Expr:
    name = column.name
    value = pl.col(name)
    match column.kind:
        case "money":
            return decimal(name, 2)
        case "points":
            return decimal(name, 6)
        case "month":
            return value.dt.strftime("%Y-%m")
        case "date":
            return value.dt.strftime("%Y-%m-%d")
        case "moment":
            return value.dt.strftime("%Y-%m-%d %H:%M:%S%.f")
        case "flag":
            return (
                pl.when(value).then(pl.lit("true")).when(~value).then(pl.lit("false")).alias(name)
            )
        case "ids":
            return value
        case "whole" | "tier":
            return value
        case _:
            return value.cast(pl.String)
