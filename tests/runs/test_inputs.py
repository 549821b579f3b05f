"""Tables that a run used are written so that they read back as they were."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from allocator.runs.inputs import input_digests, spell_table
from allocator.tables.city import City, Table
from allocator.tables.reading import read_city, read_table
from allocator.tables.writing import csv_bytes

TEXTS = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=12
)


def back(table: Table, folder: pytest.TempPathFactory) -> Table:
    path = folder.mktemp("inputs") / f"{table.name}.csv"
    path.write_bytes(csv_bytes(spell_table(table)))
    return read_table(table.name, path)


@pytest.mark.parametrize("name", ["retailers", "products", "supply", "orders", "calendar", "tiers"])
def test_a_written_table_reads_back(
    city: City, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Every canonical column; row numbers count the written file."""
    table = getattr(city, name)

    assert_frame_equal(back(table, tmp_path_factory).frame, table.frame, check_row_order=True)


def test_money_moments_lists_and_flags_keep_their_value(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """To the fen and to the second."""
    products = pl.DataFrame(
        {
            "product_id": ["007", "=1+1"],
            "name": ["-5°", "'=x"],
            "wholesale_price": [0.05, 1234.5],
            "scarce": [True, False],
            "substitutes": [["a", "b"], None],
            "expected_on": [date(2026, 1, 31), None],
        }
    )
    orders = pl.DataFrame(
        {
            "order_id": ["1"],
            "retailer_id": ["R"],
            "product_id": ["007"],
            "ordered_at": [datetime(2026, 1, 2, 3, 4, 5)],
            "quantity": [3],
        }
    )
    for name, frame in (("products", products), ("orders", orders)):
        table = read_table(name, frame)
        again = back(table, tmp_path_factory)
        assert_frame_equal(again.frame.drop("row"), table.frame.drop("row"))


def test_a_lone_quantity_stays_what_was_granted() -> None:
    """What was asked is unknown, and stays so."""
    orders = read_table(
        "orders",
        pl.DataFrame(
            {
                "order_id": ["1"],
                "retailer_id": ["R"],
                "product_id": ["P"],
                "ordered_at": [datetime(2026, 1, 2)],
                "quantity": [3],
            }
        ),
    )
    spelled = spell_table(orders)

    assert spelled["quantity"].to_list() == [3]
    assert not {"requested", "granted"} & set(spelled.columns)


@settings(max_examples=15)
@given(st.lists(st.tuples(TEXTS, st.integers(0, 9)), min_size=1, max_size=12))
def test_the_digest_of_sales_does_not_depend_on_their_order(rows: list[tuple[str, int]]) -> None:
    """Sales are not sorted on reading: there are millions."""
    columns = {
        "retailer_id": [f"R{name}" for name, _ in rows],
        "month": [date(2026, 1 + number, 1) for _, number in rows],
        "quantity": [number for _, number in rows],
    }
    frame = pl.DataFrame(columns)
    shops = read_table("retailers", pl.DataFrame({"retailer_id": ["R1"]}))
    digests = {
        input_digests(City(shops, sales=read_table("sales", order)))["sales"]["sha256"]
        for order in (frame, frame.reverse(), frame.sample(fraction=1, shuffle=True, seed=3))
    }

    assert len(digests) == 1


def test_one_carton_more_is_another_digest(city: City) -> None:
    """In any table, sales included."""
    assert city.sales is not None
    frame = city.sales.frame
    more = frame.with_columns(
        pl.when(pl.int_range(pl.len()) == 5).then(pl.col("quantity") + 1).otherwise("quantity")
    )
    changed = City(retailers=city.retailers, sales=Table("sales", more, columns=city.sales.columns))

    assert input_digests(changed)["sales"] != input_digests(city)["sales"]
    assert input_digests(changed)["retailers"] == input_digests(city)["retailers"]


def test_the_written_inputs_are_a_city(folder: Path, city: City) -> None:
    """All tables but the sales, cross-checked as on first reading."""
    found = {table.name for table in read_city(folder / "inputs").tables()}

    assert found == {table.name for table in city.tables()} - {"sales"}
