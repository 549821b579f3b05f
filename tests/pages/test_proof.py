"""The card checks itself in a real browser: with the browser's SHA-256 and with its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from allocator.certificate.inclusion import check, grouped, read_card, read_number
from allocator.explanation.card import explain_each
from allocator.explanation.page import Press
from allocator.runs.record import Run
from pages.browsing import Screen
from pages.conftest import Look

if TYPE_CHECKING:
    from playwright.sync_api import Browser

DONE = "[data-verdict=good]:not([hidden]), [data-verdict=bad]:not([hidden])"


def verdict(screen: Screen) -> str | None:
    """What the page says of itself once it has looked."""
    screen.page.wait_for_selector(DONE)
    return screen.page.locator(DONE).get_attribute("data-verdict")


@pytest.fixture(scope="module")
def card(written: Callable[[str], Path]) -> Path:
    """A card that orders and turns make interesting."""
    return sorted((written("zh-CN") / "cards").iterdir())[0]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_card_proves_itself_and_names_the_notices_number(
    language: str, written: Callable[[str], Path], look: Look
) -> None:
    folder = written(language)
    number = read_number((folder / "notice.html").read_bytes())
    for path in sorted((folder / "cards").iterdir()):
        with look(path) as screen:
            assert verdict(screen) == "good"
            printed = screen.page.locator("[data-proof=number]").inner_text()
            assert printed.split() == grouped(number).split()
    with look(path) as screen:
        verdict(screen)
        for folded in screen.page.locator("#proof details").all():
            folded.evaluate("(element) => element.open = true")
        assert screen.faults() == []
        assert screen.sideways() <= 0
        screen.shot(f"proof-{language}")


def test_shops_of_every_kind_prove_themselves(week: Run, look: Look) -> None:
    """Also those who may order nothing, and a plan before its orders; Python says the same."""
    sealed = week.sealed()
    assert sealed is not None
    idle = [name for name in sealed.retailers if not sealed.proof(name).leaf.products][:1]
    planned = replace(week, allocation=None, findings=None)
    for run, names in ((week, [*idle, sealed.retailers[-1]]), (planned, [sealed.retailers[5]])):
        number = run.sealed().number  # type: ignore[union-attr]
        for told in explain_each(run, names):
            page = Press("zh-CN").page(told)
            assert check(*read_card(page.encode()), number) == []
            with look(page) as screen:
                assert verdict(screen) == "good"


def test_the_number_of_the_notice_can_be_typed_in(card: Path, look: Look) -> None:
    """With or without spaces; too few digits say nothing yet."""
    number = read_number((card.parents[1] / "notice.html").read_bytes())
    with look(card) as screen:
        verdict(screen)
        field, told = screen.page.locator("#proof-given"), screen.page.locator("[data-compared]")
        for typed, shown in (
            (grouped(number).upper(), "same"),
            (number[:-1], None),
            ("0" + number[1:] if number[0] != "0" else "1" + number[1:], "other"),
            (number, "same"),
        ):
            field.fill(typed)
            seen = [one.get_attribute("data-compared") for one in told.all() if one.is_visible()]
            assert seen == ([] if shown is None else [shown])


def changed(page: str, pattern: str) -> str:
    """The page with the digit or sign that the pattern's group names replaced."""
    found = re.search(pattern, page, re.DOTALL)
    assert found is not None, pattern
    old = found[1]
    new = "7" if old != "7" else "0"
    return page[: found.start(1)] + new + page[found.end(1) :]


CHANGES = {
    "sum": r'data-shown="total">[^<]*<b>\d*?(\d)</b>',
    "tier": r'data-shown="tier">\d*?(\d)</span>',
    "shop": r'data-shown="retailer">\d*?(\d)</span>',
    "cycle": r'data-shown="cycle">[^<]*(\d)</span>',
    "cartons": r'data-product="\d+">[^<]*<b>\d*?(\d)</b>',
    "recorded": r'data-proof="figure">\d*?(\d)</td>',
    "product": r'data-proof="product">\d*(\d)</code>',
    "index": r'data-proof="index">\d*(\d)</dd>',
    "salt": r'data-proof="salt">[0-9a-f]*([0-9a-f])</code>',
    "path": r'data-proof="path">[0-9a-f ]*([0-9a-f])</code>',
    "number": r'data-proof="number">[0-9a-f ]*([0-9a-f])</code>',
    "statement": r'data-proof="statement">.*?leaves&#34;:\d*(\d)',
}

MARKED = ("sum", "tier", "shop", "cycle", "cartons", "recorded")
"""Here two places of the page disagree, and the page shows which."""


@pytest.mark.parametrize("place", CHANGES)
def test_a_changed_digit_is_seen_by_the_page_and_by_python(
    place: str, card: Path, look: Look
) -> None:
    """Both refuse; where only what is shown was changed, the page marks it."""
    page = changed(card.read_text(encoding="utf-8"), CHANGES[place])
    assert check(*read_card(page.encode()))

    with look(page) as screen:
        assert verdict(screen) == "bad"
        marked = screen.page.locator(".wrong").count()
        assert (marked > 0) == (place in MARKED)


@pytest.mark.parametrize("place", ["", "cartons", "salt"])
def test_a_page_that_came_without_https_has_its_own_sha_256(
    place: str, card: Path, browser: Browser
) -> None:
    """There browsers offer no WebCrypto; the verdict is the same."""
    text = card.read_text(encoding="utf-8")
    page = browser.new_page()
    page.route(
        "http://plain.test/**",
        lambda asked: asked.fulfill(
            body=changed(text, CHANGES[place]) if place else text,
            content_type="text/html; charset=utf-8",
        ),
    )
    page.goto("http://plain.test/card.html")
    assert page.evaluate("window.isSecureContext || Boolean(crypto.subtle)") is False

    assert verdict(Screen(page)) == ("bad" if place else "good")
    page.close()


def test_without_scripts_the_page_says_that_nothing_was_checked(card: Path, look: Look) -> None:
    with look(card, script=False) as screen:
        assert screen.page.locator("[data-verdict=open]").is_visible()
        assert not screen.page.locator("[data-verdict=good]").is_visible()
        assert not screen.page.locator("#proof-given").is_visible()
