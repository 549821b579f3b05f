"""Which months, weeks and days count: rolling, named, from day to day, holidays, weights."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.errors import BadRequest
from allocator.explanation.recount.period import counted_units
from allocator.grading.window import window_of
from allocator.policy.window_models import Window

ON = date(2026, 3, 27)
SPRING = {"name": "Spring Festival", "from": "2026-02-15", "to": "2026-02-23"}
days = st.dates(date(2019, 1, 1), date(2031, 12, 31))


def names(on: date = ON, **policy: object) -> tuple[str, ...]:
    return window_of(Window.model_validate(policy), on).names()


def weights(**policy: object) -> list[int]:
    return [unit.weight for unit in window_of(Window.model_validate(policy), ON).units]


def test_the_fifteen_weeks_of_qujing() -> None:
    """The notice is of Friday 2026-03-27: the last complete week ends on Sunday the 22nd."""
    window = window_of(Window(weeks=15), ON)

    assert window.names()[0] == "2025-W50"
    assert window.names()[-1] == "2026-W12"
    assert (window.first, window.last) == (date(2025, 12, 8), date(2026, 3, 22))
    assert window.months == Fraction(105, 30)


def test_each_kind_of_window_by_the_calendar() -> None:
    """Units that end before the day; from-to that makes whole months counts months."""
    assert names(months=2) == ("2026-01", "2026-02")
    assert names(days=3) == ("2026-03-24", "2026-03-25", "2026-03-26")
    assert names(named=("2026-01", "2025-03")) == ("2025-03", "2026-01")
    assert names(**{"from": "2025-12-01", "to": "2026-01-31"}) == ("2025-12", "2026-01")
    assert names(**{"from": "2026-01-31", "to": "2026-02-01"}) == ("2026-01-31", "2026-02-01")
    assert names(date(2026, 1, 1), weeks=1) == ("2025-W52",)
    assert names(date(2026, 1, 5), weeks=2) == ("2025-W52", "2026-W01")


@given(days, st.sampled_from(["weeks", "days", "months"]), st.integers(1, 30))
def test_rolling_units_are_the_last_complete_ones(on, kind, count) -> None:
    """Counted day by day: they adjoin, are whole, and the next one would reach the day."""
    window = window_of(Window.model_validate({kind: count}), on)

    def unit_key(day: date) -> tuple[int, ...]:
        if kind == "days":
            return (day.toordinal(),)
        return tuple(day.isocalendar()[:2]) if kind == "weeks" else (day.year, day.month)

    back, seen, ends = on, [], []
    while len(seen) <= count:
        back -= timedelta(days=1)
        if unit_key(back) != unit_key(on) and (not seen or unit_key(back) != seen[-1]):
            seen.append(unit_key(back))
            ends.append(back)
    assert [unit.last for unit in window.units] == ends[count - 1 :: -1][:count]
    assert window.first == ends[count] + timedelta(days=1)


def test_a_holiday_leaves_out_whole_units_and_a_rolling_window_reaches_back() -> None:
    """Of 2026-02-15 (a Sunday) to 02-23 (a Monday) the weeks 7, 8 and 9 are touched."""
    assert names(weeks=3, holidays=(SPRING,)) == ("2026-W10", "2026-W11", "2026-W12")
    assert names(weeks=4, holidays=(SPRING,)) == ("2026-W06", "2026-W10", "2026-W11", "2026-W12")
    assert names(months=2, holidays=(SPRING,)) == ("2025-12", "2026-01")
    assert names(date(2026, 2, 25), days=2, holidays=(SPRING,)) == ("2026-02-14", "2026-02-24")
    assert names(named=("2026-01", "2026-02"), holidays=(SPRING,)) == ("2026-01",)


def test_a_window_of_holidays_only_is_refused() -> None:
    with pytest.raises(BadRequest, match="nothing is left to count") as caught:
        names(named=("2026-02",), holidays=(SPRING,))
    assert "2026年2月28日" in caught.value.message("zh-CN")


def test_a_window_before_the_calendar_is_refused() -> None:
    with pytest.raises(BadRequest, match="before the year 1"):
        names(date(1, 2, 3), weeks=9)


def test_weights_are_whole_numbers_in_their_lowest_terms() -> None:
    """The latest first in the policy, the earliest first in the window."""
    assert weights(months=3, recency=(3, 2, 1)) == [1, 2, 3]
    assert weights(months=3, recency=(2, 2, 2)) == [1, 1, 1]
    assert weights(months=2, recency=(Decimal("1"), Decimal("0.25"))) == [1, 4]
    assert weights(named=("2026-01", "2026-02"), recency=(3, 1), holidays=(SPRING,)) == [1]


def test_units_touched_by_a_span_of_days() -> None:
    """A hardship from mid-January to the first of February exempts both months."""
    window = window_of(Window(months=3), date(2026, 4, 1))

    touched = window.touching(date(2026, 1, 20), date(2026, 2, 1))
    assert [unit.name for unit in touched] == ["2026-01", "2026-02"]
    assert window.touching(date(2025, 1, 1), date(2025, 12, 31)) == ()


@st.composite
def rules(draw: st.DrawFn) -> dict[str, object]:
    """Windows of every kind with weights and holidays."""
    first = draw(st.dates(date(2025, 1, 1), date(2026, 3, 1)))
    kind = draw(st.sampled_from(["months", "weeks", "days", "named", "from"]))
    policy: dict[str, object]
    if kind == "named":
        months = draw(st.sets(st.integers(1, 12), min_size=1))
        policy = {"named": tuple(f"2025-{month:02d}" for month in months)}
    elif kind == "from":
        last = first + timedelta(days=draw(st.integers(0, 100)))
        policy = {"from": first.isoformat(), "to": last.isoformat()}
    else:
        policy = {kind: draw(st.integers(1, 20))}
    begins = draw(st.lists(st.dates(date(2025, 1, 1), date(2026, 3, 20)), max_size=3))
    holidays = [(day, day + timedelta(days=draw(st.integers(0, 9)))) for day in begins]
    policy["holidays"] = tuple(
        {"name": "x", "from": day.isoformat(), "to": end.isoformat()} for day, end in holidays
    )
    return policy


@given(rules(), days)
def test_the_recount_of_cards_walks_the_same_days(rule, on) -> None:
    """A second implementation, day by day, finds the units of the window."""
    policy = Window.model_validate(rule)
    walked = counted_units(policy, on)
    if not walked:
        with pytest.raises(BadRequest, match="nothing is left"):
            window_of(policy, on)
        return
    window = window_of(policy, on)

    assert [(unit[0], unit[-1]) for unit in walked] == [(u.first, u.last) for u in window.units]
    assert all(
        len(days_) == (unit.last - unit.first).days + 1
        for days_, unit in zip(walked, window.units, strict=True)
    )
