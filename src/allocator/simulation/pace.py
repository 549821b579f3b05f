"""The cycles to come: their names, their days, and which of the past they repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from allocator.errors import BadRequest

DAYS: Final = {"week": 7, "fortnight": 14, "month": 28}
"""Least days of a cycle by its pace."""

PACES: Final = tuple(DAYS)
MOST_CYCLES: Final = 520
"""Ten years of weeks."""

_MONTH = re.compile(r"\d{4}-\d{2}")


@dataclass(frozen=True, slots=True)
class Turn:
    """One cycle to come.

    number : from 1; cycle : its name; day : its order day; days : until the next one, 28 in a month
    source : the past cycle whose supply and orders it repeats
    regrades : whether the retailers are graded on this day
    """

    number: int
    cycle: str
    day: date
    days: int
    source: str
    regrades: bool


def turns_to_come(
    first: date,
    count: int,
    sources: Sequence[str],
    *,
    every: str | None = None,
    regrade_months: int = 3,
) -> tuple[Turn, ...]:
    """The cycles from a day on.

    Parameters
    ----------
    sources : past cycles, repeated in turn, first the first
    every : one of ``PACES``; ``None`` = by the names of the sources: months where they are
        spelled 2026-11, else weeks
    regrade_months : months from one grading to the next, counted from ``first``; the grading is
        that of the first cycle on its day or after it; 0 = the first grading stays

    Raises
    ------
    BadRequest : no cycle, too many, an unknown pace
    """
    if not 1 <= count <= MOST_CYCLES:
        raise BadRequest("cycles-count", count=count, most=MOST_CYCLES)
    if not sources:
        raise BadRequest("cycles-no-supply")
    pace = every or pace_of(sources)
    if pace not in PACES:
        raise BadRequest("cycles-pace", every=str(pace)[:40], known=", ".join(PACES))
    if not 0 <= regrade_months <= 120:
        raise BadRequest("cycles-regrade", months=regrade_months)
    try:
        days = [_day(first, number, pace) for number in range(count)]
    except (OverflowError, ValueError):
        raise BadRequest("cycles-beyond-calendar", on=first, count=count) from None
    turns, graded = [], 0
    for number, day in enumerate(days):
        due = number == 0
        while regrade_months and months_later(first, (graded + 1) * regrade_months) <= day:
            graded, due = graded + 1, True
        turns.append(
            Turn(number + 1, _name(day, pace), day, DAYS[pace], sources[number % len(sources)], due)
        )
    return tuple(turns)


def pace_of(sources: Sequence[str]) -> str:
    """The pace that the names of cycles tell."""
    return "month" if all(_MONTH.fullmatch(name) for name in sources) else "week"


def _day(first: date, number: int, pace: str) -> date:
    if pace == "month":
        return months_later(first, number)
    return first + timedelta(weeks=number * (2 if pace == "fortnight" else 1))


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last day where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    start = date(index // 12, index % 12 + 1, 1)
    return start.replace(day=min(day.day, days_of(start)))


def days_of(month: date) -> int:
    """Days of a month."""
    following = (month.replace(day=1) + timedelta(days=31)).replace(day=1)
    return (following - timedelta(days=1)).day


def _name(day: date, pace: str) -> str:
    if pace == "month":
        return f"{day:%Y-%m}"
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"
