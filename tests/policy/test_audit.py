"""Limits of alerts in a policy: what is read, refused, warned of and said."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from allocator.auditing.registry import RULES
from allocator.policy.audit_models import Thresholds
from allocator.policy.prose import describe
from allocator.policy.reading import policy_from
from allocator.policy.schema import policy_schema
from allocator.policy.words import THRESHOLD_RULES
from allocator.wording import LANGUAGES

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]


def with_audit(sample: str, rules: str) -> str:
    return sample.replace("audit:\n", f"audit:\n  {rules}\n", 1)


def test_the_national_thresholds_are_the_defaults(sample: str) -> None:
    """domain.md: over 200 % of three cycles, of a month, of the price; up 50 %; 15 % on a day."""
    limits = policy_from(sample, "2026-06-01").audit.thresholds

    assert (limits.order_over_mean, limits.month_over_last, limits.price_over_mean) == (2, 2, 2)
    assert (limits.product_over_last, limits.day_of_month) == (Decimal("1.5"), Decimal("0.15"))
    assert limits.cycles == 3


def test_thresholds_are_read_and_may_be_dated(sample: str) -> None:
    text = with_audit(
        sample,
        "thresholds: {order_over_mean: {2026-01-01: {value: 250.25%, source: {title: t}},"
        " 2026-09-01: {value: 300%, source: {title: t}}}, spread: 3.5, large_order: 50}\n"
        "  set_aside: {holidays: [{name: 春节, from: 2026-02-14, to: 2026-02-23}]}",
    )
    before, after = (policy_from(text, day).audit for day in ("2026-06-01", "2026-09-01"))

    assert before.thresholds.order_over_mean == Decimal("2.5025")
    assert after.thresholds.order_over_mean == 3
    assert (before.thresholds.spread, before.thresholds.large_order) == (Decimal("3.5"), 50)
    assert before.set_aside.holidays[0].first == date(2026, 2, 14)


@pytest.mark.parametrize(
    ("rules", "path", "code"),
    [
        ("order_over_mean: 2", "order_over_mean", "needs-percentage"),
        ("order_over_mean: 99%", "order_over_mean", "needs-percentage-at-least"),
        ("order_over_mean: 10000.1%", "order_over_mean", "needs-percentage-at-most"),
        ("order_over_mean: 200.001%", "order_over_mean", "needs-fewer-decimals"),
        ("day_of_month: 0%", "day_of_month", "needs-percentage-above"),
        ("day_of_month: 101%", "day_of_month", "needs-percentage-at-most"),
        ("at_limit: 90.001%", "at_limit", "needs-fewer-decimals"),
        ("cycles: 0", "cycles", "needs-at-least"),
        ("large_order: 0", "large_order", "needs-at-least"),
        ("spread: 0.5", "spread", "needs-at-least"),
        ("order_over_men: 200%", "order_over_men", "unknown-key-near"),
    ],
)
def test_what_is_no_threshold_is_refused(
    sample: str, faults: Tell, rules: str, path: str, code: str
) -> None:
    (fault,) = faults(with_audit(sample, f"thresholds: {{{rules}}}"))

    assert fault[1:] == (f"audit.thresholds.{path}", code)


def test_a_holiday_is_named_once(sample: str, faults: Tell) -> None:
    day = "{name: a, from: 2026-02-14, to: 2026-02-23}"
    (fault,) = faults(with_audit(sample, f"set_aside: {{holidays: [{day}, {day}]}}"))

    assert fault[1:] == ("audit.set_aside.holidays.1", "named-twice")


def test_a_threshold_that_no_rule_reads_is_warned_of(sample: str) -> None:
    text = sample.replace(
        "audit:\n", "audit:\n  thresholds: {spread: 4, month_over_last: 300%}\n"
    ).replace("ignore: [wrong-lot]", "ignore: [beyond-peers]")
    assert "ignore: [beyond-peers]" in text

    (warning,) = policy_from(text, "2026-06-01").warnings

    assert (warning.code, warning.column) == ("threshold-unread", "audit.thresholds.spread")
    assert "beyond-peers" in warning.message("policy", "en")


def test_every_threshold_names_its_rules_and_they_exist() -> None:
    names = {rule.name for rule in RULES}

    assert set(THRESHOLD_RULES) == set(Thresholds.model_fields)
    assert all(names.issuperset(rules) for rules in THRESHOLD_RULES.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_file_sets_is_said_with_its_figures(sample: str, language: str) -> None:
    plain = describe(policy_from(sample, "2026-06-01"), language)
    figures = {
        "order_over_mean": ("251%", "251"), "cycles": ("7", "7"), "at_limit": ("91%", "91"),
        "spread": ("4", "4"), "large_order": ("52", "52"),
    }  # fmt: skip
    for name, (value, told) in figures.items():
        text = with_audit(sample, f"thresholds: {{{name}: {value}}}")
        (said,) = (s for s in describe(policy_from(text, "2026-06-01"), language) if s not in plain)
        assert told in said
    text = with_audit(
        sample,
        "set_aside: {arrivals: 300%, holidays: [{name: H, from: 2026-02-14, to: 2026-02-23}]}",
    )
    said = [s for s in describe(policy_from(text, "2026-06-01"), language) if s not in plain]
    assert "300" in said[0]
    assert "H" in said[1]
    for name in Thresholds.model_fields:
        assert any(name in str(schema) for schema in policy_schema()["$defs"]["Thresholds"].items())
