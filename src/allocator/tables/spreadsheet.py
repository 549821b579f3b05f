"""Excel workbooks: checked for what they unpack to, then read as text with the type beside it."""

from __future__ import annotations

import lzma
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from typing import Any, TypeVar
from zipfile import BadZipFile, ZipFile

import polars as pl

from allocator.tables import limits
from allocator.tables.delimited import find_header, no_header
from allocator.tables.naming import Names, lacking, match, table_called
from allocator.tables.schemas import SCHEMAS
from allocator.tables.source import Source, printable, refuse

Result = TypeVar("Result")
Span = tuple[int, int, int, int]

_CHUNK = 1 << 22
_OVERLAP = 1 << 12
"""Longest piece of XML that may be cut by a chunk's end: far more than a cell's reference."""
_CELL = re.compile(rb' r="([A-Z]{1,3})(\d{1,7})"')
_ROW = re.compile(rb'<row r="(\d{1,9})"')
"""As every program writes them; the literal start makes the search ten times faster."""
_ODD_CELL = re.compile(rb"""\sr\s*=\s*["']([A-Z]{1,3})(\d{1,7})["']""")
_ODD_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]{0,400}?\br\s*=\s*["'](\d{1,9})["']""")
"""As XML allows besides."""
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]{1,1000}>")
_LINK = re.compile(rb"<(?:\w+:)?Relationship\s[^>]{1,1000}>")
_WORD = r"""\b{}\s*=\s*(?:"([^"]*)"|'([^']*)')"""
_ODD_SIGNS = (
    b"='",
    b" =",
    b"\t=",
    b"\r=",
    b"\n=",
    b"= ",
    b"=\t",
    b"=\r",
    b"=\n",
    b":row",
    b"row s",
)
_MIDNIGHT = r" 00:00:00(\.0+)?$"


@dataclass(frozen=True, slots=True, eq=False)
class Workbook:
    """An open workbook.

    sheets : names of the sheets that hold something
    merged : sheet -> merged cells as (first column, first row, last column, last row), 0-based
    """

    name: str
    sheets: tuple[str, ...]
    reader: Any
    merged: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    def sheet_of(self, table: str, names: Names) -> str:
        """The sheet that holds a table: the one named so, else the only one that has its columns.

        Raises
        ------
        BadTable : no sheet with content, or several and none, or two, of that name.
        """
        named = [sheet for sheet in self.sheets if table_called(sheet) == table]
        found = named or list(self.sheets)
        if not found:
            raise refuse("workbook-empty", self.name)
        if len(found) > 1:
            found = list(self.with_table(table, names)) or found
        if len(found) > 1:
            shown = ", ".join(printable(sheet) for sheet in found[:12])
            raise refuse("which-sheet", self.name, table=table, sheets=shown)
        return found[0]

    def with_table(self, table: str, names: Names) -> tuple[str, ...]:
        """The sheets in which a header names every column that the table must have."""
        return tuple(sheet for sheet in self.sheets if self._holds(sheet, table, names))

    def _holds(self, sheet: str, table: str, names: Names) -> bool:
        rows = limits.TITLE_ROWS
        frame, left = _guarded(
            lambda: _frame(_load(self.reader, sheet, "string", n_rows=rows)), self.name
        )
        top = [[(cell or "").strip() for cell in row] for row in frame.rows()]
        spans = self.merged.get(sheet, ())
        _show_headings(top, tuple((a - left, b, c - left, d) for a, b, c, d in spans))
        index, _ = find_header(top, table, names)
        return index >= 0 and not lacking(SCHEMAS[table], match(top[index], table, names))


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _unpacked(data: bytes, name: str) -> dict[str, tuple[Span, ...]]:
    """Refuse what would unpack to more than memory; else the merged cells of each sheet.

    Bombs lie about sizes: all is unpacked once here, where more than was declared is an error.
    """
    merged: dict[str, set[Span]] = {}
    try:
        with ZipFile(BytesIO(data)) as archive:
            parts = archive.infolist()
            declared = sum(part.file_size for part in parts)
            if len(parts) > limits.WORKBOOK_PARTS or declared > limits.WORKBOOK_UNPACKED_BYTES:
                raise refuse("workbook-bomb", name, most=limits.WORKBOOK_UNPACKED_BYTES)
            if "xl/workbook.xml" not in archive.namelist():
                raise refuse("archive-unknown", name)
            for part in parts:
                rows = columns = 0
                tail = b""
                with archive.open(part) as file:
                    while chunk := file.read(_CHUNK):
                        # Every part: the workbook, not the name, says which are sheets.
                        extent = _extent(tail + chunk)
                        rows, columns = max(rows, extent[0]), max(columns, extent[1])
                        if spans := set(_spans(tail + chunk)):
                            merged.setdefault(part.filename, set()).update(spans)
                        tail = chunk[-_OVERLAP:]
                if rows * columns > limits.WORKBOOK_CELLS:
                    # One cell in XFD1048576 claims memory for 17 thousand million.
                    most = limits.WORKBOOK_CELLS
                    raise refuse("sheet-too-large", name, rows=rows, columns=columns, most=most)
            called = _parts(archive) if merged else {}
    except (BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as bad:
        raise refuse("workbook-damaged", name) from bad
    except RuntimeError as bad:  # encrypted, or packed in a way nobody knows
        raise refuse("workbook-damaged", name) from bad
    return {sheet: tuple(sorted(merged[part])) for sheet, part in called.items() if part in merged}


def _spans(xml: bytes) -> Iterator[Span]:
    for left, top, right, bottom in _MERGED.findall(xml):
        yield _column(left) - 1, int(top) - 1, _column(right) - 1, int(bottom) - 1


def _parts(archive: ZipFile) -> dict[str, str]:
    """Name of each sheet -> part of the archive that holds it."""

    def word(tag: bytes, name: str) -> str:
        found = re.search(_WORD.format(name), tag.decode("utf-8", "replace"))
        return "" if found is None else unescape(found.group(1) or found.group(2) or "")

    links = "xl/_rels/workbook.xml.rels"
    if links not in archive.namelist():
        return {}
    target = {word(tag, "Id"): word(tag, "Target") for tag in _LINK.findall(archive.read(links))}
    sheets = _SHEET.findall(archive.read("xl/workbook.xml"))
    found = ((word(tag, "name"), target.get(word(tag, r"\w+:id"), "")) for tag in sheets)
    return {name: part[1:] if part.startswith("/") else f"xl/{part}" for name, part in found}


def _extent(xml: bytes) -> tuple[int, int]:
    """Last row and column that a piece of a sheet names."""
    odd = any(sign in xml for sign in _ODD_SIGNS)
    cells = (_ODD_CELL if odd else _CELL).findall(xml)
    rows = max((int(row) for _, row in cells), default=0)
    rows = max(rows, *(int(row) for row in (_ODD_ROW if odd else _ROW).findall(xml)), 0)
    return rows, max((_column(letters) for letters in {letters for letters, _ in cells}), default=0)


def _guarded(read: Callable[[], Result], name: str) -> Result:
    try:
        import fastexcel
    except ImportError:
        raise refuse("excel-missing", name) from None
    try:
        return read()
    except (fastexcel.FastExcelError, pl.exceptions.PolarsError, ValueError, OSError) as bad:
        raise refuse("workbook-damaged", name) from bad
    except BaseException as panic:
        # A panic of the Rust reader is no Exception, and its class is not exported.
        if type(panic).__name__ != "PanicException":
            raise
        raise refuse("workbook-damaged", name) from None


def open_workbook(data: bytes, name: str, zipped: bool) -> Workbook:
    """A workbook from its bytes.

    Raises
    ------
    BadTable : no reader for Excel installed, damaged, or unpacking to too much.
    """
    merged = _unpacked(data, name) if zipped else {}

    def load() -> tuple[Any, tuple[str, ...]]:
        import fastexcel

        reader = fastexcel.read_excel(data)
        filled = [
            sheet
            for sheet in reader.sheet_names
            if (found := _load(reader, sheet, "string", n_rows=limits.TITLE_ROWS)).height
            and found.visible == "visible"
        ]
        return reader, tuple(filled)

    reader, sheets = _guarded(load, name)
    return Workbook(name, sheets, reader, merged)


def _load(reader: Any, sheet: str, dtype: str, **options: Any) -> Any:
    return reader.load_sheet(sheet, header_row=None, skip_rows=0, dtypes=dtype, **options)


def _frame(cells: Any) -> tuple[pl.DataFrame, int]:
    """The cells of a sheet, and how many columns stand empty to the left of them."""
    found = cells.selected_columns
    return pl.DataFrame(cells), found[0].absolute_index if found else 0


def read_sheet(book: Workbook, sheet: str, table: str, names: Names) -> Source:
    """A sheet as a source of text columns.

    Raises
    ------
    BadTable : no header, too many columns, damaged.
    """
    file, shown = book.name, printable(sheet)
    frame, left = _guarded(lambda: _frame(_load(book.reader, sheet, "string")), file)
    if frame.width > limits.COLUMNS:
        raise refuse("too-many-columns", file, sheet=shown, count=frame.width, most=limits.COLUMNS)
    spans = tuple((a - left, b, c - left, d) for a, b, c, d in book.merged.get(sheet, ()))
    top = [[(cell or "").strip() for cell in row] for row in frame.head(limits.TITLE_ROWS).rows()]
    _show_headings(top, spans)
    index, hits = find_header(top, table, names)
    if not hits:
        raise no_header(table, next((row for row in top if any(row)), []), file, shown)
    below = frame.slice(index + 1)

    def load(position: int) -> pl.Series:
        # A date cell comes as a moment at midnight.
        return below.to_series(position).str.replace(_MIDNIGHT, "")

    def stored_as_number(position: int) -> pl.Series:
        def flags() -> pl.Series:
            # Read as Booleans, numbers give a value and texts none.
            cells = _load(book.reader, sheet, "boolean", use_columns=[left + position])
            return pl.DataFrame(cells).to_series()

        return _guarded(flags, file).slice(index + 1).is_not_null()

    row = pl.int_range(index + 2, index + 2 + below.height, dtype=pl.UInt32, eager=True)
    return Source(
        tuple(top[index]),
        below.height,
        load,
        row,
        file,
        shown,
        stored_as_number,
        _below(spans, index + 1, below.height),
        _across(spans, index + 1, below.height),
    )


def _show_headings(top: list[list[str]], spans: tuple[Span, ...]) -> None:
    """Write a heading that stands over several rows into each of them."""
    for left, first, right, last in spans:
        if left == right and first < last < len(top) and 0 <= left < len(top[first]):
            for row in top[first + 1 : last + 1]:
                row[left] = top[first][left]


def _below(
    spans: tuple[Span, ...], start: int, height: int
) -> dict[int, tuple[tuple[int, int], ...]]:
    """Merged cells of several rows below the header: column -> (first, last) rows of data."""
    found: dict[int, list[tuple[int, int]]] = {}
    for left, first, _, last in spans:
        if first < last and first >= start and last < start + height:
            found.setdefault(left, []).append((first - start, last - start))
    return {column: tuple(places) for column, places in found.items()}


def _across(
    spans: tuple[Span, ...], start: int, height: int
) -> dict[int, tuple[tuple[int, int], ...]]:
    """Cells merged across below the header: column -> (row of data, column of what is shown)."""
    found: dict[int, list[tuple[int, int]]] = {}
    for left, first, right, last in spans:
        if 0 <= left < right < limits.COLUMNS and first == last and start <= first < start + height:
            for column in range(left + 1, right + 1):
                found.setdefault(column, []).append((first - start, left))
    return {column: tuple(places) for column, places in found.items()}
