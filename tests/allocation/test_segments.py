"""Who may have a product: segments of just the attributes that the policy mentions."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from allocator.allocation.awards import allocate
from allocator.allocation.published import adopt_quotas
from allocator.errors import BadRequest
from allocator.grading.scheme import given_tiers
from allocator.runs.outputs import quota_table
from allocator.tables.city import City
from strategies import MONDAY, city_of, plan_of, table_of

EVEN = {"kind": "linear", "bottom": 1, "top": 1}


def town(supply: list[dict[str, object]], **values: list[str]) -> City:
    """Four shops of tier 1 with the given attributes."""
    rows = [
        {"retailer_id": f"R{k}", "tier": 1, **{name: of[k] for name, of in values.items()}}
        for k in range(4)
    ]
    return replace(city_of({1: 1}, supply), retailers=table_of("retailers", rows))


MARKETS = ["urban", "rural", "urban", "rural"]


def test_only_the_chosen_have_the_product() -> None:
    """8 cartons for two urban shops; the other product goes to all four."""
    city = town([{"quantity": 8}, {"product_id": "P5", "quantity": 40}], market=MARKETS)

    plan = plan_of(city, weights=EVEN, products={"P1": {"who": {"market": "urban"}}})

    assert plan.cells.segment == ("rural", "urban")
    assert plan.cells.count.tolist() == [2, 2]
    assert plan.allowed.tolist() == [[False, True], [True, True]]
    assert plan.base.tolist() == [[0, 4], [10, 10]]


def test_only_attributes_that_released_products_mention_divide_retailers() -> None:
    city = town([{"quantity": 8}], market=MARKETS, format=["kiosk"] * 3 + ["store"])

    plan = plan_of(city, weights=EVEN, products={"P5": {"who": {"market": "urban"}}})

    assert plan.cells.segment == ("",)
    assert plan.base.tolist() == [[2]]


def test_several_attributes_make_one_name_in_a_fixed_order() -> None:
    """All attributes must fit; the name does not follow the order in which a policy says them."""
    city = town([{"quantity": 8}], market=MARKETS, format=["kiosk", "kiosk", "store", "store"])
    who = {"format": ["kiosk", "store"], "market": "urban"}

    plan = plan_of(city, weights=EVEN, products={"P1": {"who": who}})

    assert plan.cells.segment == (
        "rural | kiosk", "rural | store", "urban | kiosk", "urban | store",
    )  # fmt: skip
    assert plan.base.tolist() == [[0, 0, 4, 4]]


def test_a_region_of_the_supply_and_a_choice_go_together() -> None:
    """East has 6 for its one urban shop, west 2 for its own."""
    city = town(
        [{"quantity": 6, "region": "east"}, {"quantity": 2, "region": "west"}],
        market=MARKETS,
        region=["east", "east", "west", "west"],
    )
    plan = plan_of(city, weights=EVEN, products={"P1": {"who": {"market": "urban"}}})
    orders = [
        {"order_id": f"O{k}", "retailer_id": f"R{k}", "product_id": "P1", "requested": 9}
        for k in range(4)
    ]

    assert plan.region == ("east", "west")
    assert plan.base.sum(axis=1).tolist() == [6, 2]
    awards = allocate(table_of("orders", orders), plan).lines
    assert awards.select("retailer_id", "line", "award").rows() == [
        ("R0", 0, 6), ("R1", 0, 0), ("R2", 1, 2), ("R3", 1, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "attributes", "code", "named"),
    [
        ({"format": "kisok"}, {"format": ["kiosk"] * 4}, "who-value-unknown", "kiosk"),
        ({"format": "kiosk"}, {}, "who-without-values", "format"),
        ({"credit": "A"}, {"credit": ["A", "A", "A", None]}, "retailers-without-attribute", "R3"),
        ({"credit": "A"}, {"credit": ["A", "B", "A", "C|D"]}, "segment-value-barred", "C|D"),
    ],
)
def test_choices_that_cannot_be_made_are_refused(
    who: dict[str, str], attributes: dict[str, list[str]], code: str, named: str
) -> None:
    """With what to mend."""
    with pytest.raises(BadRequest, match=named.replace("|", "[|]")) as refusal:
        plan_of(town([{"quantity": 8}], **attributes), products={"P1": {"who": who}})

    assert refusal.value.code == code


def test_a_plan_with_segments_can_be_published_and_adopted() -> None:
    """quotas.csv of a plan, taken as a quota table, gives the same limits to the same shops."""
    city = town([{"quantity": 8}], market=MARKETS, region=["east", "east", "west", "west"])
    plan = plan_of(
        city, weights=EVEN, products={"P1": {"who": {"market": "urban", "region": "east"}}}
    )
    table = quota_table(plan).with_columns(quota=pl.col("base")).to_dicts()
    rows = [
        {name: row[name] for name in ("product_id", "tier", "quota", "segment")} for row in table
    ]

    again = adopt_quotas(
        replace(city, quotas=table_of("quotas", rows), supply=None),
        given_tiers(city, MONDAY),
        cycle="C1",
    )

    assert [(row["segment"], row["quota"]) for row in rows] == [("east | urban", 8)]
    limits = dict(zip(again.members["retailer_id"], again.members["segment"], strict=True))
    assert limits == dict(zip(plan.members["retailer_id"], plan.members["segment"], strict=True))
    assert again.base.sum() == 8


FORTNIGHT = [
    {"retailer_id": "R1", "tier": 1},
    {"retailer_id": "R2", "tier": 1, "rhythm": "fortnightly", "week_parity": "odd"},
]


@pytest.mark.parametrize(
    ("fortnightly", "whole_units", "base"),
    [("same", "rotate", [4, 4]), ("double", "rotate", [3, 6]), ("double", "equal", [3, 6])],
)
def test_fortnightly_shops_may_have_twice_as_much(
    fortnightly: str, whole_units: str, base: list[int]
) -> None:
    """9 cartons for a weekly and a fortnightly shop: 4 1/2 each, or 3 and 6."""
    city = replace(
        city_of({1: 1}, [{"quantity": 9}]),
        retailers=table_of("retailers", FORTNIGHT),
        calendar=table_of("calendar", [{"cycle": "C1", "order_day": MONDAY}]),
    )

    plan = plan_of(
        city, weights=EVEN, whole_units=whole_units, products={"P1": {"fortnightly": fortnightly}}
    )

    assert plan.cells.rhythm == ("weekly", "fortnightly")
    assert plan.base.tolist() == [base]


def test_a_doubled_limit_is_double_in_whole_cartons_too() -> None:
    """11 cartons, 3 2/3 a visit: with one number for all a visit is 3, so 3 and 6; 2 remain."""
    city = replace(
        city_of({1: 1}, [{"quantity": 11}]),
        retailers=table_of("retailers", FORTNIGHT),
        calendar=table_of("calendar", [{"cycle": "C1", "order_day": MONDAY}]),
    )

    plan = plan_of(
        city, weights=EVEN, whole_units="equal", products={"P1": {"fortnightly": "double"}}
    )

    assert plan.base.tolist() == [[3, 6]]


def test_doubled_shops_have_twice_the_ceiling() -> None:
    city = replace(
        city_of({1: 1}, [{"quantity": 99}]),
        retailers=table_of("retailers", FORTNIGHT),
        calendar=table_of("calendar", [{"cycle": "C1", "order_day": MONDAY}]),
    )

    plan = plan_of(city, products={"P1": {"fortnightly": "double", "ceiling": 5}})

    assert plan.ceiling.tolist() == [[5, 10]]
    assert plan.base.tolist() == [[5, 10]]
