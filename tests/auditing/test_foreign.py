"""Quota tables made elsewhere: each rule on a table by hand, one that is wrong and one that is not.

Two tiers: three shops in tier 1, two in tier 2 (shop E orders in the country). Every figure in the
expectations is hand arithmetic over these five.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from allocator.auditing.findings import Findings
from allocator.auditing.output import tell
from allocator.auditing.registry import TABLE_RULES
from allocator.policy.models import Policy
from allocator.policy.reading import policy_from
from allocator.runs.exports import audit_exports
from allocator.tables.city import City
from strategies import table_of

SHOPS = {"A": 1, "B": 1, "C": 1, "D": 2, "E": 2}
POLICY = """
title: T
allocation:
  weights: {kind: linear, bottom: 1, top: 2}
  whole_units: {at_least_one: rotate, below_one: rotate}
  second_round: false
  defaults: {ceiling: 9, %s}
  %s
"""


def policy(defaults: str = "floor: 0", more: str = "") -> Policy:
    return policy_from(POLICY % (defaults, more), date(2026, 11, 16))


def judged(
    quotas: list[dict[str, Any]],
    rules: Policy | None = None,
    supply: int | None = None,
    orders: dict[str, tuple[int, int]] | None = None,
    sales: dict[str, int] | None = None,
) -> Findings:
    """The audit of a table; orders: shop -> (asked, granted) of P."""
    when = datetime(2026, 11, 16, 9)
    lines = [
        {"order_id": f"D{who}", "retailer_id": who, "product_id": "P", "ordered_at": when,
         "requested": asked, "granted": granted}
        for who, (asked, granted) in (orders or {"A": (0, 0)}).items()
    ]  # fmt: skip
    shops = [
        {"retailer_id": who, "tier": tier, "market": "rural" if who == "E" else "urban"}
        for who, tier in SHOPS.items()
    ]
    month = date(2026, 10, 1)
    sold = [{"retailer_id": who, "month": month, "quantity": n} for who, n in (sales or {}).items()]
    city = City(
        retailers=table_of("retailers", shops),
        orders=table_of("orders", lines),
        quotas=table_of("quotas", [{"product_id": "P", **row} for row in quotas]),
        supply=None
        if supply is None
        else table_of("supply", [{"cycle": "W", "product_id": "P", "quantity": supply}]),
        sales=table_of("sales", sold) if sold else None,
    )
    return audit_exports(city, policy=rules, cycle="W")


def table(one: int, two: int) -> list[dict[str, Any]]:
    return [{"tier": 1, "quota": one}, {"tier": 2, "quota": two}]


RURAL = "groups: [{who: {market: rural}, products: all, at_least: 50%}]"
BAD: list[tuple[str, dict[str, Any], tuple[str, int, int]]] = [
    # rule, arguments, (kind, observed, limit)
    ("tier-order", {"quotas": table(5, 3)}, ("alert", 3, 5)),
    ("tier-order", {"quotas": table(5, 3), "rules": policy()}, ("violation", 3, 5)),
    # 3 x 2 + 2 x 3 = 12
    ("quotas-above-supply", {"quotas": table(2, 3), "supply": 11}, ("alert", 12, 11)),
    # the one rural shop has 3 of 12, half would be 6
    (
        "group-share",
        {"quotas": table(2, 3), "supply": 12, "rules": policy(more=RURAL)},
        ("violation", 3, 6),
    ),
    ("quota-off-limits", {"quotas": table(2, 11), "rules": policy()}, ("violation", 11, 9)),
    ("quota-off-limits", {"quotas": table(0, 3), "rules": policy("floor: 1")}, ("violation", 0, 1)),
    ("quota-off-limits", {"quotas": table(1, 5), "rules": policy("step: 2")}, ("violation", 4, 2)),
    (
        "beyond-policy",
        {"quotas": table(2, 3), "rules": policy(more="products: {P: {tiers: [2, 2]}}")},
        ("violation", 6, 0),
    ),
    (
        "unlike-equals",
        {
            "quotas": [
                {"tier": 2, "quota": 4, "market": "urban"},
                {"tier": 2, "quota": 2, "market": "rural"},
            ],
            "rules": policy(),
        },
        ("violation", 2, 4),
    ),
    # one odd lot in tier 1, two shops hold it
    (
        "too-many-odd-lots",
        {
            "quotas": [{"tier": 1, "quota": 1, "seats": 1}, {"tier": 2, "quota": 1}],
            "orders": {"A": (2, 2), "B": (2, 2), "C": (1, 1)},
        },
        ("violation", 2, 1),
    ),
    # 20 - 4 = 16 left, A asked for 7 more than it got
    (
        "supply-left",
        {"quotas": table(4, 4), "supply": 20, "orders": {"A": (11, 4)}},
        ("alert", 16, 0),
    ),
    ("cliff", {"quotas": table(1, 5), "sales": {"C": 500, "D": 510}}, ("alert", 4, 2)),
    # weights 1 and 2, supply 21 over 3 + 4: 3 and 6 are possible, tier 1 has none
    (
        "worst-off-share",
        {"quotas": table(0, 6), "supply": 21, "rules": policy()},
        ("alert", 33, 90),
    ),
    ("released-to-nobody", {"quotas": table(0, 0), "supply": 7}, ("alert", 7, 0)),
    ("quota-without-shops", {"quotas": [*table(1, 1), {"tier": 3, "quota": 2}]}, ("alert", 1, 0)),
]


@pytest.mark.parametrize(
    ("rule", "given", "wanted"), BAD, ids=[f"{n}-{b[0]}" for n, b in enumerate(BAD)]
)
def test_each_rule_speaks(rule: str, given: dict[str, Any], wanted: tuple[str, int, int]) -> None:
    findings = judged(**given)

    [row] = findings.frame.filter(rule=rule).rows(named=True)
    assert (row["kind"], row["observed"], row["limit"]) == wanted
    for language in ("en", "zh-CN"):
        assert "{" not in "".join(tell(findings, language)["message"])


def test_two_limits_passed_by_one_quota_are_two_findings() -> None:
    """11 cartons in tier 2 and none in tier 1: above the ceiling of 9, and a step of 11 over 9."""
    findings = judged(table(0, 11), policy("step: 9")).frame.filter(rule="quota-off-limits")

    assert findings.select("observed", "limit").rows() == [(11, 9)] * 2
    assert findings["fingerprint"].n_unique() == 2


def test_a_table_that_keeps_all_is_found_to_keep_all() -> None:
    """3 x 3 + 2 x 6 = 21: the best table of the supply, in order, within all limits."""
    findings = judged(
        table(3, 6), policy("step: 3"), 21,
        {who: (3 * tier, 3 * tier) for who, tier in SHOPS.items()}, {"A": 100, "D": 200},
    )  # fmt: skip

    named = {rule.name for rule in TABLE_RULES}
    assert not findings.frame.filter(findings.frame["rule"].is_in(named)).height
    checked = {entry.rule: entry for entry in findings.coverage if entry.rule in named}
    assert checked["tier-order"].counted == "quotas"
    assert checked["worst-off-share"].checked == 2


def test_an_odd_lot_without_a_name_accuses_nobody() -> None:
    """Tier 1 may have 1, and one of its three shops one more: A holds 2, B asked for it too."""
    quotas = [{"tier": 1, "quota": 1, "seats": 1}, {"tier": 2, "quota": 1}]

    findings = judged(quotas, orders={"A": (2, 2), "B": (2, 1), "C": (1, 1)})

    assert not findings.frame.filter(findings.frame["kind"] == "violation").height


def test_the_policy_may_lift_the_order_of_tiers() -> None:
    assert (
        not judged(table(5, 3), policy("tier_order: false")).frame.filter(rule="tier-order").height
    )


def test_the_figures_of_an_allocation() -> None:
    """A, B hold 3 and 1 of tier 1, D 2 of tier 2: mean 2 and 2, no fall; the largest has 3."""
    findings = judged(table(3, 3), supply=10, orders={"A": (3, 3), "B": (1, 1), "D": (2, 2)})

    assert findings.allocation is not None
    [row] = findings.allocation.rows(named=True)
    wanted = {
        "supply": 10, "offered": 15, "granted": 6, "left": 4, "shops": 3,
        "top_tenth_percent": 50, "equals_apart": 2, "tiers_falling": 0, "near_pairs": None,
    }  # fmt: skip
    assert {name: row[name] for name in wanted} == wanted
