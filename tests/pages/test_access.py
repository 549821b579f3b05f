"""Every page that people get: read by all, on a phone and a desk, in light and dark.

axe-core looks for what keeps people with a screen reader, a keyboard or weak eyes from reading;
the browser tells of console errors, requests and pages wider than the screen
(``pages.browsing.opened``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from allocator.cli.demo import telling_cards
from allocator.explanation.card import explain_each
from allocator.explanation.sheet import sheet
from allocator.runs.record import Run
from pages.conftest import Look

LANGUAGES = ("zh-CN", "en")


def looked_at(look: Look, page: Path | str, name: str) -> None:
    """No fault on the phone, colours clear in the dark, no page wider than the desk.

    Pictures are kept: the whole page on the phone, what a desk's screen shows of it.
    """
    with look(page, "phone") as screen:
        assert screen.faults() == []
        screen.shot(f"{name}-phone")
        screen.wear("dark")
        assert screen.faults("color-contrast") == []
        screen.shot(f"{name}-phone-dark", whole=False)
        screen.resize("desktop")
        assert screen.sideways() <= 0
        screen.shot(f"{name}-desktop-dark", whole=False)
        screen.wear("light")
        screen.shot(f"{name}-desktop", whole=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_notice(language: str, written: Callable[[str], Path], look: Look) -> None:
    """Public, and read by everybody: in both languages; on the desk, where the table is wide."""
    page = written(language) / "notice.html"
    looked_at(look, page, f"notice-{language}")
    if language == "zh-CN":
        with look(page, "desktop") as screen:
            assert screen.faults() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards(language: str, written: Callable[[str], Path], look: Look) -> None:
    """Of a shop that was kept short, and so has most to read."""
    card = min((written(language) / "cards").glob("*.html"))

    looked_at(look, card, f"card-{language}")


@pytest.mark.parametrize("name", ["findings", "grading"])
def test_pages_of_the_house(name: str, written: Callable[[str], Path], look: Look) -> None:
    looked_at(look, written("zh-CN") / f"{name}.html", name)


def test_proposed_cut_offs(command: Callable[..., Path], look: Look) -> None:
    words = ("--on", "2026-11-16", "--shape", "olive", "--tiers", "30")

    looked_at(look, command("design", *words) / "design.html", "design")


def test_gradings_in_a_row(command: Callable[..., Path], look: Look) -> None:
    days = ("--from", "2026-10-01", "--to", "2026-11-01", "--every", "1")

    looked_at(look, command("stability", *days) / "stability.html", "stability")


def test_sheets_of_paper(week: Run, look: Look) -> None:
    """Three shops on A5; looked at as the printer does, and as people open the file."""
    cards = list(explain_each(week, telling_cards(week)[:3]))
    with look(sheet(cards, "zh-CN")) as screen:
        assert screen.faults() == []
        screen.wear("print")
        assert screen.faults("color-contrast") == []
