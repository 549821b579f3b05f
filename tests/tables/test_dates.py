"""Dates as exports write them."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.tables.dates import clock_of, date_of, moment_of, month_of
from allocator.tables.reading import read_table


@pytest.mark.parametrize(
    "text",
    ["2021-10-01", "2021/10/1", "2021.10.1", "2021年10月1日", "20211001", "44470",
     "2021-10-01 16:05", "2021年10月1日16时05分", "20211001160509"],
)  # fmt: skip
def test_one_day_in_many_spellings(text: str) -> None:
    """44470 is what Excel shows for 2021-10-01 in a cell without format."""
    assert date_of(pl.Series([text])).to_list() == [date(2021, 10, 1)]
    assert month_of(pl.Series([text])).to_list() == [date(2021, 10, 1)]


@pytest.mark.parametrize("text", ["2021-10", "2021/10", "2021年10月", "202110", "2021.10"])
def test_a_month_is_a_month_and_no_day(text: str) -> None:
    """A missing day is never guessed where a day is needed."""
    assert month_of(pl.Series([text])).to_list() == [date(2021, 10, 1)]
    assert date_of(pl.Series([text])).to_list() == [None]


@pytest.mark.parametrize(
    "text",
    ["2021-13-01", "2021-02-30", "0021-01-01", "21-10-01", "10/1/2021", "2021", "99999",
     "2021-10-01 25:00", "20211301", "2021-10-0116:05", "today", "１２", ""],
)  # fmt: skip
def test_what_is_no_day_is_none(text: str) -> None:
    """Impossible days, two-digit years and American order are not guessed."""
    assert moment_of(pl.Series([text])).to_list() == [None]


def test_times_alone_wait_for_their_day() -> None:
    """Excel puts a time on the day before its first."""
    given_texts = pl.Series(
        ["9:00", "16:30:15", "1899-12-31 09:30:00", "2021-10-01 09:00", "24:00"]
    )
    assert clock_of(given_texts).to_list() == [
        datetime(1970, 1, 1, 9),
        datetime(1970, 1, 1, 16, 30, 15),
        datetime(1970, 1, 1, 9, 30),
        datetime(2021, 10, 1, 9),
        None,
    ]


@given(st.lists(st.datetimes(datetime(1955, 1, 1), datetime(2099, 1, 1)), min_size=1, max_size=5))
def test_serial_numbers_count_days_from_the_last_of_1899(moments: list[datetime]) -> None:
    """Excel's number of a moment, by the definition: days since 1899-12-30."""
    moments = [moment.replace(microsecond=0) for moment in moments]
    serial = [(moment - datetime(1899, 12, 30)) / timedelta(days=1) for moment in moments]

    assert moment_of(pl.Series([f"{number:.6f}" for number in serial])).to_list() == moments


def test_the_day_of_sales_is_kept_where_it_is_given() -> None:
    """A month alone has none; dates that all stand on the first are months."""

    def days(*months: object) -> list[int | None]:
        rows = {"retailer_id": ["R"] * len(months), "month": list(months), "quantity": 1}
        return read_table("sales", pl.DataFrame(rows)).frame["day"].to_list()

    assert days("2026-01", "2026/1/31", "2026年3月", "20260405", "202604", "46043") == [
        None, 31, None, 5, None, 21,
    ]  # fmt: skip
    assert days("2026-01-01", "2026-02-01") == [None, None]
    assert days(date(2026, 1, 1), date(2026, 2, 1)) == [None, None]
    assert days(date(2026, 1, 1), date(2026, 2, 2)) == [1, 2]
    assert days("2026-01-01", "2026-02-02") == [1, 2]
    assert days("2026-01", "2026-02") == [None, None]
