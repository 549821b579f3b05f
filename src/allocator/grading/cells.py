"""Retailer, unit and treatment as one whole number, by which sales rows are added up."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from allocator.grading.counting import day_number, row_day
from allocator.grading.window import DAYS
from allocator.tables.city import Table

DENSE: Final = 1 << 25
"""Keys up to which every key has a cell: 270 MB for each sum. Months of half a million shops fit;
single days, most of which have no sale, are hashed."""

SLICE: Final = 1 << 20
"""(rows) Keys are made for so many rows at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Retailer and unit as one whole number: ``code * units + unit``.

    retailers : identifiers by code
    starts : first days of the units, from the first that counts to that of the latest sale
    unit : of a row, its place among them
    """

    retailers: pl.Series
    starts: pl.Series
    unit: pl.Expr

    @classmethod
    def of(
        cls, sales: Table, retailers: pl.Series, kind: str, since: date, until: date | None
    ) -> Shape:
        """The units from ``since`` to ``until``, or to the latest sale."""
        last = sales.frame["month"].max()
        end = last + timedelta(days=30) if isinstance(last, date) else since
        end = max(since, end if until is None else min(end, until))
        step = {"months": "1mo", "weeks": "1w", "days": "1d"}[kind]
        # 4,800 months are 146,097 days; no month begins half a month off from their mean.
        part, whole = (4_800, 146_097) if kind == "months" else (1, DAYS[kind])
        half = whole // 2 if kind == "months" else 0
        unit = ((row_day(kind) - day_number(since)) * part + half) // whole
        return cls(retailers, pl.date_range(since, end, step, eager=True), unit)

    @property
    def key(self) -> pl.Expr:
        """Of a row, its retailer and unit."""
        code = pl.col("retailer_id").to_physical().cast(pl.Int64)
        return code * len(self.starts) + self.unit

    @property
    def size(self) -> int:
        """Larger than any key."""
        return len(self.retailers) * len(self.starts)

    def unpacked(self, sums: pl.DataFrame) -> pl.DataFrame:
        """``key`` as retailer_id and unit."""
        key = sums["key"]
        return sums.select(
            self.retailers.gather(key // len(self.starts)).alias("retailer_id"),
            self.starts.gather(key % len(self.starts)).alias("unit"),
            pl.exclude("key"),
        )


Sums = Mapping[str, tuple[str, tuple[int, ...]]]
"""Name of a sum -> the column that is added up, and the treatments of the rows it counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Retailer, unit and treatment as one whole number, by which rows are added up.

    treatment : of a row, a whole number below ``treatments``; inside : whether a row is in time
    """

    shape: Shape
    treatments: int
    treatment: pl.Expr
    inside: pl.Expr

    @property
    def key(self) -> pl.Expr:
        """Of a row, its retailer, unit and treatment."""
        return self.shape.key * self.treatments + self.treatment

    @property
    def size(self) -> int:
        """Larger than any key."""
        return self.shape.size * self.treatments

    def added(self, frame: pl.DataFrame, sums: Sums) -> pl.DataFrame:
        """``key`` of the shape, and the sums, for each retailer and unit with any row.

        Rows that are left out make an entry too, of zeros.
        """
        return (self._in_place if self.size <= DENSE else self._hashed)(frame, sums)

    def _in_place(self, frame: pl.DataFrame, sums: Sums) -> pl.DataFrame:
        """Each row is added to the cell of its key: half the work of hashing the keys.

        ``size`` whole numbers are held for each column.
        """
        held = {column: np.zeros(self.size, np.int64) for column, _ in sums.values()}
        seen = np.zeros(self.size, np.bool_)
        row = [self.key.alias("key"), *(pl.col(column).fill_null(0) for column in held)]

        def keyed(start: int) -> pl.DataFrame:
            part = frame.slice(start, SLICE).lazy()
            return part.filter(self.inside).select(row).collect()

        starts = range(0, frame.height, SLICE)
        with ThreadPoolExecutor(1) as ahead:  # the next keys are made while these rows are added
            coming = ahead.submit(keyed, 0)
            for start in starts:
                part, coming = coming.result(), ahead.submit(keyed, start + SLICE)
                place = part["key"].to_numpy()
                seen[place] = True
                for column, cells in held.items():
                    np.add.at(cells, place, part[column].to_numpy())
        by_treatment = {column: each.reshape(-1, self.treatments) for column, each in held.items()}
        found = np.flatnonzero(seen.reshape(-1, self.treatments).any(axis=1))
        added = {
            name: sum((by_treatment[column][found, number] for number in counted), np.int64(0))
            for name, (column, counted) in sums.items()
        }
        return pl.DataFrame({"key": found, **added})

    def _hashed(self, frame: pl.DataFrame, sums: Sums) -> pl.DataFrame:
        """The same for more keys than memory has cells for."""
        columns = sorted({column for column, _ in sums.values()})
        rows = frame.lazy().filter(self.inside).group_by(self.key.alias("key"))
        each = rows.agg(pl.col(columns).sum()).collect(engine="streaming")
        treatment = pl.col("key") % self.treatments
        added = [
            pl.when(treatment.is_in(counted)).then(pl.col(column)).otherwise(0).sum().alias(name)
            for name, (column, counted) in sums.items()
        ]
        return each.group_by(pl.col("key") // self.treatments).agg(added)
