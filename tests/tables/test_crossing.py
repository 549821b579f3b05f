"""Between tables: what is told, and what is refused."""

from __future__ import annotations

import polars as pl
import pytest

from allocator.errors import BadTable
from allocator.tables.reading import read_city

SHOPS = pl.DataFrame({"retailer_id": ["R1", "R2"], "region": ["north", "south"]})
PRODUCTS = pl.DataFrame({"product_id": ["P1"]})


def orders(retailers: list[str], products: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "order_id": [f"A{n}" for n in range(len(retailers))],
            "retailer_id": retailers,
            "product_id": products,
            "ordered_at": "2021-10-01",
            "requested": 1,
        }
    )


def test_dirty_orders_are_kept_for_the_audit() -> None:
    """Unknown shops and duplicate lines are findings, not obstacles."""
    given = orders(["R1", "R9", "R1"], ["P1", "P9", "P1"]).with_columns(order_id=pl.lit("A"))

    city = read_city({"retailers": SHOPS, "products": PRODUCTS, "orders": given})

    assert city.orders is not None
    assert city.orders.frame.height == 3
    assert [(w.code, w.row, w.column, w.value) for w in city.orders.warnings] == [
        ("names-unknown", 2, "retailer_id", "R9"),
        ("names-unknown", 2, "product_id", "P9"),
    ]


def test_sales_of_closed_shops_are_told_and_sales_of_strangers_refused() -> None:
    """Some unknown: told. Not one known: another kind of code, or zeros lost."""
    some = pl.DataFrame({"retailer_id": ["R1", "X", "X"], "month": "2021-10", "quantity": 1})
    city = read_city({"retailers": SHOPS, "sales": some})
    assert city.sales is not None
    [warning] = city.sales.warnings
    assert dict(warning.facts) == {"names": 1, "rows": 2, "table": "retailers"}

    with pytest.raises(BadTable) as caught:
        read_city({"retailers": SHOPS, "sales": some.filter(pl.col("retailer_id") == "X")})
    assert [fault.code for fault in caught.value.refusals] == ["none-known"]


def test_supply_that_nobody_could_have_is_refused() -> None:
    """Unknown product, unknown region: both told with their rows."""
    supply = pl.DataFrame(
        {
            "cycle": "C",
            "product_id": ["P1", "P2", "P1"],
            "quantity": 5,
            "region": ["north", "north", "west"],
        }
    )

    with pytest.raises(BadTable) as caught:
        read_city({"retailers": SHOPS, "products": PRODUCTS, "supply": supply})

    assert [(f.code, f.row, f.value) for f in caught.value.refusals] == [
        ("product-unknown", 2, "P2"),
        ("region-unknown", 3, "west"),
    ]


def test_a_table_of_a_header_alone_is_refused_where_that_says_something_false() -> None:
    """No retailers, no supply: the fault is named there, not where it is felt."""
    with pytest.raises(BadTable) as caught:
        read_city(
            {
                "retailers": pl.DataFrame({"retailer_id": ["R1"]}),
                "supply": pl.DataFrame(
                    schema={"cycle": pl.String, "product_id": pl.String, "quantity": pl.Int64}
                ),
            }
        )

    assert [refusal.code for refusal in caught.value.refusals] == ["no-rows"]


def test_orders_may_not_have_come_yet() -> None:
    """An export of orders may be empty."""
    columns = ("order_id", "retailer_id", "product_id", "ordered_at", "quantity")
    city = read_city(
        {
            "retailers": pl.DataFrame({"retailer_id": ["R1"]}),
            "orders": pl.DataFrame(schema=dict.fromkeys(columns, pl.String)),
        }
    )

    assert city.orders is not None
    assert city.orders.frame.is_empty()
