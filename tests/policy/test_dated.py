"""Dated values: what is in force on a day, and days that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from allocator.errors import BadPolicy
from allocator.policy.reading import policy_from

BODY = """\
title: Dates
allocation:
  weights: {kind: linear, bottom: 1, top: 2}
  whole_units: rotate
  defaults: {ceiling: 9}
  reserve:
    2026-01-01: {value: 1%, source: {title: first}, last_valid_on: 2026-06-30}
    "2026-07-01":
      value: 2%
      source: {title: second, url: "https://example.org"}
    2027-01-01: {value: 3%}
"""


@pytest.mark.parametrize(
    ("on", "reserve", "since"),
    [
        ("2026-01-01", "0.01", date(2026, 1, 1)),
        ("2026-06-30", "0.01", date(2026, 1, 1)),
        ("2026-07-01", "0.02", date(2026, 7, 1)),
        ("2026-12-31", "0.02", date(2026, 7, 1)),
        ("2030-01-01", "0.03", date(2027, 1, 1)),
    ],
)
def test_the_last_day_that_has_come_is_in_force(on: str, reserve: str, since: date) -> None:
    policy = policy_from(BODY, on)

    assert policy.allocation.reserve == Decimal(reserve)
    assert policy.sources["allocation.reserve"].since == since


def test_before_the_first_day_nothing_is_in_force() -> None:
    """An error, never the default of the key; and the only one."""
    with pytest.raises(BadPolicy) as refused:
        policy_from(BODY, "2025-12-31")

    (fault,) = refused.value.refusals
    assert (fault.code, fault.row, fault.column) == ("before-first-day", 6, "allocation.reserve")
    assert fault.facts == {"first": date(2026, 1, 1), "on": date(2025, 12, 31)}


def test_a_source_goes_with_the_value_in_force() -> None:
    source = policy_from(BODY, "2026-08-01").sources["allocation.reserve"]

    assert (source.title, source.url, source.last_valid_on) == (
        "second",
        "https://example.org",
        None,
    )


@pytest.mark.parametrize(
    ("on", "codes"),
    [
        ("2026-06-30", []),
        ("2026-08-01", []),
        ("2027-01-01", ["no-source"]),
    ],
)
def test_only_the_value_in_force_is_warned_of(on: str, codes: list[str]) -> None:
    assert [warning.code for warning in policy_from(BODY, on).warnings] == codes


def test_a_value_past_its_last_day_is_still_used_with_a_warning() -> None:
    text = BODY.replace('    "2026-07-01":\n      value: 2%\n', "").replace(
        '      source: {title: second, url: "https://example.org"}\n', ""
    )
    policy = policy_from(text, "2026-07-01")

    assert Decimal("0.01") == policy.allocation.reserve
    assert [(w.code, w.row, w.column) for w in policy.warnings] == [
        ("past-last-day", 7, "allocation.reserve")
    ]
    assert "valid until 30 June 2026" in policy.warnings[0].message("policy", "en")


def test_whole_sections_and_single_entries_may_be_dated() -> None:
    text = """\
title: {2026-01-01: {value: Dated title}}
allocation:
  2026-01-01:
    value:
      weights: {table: {1: 1, 2: {2026-03-01: {value: 4}}}}
      whole_units: {2026-01-01: {value: equal}}
      defaults: {ceiling: {2026-01-01: {value: 7}}}
      products:
        A: {2026-01-01: {value: {ceiling: {2: {2026-01-01: {value: 3}}}}}}
"""
    policy = policy_from(text, "2026-06-01")

    assert policy.title == "Dated title"
    assert policy.allocation.weights.table == {1: 1, 2: 4}
    assert policy.allocation.defaults.ceiling == 7
    assert policy.allocation.products["A"].ceiling == {2: 3}
    assert "allocation.weights.table.2" in policy.sources


def test_tables_keyed_by_tier_and_lists_are_not_dated() -> None:
    """Years as keys, tiers as keys and percent lists are plain values."""
    text = BODY.replace("{kind: linear, bottom: 1, top: 2}", "{table: {1: 1, 2: 3.5}}")

    assert policy_from(text, "2026-08-01").allocation.weights.table == {1: 1, 2: Decimal("3.5")}


def test_headers_that_look_like_days_stay_headers() -> None:
    text = BODY + "tables: {quotas: {columns: {2026-01-01: quota}}}\n"

    assert policy_from(text, "2026-08-01").tables["quotas"].columns == {"2026-01-01": "quota"}


@pytest.mark.parametrize(
    ("old", "new", "line", "column", "code"),
    [
        ("2027-01-01:", "2027-02-30:", 11, "allocation.reserve.2027-02-30", "no-such-day"),
        ("2027-01-01:", "2027:", 11, "allocation.reserve.2027", "key-among-days"),
        ("{value: 3%}", "3%", 11, "allocation.reserve.2027-01-01", "day-without-value"),
        ("{value: 3%}", "{value: 3%, sorce: x}", 11, "allocation.reserve.2027-01-01.sorce",
         "unknown-key-near"),
        ("{value: 3%}", "{value: 3}", 11, "allocation.reserve", "needs-percentage"),
        ("{value: 1%,", "{value: 1 %%,", 7, "allocation.reserve", "needs-percentage"),
        ("last_valid_on: 2026-06-30", "last_valid_on: 2025-06-30", 7,
         "allocation.reserve.2026-01-01.last_valid_on", "ends-before-it-starts"),
        ("last_valid_on: 2026-06-30", "last_valid_on: June", 7,
         "allocation.reserve.2026-01-01.last_valid_on", "needs-day"),
        ("last_valid_on: 2026-06-30", "last_valid_on: 2026-06-31", 7,
         "allocation.reserve.2026-01-01.last_valid_on", "needs-day"),
        ('"https://example.org"', '"javascript:alert(1)"', 10,
         "allocation.reserve.2026-07-01.source", "bad-source"),
    ],
)  # fmt: skip
def test_faults_are_found_on_every_day(
    faults: Callable[[str], list[tuple[int | None, str | None, str]]],
    old: str, new: str, line: int, column: str, code: str,
) -> None:  # fmt: skip
    """Read for June 2026, values of other days are looked at too."""
    text = BODY.replace(old, new, 1)
    assert text != BODY

    assert faults(text) == [(line, column, code)]
