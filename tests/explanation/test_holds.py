"""Cards say which limit holds a share, and the claim is found again from the tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from allocator.explanation.card import Card, explain
from allocator.explanation.check import check_claims
from allocator.runs.record import Run
from allocator.runs.week import run
from strategies import city_of, policy_of

ROOM = {
    "products": {"B": {"tiers": [1, 1]}},
    "baskets": [{"name": "room", "products": "all", "at_most": 10}],
}
CASES = [
    (1, "A", ROOM, ("quota-held-basket", {"basket": "room", "most": 10})),
    (
        2,
        "A",
        {"groups": [{"who": {"tier": [2, 2]}, "products": "all", "at_most": "30%"}]},
        ("quota-held-most", {"most": 30}),
    ),
    (
        2,
        "A",
        {
            "groups": [{"who": {"tier": [1, 1]}, "products": "all", "at_least": "70%"}],
            "defaults": {"ceiling": 20, "tier_order": False},
        },
        ("quota-held-least", {"least": 70}),
    ),
    (
        1,
        "A",
        {"groups": [{"who": {"tier": [2, 2]}, "products": "all", "at_most": "30%"}]},
        ("quota-held-order", {"other": 2}),
    ),
    (
        2,
        "A",
        {
            "products": {"A": {"ceiling": {1: 1, 2: 20}}},
            "defaults": {"ceiling": 20, "step": 0},
        },
        ("quota-held-step", {"other": 1, "step": 0}),
    ),
    (
        1,
        "A",
        {
            "weights": {"kind": "linear", "bottom": 1, "top": 3},
            "defaults": {"ceiling": 20, "step": 0},
        },
        ("quota-lifted-step", {"other": 2, "step": 0}),
    ),
]
"""Tier, product, rules, and the claim with what it holds beside product and tier."""


def week(rules: dict[str, object]) -> Run:
    """Ten shops in each of two tiers of one weight, 100 cartons of A and of B."""
    city = city_of({1: 10, 2: 10}, [{"product_id": name, "quantity": 100} for name in ("A", "B")])
    policy = policy_of(**rules)
    return run(city, policy, cycle="C1", seed="s")


def held(card: Card, product: str) -> list[tuple[str, dict[str, object]]]:
    return [
        (claim.code, dict(claim.parameters))
        for claim in card.claims
        if claim.product == product and claim.code.startswith(("quota-held", "quota-lifted"))
    ]


@pytest.mark.parametrize(("tier", "product", "rules", "claim"), CASES)
def test_the_limit_that_holds_a_tier_is_told_and_checked(
    tier: int, product: str, rules: dict[str, object], claim: tuple[str, dict[str, object]]
) -> None:
    done = week(rules)
    card = explain(done, retailer=f"R{tier}00")
    code, facts = claim

    assert held(card, product) == [(code, {"product": product, "tier": tier, **facts})]
    assert all(verdict.holds for verdict in check_claims(done, card))
    for language in ("en", "zh-CN"):
        assert code not in card.text(language)


def test_a_changed_table_is_noticed() -> None:
    """Half of what the basket lets through is no used-up basket."""
    done = week(ROOM)
    card = explain(done, retailer="R100")
    lower = replace(done, plan=replace(done.plan, entitlement=done.plan.entitlement / 2))
    verdicts = {v.claim.code: v.holds for v in check_claims(lower, card)}

    assert not verdicts["quota-held-basket"]


def test_a_supply_that_is_used_up_needs_no_more_words() -> None:
    assert held(explain(week({}), retailer="R100"), "A") == []
