"""The page of a sweep: the best first, marked; figures against today's; what cannot hold, why."""

from __future__ import annotations

import re

import polars as pl
import pytest

from allocator.reports.what_if import sweep
from allocator.reports.what_if.sweep import sweep_page
from reports.test_notice import Page
from reports.what_ifs import ORIGIN

PAIRS = (("gini", "awarded"),)
ROWS = [
    (0, "baseline", "", "held", 0.5, 100.0, 40.0, 0.0, 0.0, "", False),
    (1, "a", "", "held", 0.6, 90.0, 50.0, 3.0, 9.0, "", False),
    (2, "<b>", "", "held", 0.4, 110.0, 30.0, 9.0, 2.0, "", True),
    (3, "c", "", "refused", None, None, None, None, None, "floors promise <more>", None),
]
COLUMNS = (
    "place", "scenario", "circumstances", "status", "gini", "awarded", "exposed_any", "gainers",
    "losers", "reason", "best_gini_awarded",
)  # fmt: skip
TABLE = pl.DataFrame(ROWS, schema=list(COLUMNS), orient="row")


def test_the_best_come_first_and_are_marked() -> None:
    """Scenario b is better than today in all, a worse in all, c cannot hold."""
    changes = {1: [("allocation.weights.top", "4")], 2: [("allocation.reserve", "5%")]}
    text = sweep_page(TABLE, PAIRS, changes, "Rules", ORIGIN, name="<how steep>")
    page = Page(text)

    assert not page.open
    assert "◆</span> <b>" not in text
    rows = re.findall(r"<tr[^>]*><td>(\d)</td>.*?</tr>", text, re.DOTALL)
    assert rows == ["0", "2", "1"]
    one, other = (text.split(f"<td>{k}</td>")[1].split("</tr>")[0] for k in (1, 2))
    assert one.count('class="worse"') == 3
    assert other.count('class="better"') == 3
    assert "allocation.weights.top = 4" in one
    assert "◆" in other
    assert "◆" not in one
    assert "floors promise <more>" in page.words
    assert "What if: <how steep>" in page.words
    assert text.count("<svg") == 1
    assert text.count('<path class="best"') == 1


def test_the_page_of_a_sweep_is_bounded_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST_ROWS", 1)
    text = sweep_page(TABLE, PAIRS, {}, "Rules", ORIGIN, "zh-CN")

    assert "另有 1 个方案见 sweep.csv" in text
    assert "<td>1</td>" not in text


def test_equal_figures_have_an_axis_that_can_be_read() -> None:
    """All give out as much: ticks of different numbers."""
    same = TABLE.with_columns(awarded=pl.lit(3706.0))
    text = sweep_page(same, PAIRS, {}, "Rules", ORIGIN)
    ticks = re.findall(r'<text class="end axis"[^>]*>([\d,]+)</text>', text)

    assert len(ticks) >= 3
    assert len(set(ticks)) == len(ticks)


def test_rules_under_another_supply_stand_apart_with_todays_rule_there() -> None:
    """Scenario b has more supply: its colours are against today's rule with as much."""
    more = "supply=+20%"
    there = (0, "baseline, supply: +20%", more, "held", 0.45, 120.0, 30.0, 5.0, 1.0, "", True)
    rows = [ROWS[0], there, ROWS[1], (2, "<b>", more, *ROWS[2][3:]), ROWS[3]]
    table = pl.DataFrame(rows, schema=list(COLUMNS), orient="row")
    changes = {1: [("allocation.weights.top", "4")], 2: [("supply", "+20%")]}
    text = sweep_page(table, PAIRS, changes, "Rules", ORIGIN)
    page = Page(text)

    assert "with supply=+20%" in page.words
    assert "is only compared with rules under the same circumstances" in page.words
    found = re.findall(r"<tr[^>]*><td>(\d)</td>.*?</tr>", text, re.DOTALL)
    assert found == ["0", "1", "0", "2"]
    assert text.count("<svg") == 2
    other = text.split("<td>2</td>")[1].split("</tr>")[0]
    assert '<td class="worse">110</td>' in other  # more than today's 100, less than the 120 there
    assert '<td class="better">0.4</td>' in other


def test_what_all_scenarios_change_is_told_once_and_short_names_are_explained() -> None:
    changes = {
        1: [("grading.movement.max_step", "2"), ("allocation.weights.top", "4")],
        2: [("grading.movement.max_step", "2"), ("allocation.weights.top", "6")],
    }
    named = TABLE.with_columns(scenario=pl.Series(["baseline", "top=4", "top=6", "c"]))
    words = Page(sweep_page(named, PAIRS, changes, "Rules", ORIGIN)).words

    assert words.count("grading.movement.max_step = 2") == 1
    assert words.count("allocation.weights.top") == 1
    assert "top = allocation.weights.top" in words
