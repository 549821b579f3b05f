"""A table in portions of a few hundred thousand rows, for files that do not fit into memory."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import polars as pl

from allocator.tables import limits
from allocator.tables.columnar import ArrowStream
from allocator.tables.delimited import after_line, layout_of, one_break, read_body, utf8
from allocator.tables.naming import Names
from allocator.tables.source import Source, printable, refuse

if TYPE_CHECKING:
    import pyarrow

PORTION_BYTES = 24 << 20
"""Text read at once: 150,000 lines of an orders table; its cells take about ten times as much."""
PORTION_ROWS = 200_000
"""Rows of a Parquet file or dataframe taken at once."""


def _break_of(data: bytes) -> int:
    """Where the last whole record ends: after a line break outside of quotation marks, or 0."""
    array = np.frombuffer(data, dtype=np.uint8)
    breaks = np.flatnonzero(array == ord("\n"))
    if not len(breaks):
        breaks = np.flatnonzero(array == ord("\r"))
    marks = np.flatnonzero(array == ord('"'))
    whole = breaks[np.searchsorted(marks, breaks) % 2 == 0]
    return int(whole[-1]) + 1 if len(whole) else 0


def _blocks(file: BinaryIO, name: str, size: int) -> Iterator[bytes]:
    """Bytes of a text file in whole records, UTF-16 as UTF-8."""
    start = file.read(2)
    decode = None
    if start in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        decode = codecs.getincrementaldecoder("utf-16")()
    carried = b""
    block = start + file.read(size)
    while block:
        following = file.read(size)
        if decode is not None:
            try:
                block = decode.decode(block, final=not following).encode()
            except UnicodeError:
                raise refuse("file-binary", name) from None
        carried += block
        end = _break_of(carried) if following else len(carried)
        if end:
            yield carried[:end]
            carried = carried[end:]
        if len(carried) > limits.LENIENT_BYTES:
            raise refuse("quotes-malformed", name, most=limits.LENIENT_BYTES)
        block = following


def text_portions(
    file: BinaryIO, table: str, names: Names, name: str, size: int = PORTION_BYTES
) -> Iterator[Source]:
    """A CSV file of any size; what it says is as ``read_delimited`` says it.

    size : bytes read at once; the header stands within the first of them

    Raises
    ------
    BadTable : as ``read_delimited``; lines of several encodings also where portions differ.
    """
    layout = None
    line = 1
    seen: set[str] = set()
    for block in _blocks(file, name, size):
        data = utf8(block, name)
        if not data.isascii():
            seen.add("utf-8" if data == block.removeprefix(codecs.BOM_UTF8) else "gb18030")
        if len(seen) > 1:
            raise refuse("mixed-encodings", name, row=line)
        data = one_break(data)
        lines = data.count(b"\n")
        first = layout is None
        if layout is None:
            layout = layout_of(data, table, names, name)
            data = after_line(data, layout.line - 1)
        frame, row = read_body(data, layout, layout.line if first else line, name)
        if first:
            frame, row = frame.slice(1), row.slice(1)
        line += lines
        yield Source(layout.header, frame.height, frame.to_series, row, name)


def batch_portions(
    batches: Iterator[pyarrow.RecordBatch], header: tuple[str, ...], name: str | None
) -> Iterator[Source]:
    """Typed columns, batch by batch; rows are numbered from 1."""
    if len(header) > limits.COLUMNS:
        raise refuse("too-many-columns", name, count=len(header), most=limits.COLUMNS)
    done = 0
    waiting: list[pl.DataFrame] = []
    for batch in batches:
        frame = pl.DataFrame(batch)
        for start in range(0, frame.height, PORTION_ROWS):
            waiting.append(frame.slice(start, PORTION_ROWS))
            if sum(part.height for part in waiting) >= PORTION_ROWS:
                yield _numbered(waiting, header, done, name)
                done += sum(part.height for part in waiting)
                waiting = []
    if waiting or not done:
        waiting = waiting or [pl.DataFrame(schema=dict.fromkeys(header, pl.Null))]
        yield _numbered(waiting, header, done, name)


def _numbered(
    parts: list[pl.DataFrame], header: tuple[str, ...], done: int, name: str | None
) -> Source:
    frame = pl.concat(parts)
    row = pl.int_range(done + 1, done + frame.height + 1, dtype=pl.UInt32, eager=True)
    return Source(header, frame.height, frame.to_series, row, name)


def parquet_portions(path: Path, name: str) -> Iterator[Source]:
    """A Parquet file of any size.

    Raises
    ------
    BadTable : damaged.
    """
    import pyarrow
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, pre_buffer=False) as file:
            header = tuple(file.schema_arrow.names)
            yield from batch_portions(file.iter_batches(PORTION_ROWS), header, name)
    except (pyarrow.ArrowException, OSError):
        raise refuse("parquet-damaged", name) from None


def stream_portions(data: ArrowStream | Any, name: str | None) -> Iterator[Source]:
    """A dataframe of any library with the Arrow interface, taken as it comes.

    Raises
    ------
    BadTable : what it offers cannot be taken over.
    """
    import pyarrow

    try:
        reader = pyarrow.RecordBatchReader.from_stream(data)
        yield from batch_portions(iter(reader), tuple(reader.schema.names), name)
    except (pyarrow.ArrowException, TypeError) as problem:
        raise refuse("frame-unreadable", name, reason=printable(str(problem))) from None
