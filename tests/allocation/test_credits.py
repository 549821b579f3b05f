"""Credits in and out."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from allocator.allocation.credits import MOST_CREDIT, carried_credits, credit_frame
from allocator.errors import BadRequest
from strategies import city_of, plan_of, table_of


def test_credits_of_products_not_released_stay_as_they_were() -> None:
    rows = [
        {"product_id": "P1", "retailer_id": "R100", "credit": 250_000},
        {"product_id": "P5", "retailer_id": "R100", "credit": -7},
        {"product_id": "P1", "retailer_id": "gone", "credit": 9},
    ]
    city = replace(city_of({1: 2}, [{"quantity": 3}]), credits=table_of("credits", rows))
    plan = plan_of(city)

    frame = credit_frame(plan, city.credits.frame if city.credits else None)

    # 1.5 lots each, one seat: R100 had the larger credit, so it is R100's.
    assert frame.rows() == [
        ("P1", "R100", -250_000),
        ("P1", "R101", 500_000),
        ("P1", "gone", 9),
        ("P5", "R100", -7),
    ]


def test_a_region_changes_the_credits_of_its_own_shops_only() -> None:
    shops = [
        {"retailer_id": name, "tier": 1, "region": region}
        for name, region in (("A", "east"), ("B", "east"), ("C", "west"))
    ]
    rows = [{"product_id": "P1", "retailer_id": name, "credit": 5} for name in "ABC"]
    city = replace(
        city_of({1: 1}, [{"quantity": 3, "region": "east"}]),
        retailers=table_of("retailers", shops),
        credits=table_of("credits", rows),
    )
    plan = plan_of(city)

    frame = credit_frame(plan, city.credits.frame if city.credits else None)

    assert frame["retailer_id"].to_list() == ["A", "B", "C"]
    assert sorted(frame["credit"].to_list()) == [-499_995, 5, 500_005]
    assert frame.filter(pl.col("retailer_id") == "C")["credit"].to_list() == [5]


@pytest.mark.parametrize("credit", [MOST_CREDIT + 1, -MOST_CREDIT - 1, 2**63 - 1, -(2**63)])
def test_a_damaged_credit_is_refused(credit: int) -> None:
    rows = [{"product_id": "P1", "retailer_id": "R100", "credit": credit}]
    city = replace(city_of({1: 1}, [{"quantity": 3}]), credits=table_of("credits", rows))

    with pytest.raises(BadRequest, match="R100"):
        plan_of(city)


def test_without_a_table_everybody_starts_even() -> None:
    city = city_of({1: 2}, [{"quantity": 3}])
    members = plan_of(city).members

    assert carried_credits(city, members, ["P1", "P5"]).tolist() == [[0, 0], [0, 0]]
