"""L7: no order gets a retailer nearer to its true demand than the true one.

Tested in the strong form of Sprumont 1991 (uncompromisingness), in whole lots: who gets less than
it wants gets min(order, award) whatever it orders, and who gets all it wants has nothing to gain;
more than its order nobody gets. So a false order never brings an award that lies nearer on the
same side of the demand, none on the other side of it, and no retailer whatever whose liking falls
on both sides of its demand gains.

Demands are whole lots. Who wants 4 of a product in lots of 5 may well gain by ordering 5: 4 cannot
be had, and an order is never filled above it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given

from allocator.allocation.awards import allocate
from allocator.records import QuotaPlan
from allocator.tables.city import Table
from strategies import Market, contests, crowded_market

BEYOND = 2
"""(lots) How far above the largest order false orders go, beside one that no supply could meet."""


def awards(orders: Table, told: np.ndarray, plan: QuotaPlan) -> np.ndarray:
    """Cartons awarded for each row of the orders when ``told`` is what they say."""
    frame = orders.frame.with_columns(requested=pl.Series(told))
    lines = allocate(replace(orders, frame=frame), plan).lines
    keys = ["retailer_id", "product_id"]
    joined = frame.select(keys).join(lines, on=keys, how="left", maintain_order="left")
    return joined["award"].to_numpy()


def gains(truth: np.ndarray, honest: np.ndarray, told: np.ndarray, lied: np.ndarray) -> np.ndarray:
    """Where a false order did better, or might have, for somebody (arrays in cartons)."""
    short = honest < truth
    return (honest > truth) | (lied > told) | (short & (lied != np.minimum(told, honest)))


@given(contests())
def test_l7_every_false_order_of_every_retailer(case: tuple[Market, Table]) -> None:
    """L7: small cities, all methods, with and without round two, one shop at a time."""
    market, orders = case
    plan = market.plan()
    lot = int(plan.lot[0])
    truth = orders.frame["requested"].to_numpy()
    honest = awards(orders, truth, plan)
    highest = int(truth.max()) // lot + BEYOND

    for liar in range(len(truth)):
        for report in (*range(highest + 1), 1_000):
            told = truth.copy()
            told[liar] = report * lot
            lied = awards(orders, told, plan)
            assert not gains(truth, honest, told, lied)[liar], (liar, report)


@pytest.mark.parametrize("method", ["rotate", "lottery", "equal", "path"])
def test_l7_random_false_orders_in_a_large_city(method: str) -> None:
    """L7: 2,000 shops, several products at once, each with one liar at a time."""
    rng = np.random.default_rng([7, len(method)])
    market, orders = crowded_market(method, retailers=2_000, products=6, seed=len(method))
    plan = market.plan()
    truth = orders.frame["requested"].to_numpy()
    honest = awards(orders, truth, plan)
    product = orders.frame["product_id"].to_numpy()
    short = honest < truth
    contested = [name for name in plan.product if short[product == name].any()]
    assert len(contested) >= 4
    tried = 0
    for _ in range(60):
        told = truth.copy()
        liars = np.array([rng.choice(np.flatnonzero((product == p) & short)) for p in contested])
        near = honest[liars] + rng.integers(-2, 3, len(liars))
        wild = rng.integers(0, 2 * truth.max(), len(liars))
        told[liars] = np.maximum(np.where(rng.random(len(liars)) < 0.6, near, wild), 0)

        lied = awards(orders, told, plan)

        assert not gains(truth, honest, told, lied)[liars].any()
        tried += len(liars)
    print(f"{method}: {tried} false orders, {int(short.sum())} orders short of {len(truth)}")
