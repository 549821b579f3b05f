"""Cells of one column to values of one kind. What does not fit is told, never guessed.

Text is parsed column by column, by distinct values where there are few of them: no loop over rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import polars as pl

from allocator.records import MICRO
from allocator.tables import limits
from allocator.tables.dates import clock_of, date_of, moment_of, month_of
from allocator.tables.naming import chinese_numbers, folded, words
from allocator.tables.schemas import DTYPES, Column
from allocator.tables.writing import FORMULA

FEN = 100
"""Fen in a yuan."""
_FLOAT_NOISE = 1e-3
"""Part of a fen, or of a millionth, that a decimal number in a float may be off: at the largest
amount allowed a float is exact to 1/64 fen."""
_EXACT_FLOAT = 2**53
_SAMPLE = 4096
"""Cells that tell whether a column is worth coding: it may err, that only costs time."""

_THOUSANDS = r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$"
_TOO_FINE = r"^[+-]?[\d,]*\.\d*[1-9]\d*$"
_SCIENTIFIC = r"^[+-]?\d+(\.\d+)?[eE]\+?\d+$"


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
    """A column read: values (null where wrong or empty), faults, and things to be told."""

    values: pl.Series
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Text cells as distinct values and a code per row.

    distinct : String; without nulls where there are codes
    codes : place in ``distinct`` (null for an empty cell); ``None`` = one value per row
    """

    distinct: pl.Series
    codes: pl.Series | None

    def spread(self, values: pl.Series) -> pl.Series:
        """Values of the distinct texts, handed back to the rows."""
        return values if self.codes is None else values.gather(self.codes)

    def flags(self, values: pl.Series) -> pl.Series:
        """The same for Booleans; false for an empty cell."""
        return self.spread(values).fill_null(False)

    def kept(self, keep: pl.Series) -> Coded:
        """Without the rows that are left out."""
        if self.codes is None:
            return Coded(self.distinct.filter(keep), None)
        return Coded(self.distinct, self.codes.filter(keep))


def coded(texts: pl.Series) -> Coded:
    """Distinct texts and codes, so that each text is parsed once; or the texts, if most differ."""
    sample = texts.gather_every(max(1, len(texts) // _SAMPLE))
    if 2 * sample.n_unique() > len(sample) > _SAMPLE // 2:
        return Coded(texts, None)
    distinct = texts.drop_nulls().unique()
    if 2 * len(distinct) > len(texts):
        return Coded(texts, None)
    return Coded(distinct, texts.cast(pl.Enum(distinct)).to_physical())


def stripped(texts: pl.Series) -> pl.Series:
    """Text without blanks at its ends; null where nothing is left."""
    bare = texts.str.strip_chars().str.strip_chars("\u200b\ufeff")
    # The apostrophe that write_csv puts before what a spreadsheet would run.
    escaped = bare.str.contains("^'" + FORMULA[1:]).fill_null(False)
    if _any(escaped):
        bare = bare.zip_with(~escaped, bare.str.slice(1).str.strip_chars())
    return bare.set(bare == "", None)


def narrowed(texts: pl.Series) -> pl.Series:
    """Text of identifiers, numbers and dates: full-width forms narrow, blanks and NULL away."""
    wide = _any(texts.str.len_bytes() != texts.str.len_chars())
    plain = stripped(texts.str.normalize("NFKC") if wide else texts)
    empty = plain.str.to_lowercase().is_in(list(words("empty")))
    return plain.set(empty, None)


def _any(where: pl.Series) -> bool:
    return bool(where.any())


def _lost(values: pl.Series, texts: pl.Series) -> pl.Series:
    return values.is_null() & texts.is_not_null()


def _patched(values: pl.Series, where: pl.Series, patch: pl.Series) -> pl.Series:
    return values.scatter(where.arg_true(), patch) if len(patch) else values


def _faults(*candidates: Fault) -> tuple[Fault, ...]:
    return tuple(fault for fault in candidates if _any(fault.where))


def _plain_number(texts: pl.Series) -> pl.Series:
    """``1,234`` and ``￥5元`` as a parser of numbers wants them."""
    bare = texts.str.replace(r"^[¥￥]\s*", "").str.replace(r"\s*元$", "")
    grouped = bare.str.contains(_THOUSANDS)
    return bare.zip_with(~grouped.fill_null(False), bare.str.replace_all(",", "", literal=True))


def whole_of(texts: pl.Series) -> pl.Series:
    """Int64 of text; null where it is no whole number."""
    values = texts.cast(pl.Int64, strict=False)
    lost = _lost(values, texts)
    if _any(lost):
        rest = _plain_number(texts.filter(lost)).str.replace(r"\.0*$", "")
        values = _patched(values, lost, rest.cast(pl.Int64, strict=False))
    return values


def _read_whole(texts: pl.Series, column: Column) -> Read:
    values = whole_of(texts)
    lost = _lost(values, texts)
    return _bounded(values, lost & texts.str.contains(_TOO_FINE), lost, column)


def _bounded(values: pl.Series, fraction: pl.Series, lost: pl.Series, column: Column) -> Read:
    outside = ((values < column.least) | (values > column.most)).fill_null(False)
    fraction = fraction.fill_null(False)
    scale = {"money": FEN, "points": MICRO}.get(column.kind, 1)
    bounds = {"least": column.least // scale, "most": column.most // scale}
    negative = outside & (values < 0) if column.least == 0 else outside & False
    faults = _faults(
        Fault("not-whole", fraction),
        Fault("not-a-number", lost & ~fraction),
        Fault("negative", negative),
        Fault("out-of-range", outside & ~negative, bounds),
    )
    return Read(values.set(outside, None), faults)


def _decimal(reals: pl.Series, scale: int, lost: pl.Series, column: Column) -> Read:
    """Float64 to whole ``scale``-ths; finer parts are rounded and warned of."""
    wild = (~reals.is_finite()).fill_null(False)
    reals = reals.set(wild, None)
    huge = (reals.abs() > column.most / scale).fill_null(False)
    scaled = reals.set(huge, 0.0) * scale
    values = scaled.round().cast(pl.Int64).set(huge, column.most + 1)
    finer = ((scaled - scaled.round()).abs() > _FLOAT_NOISE).fill_null(False)
    read = _bounded(values, finer & False, lost | wild, column)
    rounded = _faults(Fault("rounded", finer))
    return Read(read.values, read.faults, rounded)


def _read_decimal(texts: pl.Series, column: Column) -> Read:
    scale = FEN if column.kind == "money" else MICRO
    reals = texts.cast(pl.Float64, strict=False)
    lost = _lost(reals, texts)
    if _any(lost):
        rest = _plain_number(texts.filter(lost)).cast(pl.Float64, strict=False)
        reals = _patched(reals, lost, rest)
        lost = _lost(reals, texts)
    return _decimal(reals, scale, lost, column)


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
    lost = _lost(values, texts)
    return _bounded(values, lost & texts.str.contains(_TOO_FINE), lost, column)


def _read_flag(texts: pl.Series, column: Column) -> Read:
    meanings = {word: meaning == "true" for word, meaning in words("flags").items()}
    values = folded(texts).replace_strict(meanings, default=None, return_dtype=pl.Boolean)
    return Read(values, _faults(Fault("not-a-flag", _lost(values, texts))))


def _read_id(texts: pl.Series, column: Column) -> Read:
    facts = {"most": limits.ID_CHARS}
    faults = _faults(
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
    return Read(values, _faults(Fault(f"not-a-{column.kind}", _lost(values, texts))))


def _read_text(texts: pl.Series, column: Column) -> Read:
    long = (texts.str.len_chars() > limits.CELL_CHARS).fill_null(False)
    return Read(texts, _faults(Fault("cell-too-long", long, {"most": limits.CELL_CHARS})))


def _read_choice(texts: pl.Series, column: Column) -> Read:
    unknown = texts.is_not_null() & ~texts.is_in(column.choices)
    found = _faults(Fault("not-a-choice", unknown, {"choices": ", ".join(column.choices)}))
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
        tuple(Fault(f.code, cells.flags(f.where), f.facts) for f in read.faults),
        tuple(Fault(f.code, cells.flags(f.where), f.facts) for f in read.warnings),
    )


def read_texts(texts: pl.Series, column: Column, meanings: Mapping[str, str]) -> Read:
    """The same for text that is not coded yet."""
    return read_coded(coded(texts), column, meanings, compact=False)


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
            return _bounded(values, none, _lost(values, cells), column)
        if kind in ("money", "points"):
            return _decimal(cells.cast(pl.Float64), FEN if kind == "money" else MICRO, none, column)
    if dtype.is_float():
        return _read_float(cells.cast(pl.Float64), column, meanings)
    if dtype == pl.Boolean and kind == "flag":
        return Read(cells)
    if dtype in (pl.Date, pl.Datetime) and kind in ("date", "month", "moment", "clock"):
        return _read_temporal(cells, column)
    if dtype.is_integer() or dtype.is_decimal() or dtype in (pl.Boolean, pl.Date, pl.Datetime):
        return read_texts(cells.cast(pl.String), column, meanings)
    values = pl.Series(cells.name, [None] * len(cells), dtype=DTYPES[kind])
    return Read(values, _faults(Fault("type-unusable", ~none, {"type": str(dtype)})))


def _read_float(cells: pl.Series, column: Column, meanings: Mapping[str, str]) -> Read:
    wild = (~cells.is_finite()).fill_null(False)
    reals = cells.set(wild, None)
    if column.kind in ("money", "points"):
        return _decimal(reals, FEN if column.kind == "money" else MICRO, wild, column)
    fraction = (reals != reals.round()).fill_null(False)
    if column.kind in ("whole", "tier") and not meanings:
        huge = (reals.abs() >= _EXACT_FLOAT).fill_null(False)
        values = reals.set(fraction | huge, None).round().cast(pl.Int64).set(huge, column.most + 1)
        return _bounded(values, fraction, wild, column)
    huge = (reals.abs() >= 10**limits.NUMBER_DIGITS).fill_null(False)
    texts = reals.set(huge | fraction, 0.0).cast(pl.Int64).cast(pl.String)
    texts = texts.zip_with(~fraction, reals.cast(pl.String))
    read = read_texts(texts.set(wild | huge, None), column, meanings)
    more = _faults(Fault("id-number-too-long", huge), Fault("not-a-number", wild))
    return Read(read.values, read.faults + more, read.warnings)


def _read_temporal(cells: pl.Series, column: Column) -> Read:
    # The wall clock of the zone that was given: orders are judged by local time.
    local = cells.dt.replace_time_zone(None) if cells.dtype == pl.Datetime else cells
    values = local.cast(DTYPES[column.kind])
    return Read(values.dt.month_start() if column.kind == "month" else values)
