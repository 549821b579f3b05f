"""Sales laid out as a table: one row for each retailer, one column for each month or week."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from allocator.grading.exact import Units
from allocator.records import Flags


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Cartons of n retailers in U months (or weeks).

    cartons : (n, U) int64, 0 where there is no sale, below 0 where more was returned than sold
    present : (n, U) bool, whether the month counts as one of the retailer's
    traded : (n, U) bool, whether anything was sold on balance
    """

    cartons: Units
    present: Flags
    traded: Flags

    def rows(self, which: Flags) -> Ledger:
        """The same of some retailers only, ``which`` (n,) bool."""
        return Ledger(self.cartons[which], self.present[which], self.traded[which])


def lay_out(
    sold: pl.DataFrame, members: pl.DataFrame, units: Sequence[date], *, zero: bool
) -> Ledger:
    """The sales of the members; those of others are left out.

    Parameters
    ----------
    sold : retailer_id str, unit (first day), quantity: a row for each retailer and unit with
        any sale, return, or sale that is left out
    members : retailer_id; joined_on, if known
    units : first days of the columns, earliest first
    zero : a unit without a sale counts as 0 cartons, from the first one that begins after the
        retailer joined; where that day is unknown, from its first sale
    """
    n, width = members.height, len(units)
    row = members.select("retailer_id").with_row_index("row")
    day = np.array(units, "datetime64[D]")
    inside = sold.select("retailer_id", "unit", "quantity").filter(pl.col("unit").is_in(units))
    placed = inside.join(row, on="retailer_id", how="inner").drop("retailer_id")
    column = np.searchsorted(day, placed["unit"].to_numpy())
    at = placed["row"].to_numpy().astype(np.int64) * width + column
    cartons, present = np.zeros((n, width), np.int64), np.zeros((n, width), bool)
    np.put(cartons, at, placed["quantity"].to_numpy())
    np.put(present, at, True)
    traded = cartons > 0
    if not zero or not width:
        return Ledger(cartons, present, traded)
    first = np.where(present.any(axis=1), day[present.argmax(axis=1)], np.datetime64("NaT", "D"))
    if "joined_on" in members.columns:
        joined = members["joined_on"].to_numpy().astype("datetime64[D]")
        first = np.where(np.isnat(joined), first, joined)
    return Ledger(cartons, present | (day >= first[:, None]), traded)


def back(first: date, kind: str, units: int) -> date:
    """The first day of the month or week ``units`` before; none is before the year 1."""
    if kind == "weeks":
        return first - min(timedelta(weeks=units), first - date.min)
    months = max(first.year * 12 + first.month - 1 - units, 12)
    return date(months // 12, months % 12 + 1, 1)
