"""One table as it stands in its file: columns by position, nothing understood yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from allocator.errors import BadTable, Refusal


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Rows below the header.

    header : as written, one text per column ("" where empty)
    height : rows
    load : position -> column, read when asked for, so that a large file never stands in
        memory as a whole; text for CSV and Excel, typed for Parquet and dataframes
    row : UInt32, what an editor shows as the row's number
    stored_as_number : position -> Boolean, cells that a workbook holds as numbers; else ``None``
    merged : position -> places (first, last) of rows that a workbook shows as one cell, whose text
        stands in the first
    beside : position -> (row, position of the cell that a workbook shows there too), where cells of
        one row are merged
    """

    header: tuple[str, ...]
    height: int
    load: Callable[[int], pl.Series]
    row: pl.Series
    file: str | None = None
    sheet: str | None = None
    stored_as_number: Callable[[int], pl.Series] | None = None
    merged: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    beside: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    def spread(self, position: int) -> pl.Series:
        """A column of figures with what cells merged across show standing in each of them."""
        cells = self.load(position)
        for row, shown in self.beside.get(position, ()):
            cells = cells.scatter(row, self.load(shown)[row])
        return cells

    def filled(self, position: int) -> pl.Series:
        """A column with what merged cells show standing in each of their rows."""
        cells = self.load(position)
        if position not in self.merged:
            return cells
        shown = np.arange(self.height, dtype=np.uint32)
        for first, last in self.merged[position]:
            shown[first : last + 1] = first
        return cells.gather(shown)

    def hidden(self, position: int) -> pl.Series:
        """Rows below the first of merged cells, Boolean."""
        below = np.zeros(self.height, dtype=np.bool_)
        for first, last in self.merged.get(position, ()):
            below[first + 1 : last + 1] = True
        return pl.Series(below)


def printable(text: str) -> str:
    """Text that cannot steer a terminal, cut to 80 characters."""
    shown = "".join(char if char.isprintable() else "\ufffd" for char in text[:81])
    return shown if len(shown) <= 80 else shown[:79] + "…"


def refuse(code: str, file: str | None = None, **places: str | int | None) -> BadTable:
    """A table refused as a whole for one reason; places not of a ``Refusal`` are facts."""
    row, sheet = places.pop("row", None), places.pop("sheet", None)
    fault = Refusal(
        code,
        file=file,
        sheet=None if sheet is None else str(sheet),
        row=row if isinstance(row, int) else None,
        facts=dict(places),
    )
    return BadTable("refused", [fault])
