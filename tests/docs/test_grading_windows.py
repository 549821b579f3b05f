"""The part on windows of docs/grading.md: its examples are policies, its figures hold."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest

import allocator
from allocator.grading.window import window_of
from allocator.policy.reading import policy_from

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
PART = TEXT[TEXT.index("## Windows") : TEXT.index("## Screening")]
WINDOWS = re.findall(r"^window: *\{.*?\}(?= *#|$)", PART, re.M)
HOLIDAYS = re.search(r"```yaml\n(window:\n.*?)```", PART, re.S)
EXCLUDE = re.search(r"^exclude: .*$", PART, re.M)
BARE = """title: t
grading:
{rules}
  items: {{quantity: {{weight: 1}}}}
  tiers: {{shares: [100]}}
  missing_month: zero
allocation:
  weights: {{kind: linear, bottom: 1, top: 2}}
  whole_units: rotate
  defaults: {{ceiling: 9}}
"""


def policy_with(*rules: str):
    lines = "\n".join(f"  {line}" for rule in rules for line in rule.splitlines())
    grading = policy_from(BARE.format(rules=lines), "2026-03-27").grading
    assert grading is not None
    return grading


@pytest.mark.parametrize("rule", WINDOWS)
def test_every_window_is_a_policy(rule: str) -> None:
    window_of(policy_with(rule).window, date(2026, 3, 27))


def test_the_holiday_example() -> None:
    """The fifteen weeks begin with week 47 of 2025; 7, 8 and 9 are left out."""
    assert HOLIDAYS is not None
    names = window_of(policy_with(HOLIDAYS[1]).window, date(2026, 3, 27)).names()

    assert names[0] == "2025-W47"
    assert len(names) == 15
    assert not {"2026-W07", "2026-W08", "2026-W09"} & set(names)
    assert "2026-W06" in names


def test_all_kinds_of_windows_and_exclusions_are_shown() -> None:
    assert len(WINDOWS) == 6
    assert EXCLUDE is not None
    exclude = policy_with("window: {months: 1}", EXCLUDE[0]).exclude
    assert exclude.products == ("610001",)
    assert exclude.classes == (5,)


def test_the_names_of_the_program_exist() -> None:
    code = re.search(r"```python\n(.*?)```", PART, re.S)
    assert code is not None
    used = {
        node.attr
        for node in ast.walk(ast.parse(code[1]))
        if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "al"
    }
    assert used <= set(allocator.__all__)
    assert "regrade" in used
