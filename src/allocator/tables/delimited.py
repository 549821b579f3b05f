"""CSV and its kin: encoding by the bytes, separator and header by what is recognised."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from itertools import islice

import numpy as np
import polars as pl

from allocator.tables import limits
from allocator.tables.naming import Names, match
from allocator.tables.schemas import KNOWN
from allocator.tables.source import Source, printable, refuse

_SEPARATORS = (",", "\t", ";")
_HEAD_BYTES = 1 << 18
"""Enough for the header's 20 records, even wide ones."""
_PARSED = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError)
_CJK = ("\u3400", "\u9fff")


def utf8(data: bytes, file: str | None) -> bytes:
    """The bytes as UTF-8 without BOM, from UTF-8, UTF-16 with BOM or GB18030.

    Raises
    ------
    BadTable : binary data, or lines of several encodings.
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16").encode()
        except UnicodeError:
            raise refuse("file-binary", file) from None
    data = data.removeprefix(codecs.BOM_UTF8)
    if b"\0" in data:
        raise refuse("file-binary", file)
    if data.isascii():
        return data
    try:
        data.decode("utf-8")
        return data
    except UnicodeDecodeError as broken:
        line = data.count(b"\n", 0, broken.start) + 1
    return _from_gb18030(data, line, file)


def _from_gb18030(data: bytes, first_other: int, file: str | None) -> bytes:
    """UTF-8 of Chinese bytes that are not UTF-8; mixtures are refused.

    GB18030 accepts most bytes, mojibake of UTF-8 included. So lines vote: a line that is UTF-8
    with Chinese characters is hardly ever GB18030 by chance.
    """
    lines = [line for line in data.split(b"\n", limits.SCANNED_LINES) if not line.isascii()]
    as_utf8 = sum(_is_chinese_utf8(line) for line in lines[: limits.SCANNED_LINES])
    others = len(lines) - as_utf8
    if as_utf8 * 50 > others:
        raise refuse("mixed-encodings", file, row=first_other)
    try:
        return data.decode("gb18030").encode()
    except UnicodeError as broken:
        if not isinstance(broken, UnicodeDecodeError):
            raise refuse("file-binary", file) from None
        line = data.count(b"\n", 0, broken.start) + 1
        raise refuse("encoding-unknown", file, row=line) from None


def _is_chinese_utf8(line: bytes) -> bool:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return False
    return any(_CJK[0] <= char <= _CJK[1] for char in text)


def _records(text: str, separator: str, count: int) -> list[tuple[int, list[str]]]:
    """The first records with the line each begins on; what does not parse ends the list."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    found: list[tuple[int, list[str]]] = []
    line = 1
    try:
        for record in islice(reader, count):
            found.append((line, record))
            line = reader.line_num + 1
    except csv.Error:
        pass
    return found


def find_header(records: Sequence[Sequence[str]], table: str, names: Names) -> tuple[int, int]:
    """Index of the record that names most columns, and how many it names; (-1, 0) if none."""
    best, most = -1, 0
    for index, record in enumerate(records):
        found = match(record[: limits.COLUMNS], table, names)
        # Figures look like tiers: a row that names no column at all is no header.
        across = len(found.tiers) + len(found.products) if found.places else 0
        hits = len(found.places) + across
        if hits > most:
            best, most = index, hits
    return best, most


def quotes_are_plain(data: bytes, separator: str) -> bool:
    """Whether every quotation mark opens, closes or doubles, as the standard has it.

    Where one stands inside a plain cell (``5" nail``) a fast parser may join cells in silence.
    """
    array = np.frombuffer(data, dtype=np.uint8)
    mark = ord('"')
    places = np.flatnonzero(array == mark)
    if len(places) % 2:
        return False
    edge = np.zeros(256, dtype=bool)
    edge[[ord(separator), 10, 13, mark]] = True
    opening, closing = places[::2], places[1::2]
    before = edge[array[np.maximum(opening - 1, 0)]] | (opening == 0)
    after = edge[array[np.minimum(closing + 1, len(array) - 1)]] | (closing == len(array) - 1)
    return bool(before.all() and after.all())


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is written.

    header : cells of the header; line : the line it begins on, counted from 1
    """

    separator: str
    header: tuple[str, ...]
    line: int


def one_break(data: bytes) -> bytes:
    """Lines that end as on Unix."""
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return data


def layout_of(data: bytes, table: str, names: Names, file: str | None) -> Layout:
    """Separator and header, by what is recognised in the first records of UTF-8 text.

    Raises
    ------
    BadTable : no header, or too many columns.
    """
    head = data[:_HEAD_BYTES].decode("utf-8", errors="ignore")
    best: tuple[int, str, int, list[tuple[int, list[str]]]] = (0, ",", -1, [])
    for separator in _SEPARATORS:
        records = _records(head, separator, limits.TITLE_ROWS)
        index, hits = find_header([record for _, record in records], table, names)
        if hits > best[0]:
            best = (hits, separator, index, records)
    hits, separator, index, records = best
    if not hits:
        records = _records(head, ",", 1)
        raise no_header(table, records[0][1] if records else [], file)
    header = tuple(cell.strip() for cell in records[index][1])
    if len(header) > limits.COLUMNS:
        raise refuse("too-many-columns", file, count=len(header), most=limits.COLUMNS)
    return Layout(separator, header, records[index][0])


def read_body(
    body: bytes, layout: Layout, line: int, file: str | None
) -> tuple[pl.DataFrame, pl.Series]:
    """Records of UTF-8 text as text columns, and the line each begins on.

    line : of the first byte of ``body``

    Raises
    ------
    BadTable : rows that do not fit the header, quotation marks that do not match.
    """
    width, separator = len(layout.header), layout.separator
    quoted = b'"' in body
    frame = None
    if not quoted or quotes_are_plain(body, separator):
        frame = _parse(body, separator, width)
    if frame is None:
        return _parse_leniently(body, separator, width, line, file)
    return frame, _lines(frame, line, quoted)


def read_delimited(data: bytes, table: str, names: Names, file: str | None) -> Source:
    """A CSV file as a source of text columns.

    Raises
    ------
    BadTable : no text, no header, rows that do not fit it, quotation marks that do not match.
    """
    data = one_break(utf8(data, file))
    layout = layout_of(data, table, names, file)
    frame, row = read_body(after_line(data, layout.line - 1), layout, layout.line, file)
    frame, row = frame.slice(1), row.slice(1)
    if frame.height > limits.ROWS:
        raise refuse("too-many-rows", file, count=frame.height, most=limits.ROWS)
    return Source(layout.header, frame.height, frame.to_series, row, file)


def no_header(
    table: str, found: Sequence[str], file: str | None, sheet: str | None = None
) -> Exception:
    """The refusal of a table in which no column is recognised."""
    usual = ", ".join(KNOWN[table].required())
    shown = ", ".join(printable(cell) for cell in found[:12] if cell)
    return refuse("no-header", file, sheet=sheet, table=table, expected=usual, found=shown)


def after_line(data: bytes, lines: int) -> bytes:
    """What stands below so many lines."""
    start = 0
    for _ in range(lines):
        start = data.index(b"\n", start) + 1
    return data[start:]


def _parse(body: bytes, separator: str, width: int) -> pl.DataFrame | None:
    """Header and rows as text; ``None`` where rows are longer than the header or malformed."""
    schema = {f"column_{index}": pl.String for index in range(width)}
    try:
        return pl.read_csv(
            body,
            has_header=False,
            separator=separator,
            schema=schema,
            raise_if_empty=False,
        )
    except _PARSED:
        return None


def _lines(frame: pl.DataFrame, first: int, quoted: bool) -> pl.Series:
    """Line on which each record begins: line breaks inside cells count."""
    row = pl.int_range(first, first + frame.height, dtype=pl.UInt32, eager=True)
    if not quoted:
        return row
    breaks = frame.select(
        pl.sum_horizontal(pl.all().str.count_matches("\n", literal=True).fill_null(0))
    ).to_series()
    before = breaks.cum_sum().shift(1, fill_value=0).cast(pl.UInt32)
    return row + before


def _parse_leniently(
    body: bytes, separator: str, width: int, first: int, file: str | None
) -> tuple[pl.DataFrame, pl.Series]:
    """The same record by record, for what the fast parser refuses: it knows which line."""
    if len(body) > limits.LENIENT_BYTES:
        raise refuse("quotes-malformed", file, most=limits.LENIENT_BYTES)
    reader = csv.reader(StringIO(body.decode(), newline=""), delimiter=separator, strict=True)
    rows: list[list[str | None]] = []
    lines: list[int] = []
    line = first
    try:
        for record in reader:
            if any(record[width:]):
                raise refuse("row-too-long", file, row=line, cells=len(record), columns=width)
            cells = [cell or None for cell in record[:width]]
            rows.append(cells + [None] * (width - len(cells)))
            lines.append(line)
            line = first + reader.line_num
    except csv.Error:
        raise refuse("quotes-unmatched", file, row=line) from None
    schema = {f"column_{index}": pl.String for index in range(width)}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame, pl.Series(lines, dtype=pl.UInt32)
