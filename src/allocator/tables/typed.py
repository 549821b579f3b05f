"""Columns of Parquet files and dataframes, whose cells have types already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from allocator.records import MICRO
from allocator.tables import limits
from allocator.tables.columns import DTYPES, Column
from allocator.tables.values import (
    FEN,
    Fault,
    Read,
    bounded,
    decimal,
    faults_of,
    lost_in,
    read_texts,
)

EXACT_FLOAT = 2**53
"""Below it every whole number has a float of its own."""


def read_typed(cells: pl.Series, column: Column, meanings: Mapping[str, str]) -> Read:
    """A column of a Parquet file or dataframe: typed where the types agree, else as text."""
    dtype, kind = cells.dtype, column.kind
    if dtype == pl.Null:
        return Read(pl.Series(cells.name, [None] * len(cells), dtype=DTYPES[kind]))
    if dtype in (pl.Categorical, pl.Enum) or dtype == pl.String:
        return read_texts(cells.cast(pl.String), column, meanings)
    if dtype.is_nested() and kind == "ids" and dtype == pl.List(pl.String):
        return Read(cells)
    none = cells.is_null() & False
    if dtype.is_integer() and not meanings:
        if kind in ("whole", "tier"):
            values = cells.cast(pl.Int64, strict=False)
            return bounded(values, none, lost_in(values, cells), column)
        if kind in ("money", "points"):
            return decimal(cells.cast(pl.Float64), FEN if kind == "money" else MICRO, none, column)
    if dtype.is_float():
        return _read_float(cells.cast(pl.Float64), column, meanings)
    if dtype == pl.Boolean and kind == "flag":
        return Read(cells)
    if dtype in (pl.Date, pl.Datetime) and kind in ("date", "month", "moment", "clock"):
        return _read_temporal(cells, column)
    if dtype.is_integer() or dtype.is_decimal() or dtype in (pl.Boolean, pl.Date, pl.Datetime):
        return read_texts(cells.cast(pl.String), column, meanings)
    values = pl.Series(cells.name, [None] * len(cells), dtype=DTYPES[kind])
    return Read(values, faults_of(Fault("type-unusable", ~none, {"type": str(dtype)})))


def _read_float(cells: pl.Series, column: Column, meanings: Mapping[str, str]) -> Read:
    wild = (~cells.is_finite()).fill_null(False)
    reals = cells.set(wild, None)
    if column.kind in ("money", "points"):
        return decimal(reals, FEN if column.kind == "money" else MICRO, wild, column)
    fraction = (reals != reals.round()).fill_null(False)
    if column.kind in ("whole", "tier") and not meanings:
        huge = (reals.abs() >= EXACT_FLOAT).fill_null(False)
        values = reals.set(fraction | huge, None).round().cast(pl.Int64).set(huge, column.most + 1)
        return bounded(values, fraction, wild, column)
    huge = (reals.abs() >= 10**limits.NUMBER_DIGITS).fill_null(False)
    texts = reals.set(huge | fraction, 0.0).cast(pl.Int64).cast(pl.String)
    texts = texts.zip_with(~fraction, reals.cast(pl.String))
    read = read_texts(texts.set(wild | huge, None), column, meanings)
    more = faults_of(Fault("id-number-too-long", huge), Fault("not-a-number", wild))
    return replace(read, faults=read.faults + more)


def _read_temporal(cells: pl.Series, column: Column) -> Read:
    # The wall clock of the zone that was given: orders are judged by local time.
    local = cells.dt.replace_time_zone(None) if cells.dtype == pl.Datetime else cells
    values = local.cast(DTYPES[column.kind])
    if column.kind == "month":
        return Read(values.dt.month_start(), days=values.dt.day())
    return Read(values)
