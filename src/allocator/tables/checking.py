"""Faults between rows of a table, and between the tables of a city."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from allocator.errors import Refusal
from allocator.tables import limits
from allocator.tables.columns import Schema
from allocator.tables.source import printable


def row_codes(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """One whole number per row, equal where the columns are equal.

    Numbers, not structs: a struct of texts takes five times the memory.
    """
    combined = pl.repeat(0, frame.height, dtype=pl.UInt64, eager=True)
    for name in columns:
        ranks = frame[name].rank("dense").cast(pl.UInt64).fill_null(0)
        combined = combined * (ranks.n_unique() + 1) + ranks
        # Dense again, so that the product of many columns cannot leave 64 bits.
        combined = combined.rank("dense").cast(pl.UInt64)
    return combined


def repeated(
    frame: pl.DataFrame, schema: Schema, file: str | None, sheet: str | None
) -> list[Refusal]:
    """Rows that name again what another row names already, with the first row of each."""
    if not schema.key or not frame.height:
        return []
    codes = row_codes(frame, schema.key)
    if codes.n_unique() == frame.height:
        return []
    again = frame.with_columns(key=codes).filter(codes.is_duplicated()).sort("row")
    again = again.with_columns(first=pl.col("row").first().over("key"))
    again = again.filter(~pl.col("key").is_first_distinct())
    refusals = []
    columns = ", ".join(schema.key)
    for found in again.head(limits.SHOWN).iter_rows(named=True):
        key = ", ".join("" if found[name] is None else str(found[name]) for name in schema.key)
        facts = {"first": found["first"]}
        refusals.append(
            Refusal("row-repeated", file, sheet, found["row"], columns, printable(key), dict(facts))
        )
    if (more := again.height - limits.SHOWN) > 0:
        refusals.append(Refusal("more-rows", file, sheet, column=columns, facts={"count": more}))
    return refusals
