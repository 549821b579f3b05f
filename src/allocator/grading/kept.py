"""What each retailer sold in each unit: one pass over the sales table.

Left out are the kinds of sales, the products and the price classes that the policy excludes.
Returns are negative quantities and count. Rows are summed by one whole number made of retailer,
unit and *treatment* (left out, or counted in these class items): a key of one column costs half
as much as three, and a sum per treatment less than a sum of chosen rows (``when``) per item.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import polars as pl

from allocator.errors import BadRequest
from allocator.grading.cells import Cells, Shape
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
from allocator.grading.window import rule_of, unit_holding
from allocator.policy.grading_models import GradingPolicy
from allocator.tables.city import City, Table


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

    shape = Shape.of(sales, retailers, kind, since, until)
    flags = class_flags(sales, city.products, policy)
    treatment = pl.lit(1, pl.Int64)
    for place, flag in enumerate(flags.values()):
        treatment += flag.cast(pl.Int64) * (1 << place)
    treatment = pl.when(counted).then(treatment).otherwise(0)
    treatments = 1 + (1 << len(flags))

    counting = range(1, treatments)  # treatment 0: left out
    sums = {name: (name, tuple(counting)) for name in names}
    for place, classes in enumerate(flags):
        of_class = tuple(number for number in counting if (number - 1) >> place & 1)
        for name, column in NEEDS_CLASSES.items():
            if name in policy.items and policy.items[name].classes == classes:
                sums[name] = (column, of_class)
    cells = Cells(shape, treatments, treatment, inside)
    frame = cells.added(sales.frame, sums)
    lots = None
    if "product_count" in policy.items:
        lots = shape.unpacked(
            sales.frame.lazy()
            .filter(inside, counted, pl.col("product_id").is_not_null())
            .group_by(shape.key.alias("key"), pl.col("product_id").cast(pl.String))
            .agg(pl.col("quantity").sum())
            .collect(engine="streaming")
        )
    first, last = sales.frame.select(pl.col("month").min().alias("a"), pl.col("month").max()).row(0)
    known = None if first is None else (first, last)
    return KeptSales(kind, since, until, shape.unpacked(frame), lots, known), warnings


def _coded(sales: Table) -> tuple[Table, pl.Series]:
    """Sales whose retailers are codes of a list, and that list."""
    retailers = sales.frame["retailer_id"]
    if isinstance(retailers.dtype, pl.Enum):
        return sales, retailers.dtype.categories
    codes = pl.Enum(retailers.drop_nulls().unique().sort())
    frame = sales.frame.with_columns(retailers.cast(codes))
    return replace(sales, frame=frame), codes.categories
