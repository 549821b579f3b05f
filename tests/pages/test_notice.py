"""The notice in the hand of a reader: every figure is there, and can be sought by tier or product.

What the filter shows is compared with ``notice.csv``, which the page's template never sees.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from allocator.reports.notice import Bulletin, notice_page
from pages.conftest import Look
from reports.plans import plan_of

if TYPE_CHECKING:
    from playwright.sync_api import Page


def figures(page: Page) -> dict[tuple[str, str], list[str]]:
    """What is to be seen in the tables: (product, chain's place) -> cells, hidden ones left out."""
    return {
        (product, place): cells
        for product, place, cells in page.evaluate(
            """() => [...document.querySelectorAll(".chain")].flatMap((chain, k) =>
                [...chain.querySelectorAll("tbody tr")].filter((row) => row.checkVisibility())
                .map((row) => [row.querySelector("small").innerText, String(k),
                    [...row.cells].slice(1).filter((c) => c.checkVisibility())
                    .map((c) => c.innerText.replace(/\\s/g, ""))]))"""
        )
    }


def expected(table: pl.DataFrame, tier: int) -> dict[tuple[str, str], list[str]]:
    """The same from the CSV; closed cells are no rows of it."""
    weekly = {"weekly": "0", "fortnightly": "1"}
    return {
        (row["product_id"], weekly[row["rhythm"]]): [
            f"{row['quota']}" + (f"+{row['turns']}" if row["turns"] else "")
        ]
        for row in table.filter(tier=tier).iter_rows(named=True)
        if row["retailers"]
    }


def rhythms(folder: Path) -> pl.DataFrame:
    return pl.read_csv(folder / "notice.csv", schema_overrides={"product_id": pl.String})


def test_the_filter_shows_one_tier_and_one_product(
    written: Callable[[str], Path], look: Look
) -> None:
    """Tier 17 weekly and fortnightly; then one product of it; then all again."""
    folder = written("en")
    table = rhythms(folder)
    with look(folder / "notice.html", "phone") as screen:
        page = screen.page
        whole = figures(page)
        page.select_option("select[name=tier]", "17")
        assert figures(page) == expected(table, 17)
        assert "Tier 17: 16 retailers" in page.inner_text("output")
        assert page.locator(".tiers").first.evaluate(
            "e => e.scrollWidth <= e.parentNode.clientWidth"
        )
        steps = page.locator("#why article .step:visible").all_inner_texts()
        assert len(steps) == table["product_id"].n_unique()

        page.select_option("select[name=product]", "101103")
        assert set(figures(page)) == {("101103", "0"), ("101103", "1")}
        assert page.locator("article:visible").count() == 1
        screen.shot("notice-filtered-phone", whole=False)

        page.select_option("select[name=tier]", "30")  # nobody of it orders fortnightly
        assert set(figures(page)) == {("101103", "0")}
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.locator("button[type=reset]").click()
        page.wait_for_function("!document.querySelector('.filter.used')")
        assert figures(page) == whole


def test_all_is_there_without_a_script(written: Callable[[str], Path], look: Look) -> None:
    """No filter that does nothing; tables, ladders and causes are seen."""
    with look(written("zh-CN") / "notice.html", "phone", script=False) as screen:
        page = screen.page
        assert not page.locator("#filter").is_visible()
        assert page.locator(".tiers td:visible").count() == page.locator(".tiers td").count()
        assert page.locator("article .step:visible").count() == page.locator(".step").count()


def test_the_keyboard_reaches_what_a_finger_does(
    written: Callable[[str], Path], look: Look
) -> None:
    """Links, both choices, the tables that scroll, the rule in full."""
    with look(written("en") / "notice.html", "phone") as screen:
        page, reached = screen.page, []
        for _ in range(12):
            page.keyboard.press("Tab")
            reached.append(page.evaluate("document.activeElement.localName"))
        assert reached[:7] == ["a"] * 5 + ["select"] * 2
        assert {"div", "summary"} <= set(reached)
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_the_ladder_says_what_the_table_says(language: str, look: Look) -> None:
    """Tiers 4..1 may order 5, 2, 2 and nothing; of 9 shops of tiers 3 and 2 four one more."""
    plan = plan_of([[0, 2, 2, 5]], [[0, 3, 1, 0]], [7, 4, 5, 3], closed=((0, 0),), supply=[60])
    with look(notice_page(plan, None, Bulletin("t", ["r"], "0" * 64), language)) as screen:
        steps = screen.page.locator(".ladder tbody tr").all_inner_texts()
    told = [" ".join(step.split()) for step in steps]

    first, second, last = {
        "zh-CN": ("4 档 5 条", "2 至 3 档 2 条 9 户中 4 户轮到 +1", "1 档 不向该档投放"),
        "en": ("tier 4 5 cartons", "tiers 2 to 3 2 cartons +1 for 4 of 9 shops, by turn",
               "tier 1 not released to this tier"),
    }[language]  # fmt: skip
    assert told == [first, second, last]
