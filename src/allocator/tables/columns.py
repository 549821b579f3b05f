"""What a column can hold, and what makes columns a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal[
    "id",  # text that names something; never a number
    "text",
    "choice",  # one word of a vocabulary
    "whole",  # whole number
    "tier",  # whole number, 30档 and 九档 too
    "money",  # yuan in, fen out
    "points",  # decimal number in, millionths out
    "flag",
    "date",
    "month",  # first day of the month; the day itself, where given, is the derived column day
    "moment",  # date with time
    "clock",  # date with time, or a time of the row's order day
    "ids",  # several identifiers in one cell
]

MOST_UNITS = 1_000_000_000_000
"""Largest count of cartons in a cell: sums over a million rows still fit 64 bits."""

MOST_FEN = 100_000_000_000_000
"""Largest amount in a cell (fen): below it a float still tells one fen from the next."""

MOST_TIERS = 1_000
"""Highest tier: 30 is usual; a figure in the thousands is another column by mistake."""

DTYPES: Mapping[Kind, pl.DataType] = {
    "id": pl.String(),
    "text": pl.String(),
    "choice": pl.String(),
    "whole": pl.Int64(),
    "tier": pl.Int64(),
    "money": pl.Int64(),
    "points": pl.Int64(),
    "flag": pl.Boolean(),
    "date": pl.Date(),
    "month": pl.Date(),
    "moment": pl.Datetime("us"),
    "clock": pl.Datetime("us"),
    "ids": pl.List(pl.String()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    least, most : bounds of a number, inclusive, in the unit of the result
    choices : words of a ``choice``
    free : words outside ``choices`` are kept as they are, and warned of
    default : what an empty cell means; ``None`` = unknown
    """

    name: str
    kind: Kind
    required: bool = False
    least: int = 0
    most: int = MOST_UNITS
    choices: tuple[str, ...] = ()
    free: bool = False
    default: str | int | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """One table.

    key : columns that together name a row once; empty = rows may repeat
    order : columns by which rows are sorted; empty = left as they came
    derived : columns made from others, with their dtype
    compact : identifiers are kept as ``Enum`` (the table can have millions of rows)
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    derived: tuple[tuple[str, pl.DataType], ...] = ()
    compact: bool = False

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)

    def required(self) -> tuple[str, ...]:
        """Names of the columns that must be there."""
        return tuple(column.name for column in self.columns if column.required)
