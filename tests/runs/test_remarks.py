"""What is told although nothing was refused."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from allocator.policy.reading import policy_from
from allocator.runs.remarks import remarks
from allocator.tables.reading import read_city

POLICY = """
title: T
allocation:
  weights: {kind: linear, bottom: 1, top: 6}
  boundary: step
  whole_units: equal
  reserve: 0%
  second_round: false
  defaults: {floor: 0, ceiling: 20, step: 1, tier_order: true}
  products: {"P1": {ceiling: 2}, "P9": {ceiling: 3}}
"""


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_totals_strange_columns_and_strange_products_are_told(
    tmp_path: Path, language: str
) -> None:
    """A total left out, a header not known, a limit for a product that no table has."""
    file = tmp_path / "supply.csv"
    file.write_text("周期,品规编码,投放量,颜色\nC1,P1,7,red\n合计,,7,\n", encoding="utf-8")
    city = read_city({"retailers": pl.DataFrame({"retailer_id": ["R1"]}), "supply": file})
    told = remarks(city, policy_from(POLICY, "2026-01-01"), None, language)

    assert len(told) == 3
    assert told[0].startswith("supply.csv")
    assert "颜色" in told[1]
    assert "P9" in told[2]
    assert "P1" not in told[2]


def test_nothing_is_told_of_clean_tables() -> None:
    """Silence means something only where it can be relied on."""
    city = read_city({"retailers": pl.DataFrame({"retailer_id": ["R1"]})})

    assert remarks(city, None, None, "en") == []
