"""Completeness by hand."""

from __future__ import annotations

from datetime import date

import polars as pl

from allocator.customers.case import file_case
from allocator.customers.completeness import LEAST_SHOPS, by_manager, completeness, counted_fields
from allocator.tables.city import City
from strategies import table_of

SHOPS = [
    {"retailer_id": "R1", "manager": "Li", "name": "A", "phone": "1"},
    {"retailer_id": "R2", "manager": "Li", "name": "B"},
    {"retailer_id": "R3", "name": "C", "phone": "2"},
    {"retailer_id": "R4", "manager": "Li", "status": "closed"},
]


def files_of(rows):
    case = file_case(City(retailers=table_of("retailers", rows)), date(2026, 11, 16))
    return completeness(case.files, case.columns), counted_fields(case.columns)


def test_filled_fields_over_fields_that_the_export_has() -> None:
    """Of thirteen columns this export has three; the emptiest files come first."""
    files, fields = files_of(SHOPS)

    assert fields == ("name", "manager", "phone")
    assert files.select("retailer_id", "filled", "fields", "complete", "missing").rows() == [
        ("R2", 2, 3, 667, "phone"),
        ("R3", 2, 3, 667, "manager"),
        ("R1", 3, 3, 1000, ""),
    ]


def test_a_manager_has_the_fields_of_all_its_shops() -> None:
    """Li: 5 of 6 fields, 83.3 per cent; nobody has enough shops for a rank."""
    files, _ = files_of(SHOPS)
    managers = by_manager(files, {"falls": pl.Series(["R1", "R2", "R3", "R9"])})

    assert managers.rows() == [("Li", 2, 1, 833, None, 2), (None, 1, 0, 667, None, 1)]


def test_small_groups_are_not_ranked_and_equals_share_a_rank() -> None:
    def shops(manager, number, gaps):
        return [
            {
                "retailer_id": f"{manager}{i:02}",
                "manager": manager,
                "phone": None if i < gaps else "1",
            }
            for i in range(number)
        ]

    rows = [
        *shops("a", LEAST_SHOPS, 2), *shops("b", LEAST_SHOPS, 2), *shops("c", LEAST_SHOPS, 5),
        *shops("d", LEAST_SHOPS - 1, 0),
    ]  # fmt: skip
    files, _ = files_of(rows)
    managers = by_manager(files, {})

    assert managers.select("manager", "complete", "rank").rows() == [
        ("a", 950, 1), ("b", 950, 1), ("c", 875, 3), ("d", 1000, None),
    ]  # fmt: skip
