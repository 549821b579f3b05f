"""Recounts which purchases counted for the tier: day by day, from the policy alone."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from functools import partial
from itertools import groupby
from math import gcd, lcm

from allocator.explanation.claims import Claim
from allocator.explanation.recount.case import Case, Found
from allocator.policy.window_models import Window

DAY = timedelta(days=1)


def window(case: Case, claim: Claim) -> Found:
    """The days that count, walked one by one."""
    rule = case.run.policy.grading.window if case.run.policy.grading else None
    if rule is None:
        return None
    units = counted_units(rule, case.run.grading.on)
    counted = [day for unit in units for day in unit]
    first, last = counted[0], counted[-1]
    left_out = (last - first).days + 1 - len(counted)
    if rule.weeks or rule.days or _by_days(rule):
        if claim.code != ("tier-window-gaps" if left_out else "tier-window-days"):
            return None
        days = {"first_day": first, "last_day": last}
        return {**days, "left_out": left_out} if left_out else days
    if claim.code != ("tier-window-months" if left_out else "tier-window"):
        return None
    if left_out:
        return {"months": ", ".join(f"{unit[0]:%Y-%m}" for unit in units)}
    return {"first_month": f"{first:%Y-%m}", "last_month": f"{last:%Y-%m}"}


def weights(case: Case, claim: Claim) -> Found:
    """The weights of the first and the last unit, in the lowest whole numbers of all."""
    rule = case.run.policy.grading.window if case.run.policy.grading else None
    if rule is None or rule.recency is None:
        return None
    units = counted_units(rule, case.run.grading.on)
    listed = [Fraction(weight) for weight in rule.recency][::-1]
    if rule.named or rule.first:
        every = counted_units(rule.model_copy(update={"holidays": ()}), case.run.grading.on)
        listed = [w for w, unit in zip(listed, every, strict=True) if unit in units]
    whole = lcm(*(weight.denominator for weight in listed))
    numbers = [int(weight * whole) for weight in listed]
    common = gcd(*numbers)
    return {"earliest": numbers[0] // common, "latest": numbers[-1] // common}


def _by_days(rule: Window) -> bool:
    """Whether days from one to another do not make whole months."""
    if rule.first is None or rule.last is None:
        return False
    return rule.first.day != 1 or (rule.last + DAY).day != 1


def counted_units(rule: Window, on: date) -> list[list[date]]:
    """The days of each month, week or day that counts, earliest first."""
    count = rule.months or rule.weeks or rule.days or 0
    if rule.named is not None:
        whole = [date(m.year, m.month, d) for m in rule.named for d in range(1, 32) if _is(m, d)]
    elif rule.first is not None and rule.last is not None:
        whole = _days(rule.first, rule.last)
    else:
        touched = sum((holiday.last - holiday.first).days + 2 for holiday in rule.holidays)
        most = 31 if rule.months else 7 if rule.weeks else 1
        whole = _days(on - (count + 2 + touched) * most * DAY, on - DAY)
    units = [list(days) for _, days in groupby(sorted(whole), key=partial(_unit, rule))]
    if count:  # the unit of the day itself is not complete, the first may be cut
        units = [unit for unit in units[1:] if _unit(rule, unit[0]) != _unit(rule, on)]
    return [unit for unit in units if not _is_holiday(rule, unit)][-count:]


def _days(first: date, last: date) -> list[date]:
    return [first + number * DAY for number in range((last - first).days + 1)]


def _is(month: date, day: int) -> bool:
    return (month + (day - 1) * DAY).month == month.month


def _unit(rule: Window, day: date) -> tuple[int, ...]:
    if rule.weeks:
        return tuple(day.isocalendar()[:2])
    if rule.days or _by_days(rule):
        return (day.toordinal(),)
    return day.year, day.month


def _is_holiday(rule: Window, unit: list[date]) -> bool:
    return any(holiday.first <= day <= holiday.last for day in unit for holiday in rule.holidays)
