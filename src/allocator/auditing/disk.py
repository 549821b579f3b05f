"""Frames on disk, by DuckDB: an audit that may not hold all order lines in memory at once.

Names of tables are ours; values from data never become part of a statement.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import narwhals as nw
import polars as pl

from allocator.auditing.engine import Frame, whole

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation


_NUMBERS = count()
"""Several audits may go over one database."""


class OnDisk:
    """Frames in one DuckDB database."""

    def __init__(self, connection: DuckDBPyConnection) -> None:
        self.connection = connection
        self._kept: list[str] = []

    def lend(self, frame: pl.DataFrame) -> Frame:
        """Copied into the database."""
        return self._stored(self.connection.from_arrow(plain(frame).to_arrow()))

    def keep(self, frame: Frame) -> Frame:
        """Written to a table; whole numbers are 64 bits wide again."""
        return self._stored(narrowed(frame.to_native()))

    def coded(self, frame: Frame, columns: dict[str, str]) -> Frame:
        """The texts themselves: the database compresses them."""
        return frame.with_columns(nw.col(text).alias(code) for code, text in columns.items())

    def collect(self, *frames: Frame) -> list[pl.DataFrame]:
        """One query each."""
        return [whole(narrowed(frame.to_native()).pl()) for frame in frames]

    def release(self) -> None:
        """Drop what was kept: the next cycle of the same orders needs the room."""
        for name in self._kept:
            self.connection.execute(f"DROP TABLE {name}").fetchall()
        self._kept.clear()

    def _stored(self, relation: DuckDBPyRelation) -> Frame:
        name = f"kept_{next(_NUMBERS)}"
        relation.create(name)
        self._kept.append(name)
        return nw.from_native(self.connection.table(name))


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Identifiers as text, whatever the table keeps them as."""
    return frame.with_columns(pl.col(pl.Enum, pl.Categorical).cast(pl.String))


def narrowed(relation: DuckDBPyRelation) -> DuckDBPyRelation:
    """Sums are 128 bits wide in DuckDB; those of an audit fit 64."""
    wide = [
        name
        for name, kind in zip(relation.columns, relation.types, strict=True)
        if str(kind) in ("HUGEINT", "UHUGEINT")
    ]
    if not wide:
        return relation
    import duckdb

    columns = [
        duckdb.ColumnExpression(name).cast("BIGINT").alias(name)
        if name in wide
        else duckdb.ColumnExpression(name)
        for name in relation.columns
    ]
    return relation.select(*columns)
