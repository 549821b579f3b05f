"""The violations of random cities are those of a second reading of the rules' pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import polars as pl
from hypothesis import given, settings

from allocator.auditing.findings import Findings
from allocator.auditing.inspection import audit
from allocator.auditing.registry import RULES as REGISTRY
from allocator.policy.ordering_models import OrderingPolicy
from allocator.records import Allocation, JointLimit, QuotaPlan
from auditing.plain import RULES, Small, violations
from strategies import small_audits, small_plan, table_of

CODES = frozenset(rule.upper() for rule in RULES)


def audited(city: Small) -> Findings:
    """The library's audit of a small city."""
    plan = small_plan(
        city.quotas,
        city.retailers,
        status=city.status,
        not_due=city.not_due,
        lot=city.lot,
        supply=city.supply,
        reserve=city.reserve,
        seats=city.seats,
        ceilings=city.ceilings,
        second_round=city.second_round,
        source=city.source,
        cycle=city.cycle,
        tiers=3,
    )
    allocation = None
    if city.awards is not None:
        rows = [
            {"product_id": product, "retailer_id": shop, "award": award}
            for (product, shop), award in city.awards.items()
        ]
        schema = {"product_id": pl.String, "retailer_id": pl.String, "award": pl.Int64}
        lines = pl.DataFrame(rows, schema=schema)
        allocation = Allocation(city.cycle, lines, np.zeros(len(plan.product), np.int64), ())
    plan = replace(
        plan, bands=joint(plan, city.bands, "band"), baskets=joint(plan, city.baskets, "basket")
    )
    calendar = [
        {"cycle": city.cycle, "order_day": first.date(), "opens_at": first, "closes_at": last}
        for first, last in city.windows
    ]
    names = "日一二三四五六"
    shops = [
        {
            "retailer_id": shop,
            "status": city.status.get(shop, "active"),
            "order_cycle": f"周{names[city.weekdays[shop]]}" if shop in city.weekdays else None,
        }
        for shop in city.retailers
    ]
    cutoffs = {"order": city.order, "cancel": city.cancel}
    return audit(
        table_of("orders", city.orders),
        plan,
        allocation=allocation,
        retailers=table_of("retailers", shops),
        products=None if city.products is None else table_of("products", city.products),
        calendar=table_of("calendar", calendar) if calendar else None,
        ordering=OrderingPolicy.model_validate({"cutoffs": cutoffs}),
        rules=[rule for rule in REGISTRY if rule.code in CODES],
    )


def joint(
    plan: QuotaPlan, limits: Sequence[tuple[tuple[str, ...], Mapping[int, int]]], name: str
) -> tuple[JointLimit, ...]:
    """Limits on several products, in the shape of a plan; a tier that is not named has none."""
    return tuple(
        JointLimit(
            f"{name} {g}",
            np.array([plan.product.index(product) for product in sorted(products)], np.int32),
            np.array([most.get(int(tier), -1) for tier in plan.cells.tier], np.int64),
        )
        for g, (products, most) in enumerate(limits)
    )


@settings(max_examples=200, deadline=None)
@given(small_audits())
def test_violations_are_those_of_a_plain_second_reading(city: Small) -> None:
    """Code, subject, product, observed and limit of every finding, as often as it is there."""
    expected = violations(city)

    findings = audited(city)

    states = {entry.code: entry.state for entry in findings.coverage}
    codes = {code for code, state in states.items() if state == "checked"}
    found = [
        (row["code"], row["subject_id"], row["product_id"], row["observed"], row["limit"])
        for row in findings.frame.rows(named=True)
        if row["code"] in codes
    ]
    lone = {
        "V05",
        "V06",
        "V10",
        *(f"V{number}" for number in range(12, 21)),
        "V23",
        "V24",
    }  # about a shop or an order, whatever the product
    told = [(c, s, None if c in lone else p, o, limit) for c, s, p, o, limit in found]
    assert sorted(told, key=str) == [one for one in expected if one[0] in codes]
