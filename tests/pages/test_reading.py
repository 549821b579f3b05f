"""What a shopkeeper of sixty reads without help: large letters, short sentences, plain words."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from allocator.cli.demo import telling_cards
from allocator.explanation.card import explain_each
from allocator.explanation.sheet import sheet
from allocator.runs.record import Run
from explanation.test_forms import FORBIDDEN
from explanation.test_wording import LONGEST
from pages.conftest import Look

LEAST = 18
"""Pixels of body text on a card and on a sheet of paper."""

SIZES = """(root) => {
    const found = new Map(), walk = document.createTreeWalker(document.querySelector(root), 4);
    while (walk.nextNode()) {
        const text = walk.currentNode.data.trim(), at = walk.currentNode.parentElement;
        if (text && !at.closest("style, script"))
            found.set(parseFloat(getComputedStyle(at).fontSize), text.slice(0, 40));
    }
    return [...found];
}"""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_no_text_of_a_card_is_small(
    language: str, written: Callable[[str], Path], look: Look
) -> None:
    """On the phone and on the desk, what is folded up included."""
    for size in ("phone", "desktop"):
        with look(min((written(language) / "cards").glob("*.html")), size) as screen:
            small = [(px, text) for px, text in screen.page.evaluate(SIZES, "body") if px < LEAST]
            assert small == []


def test_no_text_of_a_sheet_is_small(week: Run, look: Look) -> None:
    with look(sheet(explain_each(week, telling_cards(week)[:2]), "zh-CN")) as screen:
        assert [px for px, _ in screen.page.evaluate(SIZES, "body") if px < LEAST] == []


def test_the_rule_is_told_in_five_short_sentences(
    written: Callable[[str], Path], look: Look
) -> None:
    """In large letters on the phone, without a word of the workshop."""
    with look(written("zh-CN") / "notice.html") as screen:
        told = screen.page.locator(".brief li").all_inner_texts()
        sizes = screen.page.evaluate(SIZES, ".brief")
        shown = screen.page.locator("#quotas, #why, #apart").all_inner_texts()

    assert len(told) == 5
    pieces = [part for text in told for part in re.split("。", text.replace(" ", ""))]
    assert [part for part in pieces if len(part) > LONGEST] == []
    assert min(px for px, _ in sizes) >= LEAST
    assert [word for word in FORBIDDEN if word in " ".join([*told, *shown])] == []
