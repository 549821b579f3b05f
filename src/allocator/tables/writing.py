"""CSV out: one way for all, safe to open in a spreadsheet, and read back as it was."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import polars as pl

FORMULA = r"^[\s']*[=+\-@＝＋－＠\t\r]"
"""Text that a spreadsheet would run, blanks and apostrophes before it included: one more
apostrophe makes it text, and reading takes one away, so that every text comes back."""
_LIST_SEPARATOR = ";"


def formula_safe(texts: pl.Expr) -> pl.Expr:
    """Text with an apostrophe before what a spreadsheet would run."""
    return pl.when(texts.str.contains(FORMULA)).then("'" + texts).otherwise(texts)


def _written(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.List):
        column = column.cast(pl.List(pl.String)).list.join(_LIST_SEPARATOR)
    elif isinstance(dtype, pl.Datetime):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%.f")
    elif not isinstance(dtype, pl.String | pl.Categorical | pl.Enum):
        return column
    return formula_safe(column.cast(pl.String)).alias(name)


def csv_bytes(frame: pl.DataFrame, language: str = "en") -> bytes:
    """The file's bytes: header, ``,``, LF; UTF-8, with BOM for ``zh-CN`` (Excel needs it)."""
    buffer = BytesIO()
    frame.select(_written(name, dtype) for name, dtype in frame.schema.items()).write_csv(
        buffer, include_bom=language == "zh-CN", line_terminator="\n"
    )
    return buffer.getvalue()


def write_csv(frame: pl.DataFrame, path: Path | str, language: str = "en") -> None:
    """Write a frame as CSV; lists are joined by ``;``.

    Parameters
    ----------
    frame : rows in the order in which they are to stand
    path : file to write; an existing one is replaced
    language : ``zh-CN`` puts a BOM in front
    """
    Path(path).write_bytes(csv_bytes(frame, language))
