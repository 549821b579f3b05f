"""The files of a run directory as they are read: documents, and columns of tables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from allocator.errors import BrokenRun
from allocator.runs.placing import MARK
from allocator.tables.writing import FORMULA

MOST_BYTES = 1 << 30
"""No file of a run of half a million shops comes near it."""

INTEGERS = frozenset(
    {
        "rank", "tier", "previous_tier", "to_next_tier", "tier_by_score",
        "earned_tier", "previous_earned",
        "to_next_score", "to_lower_score", "requested", "limit", "round_one", "round_two",
        "award", "granted", "band_room", "place", "credit", "credit_before", "cell", "observed",
        "counted", "usual", "lowest", "highest", "last_year", "peers", "away", "excess",
    }
)  # fmt: skip

FLAGS = frozenset({"graded", "due"})


def read_head(root: Path) -> Mapping[str, Any]:
    """``run.json``; refused where the folder is no output of ours."""
    if not (root / MARK).is_file():
        raise BrokenRun("not-a-run", folder=str(root)[:200])
    head = read_document(root, MARK)
    if "allocator" not in head:
        raise damaged(MARK)
    return head


def read_document(root: Path, name: str) -> dict[str, Any]:
    """A JSON object of the directory."""
    try:
        document = json.loads(read_bytes(root, name))
    except (ValueError, RecursionError):
        raise damaged(name) from None
    if not isinstance(document, dict):
        raise damaged(name)
    return document


def read_columns(
    root: Path, name: str, columns: list[str], *, texts: list[str] | None = None
) -> pl.DataFrame:
    """A table of the directory with exactly these columns.

    texts : columns left as they are spelled; the others have the type that their name tells
    """
    plain = read_texts(root, name)
    if plain.columns != columns:
        raise BrokenRun("columns-differ", file=name, expected=", ".join(columns))
    try:
        return plain.select(
            pl.col(column) if column in (texts or ()) else _typed(column) for column in columns
        )
    except pl.exceptions.PolarsError:
        raise damaged(name) from None


def read_texts(root: Path, name: str) -> pl.DataFrame:
    """A CSV file of the directory, every cell as the text that stands there, empty = null."""
    try:
        return pl.read_csv(read_bytes(root, name), infer_schema=False, raise_if_empty=True)
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        raise damaged(name) from None


def _typed(column: str) -> pl.Expr:
    if column == "cell":
        return pl.col(column).cast(pl.Int32)
    if column in INTEGERS or column.endswith("_points"):
        return pl.col(column).cast(pl.Int64)
    if column in FLAGS:
        return pl.col(column).replace_strict(
            {"true": True, "false": False}, return_dtype=pl.Boolean
        )
    text = unescaped(column)
    return text.fill_null("") if column == "segment" else text


def unescaped(column: str) -> pl.Expr:
    """A column of texts without the apostrophe put before what a spreadsheet would run."""
    text = pl.col(column)
    text = pl.when(text.str.contains(r"^'" + FORMULA[1:])).then(text.str.slice(1)).otherwise(text)
    return text.alias(column)


def parts(column: str, digits: int) -> pl.Expr:
    """The decimal text of ``outputs.decimal`` as a whole number of parts again."""
    text = pl.col(column)
    if digits:
        text = text.str.replace(".", "", literal=True)
    return text.cast(pl.Int64).alias(column)


def read_bytes(root: Path, name: str) -> bytes:
    """A file of the directory, whole; refused where it is missing or too large."""
    path = root / name
    try:
        if not path.is_file():
            raise BrokenRun("file-missing", file=name)
        if path.stat().st_size > MOST_BYTES:
            raise BrokenRun("file-too-large", file=name, most=MOST_BYTES)
        return path.read_bytes()
    except OSError as error:
        raise BrokenRun("file-unreadable", file=name, reason=str(error.strerror)) from error


def damaged(name: str) -> BrokenRun:
    """What is raised where a file is not what was written."""
    return BrokenRun("file-damaged", file=name)
