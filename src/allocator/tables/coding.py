"""Text cells as distinct values and codes, cleaned of what does not matter."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from allocator.tables.naming import words
from allocator.tables.writing import FORMULA

_SAMPLE = 4096
"""Cells that tell whether a column is worth coding: it may err, that only costs time."""


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
    quoted = bare.str.starts_with("'").fill_null(False)
    if quoted.any():
        escaped = quoted & bare.str.contains("^'" + FORMULA[1:]).fill_null(False)
        bare = bare.zip_with(~escaped, bare.str.slice(1).str.strip_chars())
    return bare.set(bare == "", None)


def narrowed(texts: pl.Series) -> pl.Series:
    """Text of identifiers, numbers and dates: full-width forms narrow, blanks and NULL away."""
    wide = (texts.str.len_bytes() != texts.str.len_chars()).any()
    plain = stripped(texts.str.normalize("NFKC") if wide else texts)
    empties = list(words("empty"))
    # Only short texts can be one of the words for nothing.
    short = (plain.str.len_bytes() <= max(len(word.encode()) for word in empties)).arg_true()
    if not len(short):
        return plain
    empty = plain.gather(short).str.to_lowercase().is_in(empties)
    return plain.scatter(short.filter(empty), None)
