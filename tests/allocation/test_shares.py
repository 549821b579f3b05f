"""Shares of groups in whole lots and baskets of the policy, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allocator.errors import BadRequest, InfeasiblePolicy
from allocator.records import MICRO
from strategies import city_of, plan_of, table_of

EVEN = {"kind": "linear", "bottom": 1, "top": 1}
TOWN = city_of({1: 2, 2: 2, 3: 2}, [{"quantity": 10}, {"product_id": "P5", "quantity": 100}])


def test_least_shares_go_up_and_largest_ones_down_to_whole_lots() -> None:
    """22 % of 10 are 2.2, in lots of 1 at least 3; 55 % at most 5. Of 100 in lots of 5 they are 22
    and 55: 25 at least, 55 at most. Two shops in each of the tiers 2 and 3.
    """
    group = {"who": {"tier": [2, 3]}, "products": "all", "at_least": "22%", "at_most": "55%"}

    plan = plan_of(TOWN, weights=EVEN, groups=[group])

    assert [(g.line, g.least, g.most) for g in plan.groups] == [(0, 3, 5), (1, 25, 55)]
    assert [g.cells.tolist() for g in plan.groups] == [[1, 2], [1, 2]]
    assert [g.mass.tolist() for g in plan.groups] == [[2 * MICRO] * 2] * 2


def test_a_group_without_a_limit_on_one_side_has_none_there() -> None:
    rules = [{"who": {"tier": [1, 1]}, "products": ["P1"], "at_least": "10%"},
             {"who": {"tier": [3, 9]}, "products": ["P1"], "at_most": "40%"}]  # fmt: skip

    plan = plan_of(TOWN, weights=EVEN, groups=rules)

    told = [(g.rule, g.line, g.cells.tolist(), g.least, g.most) for g in plan.groups]
    assert told == [(0, 0, [0], 1, -1), (1, 0, [2], -1, 4)]


def test_baskets_hold_released_lines_by_tier_and_must_not_cross() -> None:
    """The entry of tier 2 holds from there up; tier 1 has none."""
    several = [
        {"name": "both", "products": "all", "at_most": {2: 6}},
        {"name": "one", "products": ["P5"], "at_most": 5},
        {"name": "other", "products": ["P1"], "at_most": 4},
        {"name": "again", "products": ["P1"], "at_most": 3},
    ]

    plan = plan_of(TOWN, weights=EVEN, baskets=several, whole_units="rotate")

    assert [(b.name, b.lines.tolist(), b.most.tolist()) for b in plan.baskets] == [
        ("both", [0, 1], [-1, 6, 6]), ("one", [1], [5, 5, 5]), ("other", [0], [4, 4, 4]),
        ("again", [0], [3, 3, 3]),
    ]  # fmt: skip


def test_a_basket_that_crosses_another_is_refused_with_the_products_on_either_side() -> None:
    """Products by id and by class: that they cross is known only with the table of products."""
    classes = [("P1", 1), ("P2", 2), ("P3", 2)]
    town = replace(
        city_of({1: 2}, [{"product_id": name, "quantity": 10} for name, _ in classes]),
        products=table_of("products", [{"product_id": n, "price_class": c} for n, c in classes]),
    )
    several = [
        {"name": "one", "products": ["P1", "P2"], "at_most": 5},
        {"name": "other", "products": {"price_class": [2]}, "at_most": 5},
    ]

    with pytest.raises(InfeasiblePolicy) as refused:
        plan_of(town, weights=EVEN, baskets=several, whole_units="rotate")

    assert refused.value.code == "baskets-cross"
    assert refused.value.facts == {
        "basket": "one", "other": "other", "both": "P2", "only": "P1", "rest": "P3",
    }  # fmt: skip


@pytest.mark.parametrize("rule", ["groups", "baskets", "bands"])
def test_a_choice_of_a_product_that_nobody_has_is_refused_with_the_nearest(rule: str) -> None:
    limit = {"who": {"tier": [1, 1]}, "at_most": "50%"} if rule == "groups" else {
        "name": "x", "at_most": 5,
    }  # fmt: skip

    with pytest.raises(BadRequest) as refused:
        plan_of(TOWN, weights=EVEN, **{rule: [{"products": ["P6"], **limit}]})

    assert refused.value.code == "choice-value-unknown"
    told = refused.value.facts
    assert (told["path"], told["attribute"], told["value"]) == (
        f"allocation.{rule}.0.products", "product_id", "P6",
    )  # fmt: skip
    assert told["nearest"] in {"P1", "P5"}
