"""What does not hold in a run directory, and how its tables and documents are compared."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from allocator.runs.files import read_texts
from allocator.tables.writing import csv_bytes
from allocator.wording import Fact, say

MOST_TOLD = 5
"""Rows of one file that are told; more differ for the same reason."""


@dataclass(frozen=True, slots=True)
class Discrepancy:
    """One statement of the directory that does not hold.

    file : where it stands; facts : row, column, expected, found, as the sentence needs them
    fault : tells in a language what was wrong, where another part of the program found it
    """

    code: str
    file: str
    facts: Mapping[str, Fact]
    fault: Callable[[str], str] | None = None

    def message(self, language: str = "en") -> str:
        """What is wrong, where, what was expected and what was found."""
        told = {} if self.fault is None else {"fault": self.fault(language)}
        return say("runs", self.code, {"file": self.file, **self.facts, **told}, language)


def discrepancy(code: str, file: str, **facts: Fact) -> Discrepancy:
    """One statement that does not hold."""
    return Discrepancy(code, file, facts)


def compare(root: Path, name: str, expected: pl.DataFrame) -> Iterator[Discrepancy]:
    """The rows of a file against those that follow from the rest, cell by cell as text."""
    found = read_texts(root, name)
    wanted = pl.read_csv(csv_bytes(expected), infer_schema=False)
    if found.columns != wanted.columns:
        yield differs(name, "header", ", ".join(wanted.columns), ", ".join(found.columns))
        return
    common = min(found.height, wanted.height)
    told = 0
    if not found.head(common).equals(wanted.head(common)):
        different = pl.any_horizontal(
            pl.col(column).ne_missing(wanted[column].head(common)) for column in wanted.columns
        )
        rows = found.head(common).select(different.arg_true()).to_series().to_list()
        for row in rows[:MOST_TOLD]:
            for column in wanted.columns:
                if found[column][row] != wanted[column][row]:
                    told += 1
                    yield discrepancy(
                        "row-differs", name, row=row + 2, column=column,
                        expected=wanted[column][row] or "-", found=found[column][row] or "-",
                    )  # fmt: skip
                    break
    if found.height != wanted.height and not told:
        yield discrepancy("rows-number-differs", name, expected=wanted.height, found=found.height)


def first_difference(expected: Any, found: Any, path: str) -> tuple[str, Any, Any] | None:
    """The first place where two documents differ, as a dotted path."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            if key not in expected or key not in found:
                return f"{path}.{key}".lstrip("."), expected.get(key), found.get(key)
            deeper = first_difference(expected[key], found[key], f"{path}.{key}")
            if deeper:
                return deeper
        return None
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"{path}.length".lstrip("."), len(expected), len(found)
        for number, pair in enumerate(zip(expected, found, strict=True)):
            deeper = first_difference(*pair, f"{path}.{number}")
            if deeper:
                return deeper
        return None
    return None if expected == found else (path.lstrip("."), expected, found)


def differs(file: str, place: str, expected: object, found: object) -> Discrepancy:
    """A value that differs at a place within a file."""
    return discrepancy(
        "value-differs", file, place=place, expected=_short(expected), found=_short(found)
    )


def _short(value: object) -> str:
    return "-" if value is None else str(value)[:80]
