"""(d) One order at entry: 50,000 retailers x 200 products, equal to the batch's round one."""

from __future__ import annotations

from datetime import date, datetime
from time import perf_counter_ns

import numpy as np
import polars as pl

from allocator.allocation.awards import allocate
from allocator.allocation.quotas import plan_quotas
from allocator.grading.scheme import given_tiers
from allocator.ordering.check import check_order
from allocator.ordering.limits import limits_of
from allocator.policy.reading import policy_from
from allocator.records import QuotaPlan
from allocator.tables.city import City
from allocator.tables.reading import read_table
from benchmarks.awards import SHARES
from benchmarks.clock import SEED, once, phase, verdict

POLICY = {
    "title": "benchmark",
    "allocation": {
        "weights": {"kind": "linear", "bottom": 1, "top": 6},
        "whole_units": "rotate",
        "reserve": "2%",
        "defaults": {"ceiling": 20},
    },
}
CYCLE = "2026-W47"


def main(retailers: int = 50_000, products: int = 200, checks: int = 10_000) -> bool:
    """Time single checks, compare every one with the batch, print."""
    print(f"(d) check_order: limits for {retailers:,} retailers x {products} products")
    rng = np.random.default_rng(SEED)
    plan = _plan(rng, retailers, products)
    built = once(lambda: limits_of(plan))
    limits = limits_of(plan)
    pairs = rng.choice(retailers * products, checks, replace=False)
    orders = pl.DataFrame(
        {
            "order_id": [f"O{k}" for k in range(checks)],
            "retailer_id": [f"R{i:06d}" for i in (pairs // products).tolist()],
            "product_id": [f"P{p:03d}" for p in (pairs % products).tolist()],
            "requested": rng.integers(1, 12, checks),
            "ordered_at": [datetime(2026, 11, 16, 9)] * checks,
            "cycle": [CYCLE] * checks,
        }
    )
    rows = orders.to_dicts()
    taken, found = [], []
    for row in rows:
        start = perf_counter_ns()
        decision = check_order(limits, row)
        taken.append(perf_counter_ns() - start)
        found.append(decision.at_most)
    batch = allocate(read_table("orders", orders), plan).lines
    expected = orders.join(
        batch.select("retailer_id", "product_id", "round_one"), on=["retailer_id", "product_id"]
    )
    answers = orders.select("order_id").with_columns(at_most=pl.Series(found))
    wrong = answers.join(expected, on="order_id").filter(pl.col("at_most") != pl.col("round_one"))
    if len(expected) != checks or len(wrong):
        raise ArithmeticError(f"{len(wrong)} of {checks} checks differ from round one")
    p50, p99 = np.percentile(taken, [50, 99]) / 1e9
    phase("limits from the plan, once a cycle", built)
    phase(f"one check, median of {checks:,}", p50)
    phase("one check, 99th percentile", p99)
    print(f"  all {checks:,} answers equal round one of the batch")
    return verdict("microseconds at the 99th percentile", p99 * 1e6, 1000)


def _plan(rng: np.random.Generator, retailers: int, products: int) -> QuotaPlan:
    tiers = len(SHARES)
    city = City(
        retailers=read_table(
            "retailers",
            pl.DataFrame(
                {
                    "retailer_id": [f"R{i:06d}" for i in range(retailers)],
                    "tier": rng.choice(tiers, retailers, p=SHARES / SHARES.sum()) + 1,
                }
            ),
        ),
        supply=read_table(
            "supply",
            pl.DataFrame(
                {
                    "cycle": [CYCLE] * products,
                    "product_id": [f"P{p:03d}" for p in range(products)],
                    "quantity": rng.integers(retailers // 4, retailers * 5, products),
                }
            ),
        ),
    )
    policy = policy_from(POLICY, "2026-11-16").allocation
    grading = given_tiers(city, date(2026, 11, 16))
    return plan_quotas(city, grading, policy, cycle=CYCLE, seed="draw 083412")
