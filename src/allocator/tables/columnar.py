"""Parquet files and dataframes: typed columns under their names."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import polars as pl

from allocator.tables import limits
from allocator.tables.source import Source, printable, refuse


class ArrowStream(Protocol):
    """Any dataframe with the Arrow interface: polars, pandas, pyarrow, DuckDB."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """A capsule with a stream of record batches."""


_DAMAGED = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError)


def _numbered(height: int, file: str | None) -> pl.Series:
    if height > limits.ROWS:
        raise refuse("too-many-rows", file, count=height, most=limits.ROWS)
    return pl.int_range(1, height + 1, dtype=pl.UInt32, eager=True)


def read_parquet(path: Path, name: str) -> Source:
    """A Parquet file, known to be regular; each column is read when it is asked for.

    Raises
    ------
    BadTable : too large, or damaged.
    """
    if path.stat().st_size > limits.PARQUET_BYTES:
        raise refuse("file-too-large", name, most=limits.PARQUET_BYTES)
    try:
        # A path, not a file object: with an object polars reads the whole file each time.
        header = tuple(pl.read_parquet_schema(path))
        height = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
    except _DAMAGED:
        raise refuse("parquet-damaged", name) from None
    if len(header) > limits.COLUMNS:
        raise refuse("too-many-columns", name, count=len(header), most=limits.COLUMNS)

    def load(position: int) -> pl.Series:
        try:
            return pl.read_parquet(path, columns=[header[position]], glob=False).to_series()
        except _DAMAGED:
            raise refuse("parquet-damaged", name) from None

    return Source(header, height, load, _numbered(height, name), name)


def take_frame(data: ArrowStream, name: str | None) -> Source:
    """A dataframe of any library with the Arrow interface.

    Raises
    ------
    BadTable : what it offers cannot be taken over.
    """
    try:
        frame = data if isinstance(data, pl.DataFrame) else pl.DataFrame(data)
    except (*_DAMAGED, TypeError, ImportError) as problem:
        raise refuse("frame-unreadable", name, reason=printable(str(problem))) from None
    if frame.width > limits.COLUMNS:
        raise refuse("too-many-columns", name, count=frame.width, most=limits.COLUMNS)
    row = _numbered(frame.height, name)
    return Source(tuple(frame.columns), frame.height, frame.to_series, row, name)
