"""Which months, weeks or days count for a grading on a day, and how much each.

Units are calendar months, ISO weeks (Monday to Sunday) or days. A rolling window is the last so
many complete units before the day: the unit that holds the day itself never counts. A unit that
a holiday touches does not count, for anybody, whole; a rolling window then reaches back further,
a named one or one from day to day is so much shorter. Nothing is scaled by days within a unit:
shops order once a week, so the rest of a broken week holds an order or none.

With weights w_u (``recency``), n counted units and sums x_u, a retailer's sum over the window is
``n (sum w_u x_u) / (sum w_u)``, so that it keeps its unit: cartons of the window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Final

from allocator.errors import BadRequest
from allocator.policy import window_models
from allocator.policy.grading_models import GradingPolicy

MONTH_DAYS: Final = 30
"""Days of a month where a window of weeks or days is told in months."""

DAYS: Final = {"weeks": 7, "days": 1}
"""Kind of units -> days of one."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One month, week or day.

    name : ``2026-01``, ``2026-W03`` or ``2026-01-05``
    first, last : its first and last day
    weight : how much it counts against the others, >= 1
    """

    name: str
    first: date
    last: date
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Window:
    """The units that count, earliest first.

    kind : ``months``, ``weeks`` or ``days``
    """

    kind: str
    units: tuple[Unit, ...]

    def names(self) -> tuple[str, ...]:
        """The units by name, earliest first."""
        return tuple(unit.name for unit in self.units)

    @property
    def first(self) -> date:
        """First day of the earliest unit."""
        return self.units[0].first

    @property
    def last(self) -> date:
        """Last day of the latest unit."""
        return self.units[-1].last

    @property
    def months(self) -> Fraction:
        """Length in months; weeks and days count 30 days for a month."""
        if self.kind == "months":
            return Fraction(len(self.units))
        return Fraction(len(self.units) * DAYS[self.kind], MONTH_DAYS)

    def touching(self, first: date, last: date) -> tuple[Unit, ...]:
        """The units of which any day is in ``first`` to ``last``."""
        return tuple(unit for unit in self.units if unit.first <= last and first <= unit.last)


def unit_holding(kind: str, day: date) -> Unit:
    """The month, week or day that holds a day."""
    if kind == "months":
        first = day.replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        return Unit(f"{day:%Y-%m}", first, following - timedelta(days=1))
    if kind == "days":
        return Unit(day.isoformat(), day, day)
    year, week, weekday = day.isocalendar()
    first = day - timedelta(days=weekday - 1)
    return Unit(f"{year:04d}-W{week:02d}", first, first + timedelta(days=6))


def rule_of(policy: GradingPolicy) -> window_models.Window:
    """Which sales a policy counts; one whose tiers need no sales has no such rule.

    Raises
    ------
    BadRequest : it has none
    """
    if policy.window is None:
        raise BadRequest("grading-needs-window")
    return policy.window


def window_of(policy: window_models.Window, on: date) -> Window:
    """The window of a policy for a grading on a day.

    Raises
    ------
    BadRequest : the window reaches back before the year 1, or holidays leave nothing of it
    """

    def working(unit: Unit) -> bool:
        return not any(
            unit.first <= holiday.last and holiday.first <= unit.last for holiday in policy.holidays
        )

    if policy.named is not None:
        units = [unit_holding("months", month) for month in sorted(policy.named)]
    elif policy.first is not None and policy.last is not None:
        units = _between(policy.unit, policy.first, policy.last)
    else:
        return _weighted(policy, _before(policy.unit, policy.count, on, working))
    kept = _weighted(policy, units)
    units = [unit for unit in kept.units if working(unit)]
    if not units:
        raise BadRequest("grading-window-all-holidays", first=kept.first, last=kept.last)
    return Window(kept.kind, _reduced(units))


def _before(kind: str, count: int, on: date, working: Callable[[Unit], bool]) -> list[Unit]:
    """The last ``count`` units that end before the day and are no holidays, earliest first."""
    units: list[Unit] = []
    first = unit_holding(kind, on).first
    try:
        while len(units) < count:
            unit = unit_holding(kind, first - timedelta(days=1))
            first = unit.first
            if working(unit):
                units.append(unit)
    except OverflowError:
        raise BadRequest("grading-window-before-year-one", on=on, units=count) from None
    return units[::-1]


def _between(kind: str, first: date, last: date) -> list[Unit]:
    units = [unit_holding(kind, first)]
    while units[-1].last < last:
        units.append(unit_holding(kind, units[-1].last + timedelta(days=1)))
    return units


def _weighted(policy: window_models.Window, units: list[Unit]) -> Window:
    """The units with their weights as whole numbers without a common divisor."""
    if policy.recency is not None:
        exact = [Fraction(weight) for weight in reversed(policy.recency)]
        whole = lcm(*(weight.denominator for weight in exact))
        units = [
            replace(unit, weight=int(weight * whole))
            for unit, weight in zip(units, exact, strict=True)
        ]
    return Window(policy.unit, _reduced(units))


def _reduced(units: list[Unit]) -> tuple[Unit, ...]:
    common = reduce(gcd, (unit.weight for unit in units))
    return tuple(replace(unit, weight=unit.weight // common) for unit in units)
