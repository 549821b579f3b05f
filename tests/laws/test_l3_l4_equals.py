"""L3 and L4: equals are treated alike, higher tiers are not behind."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import given

from allocator.allocation.awards import allocate
from allocator.records import QuotaPlan
from allocator.tables.city import Table
from strategies import Market, ordered_markets


def served(plan: QuotaPlan, orders: Table) -> list[dict[str, Any]]:
    """The lines of counted retailers, with their cell."""
    cell = dict(plan.members.select("retailer_id", "cell").rows())
    rows = allocate(orders, plan).lines.rows(named=True)
    return [
        {**row, "cell": cell[row["retailer_id"]]}
        for row in rows
        if row["line"] is not None and cell[row["retailer_id"]] is not None
    ]


@given(ordered_markets())
def test_l3_equals_differ_by_a_seat_at_most(case: tuple[Market, Table]) -> None:
    """L3: same cell, same orders: awards of a product differ by at most one lot."""
    market, orders = case
    plan = market.plan()

    for a, b in itertools.combinations(served(plan, orders), 2):
        if (a["line"], a["cell"], a["order"]) == (b["line"], b["cell"], b["order"]):
            assert abs(a["award"] - b["award"]) <= plan.lot[a["line"]]
            if plan.method[a["line"]] == "equal":
                assert a["round_one"] == b["round_one"]


@given(ordered_markets())
def test_l4_entitlements_rise_with_the_tier(case: tuple[Market, Table]) -> None:
    """L4: within a segment, tier order not lifted, entitlements do not fall."""
    plan = case[0].plan()
    for p in np.flatnonzero(plan.tier_order).tolist():
        table = np.where(plan.allowed[p], plan.entitlement[p], np.nan).reshape(-1, plan.tiers)
        rise = np.diff(table, axis=1)

        assert np.nanmin(np.append(rise, 0.0)) >= -1e-9


@given(ordered_markets())
def test_l4_a_higher_tier_is_behind_by_a_seat_at_most(case: tuple[Market, Table]) -> None:
    """L4: a higher tier of the same chain that ordered no less is behind by at most one lot."""
    market, orders = case
    plan = market.plan()

    for low, high in itertools.permutations(served(plan, orders), 2):
        p = low["line"]
        if p != high["line"] or not plan.tier_order[p]:
            continue
        same = low["cell"] // plan.tiers == high["cell"] // plan.tiers
        if same and low["tier"] < high["tier"] and low["order"] <= high["order"]:
            assert low["award"] - high["award"] <= plan.lot[p]
