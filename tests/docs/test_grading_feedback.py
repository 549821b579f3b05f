"""The page on grading: the programs about feedback run, and they say what the page says."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_programs_of_the_page_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """From top to bottom, in the folder of the repository."""
    page = (ROOT / "docs" / "grading.md").read_text(encoding="utf-8")
    section = page.partition("## Feedback of scarce products")[2]
    programs = re.findall(r"```python\n(.*?)```", section, re.S)
    monkeypatch.chdir(ROOT)
    known: dict[str, object] = {}

    for program in programs:
        exec(program, known)  # noqa: S102

    assert len(programs) == 2
    assert known["loop"].share == 0  # the bundled policy leaves scarce products out
    assert known["bought"]["quantity"].sum() > 0
    assert known["later"].on == date(2026, 12, 1)
    assert known["later"].window[-1] == "2026-11"
