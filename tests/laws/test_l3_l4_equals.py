"""L3 and L4: equals are treated alike, higher tiers are not behind."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given

from allocator.allocation.awards import allocate
from allocator.tables.city import Table
from laws.reading import cells_of, counted, without_seats
from strategies import Market, ordered_markets


@given(ordered_markets())
def test_l3_equals_differ_by_a_seat_at_most(case: tuple[Market, Table]) -> None:
    """L3: same cell, same orders: awards of a product differ by at most one lot, through a seat.

    Cell and order alone give each award but for one lot more or none; in round one it comes with
    a seat, and with ``equal`` there is none.
    """
    market, orders = case
    plan = market.plan()
    allocation = allocate(orders, plan)

    for line in counted(plan, allocation):
        assert line.award - without_seats(plan, allocation, line) in (0, line.lot)
        assert line.first - min(line.asked, plan.base[line.p, line.cell]) in (
            0,
            line.lot * line.seated,
        )
        assert not (line.seated and plan.method[line.p] == "equal")


@given(ordered_markets())
def test_l3_nobody_is_passed_over_but_by_turn(case: tuple[Market, Table]) -> None:
    """L3: in a cell nobody with less credit has an odd lot that another has not."""
    plan = case[0].plan()
    cell = cells_of(plan)
    for p in range(len(plan.product)):
        seated = set(plan.turns.retailer[plan.turns.line == p].tolist())
        if plan.method[p] == "rotate":
            credit = plan.credit_before[p]
            for i, j in combinations(np.flatnonzero(cell >= 0).tolist(), 2):
                if cell[i] == cell[j] and (i in seated) != (j in seated):
                    holder, other = (i, j) if i in seated else (j, i)
                    assert credit[holder] >= credit[other]
        if plan.method[p] == "equal":
            assert not seated


@given(ordered_markets())
def test_l4_entitlements_rise_with_the_tier(case: tuple[Market, Table]) -> None:
    """L4: within a segment, tier order not lifted, entitlements do not fall."""
    plan = case[0].plan()
    for p in np.flatnonzero(plan.tier_order).tolist():
        table = np.where(plan.allowed[p], plan.entitlement[p], np.nan).reshape(-1, plan.tiers)
        rise = np.diff(table, axis=1)

        assert np.nanmin(np.append(rise, 0.0)) >= -1e-9
        whole = np.where(plan.allowed[p], plan.base[p], np.nan).reshape(-1, plan.tiers)
        assert np.nanmin(np.append(np.diff(whole, axis=1), 0.0)) >= 0


@given(ordered_markets())
def test_l4_a_higher_tier_is_behind_by_a_seat_at_most(case: tuple[Market, Table]) -> None:
    """L4: a higher tier that ordered no less is behind by at most one lot, only through a seat."""
    market, orders = case
    plan = market.plan()
    allocation = allocate(orders, plan)
    lines = [(line, without_seats(plan, allocation, line)) for line in counted(plan, allocation)]

    for low, low_core in lines:
        for high, high_core in lines:
            assert low.cell is not None
            assert high.cell is not None
            chain = low.cell // plan.tiers == high.cell // plan.tiers
            if (
                low.p == high.p
                and plan.tier_order[low.p]
                and chain
                and low.tier < high.tier
                and low.order <= high.order
            ):
                assert low_core <= high_core
                assert low.award - high.award <= low.lot
