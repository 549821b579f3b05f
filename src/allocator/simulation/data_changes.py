"""A city with other supply, products, demand or shops; the one that was given is left as it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

import polars as pl

from allocator.errors import BadRequest
from allocator.policy.document import cut
from allocator.simulation.new_shops import with_new_shops
from allocator.simulation.scenario import Scenario
from allocator.simulation.shifts import (
    by_product,
    fitting,
    known_product,
    listed,
    products_of,
    shift_of,
    shifts_of,
)
from allocator.tables.calendar import retailers_on
from allocator.tables.city import City, Table

COMMAS: Final = re.compile("[,，、]")

DEMAND: Final = ("by", "products", "who")
"""Keys of one entry of ``demand``."""


def changed_city(city: City, scenario: Scenario, *, cycle: str, on: date) -> City:
    """The city as a scenario has it: first shops, then products, supply and demand.

    Raises
    ------
    BadRequest : a table that it needs is not there; a product, shop or amount that is no such
    """
    for key, change in CHANGES.items():
        given = scenario.data.get(key)
        if given is not None:
            city = change(city, given, cycle, on)
    return city


def _of_cycle(frame: pl.DataFrame, cycle: str) -> pl.Expr:
    if "cycle" not in frame.columns:
        return pl.lit(value=True)
    return (pl.col("cycle") == cycle).fill_null(value=True)


def _needed(table: Table | None, key: str, name: str) -> Table:
    if table is None:
        raise BadRequest("scenario-needs-table", key=key, table=name)
    return table


def _products(city: City, table: Table, cycle: str) -> dict[str, str]:
    """Names of the products of the cycle by id."""
    ids = table.frame.filter(_of_cycle(table.frame, cycle))["product_id"].cast(pl.String)
    return products_of(city, ids.drop_nulls().unique().sort().to_list())


def _with_supply(city: City, given: Any, cycle: str, on: date) -> City:
    table = _needed(city.supply, "supply", "supply")
    quantity = pl.col("quantity")
    for product, shift in shifts_of("supply", given, _products(city, table, cycle)):
        mine = pl.lit(value=True) if product is None else pl.col("product_id") == product
        if shift.factor is None:
            _once(table.frame.filter(_of_cycle(table.frame, cycle) & mine))
        quantity = (
            pl.when(_of_cycle(table.frame, cycle) & mine)
            .then(shift.of("quantity"))
            .otherwise(quantity)
        )
    frame = table.frame.with_columns(quantity.cast(pl.Int64).alias("quantity"))
    return replace(city, supply=replace(table, frame=frame))


def _once(rows: pl.DataFrame) -> None:
    """Refuse cartons in the place of several rows of a product: each row would be given them all.

    Raises
    ------
    BadRequest : a product has several rows, as where supply is released by region
    """
    several = rows["product_id"].cast(pl.String).value_counts().filter(pl.col("count") > 1)
    if len(several):
        product, count = several.sort("product_id").row(0)
        raise BadRequest("scenario-supply-rows", product=cut(product) or "", rows=count)


def _without(city: City, given: Any, cycle: str, on: date) -> City:
    standard = city.supply if city.quotas is None else city.quotas
    table = _needed(standard, "without", "supply")
    known = _products(city, table, cycle)
    gone = [known_product("without", name, known) for name in _apart(listed(given), known)]
    if known and not set(known) - set(gone):
        raise BadRequest("scenario-without-all", count=len(known))
    changed: dict[str, Any] = {}
    for name, other in (("supply", city.supply), ("quotas", city.quotas)):
        if other is not None:
            mine = pl.col("product_id").cast(pl.String).is_in(gone)
            here = _of_cycle(other.frame, cycle) & mine
            changed[name] = replace(other, frame=other.frame.filter(~here))
    return replace(city, **changed)


def _apart(names: list[str], known: Mapping[str, str]) -> list[str]:
    """Names, with those apart that were written as one with commas between."""
    return [
        part.strip() for name in names for part in ([name] if name in known else COMMAS.split(name))
    ]


def _with_demand(city: City, given: Any, cycle: str, on: date) -> City:
    table = _needed(city.orders, "demand", "orders")
    shops = retailers_on(city, on)
    known = _products(city, table, cycle)
    amounts = {name: pl.col(name) for name in ("requested", "granted")}
    for name, fits, by in _demands(given, known, shops):
        shift = shift_of(name, by)
        for column, amount in amounts.items():
            amounts[column] = (
                pl.when(_of_cycle(table.frame, cycle) & fits & pl.col(column).is_not_null())
                .then(shift.of(column))
                .otherwise(amount)
            )
    frame = table.frame.with_columns(
        amount.cast(pl.Int64).alias(name) for name, amount in amounts.items()
    )
    return replace(city, orders=replace(table, frame=frame))


def _demands(
    given: Any, known: Mapping[str, str], shops: pl.DataFrame
) -> list[tuple[str, pl.Expr, Any]]:
    """Key, the order lines that it is about, and the amount, of each entry of ``demand``."""
    if isinstance(given, Mapping):
        given = [
            {"by": by, "products": None if product is None else [product]}
            for product, by in by_product("demand", given, known)
        ]
    elif not isinstance(given, list | tuple):
        given = [{"by": given}]
    found = []
    for k, entry in enumerate(given):
        key = f"demand.{k}"
        unknown = sorted(set(entry) - set(DEMAND)) if isinstance(entry, Mapping) else ["-"]
        if unknown or "by" not in entry:
            raise BadRequest(
                "scenario-keys-unknown",
                key=key, keys=cut(", ".join(unknown)) or "-", known=", ".join(DEMAND),
            )  # fmt: skip
        fits = pl.lit(value=True)
        if entry.get("products") is not None:
            wanted = [
                known_product(f"{key}.products", name, known) for name in listed(entry["products"])
            ]
            fits &= pl.col("product_id").cast(pl.String).is_in(wanted)
        if entry.get("who") is not None:
            chosen = shops.filter(fitting(f"{key}.who", entry["who"], shops))["retailer_id"]
            fits &= pl.col("retailer_id").cast(pl.String).is_in(chosen.implode())
        found.append((key, fits, entry["by"]))
    return found


CHANGES: Final[dict[str, Callable[[City, Any, str, date], City]]] = {
    "new_shops": with_new_shops,
    "without": _without,
    "supply": _with_supply,
    "demand": _with_demand,
}
"""Changes of data, in the order in which they are made."""
