"""The page of a grading: whole, closed, told in words, escaped, the same bytes each time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from allocator.grading.scheme import given_tiers, grade
from allocator.policy.reading import policy_from
from allocator.reports.grading_page import grading_page
from reports.test_notice import Page
from strategies import city_of, city_of_months, small_week


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_shows_tiers_moves_and_scores(language: str) -> None:
    """Each chart has a title and a sentence; the figures stand in a table too."""
    week = small_week(7, retailers=50)
    grading = grade(week.city, week.policy.grading)
    text = grading_page(grading, "Rules of <b>X</b>", language)
    page = Page(text)

    assert not page.open
    assert grading_page(grading, "Rules of <b>X</b>", language) == text
    assert "<b>X</b>" not in text
    assert "Rules of <b>X</b>" in page.words
    charts = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert len(charts) == 4
    named = {attributes.get("id") for tag, attributes in page.tags if tag in ("title", "desc")}
    for chart in charts:
        assert chart["role"] == "img"
        assert set(str(chart["aria-labelledby"]).split()) <= named
    for tier, shops in grading.table["tier"].drop_nulls().value_counts().rows():
        assert re.search(rf'<th scope="row">{tier}</th><td>{shops}</td>', text)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No script, no link, no address but those of the drawing itself."""
    week = small_week(7, retailers=50)
    page = Page(grading_page(grade(week.city, week.policy.grading), "Rules"))

    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "link", "img", "iframe", "a"})
    assert not any("http" in str(value) for _, tags in page.tags for value in tags.values())


def test_what_is_not_known_is_left_out() -> None:
    """Tiers that were given: no scores; nobody graded before: no moves."""
    grading = given_tiers(city_of({1: 2, 2: 2, 3: 2}, []), date(2026, 11, 16))
    text = grading_page(grading, "Rules")

    assert text.count("<svg") == 1
    assert "planned" not in text
    assert "<td>33.33\u00a0%</td>" in text


def test_an_empty_city_has_a_page() -> None:
    """No shop at all: bars of no length, no division by nothing."""
    grading = given_tiers(city_of({2: 1}, []), date(2026, 11, 16))
    nobody = replace(grading, table=grading.table.clear())

    assert Page(grading_page(nobody, "Rules", "zh-CN")).open == []


@pytest.mark.parametrize(
    ("tiers", "unit"),
    [
        ({"cutoffs": {"3": 70, "2": 30}}, "points"),
        ({"breaks": {"tiers": 3}}, "points"),
        ({"bands": {"item": "quantity", "from": {"3": 90, "2": 20}}}, "cartons a month"),
        ({"bands": {"item": "amount", "from": {"3": 9000, "2": 200}}}, "yuan a month"),
        ({"bands": {"item": "mean_price", "from": {"3": 90, "2": 20}}}, "yuan a carton"),
        (
            {
                "bands": {
                    "items": [
                        {"item": "quantity", "from": [50]},
                        {"item": "mean_price", "from": [150]},
                    ]
                }
            },
            "cartons a month",
        ),
        ({"by": {"format": {"x": 2}, "otherwise": 1}}, ""),
    ],
    ids=lambda value: str(value)[:30],
)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_rule_has_its_picture(tiers: dict, unit: str, language: str) -> None:
    """Scores are told in their own unit; where nobody is scored there is nothing to draw."""
    city, entries = city_of_months(5)
    entries["grading"]["tiers"] = tiers
    grading = grade(city, policy_from(entries, date(2026, 7, 1)).grading)
    text = grading_page(grading, "Rules", language)

    assert Page(text).open == []
    assert ('id="scores"' in text) == bool(unit)
    if unit and language == "en":
        assert f"{unit}; half of the shops" in text
    drawn = 'class="cut" d="M' in text
    assert drawn == ("cutoffs" in tiers or "breaks" in tiers or "from" in str(tiers)[:40])
