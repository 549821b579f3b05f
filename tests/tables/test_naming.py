"""What the shipped names mean, and that they mean one thing."""

from __future__ import annotations

import pytest

from allocator.tables.naming import fold, names_of, shipped, table_called, tier_number
from allocator.tables.schemas import SCHEMAS


@pytest.mark.parametrize("table", SCHEMAS)
def test_shipped_names_mean_one_column_each(table: str) -> None:
    """No header twice in a table, every target a column, every meaning a word of it."""
    entry, schema = shipped()[table], SCHEMAS[table]
    columns = {column.name: column for column in schema.columns}
    headers = [fold(own) for names in entry["columns"].values() for own in names]
    assert len(headers) == len(set(headers))
    assert set(entry["columns"]) <= {*columns, "quantity"}
    for name, meanings in entry.get("values", {}).items():
        words = [fold(word) for own in meanings.values() for word in own]
        assert len(words) == len(set(words))
        if columns[name].choices:
            assert set(meanings) <= set(columns[name].choices)
    for column in columns:
        assert names_of(table, None).columns[fold(column)] == column


def test_names_of_files_and_sheets_mean_one_table() -> None:
    """And dates or numbers beside them do not matter."""
    names = [fold(own) for table in SCHEMAS for own in shipped()[table]["names"]]
    assert len(names) == len(set(names))
    assert table_called("订单_202110") == "orders"
    assert table_called("2021年10月 投放表") == "quotas"
    assert table_called("Orders (2)") == "orders"
    assert table_called("released") is None


@pytest.mark.parametrize(
    ("header", "plain"),
    [
        ("数量(条)", "数量"),
        ("金额（元）", "金额"),
        ("Retailer ID", "retailerid"),
        ("金额(万元)", "金额(万元)"),
    ],
)
def test_folding_drops_what_does_not_matter(header: str, plain: str) -> None:
    """A unit that changes the figure does matter."""
    assert fold(header) == plain


@pytest.mark.parametrize(
    ("word", "number"),
    [("九", 9), ("十", 10), ("十二", 12), ("二十", 20), ("三十", 30), ("30", 30)],
)
def test_tiers_are_spelt_as_words_too(word: str, number: int) -> None:
    """九档 is tier 9, 三十档 tier 30."""
    assert tier_number(word) == number
    assert tier_number("十十") is None
