"""Whose week it is, and which of a retailer's dated rows holds."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from allocator.errors import BadTable
from allocator.tables.calendar import due_retailers, retailers_on
from allocator.tables.city import City
from allocator.tables.reading import read_city

SHOPS = pl.DataFrame(
    {"retailer_id": ["A", "B", "C", "D"], "order_cycle": ["周二", "周二 单周", "双周", "Tue odd"]}
)


def city(days: dict[str, date] | None) -> City:
    tables: dict[str, object] = {"retailers": SHOPS}
    if days is not None:
        tables["calendar"] = pl.DataFrame({"cycle": list(days), "order_day": list(days.values())})
    return read_city(tables)


# ISO weeks by the printed calendar: 2020 has 53, so two odd weeks follow each other.
@pytest.mark.parametrize(
    ("day", "week", "due"),
    [
        (date(2020, 12, 29), 53, "ABD"),
        (date(2021, 1, 5), 1, "ABD"),
        (date(2021, 1, 12), 2, "AC"),
        (date(2026, 11, 17), 47, "ABD"),
    ],
)
def test_fortnightly_retailers_are_due_by_iso_week(day: date, week: int, due: str) -> None:
    """Odd and even are those of the calendar's order day."""
    assert day.isocalendar().week == week

    found = due_retailers(city({"C": day}), "C", day)

    assert found.columns == ["retailer_id", "due"]
    assert "".join(found.filter("due")["retailer_id"]) == due


def test_without_a_calendar_fortnightly_retailers_are_refused() -> None:
    """Whose week it is cannot be guessed; weekly shops alone need none."""
    for given, code in (
        (city(None), "calendar-missing"),
        (city({"X": date(2021, 1, 5)}), "calendar-lacks-cycle"),
    ):
        with pytest.raises(BadTable) as caught:
            due_retailers(given, "C", date(2021, 1, 5))
        assert [fault.code for fault in caught.value.refusals] == [code]
        assert caught.value.message("zh-CN")
    weekly = read_city({"retailers": SHOPS.head(1)})
    assert due_retailers(weekly, "C", date(2021, 1, 5)).rows() == [("A", True)]


def test_the_row_in_force_is_the_last_that_began() -> None:
    """Rows without a date came before all others; future ones do not count."""
    rows = pl.DataFrame(
        {
            "retailer_id": ["A", "A", "A", "B"],
            "tier": [1, 2, 3, 9],
            "valid_from": [None, date(2021, 1, 1), date(2021, 7, 1), date(2021, 7, 1)],
        }
    )
    given = read_city({"retailers": rows})

    def tiers(on: date) -> list[tuple[object, ...]]:
        return retailers_on(given, on).select("retailer_id", "tier").rows()

    assert tiers(date(2020, 12, 31)) == [("A", 1)]
    assert tiers(date(2021, 1, 1)) == [("A", 2)]
    assert tiers(date(2021, 7, 1)) == [("A", 3), ("B", 9)]
