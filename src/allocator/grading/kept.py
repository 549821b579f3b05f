"""What each retailer sold in each unit: one pass over the sales table.

Left out are the kinds of sales, the products and the price classes that the policy excludes.
Returns are negative quantities and count. Rows are summed by one whole number made of retailer,
unit and *treatment* (left out, or counted in these class items): a key of one column costs half
as much as three, and a sum per treatment less than a sum of chosen rows (``when``) per item.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from allocator.errors import BadRequest
from allocator.grading.counting import (
    class_flags,
    counted_rows,
    day_number,
    row_day,
    summed,
)
from allocator.grading.refusals import (
    NEEDS_CLASSES,
    Warnings,
    refuse_missing_amounts,
    refuse_missing_columns,
    refuse_too_large,
    refuse_unknown_days,
)
from allocator.grading.window import DAYS, rule_of, unit_holding
from allocator.policy.grading_models import GradingPolicy
from allocator.tables.city import City, Table

DENSE: Final = 1 << 25
"""Keys up to which every key has a cell: 270 MB for each sum. Months of half a million shops fit;
single days, most of which have no sale, are hashed."""

SLICE: Final = 1 << 20
"""(rows) Keys are made for so many rows at once."""


@dataclass(frozen=True, slots=True, eq=False)
class KeptSales:
    """Sums per retailer and unit.

    kind : months, weeks or days
    since : first day that is counted, the first of a unit; until : last day, ``None`` = all
    frame : one row per retailer and unit with any sale, also one left out: retailer_id str, unit
        Date (first day), quantity i64, amount i64 (fen) where an item needs it, and one i64 for
        each class item; in no order
    lots : retailer_id, unit, product_id str, quantity i64; ``None`` unless products are counted
    known : first and last month of the sales table, ``None`` where it is empty
    """

    kind: str
    since: date
    until: date | None
    frame: pl.DataFrame
    lots: pl.DataFrame | None
    known: tuple[date, date] | None


def keep(
    city: City, policy: GradingPolicy, since: date, until: date | None = None
) -> tuple[KeptSales, Warnings]:
    """Sums per retailer and unit of the sales from ``since`` to ``until``.

    Parameters
    ----------
    city : with sales, and with products where the policy speaks of them; all needed columns are
        known to be there (``refusals.refuse_missing_columns``)
    since : counted from the start of the unit that holds it

    Raises
    ------
    BadTable : columns are missing; rows that count lack an amount, or a day where days are needed
    BadRequest : only months are known where days are needed; figures too large to add up
    """
    sales = city.sales
    if sales is None:
        raise BadRequest("grading-needs-sales")
    kind = rule_of(policy).unit
    since = unit_holding(kind, since).first
    refuse_missing_columns(city, policy)
    sales, retailers = _coded(sales)
    day = row_day(kind)
    inside = day >= day_number(since)
    if until is not None:
        inside &= day <= day_number(until)
    refuse_unknown_days(sales, kind, since, until)
    counted, warnings = counted_rows(sales, city.products, policy)
    names = [name for name in summed(policy) if name in ("quantity", "amount")]
    if "amount" in names:
        refuse_missing_amounts(sales, inside & counted)
    refuse_too_large(sales, inside, names)

    shape = _Shape.of(sales, retailers, kind, since, until)
    flags = class_flags(sales, city.products, policy)
    treatment = pl.lit(1, pl.Int64)
    for place, flag in enumerate(flags.values()):
        treatment += flag.cast(pl.Int64) * (1 << place)
    treatment = pl.when(counted).then(treatment).otherwise(0)
    treatments = 1 + (1 << len(flags))

    key = shape.key * treatments + treatment
    cells = shape.size * treatments
    lazy = sales.frame.lazy().filter(inside)
    if cells <= DENSE:
        each = _added_in_place(sales.frame, inside, key, cells, names)
    else:
        sums = lazy.group_by(key.alias("key")).agg(pl.col(*names).sum())
        each = sums.collect(engine="streaming")
    bits = (pl.col("key") % treatments - 1).alias("bits")  # -1: left out
    columns = [pl.when(bits >= 0).then(pl.col(name)).otherwise(0).alias(name) for name in names]
    for place, classes in enumerate(flags):
        of_class = (bits >= 0) & ((bits // (1 << place)) % 2 == 1)
        for name, column in NEEDS_CLASSES.items():
            if name in policy.items and policy.items[name].classes == classes:
                columns.append(pl.when(of_class).then(pl.col(column)).otherwise(0).alias(name))
    frame = (
        each.lazy()
        .select(pl.col("key") // treatments, *columns)
        .group_by("key")
        .agg(pl.col(*summed(policy)).sum())
        .collect()
    )
    lots = None
    if "product_count" in policy.items:
        lots = shape.unpacked(
            lazy.filter(counted, pl.col("product_id").is_not_null())
            .group_by(shape.key.alias("key"), pl.col("product_id").cast(pl.String))
            .agg(pl.col("quantity").sum())
            .collect(engine="streaming")
        )
    first, last = sales.frame.select(pl.col("month").min().alias("a"), pl.col("month").max()).row(0)
    known = None if first is None else (first, last)
    return KeptSales(kind, since, until, shape.unpacked(frame), lots, known), warnings


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
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
    ) -> _Shape:
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


def _added_in_place(
    frame: pl.DataFrame, inside: pl.Expr, key: pl.Expr, cells: int, names: Sequence[str]
) -> pl.DataFrame:
    """Sums by key, each row added to the cell of its key: half the work of hashing the keys.

    cells : larger than any key; that many whole numbers are held for each sum
    """
    sums = {name: np.zeros(cells, np.int64) for name in names}
    seen = np.zeros(cells, np.bool_)
    row = [key.alias("key"), *(pl.col(name).fill_null(0) for name in names)]
    for start in range(0, frame.height, SLICE):
        part = frame.slice(start, SLICE).lazy().filter(inside).select(row).collect()
        place = part["key"].to_numpy()
        seen[place] = True
        for name, held in sums.items():
            np.add.at(held, place, part[name].to_numpy())
    found = np.flatnonzero(seen)
    return pl.DataFrame({"key": found, **{name: held[found] for name, held in sums.items()}})


def _coded(sales: Table) -> tuple[Table, pl.Series]:
    """Sales whose retailers are codes of a list, and that list."""
    retailers = sales.frame["retailer_id"]
    if isinstance(retailers.dtype, pl.Enum):
        return sales, retailers.dtype.categories
    codes = pl.Enum(retailers.drop_nulls().unique().sort())
    frame = sales.frame.with_columns(retailers.cast(codes))
    return replace(sales, frame=frame), codes.categories
