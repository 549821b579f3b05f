"""The committed example city: made again byte by byte, and odd only where it was meant to be."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

import allocator as al
from allocator.runs.demonstration import DRAW, demonstration, write_demonstration

CITY = Path(__file__).resolve().parents[2] / "examples" / "city"


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    policy = al.read_policy(CITY / "policy.yaml", on="2026-11-16")
    city = al.read_city(CITY, policy.tables)
    findings = al.run(city, policy, cycle="2026-W47", seed=DRAW).findings
    assert findings is not None
    return findings.frame


def test_the_example_city_is_made_again_byte_by_byte(tmp_path: Path) -> None:
    """Same seed, same files; together under one megabyte."""
    write_demonstration(tmp_path, demonstration())
    names = {path.name for path in CITY.iterdir()} - {"README.md"}

    assert {path.name for path in tmp_path.iterdir()} == names
    for name in sorted(names):
        assert (CITY / name).read_bytes() == (tmp_path / name).read_bytes(), name
    assert sum(path.stat().st_size for path in CITY.iterdir()) < 1_000_000


def test_each_misdeed_is_found_and_leads_to_its_order_taker(found: pl.DataFrame) -> None:
    """周丽 enters less than the standard, 何军 more than the limit; nobody else is named."""
    clerks = {rule: set(part["clerk"]) for (rule,), part in found.group_by("rule")}

    assert clerks["below-standard"] == {"周丽"}
    assert clerks["over-quota"] == {"何军"}
    named = {name for cell in found["clerk"].drop_nulls() for name in cell.split(", ")}
    assert named == {"周丽", "何军"}


def test_nothing_else_is_odd_but_what_was_planted(found: pl.DataFrame) -> None:
    """A suspended shop's order, a quantity off the lot, a line recorded twice; once each.

    And each of the two order-takers, for what they did: 周丽 below the standard, 何军 above it.
    """
    counts = dict(found["rule"].value_counts().iter_rows())

    assert counts["inactive-retailer"] == counts["wrong-lot"] == counts["duplicate-line"] == 1
    assert set(counts) == {
        "below-standard",
        "over-quota",
        "unequal-treatment",
        "inactive-retailer",
        "wrong-lot",
        "duplicate-line",
        "clerk-below-standard",
        "clerk-above-standard",
        "clerk-unequal-treatment",
        "clerk-few-shops",
    }
