"""Which cycle came before which: by day, whatever the cycles are called."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl
import pytest

import allocator as al
from allocator.simulation.demand import sources_of
from allocator.simulation.past import past_of
from allocator.tables.city import City
from allocator.tables.cycle_order import cycles_in_order, day_of_name

CITY = Path(__file__).parents[2] / "examples" / "city"


@pytest.fixture(scope="module")
def city() -> City:
    return al.read_city(CITY, al.read_policy(CITY / "policy.yaml", on="2026-11-16").tables)


def renamed(city: City, weeks: dict[str, int]) -> City:
    """The orders of the city, once for each name, so many days earlier; the same supply."""
    orders, supply = city.orders, city.supply
    assert orders is not None
    assert supply is not None
    early = [
        orders.frame.with_columns(
            cycle=pl.lit(name), ordered_at=pl.col("ordered_at") - timedelta(days=days)
        )
        for name, days in weeks.items()
    ]
    stock = [supply.frame.with_columns(cycle=pl.lit(name)) for name in weeks]
    return replace(
        city,
        calendar=None,
        orders=replace(orders, frame=pl.concat(early)),
        supply=replace(supply, frame=pl.concat(stock)),
    )


def test_past_cycles_are_those_of_earlier_days(city: City) -> None:
    """By name 第10周 and 第11周 come before 第9周, which was a week before them."""
    weeks = renamed(city, {"第11周": 0, "第9周": 14, "第10周": 7})
    on = date(2026, 11, 16)

    assert past_of(weeks, "第11周", on).cycles == ("第9周", "第10周")
    assert past_of(weeks, "第9周", on).cycles == ()
    assert sources_of(weeks) == ("第9周", "第10周", "第11周")


def test_a_cycle_without_orders_stands_on_its_day(city: City) -> None:
    weeks = renamed(city, {"spring": 14, "autumn": 7})

    assert past_of(weeks, "now", date(2026, 11, 16)).cycles == ("spring", "autumn")
    assert past_of(weeks, "now", date(2026, 11, 5)).cycles == ("spring",)


def test_the_calendar_and_then_the_name_decide(city: City) -> None:
    assert cycles_in_order(city, ["2026-W10", "2026-W9", "2025-12"]) == [
        "2025-12", "2026-W9", "2026-W10",
    ]  # fmt: skip
    calendar = city.calendar
    assert calendar is not None
    frame = calendar.frame
    days = [date(2026, 3, 1), date(2026, 1, 1)]
    rows = [frame.with_columns(cycle=pl.lit(name), order_day=pl.lit(day))
            for name, day in zip(("2026-W01", "2026-W09"), days, strict=True)]  # fmt: skip
    told = replace(city, calendar=replace(calendar, frame=pl.concat(rows)))
    assert cycles_in_order(told, ["2026-W01", "2026-W09"]) == ["2026-W09", "2026-W01"]


def test_without_any_day_numbers_in_names_count_as_numbers(city: City) -> None:
    bare = replace(city, orders=None, calendar=None)
    assert cycles_in_order(bare, ["b", "9", "10", "a2", "a10"]) == ["a2", "a10", "b", "9", "10"]


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2026-W47", date(2026, 11, 16)),  # Monday of the ISO week, by any calendar
        ("2026W7", date(2026, 2, 9)),
        ("2026-11", date(2026, 11, 1)),
        ("2026-11-20", date(2026, 11, 20)),
        ("2026-47", None),
        ("2026-W54", None),
        ("第47周", None),
    ],
)
def test_names_that_spell_a_day(name: str, day: date | None) -> None:
    assert day_of_name(name) == day
