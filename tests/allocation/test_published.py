"""A quota table made elsewhere is the standard."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import polars as pl
import pytest

from allocator.allocation.awards import allocate
from allocator.allocation.published import adopt_quotas
from allocator.errors import BadRequest
from allocator.grading.scheme import given_tiers
from allocator.policy.reading import policy_from
from allocator.records import QuotaPlan
from strategies import city_of, policy_of, table_of

ON = date(2026, 11, 16)
QUOTAS = [
    {"product_id": "P1", "tier": 1, "quota": 2, "cycle": "C1"},
    {"product_id": "P1", "tier": 2, "quota": 5, "cycle": "C1"},
    {"product_id": "P5", "tier": 2, "quota": 10, "cycle": None},
    {"product_id": "P1", "tier": 2, "quota": 99, "cycle": "C0"},
]


def test_the_table_is_the_limit_and_nothing_is_planned() -> None:
    city = replace(city_of({1: 2, 2: 1}, []), quotas=table_of("quotas", QUOTAS), supply=None)

    plan = adopt_quotas(city, given_tiers(city, ON), cycle="C1")

    assert plan.source == "published"
    assert plan.product == ("P1", "P5")
    assert plan.base.tolist() == [[2, 5], [0, 10]]
    assert plan.allowed.tolist() == [[True, True], [False, True]]
    assert plan.supply.tolist() == [-1, -1]
    assert not plan.second_round


def test_awards_under_a_published_table_are_round_one() -> None:
    city = replace(city_of({1: 1, 2: 1}, []), quotas=table_of("quotas", QUOTAS), supply=None)
    plan = adopt_quotas(city, given_tiers(city, ON), cycle="C1")
    order = {"order_id": "O1", "ordered_at": datetime(2026, 11, 16), "cycle": "C1"}
    orders = table_of(
        "orders",
        [
            {**order, "retailer_id": "R100", "product_id": "P1", "requested": 9},
            {**order, "retailer_id": "R200", "product_id": "P1", "requested": 3},
        ],
    )

    assert allocate(orders, plan).lines["award"].to_list() == [2, 3]


def test_what_a_published_table_leaves_can_be_offered_again() -> None:
    """With a policy and a supply: 12 for quotas of 2 and 5, the smaller shop asks 20."""
    city = replace(city_of({1: 1, 2: 1}, [{"quantity": 12}]), quotas=table_of("quotas", QUOTAS[:2]))
    policy = policy_from(
        {
            "title": "t",
            "allocation": {
                "weights": {"kind": "linear", "bottom": 1, "top": 2},
                "whole_units": "equal",
                "second_round": True,
                "defaults": {"ceiling": 8},
            },
        },
        ON,
    ).allocation
    plan = adopt_quotas(city, given_tiers(city, ON), cycle="C1", policy=policy)
    order = {"order_id": "O1", "ordered_at": datetime(2026, 11, 16), "cycle": "C1"}
    orders = table_of(
        "orders", [{**order, "retailer_id": "R100", "product_id": "P1", "requested": 20}]
    )

    # Up to its ceiling of 8; 4 remain.
    allocation = allocate(orders, plan)

    assert allocation.lines["award"].to_list() == [8]
    assert allocation.left.tolist() == [4]


def test_segments_are_found_among_the_attributes() -> None:
    shops = [
        {"retailer_id": "A", "tier": 1, "market": "urban"},
        {"retailer_id": "B", "tier": 1, "market": "rural"},
    ]
    rows = [
        {"product_id": "P1", "tier": 1, "quota": 2, "segment": "urban"},
        {"product_id": "P1", "tier": 1, "quota": 7, "segment": "rural"},
    ]
    city = replace(
        city_of({1: 1}, []),
        retailers=table_of("retailers", shops),
        quotas=table_of("quotas", rows),
        supply=None,
    )

    plan = adopt_quotas(city, given_tiers(city, ON), cycle="C1")

    quota = dict(zip(plan.cells.segment, plan.base[0].tolist(), strict=True))
    assert quota == {"rural": 7, "urban": 2}


def test_unknown_segments_and_cycles_are_refused() -> None:
    rows = [{"product_id": "P1", "tier": 1, "quota": 2, "segment": "moon", "cycle": "C1"}]
    city = replace(city_of({1: 1}, []), quotas=table_of("quotas", rows), supply=None)

    with pytest.raises(BadRequest, match="moon"):
        adopt_quotas(city, given_tiers(city, ON), cycle="C1")
    with pytest.raises(BadRequest, match="C1"):
        adopt_quotas(city, given_tiers(city, ON), cycle="C2")
    with pytest.raises(BadRequest, match="quota table"):
        adopt_quotas(replace(city, quotas=None), given_tiers(city, ON), cycle="C1")


def test_bands_bind_orders_under_a_published_table_too() -> None:
    """Quotas of 5 and 10, together at most 7 for tier 2: P1 was ordered first, lots of 5 for P5."""
    table = [
        {"product_id": "P1", "tier": 2, "quota": 5, "cycle": "C1"},
        {"product_id": "P5", "tier": 2, "quota": 10, "cycle": "C1"},
    ]
    city = replace(city_of({1: 1, 2: 2}, []), quotas=table_of("quotas", table), supply=None)
    band = {"name": "two", "products": ["P1", "P5"], "at_most": {"2": 7}}
    policy = policy_of(bands=[band]).allocation
    plan = adopt_quotas(city, given_tiers(city, ON), cycle="C1", policy=policy)
    first, second = datetime(2026, 11, 16, 9), datetime(2026, 11, 16, 10)
    rows = [
        ("R200", "P1", 4, first),
        ("R200", "P5", 10, second),
        ("R201", "P5", 10, first),
        ("R201", "P1", 4, second),
    ]
    orders = table_of(
        "orders",
        [
            {"order_id": f"O{k}", "cycle": "C1", "retailer_id": who, "product_id": product,
             "requested": asked, "ordered_at": at}
            for k, (who, product, asked, at) in enumerate(rows)
        ],
    )  # fmt: skip

    awards = {
        (line["retailer_id"], line["product_id"]): line["award"]
        for line in allocate(orders, plan).lines.rows(named=True)
    }

    # 7 - 4 = 3 holds no lot of 5; the other way round 5 and then 2 of the 4
    assert awards == {
        ("R200", "P1"): 4, ("R200", "P5"): 0, ("R201", "P5"): 5, ("R201", "P1"): 2,
    }  # fmt: skip


def _in_a_basket(quotas: dict[str, int], at_most: int) -> QuotaPlan:
    """Tier 2 under a published table, with a basket of all and a second round; supply 40 each."""
    table = [
        {"product_id": product, "tier": 2, "quota": quota, "cycle": "C1"}
        for product, quota in quotas.items()
    ]
    supply = [{"product_id": product, "quantity": 40} for product in quotas]
    city = replace(city_of({1: 1, 2: 1}, supply), quotas=table_of("quotas", table))
    policy = policy_of(
        whole_units="equal",
        second_round=True,
        baskets=[{"name": "all", "products": "all", "at_most": at_most}],
    ).allocation
    return adopt_quotas(city, given_tiers(city, ON), cycle="C1", policy=policy)


def _awards(plan: QuotaPlan, requested: dict[str, int]) -> dict[str, int]:
    orders = table_of(
        "orders",
        [
            {"order_id": "O1", "cycle": "C1", "retailer_id": "R200", "product_id": product,
             "requested": asked, "ordered_at": datetime(2026, 11, 16, 9, k)}
            for k, (product, asked) in enumerate(requested.items())
        ],
    )  # fmt: skip
    lines = allocate(orders, plan).lines
    return dict(lines.select(pl.col("product_id").cast(pl.String), "award").rows())


def test_the_second_round_keeps_the_baskets_of_the_policy_under_a_published_table() -> None:
    """Quotas 3 and 4 in a basket of 9: of 10 each, 2 cartons more go out, not 13."""
    plan = _in_a_basket({"P1": 3, "P2": 4}, 9)

    awards = _awards(plan, {"P1": 10, "P2": 10})

    assert sum(awards.values()) == 9
    assert awards["P1"] >= 3
    assert awards["P2"] >= 4


def test_a_published_table_that_breaks_a_basket_is_served_as_published_and_no_further() -> None:
    """Quotas 5 and 6 in a basket of 9: what was promised is given, the second round adds none."""
    plan = _in_a_basket({"P1": 5, "P2": 6}, 9)

    assert _awards(plan, {"P1": 10, "P2": 10}) == {"P1": 5, "P2": 6}
