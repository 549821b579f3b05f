"""Expected take-up from history, and what happens when more is ordered than expected."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocator.allocation.awards import allocate
from allocator.allocation.boundaries import supply_masses
from allocator.allocation.cohorts import count_members, form_cells
from allocator.allocation.quotas import plan_quotas
from allocator.allocation.take_up import expected_take_up, refuse_oversold
from allocator.allocation.weights import IntegerWeights
from allocator.certificate.document import certify
from allocator.certificate.verify import check
from allocator.errors import AllocatorError, BadRequest, InfeasiblePolicy
from allocator.grading.scheme import given_tiers
from allocator.policy.reading import policy_from
from allocator.records import Cells, Group, QuotaPlan, Units
from allocator.tables.city import City
from strategies import MONDAY, OrderRow, oversold_weeks, past_weeks, small_plan, table_of

TIERS = 3


def take_up(city: City, history_cycles: int = 2, cycle: str = "C4") -> tuple[Units, Cells]:
    """Per cent of the products P and Q in every cell."""
    members = count_members(
        city, given_tiers(city, MONDAY), cycle=cycle, on=MONDAY, attributes=("market",)
    )
    cells, members = form_cells(members, TIERS, IntegerWeights((1,) * TIERS, 1), [])
    percent = expected_take_up(
        city, members, cells, ["P", "Q"], cycle=cycle, history_cycles=history_cycles, on=MONDAY
    )
    return percent, cells


def by_hand(city: City, history_cycles: int, product: str, tier: int, market: str) -> int:
    """The definition, shop by shop, cycle by cycle."""
    assert city.orders is not None
    assert city.quotas is not None
    orders, quotas = city.orders.frame.to_dicts(), city.quotas.frame.to_dicts()
    cycles = {row["cycle"] for row in orders} & {row["cycle"] for row in quotas}
    past = sorted(c for c in cycles if c < "C4")[-history_cycles:]
    for named in (market, None):
        taken = offered = most = 0
        for row in quotas:
            mine = (row["product_id"], row["tier"], row["segment"]) == (product, tier, named)
            if not mine or row["cycle"] not in past or not row["quota"]:
                continue
            named_too = {
                q["segment"]
                for q in quotas
                if q["segment"]
                and (q["cycle"], q["product_id"], q["tier"]) == (row["cycle"], product, tier)
                and q["quota"]
            }
            visits = 0
            for shop in city.retailers.frame.to_dicts():
                inside = shop["market"] == named if named else shop["market"] not in named_too
                odd = row["cycle"] in ("C1", "C3", "C4")
                absent = shop["rhythm"] == "fortnightly" and (shop["week_parity"] == "odd") != odd
                if shop["tier"] != tier or shop["status"] != "active" or not inside or absent:
                    continue
                ordered = sum(
                    order["requested"]
                    for order in orders
                    if order["retailer_id"] == shop["retailer_id"]
                    and (order["cycle"], order["product_id"]) == (row["cycle"], product)
                    and order["status"] != "cancelled"
                )
                taken, offered = taken + min(ordered, row["quota"]), offered + row["quota"]
                visits += 1
            most = max(most, visits)
        if most >= 6:
            return max(1, math.ceil(Fraction(100 * taken, offered)))
    return 100


@given(past_weeks(), st.integers(1, 3))
def test_take_up_is_what_was_ordered_of_the_quotas(city: City, history_cycles: int) -> None:
    """By product, tier and segment where named; up to whole per cent; few shops count as all."""
    found, cells = take_up(city, history_cycles)

    for p, product in enumerate(("P", "Q")):
        for c, (tier, market) in enumerate(zip(cells.tier.tolist(), cells.segment, strict=True)):
            expected = by_hand(city, history_cycles, product, tier, market)
            assert expected == found[p, c], (product, tier, market)


def history(**tables: Any) -> City:
    """Six shops of tier 1 with quotas of 4 in C1 and C3; ordered 4, 2, 0, 9, 3 in C3, 4 in C1."""
    given_: dict[str, Any] = {
        "retailers": [
            {"retailer_id": f"R{k}", "tier": 1, "market": "urban", "status": "active"}
            for k in range(6)
        ],
        "quotas": [
            {"product_id": "P", "tier": 1, "quota": 4, "cycle": cycle} for cycle in ("C1", "C3")
        ],
        "orders": [
            {
                "order_id": f"{cycle}{k}",
                "retailer_id": f"R{k}",
                "product_id": "P",
                "ordered_at": datetime(2026, 11, 2),
                "cycle": cycle,
                "requested": cartons,
            }
            for cycle, wishes in (("C1", [4]), ("C2", [4]), ("C3", [4, 2, 0, 9, 3]))
            for k, cartons in enumerate(wishes)
        ],
        **tables,
    }
    return City(**{name: table_of(name, rows) for name, rows in given_.items() if rows})


def test_six_shops_by_hand() -> None:
    """C3: 4 + 2 + 0 + 4 + 3 of 24 is 54.2 %, up to 55; with C1, 17 of 48 is 35.4 %, up to 36."""
    assert take_up(history(), 1)[0][:, 0].tolist() == [55, 100]
    assert take_up(history(), 2)[0][:, 0].tolist() == [36, 100]


def test_a_cycle_counts_only_before_this_one() -> None:
    """Before C3 there is C1 alone: 4 of 24."""
    assert take_up(history(), 2, cycle="C3")[0][0, 0] == 17


def test_the_last_cycle_is_the_last_by_its_days() -> None:
    """Week 10 is after week 9 though its name sorts before: 4 of 24 then, all in week 9."""
    weeks = (("2026-第9周", 2, 4), ("2026-第10周", 9, 1))
    city = history(
        quotas=[
            {"product_id": "P", "tier": 1, "quota": 4, "cycle": name} for name, _, _ in weeks
        ],
        orders=[
            {
                "order_id": f"{name}{k}", "retailer_id": f"R{k}", "product_id": "P",
                "ordered_at": datetime(2026, 11, day), "cycle": name, "requested": cartons,
            }
            for name, day, cartons in weeks
            for k in range(6 if cartons == 4 else 4)
        ],
    )  # fmt: skip

    assert take_up(city, 1, cycle="2026-第11周")[0][0, 0] == 17


def test_what_a_carton_takes_from_the_supply() -> None:
    """Six shops at 55 % take 3.3 cartons of a quota of one; where nobody may have it, nothing."""
    percent, cells = take_up(history(), 1)

    allowed = np.array([[True] * 3, [False] * 3])
    mass = supply_masses(None, cells.count, allowed, percent)

    assert mass[:, 0].tolist() == [3_300_000, 0]


@pytest.mark.parametrize(
    ("tables", "code"),
    [
        ({"orders": []}, "take-up-no-table"),
        ({"quotas": []}, "take-up-no-table"),
        ({"quotas": [{"product_id": "P", "tier": 1, "quota": 4}]}, "take-up-no-cycle"),
    ],
)
def test_what_is_missing_is_named(tables: dict[str, Any], code: str) -> None:
    """With what to add, in both languages."""
    with pytest.raises(BadRequest) as refused:
        take_up(history(**tables))

    assert refused.value.code == code
    told(refused.value)


def told(fault: AllocatorError) -> None:
    assert "take_up" in fault.message("en")
    assert fault.message("en") != fault.message("zh-CN")


def two_shops(**changes: Any) -> QuotaPlan:
    """Quotas of 6 for A and B; supply 10, of which 2 are kept back."""
    plan = small_plan(
        {"P": {1: 6, 2: 6}}, {"A": 1, "B": 2}, tiers=2, supply={"P": 10}, reserve={"P": 2},
        source="planned",
    )  # fmt: skip
    return replace(plan, **changes)


def test_quotas_above_supply_and_reserve_are_refused() -> None:
    """12 promised, 10 there; with 12 there the reserve covers it."""
    with pytest.raises(InfeasiblePolicy, match=r"12 cartons.*10.*2 too few") as refused:
        refuse_oversold(two_shops(oversell="refuse"))
    told(refused.value)

    refuse_oversold(two_shops(oversell="refuse", supply=np.array([12])))
    refuse_oversold(two_shops(oversell="share"))


def test_quotas_above_a_groups_maximum_are_refused() -> None:
    """A may have 6 by its quota and 5 by its group."""
    group = Group(2, 0, np.array([0], np.int32), np.array([500_000]), -1, 5)
    plan = two_shops(oversell="refuse", supply=np.array([12]), groups=(group,))

    with pytest.raises(InfeasiblePolicy, match=r"groups\[2\].*1 too few") as refused:
        refuse_oversold(plan)
    told(refused.value)


def ordered(plan: QuotaPlan, **cartons: int) -> tuple[dict[str, int], int]:
    rows = [
        {"order_id": who, "retailer_id": who, "product_id": "P", "requested": q}
        for who, q in cartons.items()
    ]
    allocation = allocate(table_of("orders", rows), plan)
    return dict(allocation.lines.select("retailer_id", "award").rows()), int(allocation.left[0])


def test_the_reserve_covers_what_was_not_expected() -> None:
    """12 ordered of 8 and a reserve of 4: all is given, 4 drawn from the reserve."""
    plan = two_shops(oversell="refuse", supply=np.array([12]), reserve=np.array([4]))

    assert ordered(plan, A=6, B=9) == ({"A": 6, "B": 6}, -4)
    assert ordered(plan, A=6, B=1) == ({"A": 6, "B": 1}, 1)


def test_orders_are_shared_out_where_they_exceed_the_supply() -> None:
    """8 for weights 1 and 2: B would have 5 1/3 and A 2 2/3; the odd lot goes to one of them."""
    plan = two_shops(oversell="share")

    awards, left = ordered(plan, A=6, B=6)
    assert left == 0
    assert (awards["A"], awards["B"]) in {(2, 6), (3, 5)}
    assert ordered(plan, A=2, B=6) == ({"A": 2, "B": 6}, 0)
    assert ordered(plan, A=6, B=1) == ({"A": 6, "B": 1}, 1)


@given(oversold_weeks())
def test_shared_out_is_the_uniform_rule_with_quotas_as_caps(
    case: tuple[QuotaPlan, list[OrderRow]],
) -> None:
    """min(d, g, level w) to the lot; supply used up; nobody above quota; L1 and L2 hold."""
    plan, rows = case
    allocation = allocate(table_of("orders", rows), plan)

    lot, supply = int(plan.lot[0]), int(plan.supply[0] - plan.reserve[0])
    lines = allocation.lines.rows(named=True)
    caps = [min(line["order"], line["limit"]) // lot for line in lines]
    weight = [int(plan.weight(0)[line["tier"] - 1]) for line in lines]
    assert [line["award"] for line in lines] == [line["round_one"] for line in lines]
    total = sum(line["award"] for line in lines)
    assert total + allocation.left[0] + plan.reserve[0] == plan.supply[0]
    if sum(caps) * lot <= supply:
        assert [line["award"] for line in lines] == [cap * lot for cap in caps]
        return
    low, high = Fraction(0), Fraction(10**6)
    for _ in range(60):
        middle = (low + high) / 2
        used = sum(min(Fraction(cap), middle * w) for cap, w in zip(caps, weight, strict=True))
        low, high = (middle, high) if used <= supply // lot else (low, middle)
    near = Fraction(1, 10**6)
    for line, cap, w in zip(lines, caps, weight, strict=True):
        exact = min(Fraction(cap), low * w)
        assert math.floor(exact + near) <= line["award"] // lot <= math.ceil(exact - near)
    assert total == supply // lot * lot


def test_a_group_is_shared_out_too() -> None:
    """A and B want 6 each of 20; together they may have 6: by weight 2 and 4."""
    group = Group(0, 0, np.array([0, 1], np.int32), np.array([500_000, 500_000]), -1, 6)
    plan = two_shops(oversell="share", supply=np.array([22]), groups=(group,))

    assert ordered(plan, A=6, B=6) == ({"A": 2, "B": 4}, 14)


@pytest.mark.parametrize("units", ["equal", "rotate"])
def test_a_plan_counts_with_half_of_what_it_promises(units: str) -> None:
    """Six shops ordered 2 of 4 last cycle. 12 cartons then make quotas of 4, 24 in all; if all six
    order 4 after all, sharing out gives each 2. With ``refuse`` there is no reserve to cover 12.
    """
    shops = [{"retailer_id": f"R{k}", "tier": 1} for k in range(6)]
    asked = {"C0": 2, "C1": 4}
    city = City(
        retailers=table_of("retailers", shops),
        products=table_of("products", [{"product_id": "P1", "lot": 1}]),
        supply=table_of("supply", [{"cycle": "C1", "product_id": "P1", "quantity": 12}]),
        quotas=table_of("quotas", [{"product_id": "P1", "tier": 1, "quota": 4, "cycle": "C0"}]),
        orders=table_of(
            "orders",
            [
                {"order_id": f"{cycle}{k}", "cycle": cycle, "retailer_id": f"R{k}",
                 "product_id": "P1", "requested": cartons, "ordered_at": datetime(2026, 11, 9)}
                for cycle, cartons in asked.items()
                for k in range(6)
            ],
        ),
    )  # fmt: skip
    day = MONDAY

    def planned(oversell: str) -> QuotaPlan:
        policy = policy_from(
            {
                "title": "t",
                "allocation": {
                    "weights": {"kind": "linear", "bottom": 1, "top": 1},
                    "whole_units": units,
                    "defaults": {"ceiling": 9},
                    "take_up": {"history_cycles": 1, "oversell": oversell},
                },
            },
            day,
        ).allocation
        return plan_quotas(city, given_tiers(city, day), policy, cycle="C1", seed="s")

    plan = planned("share")
    awards = allocate(city.orders, plan).lines["award"]

    assert plan.entitlement.tolist() == [[4]]
    assert plan.base.tolist() == [[4]]
    assert check(certify(plan)) == []
    assert awards.to_list() == [2] * 6
    with pytest.raises(InfeasiblePolicy) as refused:
        planned("refuse")
    assert (refused.value.code, refused.value.facts["beyond"]) == ("oversold", 12)
