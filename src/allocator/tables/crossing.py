"""Faults between the tables of a city.

What names a retailer or product that the city does not know is told, not refused: old sales name
shops that closed, an order of an unknown shop is a finding of the audit, not an obstacle to it.
Refused is what could not be used at all: supply of unknown products or for no region, and sales
of which not one row finds its retailer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from allocator.errors import Refusal
from allocator.tables import limits
from allocator.tables.city import Table
from allocator.tables.source import printable
from allocator.wording import Fact

_NAMED = (
    ("sales", "retailer_id", "retailers"),
    ("sales", "product_id", "products"),
    ("quotas", "product_id", "products"),
    ("bands", "product_id", "products"),
    ("orders", "retailer_id", "retailers"),
    ("orders", "product_id", "products"),
    ("tiers", "retailer_id", "retailers"),
    ("sanctions", "retailer_id", "retailers"),
    ("credits", "retailer_id", "retailers"),
    ("credits", "product_id", "products"),
)


_NEEDED = frozenset({"retailers", "sales", "supply", "quotas"})
"""Tables that say something false when they are empty; orders may not have come yet."""


def cross_check(tables: Mapping[str, Table]) -> tuple[dict[str, Table], list[Refusal]]:
    """The tables, with what is odd between them as warnings, and what cannot be used.

    Returns
    -------
    the tables, and refusals in the order of tables and rows
    """
    checked = dict(tables)
    refusals = [
        Refusal("no-rows", table.file, table.sheet, facts={"table": table.name})
        for table in tables.values()
        if table.name in _NEEDED and table.frame.is_empty()
    ]
    if refusals:  # all else would only follow from it
        return checked, refusals
    refusals = _supply_faults(tables)
    for name, column, against in _NAMED:
        if name not in tables or against not in tables:
            continue
        told = _unknown(checked[name], column, tables[against])
        if told is None:
            continue
        if told.code == "none-known":
            refusals.append(told)
        else:
            checked[name] = replace(checked[name], warnings=(*checked[name].warnings, told))
    return checked, refusals


def _distinct(frame: pl.DataFrame, column: str) -> pl.Series:
    cells = frame[column]
    # Every category of an Enum made here occurs: no need to go through the rows.
    dtype = cells.dtype
    return dtype.categories if isinstance(dtype, pl.Enum) else cells.drop_nulls().unique()


def _unknown(table: Table, column: str, against: Table) -> Refusal | None:
    key = "retailer_id" if against.name == "retailers" else "product_id"
    names = _distinct(table.frame, column)
    unknown = names.filter(~names.is_in(against.frame[key].implode()))
    if not len(unknown):
        return None
    cells = table.frame[column].cast(pl.String)
    rows = table.frame.filter(cells.is_in(unknown.implode()).fill_null(False))
    if not rows.height:
        return None
    first = rows.sort("row").row(0, named=True)
    none = len(unknown) == len(names) and table.name == "sales"
    zeros = unknown.str.strip_chars_start("0").is_in(
        against.frame[key].cast(pl.String).str.strip_chars_start("0").implode()
    )
    facts: dict[str, Fact] = {
        "names": len(unknown),
        "rows": rows.height,
        "table": against.name,
    }
    if zeros.any():
        facts["zeros"] = int(zeros.sum())
    return Refusal(
        "none-known" if none else "names-zeros" if zeros.any() else "names-unknown",
        table.file,
        table.sheet,
        first["row"],
        column,
        printable(str(first[column])),
        facts,
    )


def _supply_faults(tables: Mapping[str, Table]) -> list[Refusal]:
    supply = tables.get("supply")
    if supply is None:
        return []
    refusals: list[Refusal] = []
    for column, against, key, code in (
        ("product_id", "products", "product_id", "product-unknown"),
        ("region", "retailers", "region", "region-unknown"),
    ):
        other = tables.get(against)
        if other is None:
            continue
        cells = supply.frame[column]
        known = other.frame[key].drop_nulls().unique()
        wrong = supply.frame.filter(cells.is_not_null() & ~cells.is_in(known.implode())).sort("row")
        refusals += [
            Refusal(code, supply.file, supply.sheet, found["row"], column, printable(found[column]))
            for found in wrong.head(limits.SHOWN).iter_rows(named=True)
        ]
        if (more := wrong.height - limits.SHOWN) > 0:
            facts = {"count": more}
            refusals.append(
                Refusal("more-rows", supply.file, supply.sheet, column=column, facts=dict(facts))
            )
    return refusals
