"""Order lines that stay on disk, in DuckDB: cleaned as any other table, portion by portion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import polars as pl

from allocator.errors import BadRequest, BadTable, Refusal
from allocator.tables import limits
from allocator.tables.assembling import assemble
from allocator.tables.city import Table
from allocator.tables.columnar import ArrowStream
from allocator.tables.columns import DTYPES
from allocator.tables.documents import opened, sniff
from allocator.tables.naming import Names, names_of
from allocator.tables.portions import parquet_portions, stream_portions, text_portions
from allocator.tables.reading import TableAliases, read_table
from allocator.tables.schemas import ORDERS
from allocator.tables.source import Source, printable, refuse

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection, DuckDBPyRelation

NAME = "orders"
"""The table of the city, and of the database."""

SIZE = re.compile(r"[1-9]\d{0,5}(\.\d{1,3})?\s?[KMGT]i?B", re.IGNORECASE)
"""How a size of memory is written."""

MOST_FAULTS = 10_000
"""Faults after which a file is not read any further."""


@dataclass(frozen=True, slots=True, eq=False)
class StoredOrders:
    """Orders in a database of their own, which lives as long as ``store_orders`` lasts.

    filled : columns that hold anything
    outline : a table of one line for each cycle and ISO week, the last: what can be asked of the
        orders without going through them
    open_lines : lines that name no cycle
    view : what holds the lines
    file, sheet, columns : as of ``Table``
    """

    database: DuckDBPyConnection
    filled: frozenset[str]
    outline: Table
    columns: frozenset[str]
    open_lines: int = 0
    view: str = NAME
    file: str | None = None
    sheet: str | None = None

    @property
    def name(self) -> str:
        """As of ``Table``."""
        return NAME

    @property
    def relation(self) -> DuckDBPyRelation:
        """The lines: the columns of the orders table, and ``row``."""
        return self.database.table(self.view)

    def distinct(self, column: str) -> pl.Series:
        """The different values of a column, in order."""
        values: pl.DataFrame = self.relation.select(column).distinct().pl()
        return values[column].drop_nulls().sort()

    def lines(self, rows: pl.Series) -> pl.DataFrame:
        """The lines with these row numbers, in their order."""
        wanted = self.database.from_arrow(pl.DataFrame({"row": rows.unique()}).to_arrow())
        found: pl.DataFrame = self.relation.join(wanted, "row", how="semi").pl()
        return found.sort("row")

    def by_week(self, outline: Table) -> StoredOrders:
        """The same orders with each ISO week as a cycle. outline : with its weeks as cycles"""
        weekly = """
            CREATE OR REPLACE VIEW orders_by_week AS
            SELECT * REPLACE (strftime(ordered_at, '%G-W%V') AS cycle) FROM orders
        """
        self.database.execute(weekly).fetchall()
        filled = self.filled | {"cycle"}
        return replace(self, outline=outline, filled=filled, open_lines=0, view="orders_by_week")


@dataclass(slots=True)
class _Faults:
    """Faults of all portions as those of one table: a few of each kind, the rest counted."""

    told: dict[tuple[str, str | None], list[Refusal]] = field(default_factory=dict)
    more: dict[tuple[str, str | None], int] = field(default_factory=dict)

    def add(self, refusals: tuple[Refusal, ...] | list[Refusal]) -> None:
        kind: tuple[str, str | None] = ("", None)
        for refusal in refusals:
            if refusal.code == "more-cells":
                self.more[kind] = self.more.get(kind, 0) + int(str(refusal.facts["count"]))
                continue
            kind = (refusal.code, refusal.column)
            shown = self.told.setdefault(kind, [])
            if len(shown) < limits.SHOWN:
                shown.append(refusal)
            else:
                self.more[kind] = self.more.get(kind, 0) + 1

    def all(self) -> list[Refusal]:
        found = []
        for kind, shown in self.told.items():
            found += shown
            if count := self.more.get(kind, 0):
                last = shown[-1]
                found.append(
                    replace(last, code="more-cells", row=None, value=None, facts={"count": count})
                )
        return found

    def __len__(self) -> int:
        return sum(map(len, self.told.values())) + sum(self.more.values())


@contextmanager
def store_orders(
    source: Table | str | Path | ArrowStream | pl.LazyFrame,
    memory: str,
    aliases: TableAliases | None = None,
) -> Iterator[StoredOrders]:
    """Put orders into a database on disk for as long as the block lasts.

    Parameters
    ----------
    source : path of a CSV or Parquet file of any size, an Excel file, or a dataframe (polars,
        pandas, a DuckDB relation, anything with the Arrow interface)
    memory : most that the database holds in memory (``1GB``, ``500MB``); the rest is on disk
    aliases : own headers and values, as ``policy.tables``

    Raises
    ------
    BadTable : every fault of the table at once
    BadRequest : no such size, or DuckDB is not installed
    """
    names = names_of(NAME, aliases)
    with TemporaryDirectory(prefix="allocator-", ignore_cleanup_errors=True) as folder:
        database = _database(Path(folder), memory)
        try:
            yield _fill(database, source, names, Path(folder), aliases)
        finally:
            database.close()


def _database(folder: Path, memory: str) -> DuckDBPyConnection:
    if any(find_spec(name) is None for name in ("duckdb", "pyarrow")):
        raise BadRequest("duckdb-needed")
    import duckdb

    if not SIZE.fullmatch(memory):
        raise BadRequest("memory-unusable", given=printable(memory))
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,
        # Nothing but our own files: no extensions.
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    try:
        database = duckdb.connect(str(folder / "orders.duckdb"), config=settings)
    except (duckdb.Error, ValueError):
        raise BadRequest("memory-unusable", given=printable(memory)) from None
    # It would go to standard output, where programs expect JSON.
    database.execute("SET enable_progress_bar = false").fetchall()
    return database


def _fill(
    database: DuckDBPyConnection,
    source: Any,
    names: Names,
    folder: Path,
    aliases: TableAliases | None,
) -> StoredOrders:
    columns = {column.name: DTYPES[column.kind] for column in ORDERS.columns} | {"row": pl.UInt32()}
    parts = folder / "parts"
    parts.mkdir()
    faults, warnings = _Faults(), _Faults()
    filled: set[str] = set()
    outlines: list[pl.DataFrame] = []
    first: Table | None = None
    skipped = height = open_lines = 0
    for portion in _portions(source, names, folder, aliases):
        try:
            table = portion if isinstance(portion, Table) else assemble(portion, ORDERS, names)
        except BadTable as bad:
            faults.add(bad.refusals)
            if len(faults) > MOST_FAULTS or not isinstance(portion, Source):
                break
            continue
        first = first or table
        warnings.add(table.warnings)
        skipped += table.skipped
        height += table.frame.height
        if height > limits.ROWS:
            raise refuse("too-many-rows", table.file, count=height, most=limits.ROWS)
        nulls = table.frame.null_count().row(0, named=True)
        filled |= {name for name, count in nulls.items() if count < table.frame.height}
        open_lines += nulls["cycle"]
        outlines.append(_outline(table.frame))
        if not len(faults):
            part = table.frame.select(*columns)
            part.write_parquet(parts / f"{len(outlines)}.parquet", compression="lz4")
    if len(faults) or first is None:
        raise BadTable("refused", faults.all())
    # Files that the database scans: writing them costs a third of writing into it.
    database.read_parquet(str(parts / "*.parquet")).create_view(NAME)
    outline = replace(
        first,
        frame=_outline(pl.concat(outlines)),
        skipped=skipped,
        warnings=tuple(warnings.all()),
    )
    return StoredOrders(
        database, frozenset(filled), outline, first.columns, open_lines,
        file=first.file, sheet=first.sheet,
    )  # fmt: skip


def _outline(frame: pl.DataFrame) -> pl.DataFrame:
    """The last line of each cycle and ISO week."""
    week = pl.col("ordered_at").dt.strftime("%G-W%V").alias("week")
    last = frame.with_columns(week).sort(*ORDERS.order, "row")
    return last.unique(["cycle", "week"], keep="last", maintain_order=True).drop("week")


def _portions(
    source: Any, names: Names, folder: Path, aliases: TableAliases | None
) -> Iterator[Source | Table]:
    if isinstance(source, Table):
        yield source
    elif isinstance(source, pl.LazyFrame):
        path = folder / "frame.parquet"
        source.sink_parquet(path)
        yield from parquet_portions(path, "frame")
    elif not isinstance(source, str | Path):
        yield from stream_portions(source, None)
    else:
        path = Path(source)
        name = printable(path.name)
        with opened(path) as file:
            form = sniff(file)
            if form == "text":
                yield from text_portions(file, NAME, names, name)
                return
        if form == "parquet":
            yield from parquet_portions(path, name)
        else:
            yield read_table(NAME, path, aliases)
