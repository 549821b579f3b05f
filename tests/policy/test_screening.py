"""``screening`` and ``decimals`` of a policy: what is refused, and what is said in plain words."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from allocator.policy.prose import describe
from allocator.policy.reading import policy_from
from allocator.wording import LANGUAGES

Tell = Callable[[str], list[tuple[int | None, str | None, str]]]
ZERO = "  missing_month: zero\n"


def with_rules(sample: str, rules: str) -> str:
    """The sample with one line more below grading."""
    return sample.replace(ZERO, f"{ZERO}  {rules}\n", 1)


@pytest.mark.parametrize(
    ("rules", "path", "code"),
    [
        ("screening: {method: sigma}", "grading.screening.method", "needs-one-of"),
        ("screening: {threshold: 0}", "grading.screening.threshold", "needs-more-than"),
        ("screening: {threshold: 101}", "grading.screening.threshold", "needs-at-most"),
        ("screening: {action: drop}", "grading.screening.action", "needs-one-of"),
        ("screening: {history: 3}", "grading.screening.history", "needs-at-least"),
        ("screening: {least_peers: 4}", "grading.screening.least_peers", "needs-at-least"),
        ("screening: {least_spread: 0.15}", "grading.screening.least_spread", "needs-percentage"),
        ("screening: {least_history: 13}", "grading.screening.least_history", "history-too-short"),
        ("screening: {peers: [format, format]}", "grading.screening.peers", "named-twice"),
        ("screening: {peers: [colour]}", "grading.screening.peers.0", "needs-one-of"),
        ("screening: {treshold: 5}", "grading.screening.treshold", "unknown-key-near"),
        ("decimals: 7", "grading.decimals", "needs-at-most"),
        ("decimals: 0", "grading.items.amount.weight", "weight-finer-than-points"),
    ],
)
def test_slips_are_refused_at_their_place(
    sample: str, faults: Tell, rules: str, path: str, code: str
) -> None:
    """With the line of the key; 62.5 points cannot be a whole number of points."""
    (fault,) = faults(with_rules(sample, rules))

    assert fault[1:] == (path, code)


def test_single_days_cannot_be_screened(sample: str, faults: Tell) -> None:
    """Months and weeks can."""
    days, weeks = (
        sample.replace("{months: 3}\n  exclude", f"{{{unit}: 14}}\n  exclude")
        for unit in ("days", "weeks")
    )

    assert faults(with_rules(weeks, "screening: {least_history: 20}")) == []
    (fault,) = faults(with_rules(days, "screening: {}"))
    assert fault[1:] == ("grading.screening", "screening-of-days")


def test_without_sales_there_is_nothing_to_screen() -> None:
    """Tiers by an attribute count no sales."""
    text = """\
title: t
grading:
  tiers: {by: {format: {a: 1, b: 2}}}
  screening: {}
allocation:
  weights: {kind: linear, bottom: 1, top: 6}
  whole_units: rotate
  defaults: {ceiling: 9}
"""
    with pytest.raises(Exception, match="screening compares months of sales"):
        policy_from(text, "2026-06-01")


def test_the_defaults_are_those_of_the_page(sample: str) -> None:
    """docs/grading.md says them in a table."""
    grading = policy_from(with_rules(sample, "screening: {}"), "2026-06-01").grading
    assert grading is not None
    assert grading.screening is not None
    rules = grading.screening.model_dump()

    assert rules == {
        "method": "mad", "threshold": 5, "action": "flag", "sides": "both", "history": 12,
        "least_history": 6, "least_spread": Decimal("0.15"), "peers": None, "least_peers": 20,
    }  # fmt: skip
    assert grading.decimals == 6


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("peers", ["", "peers: [], ", "peers: [region, credit], "])
@pytest.mark.parametrize("sides", ["both", "high", "low"])
@pytest.mark.parametrize("action", ["flag", "winsorise", "exclude"])
def test_every_choice_is_said_in_plain_words(sample, language, peers, sides, action) -> None:
    """With the figures of the file."""
    rules = f"screening: {{{peers}threshold: 4.5, sides: {sides}, action: {action}}}"
    text = with_rules(sample, rules).replace(ZERO, f"{ZERO}  decimals: 4\n")
    plain = describe(policy_from(sample, "2026-06-01"), language)
    said = [s for s in describe(policy_from(text, "2026-06-01"), language) if s not in plain]

    assert len(said) == 5 + (sides != "both")
    assert "4" in said[0]
    assert "4.5" in said[1]
    assert "15" in said[3]
    assert all("{" not in sentence for sentence in said)
