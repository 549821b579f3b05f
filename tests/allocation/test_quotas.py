"""Plans of small cities that were solved by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from allocator.allocation.quotas import plan_quotas, turn_frame
from allocator.errors import BadRequest, InfeasiblePolicy
from allocator.grading.scheme import given_tiers
from strategies import city_of, plan_of, policy_of, table_of

ON = date(2026, 11, 16)


def test_a_proportional_week() -> None:
    """4 + 2 x 2 + 3 x 1 = 11 weighted shops, 33 cartons: 3, 6 and 9 each."""
    plan = plan_of(city_of({1: 4, 2: 2, 3: 1}, [{"quantity": 33}]))

    assert plan.entitlement[0] == pytest.approx([3, 6, 9])
    assert plan.base.tolist() == [[3, 6, 9]]
    assert plan.seats.tolist() == [[0, 0, 0]]
    assert plan.credit_after.tolist() == [[0] * 7]


def test_odd_cartons_go_round_and_are_on_record() -> None:
    """10 cartons for 4 equal shops: 2.5 each, two seats, credits half a lot up and down."""
    plan = plan_of(city_of({1: 4}, [{"quantity": 10}]))

    assert plan.base.tolist() == [[2]]
    assert plan.seats.tolist() == [[2]]
    turns = turn_frame(plan)
    assert len(turns) == 2
    assert turns["place"].to_list() == [1, 2]
    assert sorted(plan.credit_after[0].tolist()) == [-500_000, -500_000, 500_000, 500_000]
    owed = dict(zip(plan.members["retailer_id"], plan.credit_after[0].tolist(), strict=True))
    assert all(owed[name] == -500_000 for name in turns["retailer_id"])


def test_credit_decides_the_next_turn() -> None:
    """Who went without is first in the next cycle, whatever the list says."""
    city = city_of({1: 4}, [{"quantity": 10}])
    first = plan_of(city)
    owed = [
        {"product_id": "P1", "retailer_id": name, "credit": credit}
        for name, credit in zip(
            first.members["retailer_id"], first.credit_after[0].tolist(), strict=True
        )
    ]

    second = plan_of(replace(city, credits=table_of("credits", owed)), seed="another")

    both = set(turn_frame(first)["retailer_id"]) | set(turn_frame(second)["retailer_id"])
    assert len(both) == 4
    assert second.credit_after.tolist() == [[0, 0, 0, 0]]


def test_reserve_goes_up_to_whole_lots_and_supply_down() -> None:
    city = city_of({1: 2}, [{"quantity": 52, "product_id": "P5"}])

    plan = plan_of(city, reserve="2%", defaults={"ceiling": 30})

    # 2 % of 52 is 1.04, one lot of 5; 47 are left, nine lots: 4 each and one by turn.
    assert plan.reserve.tolist() == [5]
    assert plan.base.tolist() == [[20]]
    assert plan.seats.tolist() == [[1]]


def test_a_region_has_its_own_supply() -> None:
    east = city_of({1: 2}, [{"quantity": 4, "region": "east"}, {"quantity": 9, "region": "west"}])
    shops = east.retailers.frame.to_dicts()
    rows = [
        {"retailer_id": shop["retailer_id"], "tier": 1, "region": region}
        for shop, region in zip(shops, ["east", "west"], strict=True)
    ]

    plan = plan_of(replace(east, retailers=table_of("retailers", rows)))

    assert plan.region == ("east", "west")
    assert plan.cells.segment == ("east", "west")
    assert plan.base.tolist() == [[4, 0], [0, 9]]


def test_suspended_and_tierless_shops_are_not_counted() -> None:
    city = city_of({1: 3}, [{"quantity": 9}])
    rows = city.retailers.frame.select("retailer_id", "tier").to_dicts()
    rows[0]["status"], rows[1]["status"] = "suspended", "closed"
    rows[2]["status"] = "active"

    plan = plan_of(replace(city, retailers=table_of("retailers", rows)))

    assert plan.cells.count.tolist() == [1]
    assert plan.members["cell"].to_list() == [0, None, None]
    assert plan.base.tolist() == [[9]]


def test_equal_leaves_what_does_not_go_round() -> None:
    """7 cartons for 3 + 2 shops weighing 1 and 3: 7/9 and 21/9; whole: 1, 2 uses all seven."""
    plan = plan_of(city_of({1: 3, 2: 2}, [{"quantity": 7}]), seed=None, whole_units="equal")

    assert plan.base.tolist() == [[1, 2]]
    assert plan.seats.tolist() == [[0, 0]]


def test_a_draw_needs_a_seed() -> None:
    with pytest.raises(BadRequest, match="--seed") as refusal:
        plan_of(city_of({1: 3}, [{"quantity": 7}]), seed=None)

    assert refusal.value.code == "seed-missing"


def test_floors_above_the_supply_are_refused_with_the_mend() -> None:
    with pytest.raises(InfeasiblePolicy) as refusal:
        plan_of(city_of({1: 3}, [{"quantity": 7}]), defaults={"floor": 3, "ceiling": 9})

    assert refusal.value.facts["promised"] == 9
    assert refusal.value.facts["missing"] == 2
    assert [(line.kind, line.mend) for line in refusal.value.conflict] == [
        ("floor", 2),
        ("supply", 9),
    ]


def test_an_unknown_cycle_names_the_known_ones() -> None:
    city = city_of({1: 3}, [{"quantity": 7}])
    policy = policy_of(whole_units="equal", defaults={"ceiling": 9})

    with pytest.raises(BadRequest, match="C1"):
        plan_quotas(city, given_tiers(city, ON), policy.allocation, cycle="C9")


def test_nothing_is_promised_where_nothing_is_released() -> None:
    plan = plan_of(city_of({1: 3}, [{"quantity": 0}]))

    assert not np.any(plan.allowed)
    assert plan.base.tolist() == [[0]]
