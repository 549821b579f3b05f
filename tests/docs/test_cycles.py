"""docs/cycles.md: its figures are those that come out."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

import allocator as al
from allocator.simulation.cycles import Cycles
from allocator.simulation.cycles_answers import answers, paid, told
from allocator.simulation.cycles_output import TABLES

ROOT = Path(__file__).parents[2]
IOWA = ROOT.parent / "shared" / "data" / "iowa"
TEXT = (ROOT / "docs" / "cycles.md").read_text(encoding="utf-8")
INFLATING = al.Behaviour("inflating", Fraction(1, 10), Fraction(3))
OTHERS = [al.Behaviour(kind, Fraction(1, 20)) for kind in ("hoarding", "sleeping")]


def quoted(name: str) -> list[str]:
    """The sentences after a mark."""
    block = re.search(rf"<!-- {name} -->\n\n((?:> - .*\n)+)", TEXT)
    assert block is not None
    return [line.removeprefix("> - ") for line in block[1].splitlines()]


def demo() -> Cycles:
    policy = al.read_policy(ROOT / "examples" / "city" / "policy.yaml", on="2026-11-16")
    city = al.read_city(ROOT / "examples" / "city", policy.tables)
    return al.simulate_cycles(
        city, policy, cycles=16, seed="draw 083412", tried=1, behaviours=[INFLATING, *OTHERS]
    )


def iowa() -> Cycles:
    policy = al.read_policy(ROOT / "examples" / "policies" / "iowa.yaml", on=date(2021, 11, 1))
    return al.simulate_cycles(
        al.read_city(IOWA, policy.tables), policy,
        cycles=6, seed="2021-11-01 draw 410276", tried=1, behaviours=[INFLATING],
    )  # fmt: skip


def holds_what_the_text_concludes(lived: Cycles) -> None:
    """Nobody gained by the uniform rule, many in proportion; inflating cost the others."""
    brought = paid(lived)
    assert brought["policy"]["gained"] == 0
    assert brought["policy"]["others"] < 0
    assert brought["proportional"]["gained"] > brought["proportional"]["tried"] // 3
    assert brought["proportional"]["own"] > 0
    assert brought["proportional"]["others"] < brought["policy"]["others"]
    assert brought["policy"]["own"] < 0


def test_the_bundled_city() -> None:
    lived = demo()

    assert quoted("demo") == told(lived, "en")
    holds_what_the_text_concludes(lived)


@pytest.mark.skipif(not IOWA.is_dir(), reason="the data of Iowa are not part of the project")
def test_iowa() -> None:
    lived = iowa()

    assert quoted("iowa") == told(lived, "en")
    holds_what_the_text_concludes(lived)
    assert "feedback-same" in dict(answers(lived))


def test_every_file_is_named() -> None:
    assert all(f"`{name}`" in TEXT for name in TABLES)
