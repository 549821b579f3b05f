"""The page of a grading: whole, closed, told in words, escaped, the same bytes each time."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from allocator.grading.scheme import given_tiers, grade
from allocator.reports.grading_page import grading_page
from reports.test_notice import Page
from strategies import city_of, small_week


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
