"""Every page that people get: read by all, on a phone and a desk, in light and dark.

axe-core looks for what keeps people with a screen reader, a keyboard or weak eyes from reading;
the browser tells of console errors, requests and pages wider than the screen
(``pages.browsing.opened``).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pages.conftest import Look

LANGUAGES = ("zh-CN", "en")


def looked_at(look: Look, page: Path | str, name: str) -> None:
    """No fault on the phone, none on the desk, colours clear in the dark; pictures are kept."""
    with look(page, "phone") as screen:
        assert screen.faults() == []
        screen.shot(f"{name}-phone")
        screen.wear("dark")
        assert screen.faults("color-contrast") == []
        screen.shot(f"{name}-phone-dark")
        screen.resize("desktop")
        screen.wear("light")
        assert screen.sideways() <= 0
        assert screen.faults() == []
        screen.shot(f"{name}-desktop")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["notice", "findings", "grading"])
def test_pages_of_a_week(
    name: str, language: str, written: Callable[[str], Path], look: Look
) -> None:
    looked_at(look, written(language) / f"{name}.html", f"{name}-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_cards(language: str, written: Callable[[str], Path], look: Look) -> None:
    """Of a shop that was kept short, and so has most to read."""
    card = min((written(language) / "cards").glob("*.html"))

    looked_at(look, card, f"card-{language}")
