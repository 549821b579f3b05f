"""A city as tables: frames of one shape, whatever file they came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import polars as pl

from allocator.errors import Refusal


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One table, read, refused where wrong, and brought to one shape.

    name : ``retailers``, ``orders``, ... as in ``schemas.SCHEMAS``
    frame : every column of the schema with its dtype (null where absent from the input), the
        derived ones, and ``row`` (UInt32, line of the file or row of the sheet as an editor
        shows it; 1-based row for Parquet and dataframes); sorted by the schema's order, so that
        nothing depends on the order of rows. Sales alone keep their order: they are only summed.
    file, sheet : where the rows stand; ``None`` for a dataframe
    columns : canonical columns that the input has
    skipped : rows of totals and notes (合计, 制表人) that were left out
    aside : headers that were not recognised, as written
    warnings : what the reader should know, though it is no reason to refuse
    """

    name: str
    frame: pl.DataFrame
    file: str | None = None
    sheet: str | None = None
    columns: frozenset[str] = frozenset()
    skipped: int = 0
    aside: tuple[str, ...] = ()
    warnings: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """The tables of a city; ``None`` for a table that was not given.

    unread : files and sheets of the folder whose names tell no table; they were left alone
    """

    retailers: Table
    products: Table | None = None
    sales: Table | None = None
    supply: Table | None = None
    quotas: Table | None = None
    bands: Table | None = None
    orders: Table | None = None
    calendar: Table | None = None
    tiers: Table | None = None
    sanctions: Table | None = None
    credits: Table | None = None
    unread: tuple[str, ...] = ()

    def tables(self) -> Iterator[Table]:
        """The tables that were given, in a fixed order."""
        for field in fields(self):
            table = getattr(self, field.name)
            if isinstance(table, Table):
                yield table
