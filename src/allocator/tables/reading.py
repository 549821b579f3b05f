"""Tables and cities, read from files, workbooks, folders or dataframes; refused all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from allocator.errors import BadTable, Refusal
from allocator.tables import limits
from allocator.tables.assembling import assemble
from allocator.tables.city import City, Table
from allocator.tables.columnar import ArrowStream, read_parquet, take_frame
from allocator.tables.crossing import cross_check
from allocator.tables.delimited import read_delimited
from allocator.tables.documents import bounded, opened, sniff
from allocator.tables.naming import Aliases, Names, names_of, table_called
from allocator.tables.schemas import KNOWN, SCHEMAS
from allocator.tables.sheets import quota_parts, read_parts
from allocator.tables.source import printable, refuse
from allocator.tables.spreadsheet import Workbook, open_workbook, read_sheet

TableAliases = Mapping[Any, Aliases | Mapping[str, Any]]
"""Own headers and values by table: ``policy.tables``, or plain dicts of the same shape."""

SUFFIXES = frozenset({".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".xlsm", ".xls"})
"""Files of a folder that are looked at; what they hold is told by their bytes."""


def _read(path: Path, table: str, names: Names, called: str | None = None) -> Table:
    """A table from its file: whatever the file's name says, its bytes tell what it is."""
    name = called or printable(path.name)
    with opened(path) as file:
        form = sniff(file)
        if form == "page":
            raise refuse("file-is-page", name)
        if form == "text":
            data = bounded(file, name, limits.TEXT_BYTES)
            return assemble(read_delimited(data, table, names, name), KNOWN[table], names)
        if form != "parquet":
            data = bounded(file, name, limits.WORKBOOK_BYTES)
            book = open_workbook(data, name, zipped=form == "workbook")
            return _from_book(book, table, names)
    return assemble(read_parquet(path, name), KNOWN[table], names)


def _from_book(book: Workbook, table: str, names: Names) -> Table:
    if table == "quotas" and (parts := quota_parts(book, names)):
        return read_parts(book, parts, names)
    sheet = book.sheet_of(table, names)
    return assemble(read_sheet(book, sheet, table, names), KNOWN[table], names)


def _checked_name(name: str) -> str:
    if name not in KNOWN:
        raise refuse("table-unknown", None, table=printable(name), known=", ".join(SCHEMAS))
    return name


def read_table(
    name: str,
    source: str | Path | ArrowStream | pl.LazyFrame,
    aliases: TableAliases | None = None,
    file: str | None = None,
) -> Table:
    """One table.

    Parameters
    ----------
    name : ``retailers``, ``orders``, ... (``schemas.SCHEMAS``)
    source : path of a CSV, Parquet or Excel file, or a dataframe: polars (lazy too), pandas, a
        DuckDB relation, anything with the Arrow interface
    aliases : own headers and values, as ``policy.tables``
    file : name of the source in refusals and evidence, where the path's own would not do

    Raises
    ------
    BadTable : every fault of the table at once, with file, sheet, row, column, value, remedy.
    """
    names = names_of(_checked_name(name), aliases)
    if isinstance(source, str | Path):
        return _read(Path(source), name, names, file)
    if isinstance(source, pl.LazyFrame):
        found = take_frame(source.collect(), file)
    elif hasattr(source, "__arrow_c_stream__"):
        found = take_frame(source, file)
    else:
        raise refuse("source-unknown", file, type=type(source).__name__)
    return assemble(found, KNOWN[name], names)


def as_table(name: str, table: Table | str | Path | ArrowStream | pl.LazyFrame) -> Table:
    """A table as it is, or read."""
    return table if isinstance(table, Table) else read_table(name, table)


def read_city(
    source: str | Path | Mapping[str, Table | str | Path | ArrowStream],
    aliases: TableAliases | None = None,
) -> City:
    """A city: a folder of tables, one workbook with a sheet per table, or tables by name.

    In a folder the names of files tell what they hold (``orders.csv``, ``订单_202110.xlsx``); a
    workbook with another name is searched for sheets. Files that name no table are left alone;
    ``City.unread`` lists them.

    Raises
    ------
    BadTable : every fault of every table at once.
    """
    readers, unread = (
        ({name: _reader(name, given, aliases) for name, given in source.items()}, [])
        if isinstance(source, Mapping)
        else _readers_of(Path(source), aliases)
    )
    tables: dict[str, Table] = {}
    refusals: list[Refusal] = []
    for name in sorted(readers, key=_place):
        try:
            tables[name] = readers[name]()
        except BadTable as bad:
            refusals += bad.refusals
    if "retailers" not in readers:
        found = ", ".join([*readers, *unread]) or "-"
        refusals.append(Refusal("retailers-missing", facts={"found": found}))
    tables, crossed = cross_check(tables)
    refusals += crossed
    if refusals:
        raise BadTable("refused", refusals)
    return City(**tables, unread=tuple(unread))


def _place(name: str) -> int:
    known = list(SCHEMAS)
    return known.index(name) if name in known else len(known)


def _reader(
    name: str, given: Table | str | Path | ArrowStream, aliases: TableAliases | None
) -> Callable[[], Table]:
    if isinstance(given, Table):
        return lambda: given
    return lambda: read_table(name, given, aliases)


def _readers_of(
    path: Path, aliases: TableAliases | None
) -> tuple[dict[str, Callable[[], Table]], list[str]]:
    """What reads each table of a folder or workbook, and the names that tell no table."""
    if not path.is_dir():
        with opened(path) as file:
            form = sniff(file)
            name = printable(path.name)
            if form not in ("workbook", "old-workbook"):
                raise refuse("city-is-file", name)
            data = bounded(file, name, limits.WORKBOOK_BYTES)
        return _sheets(open_workbook(data, name, zipped=form == "workbook"), aliases)
    files: dict[str, Path] = {}
    books: list[Path] = []
    unread: list[str] = []
    refusals = []
    try:
        entries = sorted(path.iterdir())
    except OSError as problem:
        reason = printable(problem.strerror or type(problem).__name__)
        raise refuse("file-unreadable", printable(path.name), reason=reason) from None
    for entry in entries:
        if entry.suffix.lower() not in SUFFIXES or entry.name.startswith((".", "~$")):
            continue
        table = _city_table(entry.stem)
        if table in files:
            facts = {"table": table, "first": printable(files[table].name)}
            refusals.append(Refusal("two-files", printable(entry.name), facts=dict(facts)))
        elif table is not None:
            files[table] = entry
        elif entry.suffix.lower().startswith(".xls"):
            books.append(entry)
        else:
            unread.append(printable(entry.name))
    if refusals:
        raise BadTable("refused", refusals)
    readers = {table: _reader(table, file, aliases) for table, file in files.items()}
    for book in books:
        inside, left = _readers_of(book, aliases)
        for table, read in inside.items():
            readers.setdefault(table, read)
        unread += left
    return readers, unread


def _city_table(name: str) -> str | None:
    """The table of a city that a file or sheet holds; lists of findings are none."""
    table = table_called(name)
    return table if table in SCHEMAS else None


def _sheets(
    book: Workbook, aliases: TableAliases | None
) -> tuple[dict[str, Callable[[], Table]], list[str]]:
    def reader(table: str, sheet: str) -> Callable[[], Table]:
        def read() -> Table:
            names = names_of(table, aliases)
            return assemble(read_sheet(book, sheet, table, names), KNOWN[table], names)

        return read

    found: dict[str, Callable[[], Table]] = {}
    unread: list[str] = []
    for sheet in book.sheets:
        table = _city_table(sheet)
        if table in found:
            raise refuse("two-sheets", book.name, sheet=printable(sheet), table=table)
        if table is not None:
            found[table] = reader(table, sheet)
        else:
            unread.append(f"{printable(book.name)}[{printable(sheet)}]")
    return found, unread
