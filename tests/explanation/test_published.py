"""Cards where tiers and quotas were given elsewhere: nothing is explained that was not computed."""

from __future__ import annotations

from datetime import date, datetime

from allocator.allocation.awards import allocate
from allocator.allocation.published import adopt_quotas
from allocator.explanation.card import explain, explain_each
from allocator.explanation.check import check_claims
from allocator.grading.scheme import given_tiers
from allocator.policy.reading import policy_from
from allocator.tables.city import City
from strategies import Week, table_of

ON, CYCLE = date(2026, 11, 16), "2026-W47"


def published_week() -> Week:
    """Eight shops of tier 2, one of tier 1, one without a tier; quotas 3 and 1 of product X."""
    shops = [
        {"retailer_id": f"R{i}", "tier": (2, 2, 2, 2, 2, 2, 2, 2, 1, None)[i], "rhythm": "weekly"}
        for i in range(10)
    ]
    orders = [
        {
            "order_id": f"D{i}",
            "retailer_id": f"R{i}",
            "product_id": "X",
            "ordered_at": datetime(2026, 11, 17, 9, i),
            "cycle": CYCLE,
            "requested": 4,
            "granted": granted,
        }
        for i, granted in enumerate([3, 2, 5, 3])
    ]
    city = City(
        retailers=table_of("retailers", shops),
        quotas=table_of(
            "quotas",
            [
                {"product_id": "X", "tier": 2, "quota": 3},
                {"product_id": "X", "tier": 1, "quota": 1},
            ],
        ),
        orders=table_of("orders", orders),
    )
    grading = given_tiers(city, ON)
    plan = adopt_quotas(city, grading, cycle=CYCLE, on=ON)
    rules = {
        "weights": {"kind": "linear", "bottom": 1, "top": 6},
        "whole_units": "equal",
        "defaults": {"floor": 0, "ceiling": 20},
    }
    policy = policy_from({"title": "published", "allocation": rules}, ON)
    return Week(policy, city, CYCLE, plan.seed, grading, plan, allocate(city.orders, plan))


def test_the_published_number_is_quoted_and_the_tier_called_given() -> None:
    """No score, no share, no turn: the table says 3, so 3 it is."""
    card = explain(published_week(), "R0")
    codes = {claim.code for claim in card.claims}

    assert {"tier-given", "quota-published", "shortfall-limit"} <= codes
    assert not {code for code in codes if code.startswith(("turn-", "advance-", "quota-share"))}
    assert "公司投放表写明：2 档每户 3 条" in card.text("zh-CN")


def test_a_shop_without_tier_is_told_so_at_once() -> None:
    """The opening says that nothing can be ordered, and why."""
    card = explain(published_week(), "R9")

    assert [claim.code for claim in card.first] == ["may-order", "no-tier"]


def test_too_little_entered_comes_first_here_too() -> None:
    """Published 3, asked 4, entered 2: one carton is owed by the order-taker."""
    card = explain(published_week(), "R1")

    assert card.reasons[0].code == "granted-below-standard"
    assert dict(card.reasons[0].parameters) == {
        "product": "X",
        "standard": 3,
        "granted": 2,
        "short": 1,
        "order": "D1",
    }


def test_every_claim_checks_true() -> None:
    """Without sales, supply and products tables the claims still recompute."""
    run = published_week()
    retailers = run.plan.members["retailer_id"].to_list()
    verdicts = [v for card in explain_each(run, retailers) for v in check_claims(run, card)]

    assert [v.claim for v in verdicts if not v.holds] == []
