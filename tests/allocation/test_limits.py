"""What the policy says of a line, as arrays."""

from __future__ import annotations

from decimal import Decimal

import pytest

from allocator.allocation.awards import allocate
from allocator.allocation.limits import by_tier, whole_reserve
from strategies import city_of, plan_of, table_of


@pytest.mark.parametrize(
    ("supply", "lot", "reserve", "expected"),
    [
        (100, 1, "0.02", 2),
        (101, 1, "0.02", 3),  # 2.02 goes up
        (52, 5, "0.02", 5),
        (3, 5, "0.02", 3),  # never above the supply
        (0, 1, "0.5", 0),
        (10, 1, "0", 0),
    ],
)
def test_the_reserve_goes_up_to_whole_lots(
    supply: int, lot: int, reserve: str, expected: int
) -> None:
    assert whole_reserve(supply, lot, Decimal(reserve)) == expected


def test_a_ceiling_by_tier_holds_up_to_the_next_entry() -> None:
    """formats.md: tiers between have the next lower entry, below the last one the default."""
    assert by_tier({5: 9, 3: 4}, 2, 6).tolist() == [2, 2, 4, 4, 9, 9]
    assert by_tier(7, 2, 3).tolist() == [7, 7, 7]


def test_a_product_for_some_tiers_only() -> None:
    plan = plan_of(
        city_of({1: 2, 2: 2, 3: 2}, [{"quantity": 12}]),
        products={"P1": {"tiers": [2, 3], "ceiling": {3: 4}, "tier_order": False}},
        defaults={"ceiling": 1},
    )

    assert plan.allowed.tolist() == [[False, True, True]]
    assert plan.ceiling.tolist() == [[0, 1, 4]]
    # 2 x 1 + 2 x 4 of 12: the ceilings bind, 2 stay.
    assert plan.base.tolist() == [[0, 1, 4]]


def test_ceilings_go_down_to_whole_lots() -> None:
    plan = plan_of(
        city_of({1: 2}, [{"product_id": "P5", "quantity": 100}]), defaults={"ceiling": 13}
    )

    assert plan.ceiling.tolist() == [[10]]
    assert plan.base.tolist() == [[10]]


def test_nobody_reaches_beyond_a_higher_tiers_ceiling_in_either_round() -> None:
    """L4: tier 1 may have 6, tier 2 only 4: with tier order tier 1 has no more than 4 either."""
    city = city_of({1: 1, 2: 1}, [{"quantity": 20}])
    limits = {"P1": {"ceiling": {1: 6, 2: 4}}}
    wanted = [("R100", 9), ("R200", 9)]
    orders = table_of(
        "orders",
        [
            {"order_id": name, "retailer_id": name, "product_id": "P1", "requested": lots}
            for name, lots in wanted
        ],
    )

    plan = plan_of(city, products=limits, second_round=True)
    lifted = {"P1": {**limits["P1"], "tier_order": False}}
    free = plan_of(city, products=lifted, second_round=True)

    assert plan.ceiling.tolist() == [[4, 4]]
    assert allocate(orders, plan).lines["award"].to_list() == [4, 4]
    assert allocate(orders, free).lines["award"].to_list() == [6, 4]
