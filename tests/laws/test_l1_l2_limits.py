"""L1 and L2: nothing is lost, nothing exceeds a limit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl
from hypothesis import given

from allocator.allocation.awards import allocate
from allocator.tables.city import Table
from laws.reading import cells_of, entries, largest, shops
from strategies import Market, ordered_markets


@given(ordered_markets())
def test_l1_conservation(case: tuple[Market, Table]) -> None:
    """L1: awards + reserve + unreleased = supply, in integers, by product as the tables say it."""
    market, orders = case
    plan = market.plan()

    allocation = allocate(orders, plan)

    assert market.city.supply is not None
    arrived = market.city.supply.frame.group_by("product_id").agg(pl.col("quantity").sum())
    for product, quantity in arrived.rows():
        lines = [p for p, name in enumerate(plan.product) if name == product]
        awards = allocation.lines.filter(product_id=product)["award"].sum()
        kept = [int(plan.reserve[p]) for p in lines]
        left = [int(allocation.left[p]) for p in lines]
        assert min(left) >= 0
        assert awards + sum(kept) + sum(left) == quantity
        for p in lines:
            part = Fraction(market.policy.reserve) * int(plan.supply[p])
            assert part <= plan.reserve[p] or plan.reserve[p] == plan.supply[p]
            assert plan.reserve[p] < part + plan.lot[p]


@given(ordered_markets())
def test_l1_quotas_never_promise_more_than_the_supply(case: tuple[Market, Table]) -> None:
    """L1 for quotas: each can be ordered in full."""
    plan = case[0].plan()

    promised = plan.base @ plan.cells.count + plan.seats.sum(axis=1) * plan.lot

    assert (promised + plan.reserve <= plan.supply).all()
    for p, method in enumerate(plan.method):
        if method in ("rotate", "lottery") and plan.entitlement[p].any():
            exact = float(plan.entitlement[p] @ plan.cells.count)
            assert exact - plan.lot[p] < promised[p] <= exact + 1e-6
        elif method == "path":
            lots = (plan.supply[p] - plan.reserve[p]) // plan.lot[p] * plan.lot[p]
            assert promised[p] == min(lots, plan.ceiling[p] @ plan.cells.count)
    held = np.zeros_like(plan.seats)
    np.add.at(held, (plan.turns.line, cells_of(plan)[plan.turns.retailer]), 1)
    assert np.array_equal(held, plan.seats)


@given(ordered_markets())
def test_l2_limits(case: tuple[Market, Table]) -> None:
    """L2: no award above order or ceiling, none negative; above the limit only in round two.

    Ceilings as the policy file says them, none for those who may not have the product.
    """
    market, orders = case
    plan = market.plan()
    allocation = allocate(orders, plan)
    by_name = shops(market)

    for line in entries(plan, allocation):
        most = largest(market, by_name[line.retailer], plan.product[line.p], line.lot)
        assert 0 <= line.first <= line.award <= min(line.order, most)
        assert line.limit <= most
        assert line.first == min(line.asked, line.limit)
        assert line.award % line.lot == line.limit % line.lot == 0
        if not plan.second_round:
            assert line.award == line.first
        if line.cell is not None:
            assert line.limit == plan.base[line.p, line.cell] + line.lot * line.seated
