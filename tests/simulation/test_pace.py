"""The cycles to come: names, days, gradings."""

from __future__ import annotations

from datetime import date

import pytest

from allocator.errors import BadRequest
from allocator.simulation.pace import months_later, turns_to_come


def test_weeks_go_on_over_the_year_with_a_grading_each_quarter() -> None:
    """From Monday 16 November 2026: 2026 has 53 ISO weeks; 16 February 2027 is a Tuesday, so the
    grading is in the cycle of the Monday after it.
    """
    turns = turns_to_come(date(2026, 11, 16), 15, ["2026-W47"])

    assert [turn.cycle for turn in turns[5:8]] == ["2026-W52", "2026-W53", "2027-W01"]
    assert [turn.day for turn in turns if turn.regrades] == [date(2026, 11, 16), date(2027, 2, 22)]


def test_months_repeat_their_sources_in_turn() -> None:
    turns = turns_to_come(date(2021, 10, 31), 4, ["2021-05", "2021-06"], regrade_months=1)

    assert [(turn.cycle, turn.day, turn.source) for turn in turns] == [
        ("2021-10", date(2021, 10, 31), "2021-05"),
        ("2021-11", date(2021, 11, 30), "2021-06"),
        ("2021-12", date(2021, 12, 31), "2021-05"),
        ("2022-01", date(2022, 1, 31), "2021-06"),
    ]
    assert all(turn.regrades for turn in turns)
    assert months_later(date(2024, 1, 31), 1) == date(2024, 2, 29)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"count": 0}, "cycles-count"),
        ({"count": 521}, "cycles-count"),
        ({"every": "day"}, "cycles-pace"),
        ({"regrade_months": -1}, "cycles-regrade"),
        ({"first": date(9999, 12, 30)}, "cycles-beyond-calendar"),
    ],
)
def test_refusals(arguments: dict[str, object], code: str) -> None:
    given = {"first": date(2026, 11, 16), "count": 3, "sources": ["C"], **arguments}
    with pytest.raises(BadRequest) as refused:
        turns_to_come(**given)  # type: ignore[arg-type]

    assert refused.value.code == code
    assert refused.value.message("zh-CN")
