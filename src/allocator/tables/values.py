"""Cells of one column to values of one kind. What does not fit is told, never guessed.

Text is parsed column by column, by distinct values where there are few of them: no loop over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

from allocator.records import MICRO
from allocator.tables import limits
from allocator.tables.coding import Coded, coded, narrowed, stripped
from allocator.tables.columns import Column
from allocator.tables.dates import clock_of, date_of, day_of, moment_of, month_of
from allocator.tables.naming import chinese_numbers, folded, words

FEN = 100
"""Fen in a yuan."""
_FLOAT_NOISE = 1e-3
"""Part of a fen, or of a millionth, that a decimal number in a float may be off: at the largest
amount allowed a float is exact to 1/64 fen."""

_CARTONS = r"\s*条(?:/户)?$"
_OTHER_UNIT = r"^[+-]?[\d,.]+\s*(?:件|箱|盒|包|支|万支|担|元)$"
"""A case (件, 箱) is 50 or 250 cartons, 万支 another count: only the export's maker knows which."""
_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
_TOO_FINE = r"^[+-]?[\d,]*\.\d*[1-9]\d*$"


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """Cells of a column that are wrong in one way.

    where : Boolean, true for the cells
    """

    code: str
    where: pl.Series
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A column read: values (null where wrong or empty), faults, and things to be told.

    days : of a column of months, the day of the month (Int8), null where none is given
    """

    values: pl.Series
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()
    days: pl.Series | None = None


def _any(where: pl.Series) -> bool:
    return bool(where.any())


def lost_in(values: pl.Series, texts: pl.Series) -> pl.Series:
    """Cells that hold something of which no value was made."""
    return values.is_null() & texts.is_not_null()


def _patched(values: pl.Series, where: pl.Series, patch: pl.Series) -> pl.Series:
    return values.scatter(where.arg_true(), patch) if len(patch) else values


def faults_of(*candidates: Fault) -> tuple[Fault, ...]:
    """Those that any cell shows."""
    return tuple(fault for fault in candidates if _any(fault.where))


def _plain_number(texts: pl.Series) -> pl.Series:
    """``1,234`` and ``￥5元`` as a parser of numbers wants them."""
    bare = texts.str.replace(r"^[¥￥]\s*", "").str.replace(r"\s*元$", "")
    grouped = bare.str.contains(_THOUSANDS)
    return bare.zip_with(~grouped.fill_null(False), bare.str.replace_all(",", "", literal=True))


def whole_of(texts: pl.Series) -> pl.Series:
    """Int64 of text; null where it is no whole number."""
    values = texts.cast(pl.Int64, strict=False)
    lost = lost_in(values, texts)
    if _any(lost):
        rest = _plain_number(texts.filter(lost)).str.replace(r"\.0*$", "")
        values = _patched(values, lost, rest.cast(pl.Int64, strict=False))
    return values


def _read_whole(texts: pl.Series, column: Column) -> Read:
    texts = texts.str.replace(_CARTONS, "")
    values = whole_of(texts)
    lost = lost_in(values, texts)
    counted_else = lost & texts.str.contains(_OTHER_UNIT).fill_null(False)
    lost &= ~counted_else
    read = bounded(values, lost & texts.str.contains(_TOO_FINE), lost, column)
    return replace(read, faults=(*read.faults, *faults_of(Fault("other-unit", counted_else))))


def bounded(values: pl.Series, fraction: pl.Series, lost: pl.Series, column: Column) -> Read:
    """Values within the column's bounds; fractions, no numbers and the rest as faults."""
    outside = ((values < column.least) | (values > column.most)).fill_null(False)
    fraction = fraction.fill_null(False)
    scale = {"money": FEN, "points": MICRO}.get(column.kind, 1)
    bounds = {"least": column.least // scale, "most": column.most // scale}
    negative = outside & (values < 0) if column.least == 0 else outside & False
    faults = faults_of(
        Fault("not-whole", fraction),
        Fault("not-a-number", lost & ~fraction),
        Fault("negative", negative),
        Fault("out-of-range", outside & ~negative, bounds),
    )
    return Read(values.set(outside, None), faults)


def decimal(reals: pl.Series, scale: int, lost: pl.Series, column: Column) -> Read:
    """Float64 to whole ``scale``-ths; finer parts are rounded and warned of."""
    wild = (~reals.is_finite()).fill_null(False)
    reals = reals.set(wild, None)
    huge = (reals.abs() > column.most / scale).fill_null(False)
    scaled = reals.set(huge, 0.0) * scale
    values = scaled.round().cast(pl.Int64).set(huge, column.most + 1)
    finer = ((scaled - scaled.round()).abs() > _FLOAT_NOISE).fill_null(False)
    read = bounded(values, finer & False, lost | wild, column)
    rounded = faults_of(Fault("rounded", finer))
    return Read(read.values, read.faults, rounded)


def _read_decimal(texts: pl.Series, column: Column) -> Read:
    scale = FEN if column.kind == "money" else MICRO
    reals = texts.cast(pl.Float64, strict=False)
    lost = lost_in(reals, texts)
    if _any(lost):
        rest = _plain_number(texts.filter(lost)).cast(pl.Float64, strict=False)
        reals = _patched(reals, lost, rest)
        lost = lost_in(reals, texts)
    return decimal(reals, scale, lost, column)


def tier_of(texts: pl.Series) -> pl.Series:
    """Int64 of 30, 30档, 第九档, 三十档, T30."""
    bare = texts.str.replace(r"(?i)^\s*(第|tier|t)\s*", "").str.replace(r"\s*(档位?|级)$", "")
    numbers = {word: str(value) for word, value in chinese_numbers().items()}
    return whole_of(bare.replace(numbers))


def _read_tier(texts: pl.Series, column: Column) -> Read:
    # Words for "not graded" are an empty tier.
    ungraded = texts.str.contains(r"^(无档?|未评档?|未定档?|未分档|不参评|-+|—+)$").fill_null(False)
    texts = texts.set(ungraded, None)
    values = tier_of(texts)
    lost = lost_in(values, texts)
    return bounded(values, lost & texts.str.contains(_TOO_FINE), lost, column)


def _read_flag(texts: pl.Series, column: Column) -> Read:
    meanings = {word: meaning == "true" for word, meaning in words("flags").items()}
    values = folded(texts).replace_strict(meanings, default=None, return_dtype=pl.Boolean)
    return Read(values, faults_of(Fault("not-a-flag", lost_in(values, texts))))


def _read_id(texts: pl.Series, column: Column) -> Read:
    facts = {"most": limits.ID_CHARS}
    # '0053: the sign that keeps Excel from making a number of it, exported with it.
    texts = texts.str.replace(r"^'([\w-]+)$", "${1}")
    # 53010001.0: a number that a program took for a decimal because a cell was empty.
    texts = texts.str.replace(r"^(\d+)\.0+$", "${1}")
    faults = faults_of(
        Fault("id-lost-digits", texts.str.contains(r"^\d(\.\d+)?[eE]\+\d+$").fill_null(False)),
        Fault("id-unprintable", texts.str.contains(r"\p{C}|[\u2028\u2029]").fill_null(False)),
        Fault("id-too-long", (texts.str.len_chars() > limits.ID_CHARS).fill_null(False), facts),
    )
    return Read(texts, faults)


def _read_ids(texts: pl.Series, column: Column) -> Read:
    parts = texts.str.replace_all(r"[\s,，;；、|/]+", ",").str.strip_chars(",").str.split(",")
    return Read(parts.cast(pl.List(pl.String)))


def _read_dated(texts: pl.Series, column: Column) -> Read:
    parse = {"date": date_of, "month": month_of, "moment": moment_of, "clock": clock_of}[
        column.kind
    ]
    values = parse(texts)
    faults = faults_of(Fault(f"not-a-{column.kind}", lost_in(values, texts)))
    return Read(values, faults, days=day_of(texts) if column.kind == "month" else None)


def _read_text(texts: pl.Series, column: Column) -> Read:
    long = (texts.str.len_chars() > limits.CELL_CHARS).fill_null(False)
    return Read(texts, faults_of(Fault("cell-too-long", long, {"most": limits.CELL_CHARS})))


def _read_choice(texts: pl.Series, column: Column) -> Read:
    unknown = texts.is_not_null() & ~texts.is_in(column.choices)
    found = faults_of(Fault("not-a-choice", unknown, {"choices": ", ".join(column.choices)}))
    if column.free:
        return Read(texts, (), tuple(Fault("unknown-word", f.where, f.facts) for f in found))
    return Read(texts.set(unknown, None), found)


_READERS: Mapping[str, Callable[[pl.Series, Column], Read]] = {
    "id": _read_id,
    "text": _read_text,
    "choice": _read_choice,
    "whole": _read_whole,
    "tier": _read_tier,
    "money": _read_decimal,
    "points": _read_decimal,
    "flag": _read_flag,
    "date": _read_dated,
    "month": _read_dated,
    "moment": _read_dated,
    "clock": _read_dated,
    "ids": _read_ids,
}


def translated(texts: pl.Series, meanings: Mapping[str, str]) -> pl.Series:
    """Own words replaced by canonical ones; others stay."""
    known = folded(texts).replace_strict(meanings, default=None, return_dtype=pl.String)
    return known.zip_with(known.is_not_null(), texts)


def read_coded(cells: Coded, column: Column, meanings: Mapping[str, str], compact: bool) -> Read:
    """A column of text cells as the kind of the column; ``compact`` makes identifiers an Enum."""
    texts = (stripped if column.kind == "text" else narrowed)(cells.distinct)
    if meanings:
        texts = translated(texts, meanings)
    read = _READERS[column.kind](texts, column)
    values = read.values
    if compact and values.dtype == pl.String:
        values = values.cast(pl.Enum(values.drop_nulls().unique().sort()))
    return Read(
        cells.spread(values),
        tuple(replace(f, where=cells.flags(f.where)) for f in read.faults),
        tuple(replace(f, where=cells.flags(f.where)) for f in read.warnings),
        None if read.days is None else cells.spread(read.days),
    )


def read_texts(texts: pl.Series, column: Column, meanings: Mapping[str, str]) -> Read:
    """The same for text that is not coded yet."""
    return read_coded(coded(texts), column, meanings, compact=False)
