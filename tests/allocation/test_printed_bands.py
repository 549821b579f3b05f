"""Band totals published beside a quota table bind orders and their audit, without a policy."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from allocator.allocation.published import adopt_quotas
from allocator.errors import BadRequest
from allocator.grading.scheme import given_tiers
from allocator.runs.exports import audit_exports
from allocator.tables.city import City
from strategies import city_of, policy_of, table_of

ON = date(2026, 11, 16)
WHEN = datetime(2026, 11, 16, 9)


def published(bands: list[dict[str, object]], **shop: object) -> City:
    """Two shops of tier 1, one of tier 2; quotas 3 and 5 of P1, P2 and P3."""
    quotas = [
        {"product_id": product, "tier": tier, "quota": quota, "cycle": "C1"}
        for product in ("P1", "P2", "P3")
        for tier, quota in ((1, 3), (2, 5))
    ]
    city = replace(city_of({1: 2, 2: 1}, [], **shop), supply=None, products=None)
    return replace(city, quotas=table_of("quotas", quotas), bands=table_of("bands", bands))


def band(product: str, tier: int, at_most: int, **more: object) -> dict[str, object]:
    return {"band": "top", "product_id": product, "tier": tier, "at_most": at_most, **more}


TOP = [band(product, 2, 7) for product in ("P1", "P2")]


def test_the_totals_are_those_of_the_table() -> None:
    """Tier 1 has none; P9 is not released, W0 is another cycle."""
    city = published([*TOP, band("P9", 2, 7), band("P1", 1, 1, cycle="C0")])

    (limit,) = adopt_quotas(city, given_tiers(city, ON), cycle="C1").bands

    assert (limit.name, limit.lines.tolist(), limit.most.tolist()) == ("top", [0, 1], [-1, 7])


def test_what_names_a_segment_goes_before() -> None:
    quotas = {"segment": "urban"}
    city = published([*TOP, *(row | {"at_most": 4} | quotas for row in TOP)], market="urban")
    whole = city.quotas.frame.with_columns(segment=city.quotas.frame["segment"].fill_null("urban"))
    city = replace(city, quotas=replace(city.quotas, frame=whole))

    (limit,) = adopt_quotas(city, given_tiers(city, ON), cycle="C1").bands

    assert limit.most.tolist() == [-1, 4]


def test_one_band_has_one_total_for_a_tier() -> None:
    city = published([band("P1", 2, 7), band("P2", 2, 8)])

    with pytest.raises(BadRequest, match="7 and 8"):
        adopt_quotas(city, given_tiers(city, ON), cycle="C1")


def test_a_published_total_goes_before_that_of_the_policy() -> None:
    policy = policy_of(
        bands=[
            {"name": "top", "products": "all", "at_most": 3},
            {"name": "other", "products": ["P3"], "at_most": 2},
        ]
    ).allocation
    city = published(TOP)

    limits = adopt_quotas(city, given_tiers(city, ON), cycle="C1", policy=policy).bands

    assert [(limit.name, limit.most.max()) for limit in limits] == [("top", 7), ("other", 2)]


def test_exports_with_totals_are_audited_against_them() -> None:
    """5 and 3 of a total of 7: one too many. The other shop is at its total and owed nothing."""
    rows = [
        ("R200", "P1", 5, 5), ("R200", "P2", 3, 3),
        ("R100", "P1", 3, 3), ("R100", "P2", 3, 1),
    ]  # fmt: skip
    orders = [
        {"order_id": f"O{who}", "retailer_id": who, "product_id": product, "cycle": "C1",
         "ordered_at": WHEN, "requested": asked, "granted": granted}
        for who, product, asked, granted in rows
    ]  # fmt: skip
    city = published([*TOP, band("P1", 1, 4), band("P2", 1, 4)])

    findings = audit_exports(replace(city, orders=table_of("orders", orders)), on=ON)

    told = [(f.rule, f.retailer_id, f.observed, f.limit) for f in findings]
    assert told == [("band-exceeded", "R200", 8, 7)]
