"""Which cycle came before which: by their days, where anything tells them, not by their names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date

import polars as pl

from allocator.tables.city import City

_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})")
_MONTH = re.compile(r"(\d{4})-(\d{1,2})")
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DIGITS = re.compile(r"(\d+)")


def cycles_in_order(
    city: City, names: Collection[str], known: Mapping[str, date] | None = None
) -> list[str]:
    """The cycles, earliest first.

    By the first order day in the calendar, else the day that the name spells (2026-W09, 2026-11,
    2026-11-16), else the first order of the cycle. Where some cycle has none of these, by name,
    numbers in it counted as numbers: W9 before W10.

    names : of cycles; known : days of some of them, where the tables tell none
    """
    days = {**(known or {}), **_days_told(city, names)}
    if all(name in days for name in names):
        return sorted(names, key=lambda name: (days[name], _pieces(name)))
    return sorted(names, key=_pieces)


def _days_told(city: City, names: Collection[str]) -> dict[str, date]:
    days = {} if city.orders is None else _first(city.orders.frame, "ordered_at")
    days |= {name: day for name in names if (day := day_of_name(name)) is not None}
    if city.calendar is not None:
        days |= _first(city.calendar.frame, "order_day")
    return days


def _first(frame: pl.DataFrame, column: str) -> dict[str, date]:
    """The first day of each cycle."""
    rows = (
        frame.group_by(pl.col("cycle").cast(pl.String))
        .agg(pl.col(column).cast(pl.Date).min())
        .drop_nulls()
    )
    return dict(rows.iter_rows())


def day_of_name(name: str) -> date | None:
    """The first day of a week, month or day that a name spells; ``None`` = it spells none."""
    try:
        if found := _WEEK.fullmatch(name):
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        if found := _MONTH.fullmatch(name):
            return date(int(found[1]), int(found[2]), 1)
        if found := _DAY.fullmatch(name):
            return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        pass
    return None


def _pieces(name: str) -> tuple[tuple[int, str], ...]:
    """A name to be sorted with its numbers as numbers; of equal ones the spelling decides."""
    parts = _DIGITS.split(name)
    return (
        *((int(part), "") if part.isdecimal() else (-1, part) for part in parts if part),
        (-2, name),
    )
