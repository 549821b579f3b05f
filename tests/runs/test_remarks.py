"""What is told although nothing was refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from allocator.allocation.quotas import plan_quotas
from allocator.grading.scheme import given_tiers
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from
from allocator.records import QuotaPlan, Shortfall
from allocator.runs.keeping import plan_document, plan_from
from allocator.runs.remarks import remarks
from allocator.tables.city import City
from allocator.tables.reading import read_city
from strategies import table_of

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


SHORT = """
title: T
allocation:
  weights: {kind: linear, bottom: 1, top: 3}
  defaults: {ceiling: 9}
  products: {}
"""
CROWDED = """
  whole_units: rotate
  baskets: [{name: scarce, products: all, at_most: 3}]
"""
UNEVEN = """
  whole_units: equal
  groups: [{who: {market: rural}, products: [P1], at_least: 80%}]
"""


def short_plan(rules: str, rural: int, supply: dict[str, int]) -> tuple[QuotaPlan, Policy]:
    """One urban shop beside rural ones, P1 in lots of 1 and P3 in lots of 3."""
    shops = [
        {"retailer_id": f"R{k}", "tier": 1, "market": "rural" if k else "urban"}
        for k in range(rural + 1)
    ]
    lots = [{"product_id": "P1", "lot": 1}, {"product_id": "P3", "lot": 3}]
    rows = [{"cycle": "C1", "product_id": name, "quantity": q} for name, q in supply.items()]
    city = City(
        retailers=table_of("retailers", shops),
        products=table_of("products", lots),
        supply=table_of("supply", rows),
    )
    policy = policy_from(SHORT + rules, "2026-11-16")
    grading = given_tiers(city, date(2026, 11, 16))
    return plan_quotas(city, grading, policy.allocation, cycle="C1", seed="s"), policy


def test_what_a_basket_keeps_back_is_told_with_its_name() -> None:
    """Of P1 each of two shops has 1; then nobody's basket of 3 has room for the one lot of P3."""
    plan, policy = short_plan(CROWDED, 1, {"P1": 2, "P3": 3})

    told = {language: remarks(None, policy, None, language, plan) for language in ("en", "zh-CN")}

    assert plan.shortfalls == (Shortfall(1, "supply/1", 1),)
    assert plan.seats.tolist() == [[0], [0]]
    assert len(told["en"]) == 1
    assert told["en"][0].startswith("P3: 3 cartons")
    assert "basket scarce" in told["en"][0]
    assert "P3：有 3 条" in told["zh-CN"][0]
    assert "“scarce”" in told["zh-CN"][0]


def test_a_least_share_missed_by_whole_numbers_is_told_in_words() -> None:
    """80 % of 5 are 4 for three rural shops: one each are 3, two each would be 6."""
    plan, policy = short_plan(UNEVEN, 3, {"P1": 5})

    told = {language: remarks(None, policy, None, language, plan) for language in ("en", "zh-CN")}

    assert plan.shortfalls == (Shortfall(0, "least/0", 1),)
    assert plan.base.tolist() == [[1, 1]]
    assert told["en"] == [
        "P1: in whole cartons retailers with market rural get 1 carton less than their least share "
        "(group 1 under groups); choose whole_units: rotate for it, or lower at_least"
    ]
    assert "农网" in told["zh-CN"][0]
    assert "1 条" in told["zh-CN"][0]


def test_whose_odd_lots_go_round_is_not_advised_to_let_them_go_round() -> None:
    """The same shortfall of a line by turns: there other limits are in the way."""
    plan, policy = short_plan(UNEVEN, 3, {"P1": 5})
    turning = replace(plan, method=("rotate",))

    (told,) = remarks(None, policy, None, "en", turning)
    (zh,) = remarks(None, policy, None, "zh-CN", turning)

    assert "rotate" not in told
    assert "leave no room" in told
    assert "rotate" not in zh


def test_shortfalls_are_kept_with_the_plan() -> None:
    plan, _ = short_plan(UNEVEN, 3, {"P1": 5})

    again = plan_from(
        plan_document(plan), plan.members, plan.turns, plan.credit_before, plan.credit_after
    )

    assert plan.shortfalls == again.shortfalls
