"""The violations of random cities are those of a second reading of the rules' pages."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import polars as pl
from hypothesis import given, settings

from allocator.auditing.findings import Findings
from allocator.auditing.inspection import audit
from allocator.records import Allocation
from auditing.plain import RULES, Small, violations
from strategies import small_audits, small_plan, table_of

WHEN = datetime(2026, 11, 16, 9)


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
    return audit(
        table_of("orders", [{"ordered_at": WHEN, **row} for row in city.orders]),
        plan,
        allocation=allocation,
        products=None if city.products is None else table_of("products", city.products),
    )


@settings(max_examples=200)
@given(small_audits())
def test_violations_are_those_of_a_plain_second_reading(city: Small) -> None:
    """Code, subject, product, observed and limit of every finding, as often as it is there."""
    expected = violations(city)

    findings = audited(city)

    states = {entry.code: entry.state for entry in findings.coverage}
    codes = {rule.upper() for rule in RULES if states[rule.upper()] == "checked"}
    found = [
        (row["code"], row["subject_id"], row["product_id"], row["observed"], row["limit"])
        for row in findings.frame.rows(named=True)
        if row["code"] in codes
    ]
    lone = {"V05", "V06", "V10"}  # about a shop or an order, whatever the product
    told = [(c, s, None if c in lone else p, o, limit) for c, s, p, o, limit in found]
    assert sorted(told, key=str) == [one for one in expected if one[0] in codes]
