"""The page of cycles to come in a browser: nothing from outside, readable on both widths."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pages.conftest import Look
from pages.test_access import looked_at


def test_the_page_of_cycles(command: Callable[..., Path], look: Look) -> None:
    """All tables and charts: three behaviours, two cycles."""
    folder = command(
        "cycles", "--on", "2026-11-16", "--seed", "draw 1", "--n", "2", "--tried", "1",
        "--behaviour", "inflating=10%x3", "--behaviour", "sleeping=5%", "--lang", "zh-CN",
    )  # fmt: skip
    looked_at(look, folder / "cycles.html", "cycles")
