"""Faults and warnings that grading finds in tables which are sound by themselves."""

from __future__ import annotations

from typing import Final

import polars as pl

from allocator.errors import BadTable, Refusal
from allocator.tables.city import Table

Warnings = list[tuple[str, dict[str, str | int]]]
"""(code, facts) as in ``records.Grading``."""

SHOWN: Final = 20
"""Rows of one fault that are listed."""


def refuse_empty(table: Table, column: str, rows: pl.Series) -> None:
    """Refuse a table for rows whose ``column`` is empty; the first of them are listed."""
    if len(rows):
        raise BadTable(
            "grading-values-missing",
            [
                Refusal(
                    "grading-value-missing",
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
