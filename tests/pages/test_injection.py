"""Names that want to do harm, through every page: shown as they are, and nothing happens.

Dialogs, requests, console errors and pages wider than the phone fail in ``pages.browsing.opened``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hostile import CODES, SHOP, TEXTS, run_hostile_city
from pages.conftest import Look

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ALIVE = "script, img, iframe, object, embed, svg [onload], [onerror], [onmouseover], a[href^=java]"


@pytest.fixture(scope="module")
def out(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of the hostile city, in Chinese, with two cards."""
    return run_hostile_city(tmp_path_factory.mktemp("hostile"), cards=[SHOP, "990110000005"])


def alive(page: Page) -> list[str]:
    """Elements that no page of ours has, but for the notice's own script."""
    found = page.locator(ALIVE).evaluate_all("all => all.map((e) => e.outerHTML)")
    return [text for text in found if not text.startswith('<script>"use strict";')]


def words(page: Page) -> str:
    return " ".join(page.evaluate("document.body.textContent").split())


@pytest.mark.parametrize("name", ["notice", "findings", "grading"])
def test_pages_of_a_hostile_week(name: str, out: Path, look: Look) -> None:
    with look(out / f"{name}.html") as screen:
        page = screen.page
        assert alive(page) == []
        assert "<script>alert(3)</script>" in words(page)
        assert "alert(3)" in page.title()
        if name == "findings":  # clerks' names, in sentences and in the chart of order-takers
            assert "=cmd|' /C calc'!A0" in words(page)
        if name == "notice":
            # Line breaks and signs that nobody sees apart, every product's name stands there.
            told = words(page)
            seen = [" ".join(text.split()) for text in TEXTS[:9]]
            assert [text for text in seen if text not in told] == []
            assert page.locator("article h3 bdi").count() == page.locator("article").count()
            page.select_option("select[name=product]", CODES["101103"])
            assert page.locator("article:visible small").all_inner_texts() == [CODES["101103"]]


def test_marks_that_turn_text_round_stay_in_their_name(out: Path, look: Look) -> None:
    """A cause that reverses what follows: the label after it stands where it stands elsewhere."""
    with look(out / "notice.html") as screen:
        turned = screen.page.locator("dd bdi", has_text="gnippohs").first
        assert turned.evaluate("e => getComputedStyle(e).unicodeBidi") == "isolate"
        loose = screen.page.evaluate(
            """() => {
                const walk = document.createTreeWalker(document.documentElement, 4), found = [];
                while (walk.nextNode())
                    if (/[\\u202a-\\u202e\\u2066-\\u2069]/.test(walk.currentNode.data)
                        && !walk.currentNode.parentNode.closest("bdi"))
                        found.push(walk.currentNode.data.slice(0, 80));
                return found;
            }"""
        )
        assert loose == []


def test_cards_of_hostile_shops(out: Path, look: Look) -> None:
    for file in sorted((out / "cards").glob("*.html")):
        with look(file) as screen:
            assert alive(screen.page) == []
            assert screen.page.locator("h1 b").count() == 2
            assert "</style></title></textarea>" in words(screen.page)
