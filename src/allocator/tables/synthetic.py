"""A synthetic tobacco city: as large as wanted, the same for the same seed.

Sizes of shops have the spread of a real city of one public wholesaler (yearly cartons: median
6,567, mean 15,891, quartiles 3,432 and 16,034; yearly amounts: mean 3.2 times the median). Brands,
people, places and numbers are invented.
"""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import polars as pl

from allocator.errors import BadRequest
from allocator.tables.city import City, Table
from allocator.tables.columns import DTYPES
from allocator.tables.schemas import SCHEMAS
from allocator.tables.synthesis import orders as order_desk
from allocator.tables.synthesis.clerks import entered
from allocator.tables.synthesis.products import products
from allocator.tables.synthesis.sales import earlier_tiers, months_before, sales
from allocator.tables.synthesis.shops import shops

RETAILERS = 360
SEED = 20261116
CYCLE = "2026-W47"
POLICY = Path(__file__).parent / "synthesis" / "policy.yaml"
"""The rules of the synthetic city, for any number of shops."""

MOST_RETAILERS = 9_999_999
EARLIER = timedelta(days=91)
"""The tiers before were made a quarter ago."""


def make_city(
    retailers: int = RETAILERS,
    seed: int = SEED,
    *,
    cycle: str = CYCLE,
    months: int = 4,
    products_per_shop: int = 12,
    lines_per_shop: int = 12,
) -> City:
    """A city in the week of ``cycle``: shops, products, sales, supply, orders, earlier tiers.

    Nothing is entered in the orders yet: ``granted`` is null until the standard is known and
    ``enter_orders`` plays the order-takers.

    Parameters
    ----------
    retailers : number of shops, 1 to 9,999,999
    seed : whole number from 0; same arguments, same city
    cycle : ISO week, ``2026-W47``
    months : complete months of sales before the cycle
    products_per_shop : most products that one shop carries; bounds the sales table of large
        cities (a million shops with 6 products: 15 million rows)
    lines_per_shop : most lines of an order on average; bounds the orders table likewise

    Raises
    ------
    BadRequest : a number out of its range, or a cycle that is no ISO week
    """
    start = first_day(cycle)
    for name, value, least, most in (
        ("retailers", retailers, 1, MOST_RETAILERS),
        ("seed", seed, 0, 2**63),
        ("months", months, 1, 60),
        ("products_per_shop", products_per_shop, 2, 72),
        ("lines_per_shop", lines_per_shop, 1, 12),
    ):
        if not least <= value <= most:
            raise BadRequest("synthetic-range", name=name, value=value, least=least, most=most)
    made, catalogue = shops(retailers, seed, start), products(start)
    released = order_desk.supply(made, catalogue, start, cycle)
    sold = sales(made, catalogue, seed, months_before(start, months), products_per_shop)
    frames = {
        "retailers": made.table,
        "products": catalogue,
        "sales": sold,
        "supply": released,
        "orders": order_desk.orders(made, catalogue, released, seed, start, lines_per_shop),
        "calendar": order_desk.calendar(start, cycle),
        "tiers": earlier_tiers(made, sold, start - EARLIER, start - EARLIER),
    }
    return City(**{name: made_table(name, frame) for name, frame in frames.items()}, unread=())


def enter_orders(
    city: City, standard: pl.DataFrame, planned: pl.DataFrame, seed: int = SEED
) -> City:
    """The city after its order-takers entered the orders; two of them misbehave.

    Parameters
    ----------
    city : as ``make_city`` makes it
    standard : product_id, retailer_id, limit, award (cartons): what the rules give, as the lines
        of an ``Allocation`` hold it
    planned : product_id, planned (cartons): supply less reserve; no more is entered
    seed : that of the city
    """
    if city.orders is None or city.products is None:
        raise BadRequest("synthetic-incomplete")
    serving = city.retailers.frame.filter(pl.col("status") == "active")
    served = standard.join(serving, on="retailer_id", how="semi")
    lots = city.products.frame.select("product_id", "lot")
    orders = entered(city.orders.frame, served, planned, lots, seed)
    drawn = [name for name in orders.columns if name in {*city.orders.columns, "granted"}]
    tables = {table.name: table for table in city.tables()}
    return City(**{**tables, "orders": made_table("orders", orders.select(drawn))}, unread=())


def first_day(cycle: str) -> date:
    """Monday of an ISO week such as ``2026-W47``."""
    try:
        year, week = cycle.split("-W")
        return date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        raise BadRequest("synthetic-cycle", cycle=cycle[:40]) from None


def made_table(name: str, frame: pl.DataFrame) -> Table:
    """The frame in the shape that reading gives it, with the rows as a written file has them.

    The frames are made in the order of the schema, so that nothing is sorted again.
    """
    schema = SCHEMAS[name]
    present = [column.name for column in schema.columns if column.name in frame.columns]
    given = frozenset(column for column in present if frame[column].null_count() < len(frame))
    if name == "retailers":
        cycle = pl.col("order_cycle")
        odd, even = cycle.str.contains("单周"), cycle.str.contains("双周")
        frame = frame.with_columns(
            rhythm=pl.when(odd | even).then(pl.lit("fortnightly")).otherwise(pl.lit("weekly")),
            week_parity=pl.when(odd).then(pl.lit("odd")).when(even).then(pl.lit("even")),
        )
    if name == "sales":
        frame = frame.with_columns(pl.lit(None, pl.Int8()).alias("day"))
    columns = [
        pl.col(column.name) if column.name in frame.columns else _absent(name, column.name)
        for column in schema.columns
    ]
    shaped = frame.select(*columns, *(column for column, _ in schema.derived))
    row = pl.int_range(2, len(shaped) + 2, dtype=pl.UInt32, eager=True).alias("row")
    return Table(name, shaped.with_columns(row), columns=given)


def _absent(table: str, name: str) -> pl.Expr:
    column = SCHEMAS[table].column(name)
    return pl.lit(column.default, DTYPES[column.kind]).alias(name)
