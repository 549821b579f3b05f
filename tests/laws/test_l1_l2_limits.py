"""L1 and L2: nothing is lost, nothing exceeds a limit."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given

from allocator.allocation.awards import allocate
from allocator.tables.city import Table
from strategies import Market, ordered_markets


@given(ordered_markets())
def test_l1_conservation(case: tuple[Market, Table]) -> None:
    """L1: awards + reserve + unreleased = supply, in integers."""
    market, orders = case
    plan = market.plan()

    allocation = allocate(orders, plan)

    given_out = np.zeros(len(plan.product), dtype=np.int64)
    lines = allocation.lines.filter(pl.col("line").is_not_null())
    np.add.at(given_out, lines["line"].to_numpy(), lines["award"].to_numpy())
    assert (given_out + plan.reserve + allocation.left).tolist() == plan.supply.tolist()
    assert (allocation.left >= 0).all()


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


@given(ordered_markets())
def test_l2_limits(case: tuple[Market, Table]) -> None:
    """L2: no award above order or ceiling, none negative; above the limit only in round two."""
    market, orders = case
    plan = market.plan()
    cell = dict(plan.members.select("retailer_id", "cell").rows())
    seated = set(zip(plan.turns.line.tolist(), plan.turns.retailer.tolist(), strict=True))
    index = {name: i for i, name in enumerate(plan.members["retailer_id"])}

    for line in allocate(orders, plan).lines.rows(named=True):
        p, c = line["line"], cell[line["retailer_id"]]
        assert 0 <= line["round_one"] <= line["award"] <= line["order"]
        assert line["round_one"] <= line["limit"]
        assert line["round_two"] == line["award"] - line["round_one"]
        if c is None or p is None:
            assert line["award"] == 0
            continue
        limit = plan.base[p, c] + plan.lot[p] * ((p, index[line["retailer_id"]]) in seated)
        assert line["limit"] == limit
        assert limit <= plan.ceiling[p, c]
        assert line["award"] <= plan.ceiling[p, c]
        assert line["award"] % plan.lot[p] == 0
        if not plan.second_round:
            assert line["award"] == line["round_one"]
