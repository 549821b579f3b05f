"""(i) A sweep of 200 scenarios x 50,000 retailers x 50 products, beside running each from scratch.

From scratch means that each scenario is graded, planned, allocated and compared for itself, with
the tables and the outcome of today's rule in memory. That is measured on a few of the scenarios and
scaled by their number. Both are told in seconds of all processors (a busy host slows the clock on
the wall more than these), and the sweep also on the wall.
"""

from __future__ import annotations

import os
import resource
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import polars as pl

from allocator.comparison.outcome import Outcome
from allocator.policy.models import Policy
from allocator.policy.reading import read_policy
from allocator.runs.week import award, grade_city, quotas_of
from allocator.simulation.grids import grid
from allocator.simulation.outcomes import axes, outcome_of
from allocator.simulation.past import alongside, past_of
from allocator.simulation.scenario import Scenario
from allocator.simulation.serving import cartons_of
from allocator.simulation.simulating import changed
from allocator.simulation.sweeping import sweep
from allocator.simulation.trials import held
from allocator.tables.city import City
from allocator.tables.synthetic import CYCLE, POLICY, first_day, made_table, make_city
from benchmarks.clock import SEED, phase, verdict

LIMIT = 30
"""(seconds) on the wall of two idle processors; of both together twice as many."""

DRAW = "benchmark draw 083412"
OLIVE = [1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6, 7, 7, 7, 6, 6, 5, 4, 4, 3, 3, 2, 1, 1, 1, 1, 1]
EVEN = [3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]
VALUES = {
    "grading.tiers.shares": [None, OLIVE, EVEN, OLIVE[::-1]],
    "supply": ["-20%", "-10%", "+0%", "+10%", "+20%"],
    "allocation.defaults.ceiling": [10, 20],
    "allocation.weights.top": [4, 5, 6, 8, 10],
}
"""A change of grading, of data, of limits and of weights: 200 combinations."""

SCRATCH = 3
"""Scenarios that are run from scratch."""


def scenarios() -> tuple[Scenario, ...]:
    """The 200 of them; where shares are ``None`` they stay as they are."""
    return tuple(
        Scenario(
            {path: value for path, value in one.changes.items() if value is not None},
            name=one.name,
            supply=one.supply,
        )
        for one in grid(VALUES)
    )


def wide_city(retailers: int, products: int, seed: int = SEED) -> City:
    """The synthetic city with more scarce products than it has by itself: 50 instead of 12.

    Those added have a supply of 0.2 to 4 cartons for each shop; three to eight of ten shops ask for
    one, together for 1.5 to 4 times the supply.
    """
    city = make_city(retailers, seed)
    if city.products is None or city.supply is None or city.orders is None:
        raise ValueError("the synthetic city lacks a table")
    rng = np.random.default_rng(seed)
    catalogue, orders = city.products.frame, city.orders.frame
    released = city.supply.frame["product_id"].to_list()
    ids = [name for name in catalogue["product_id"] if name not in released]
    more = ids[: max(products - len(released), 0)]
    lots = dict(catalogue.select("product_id", "lot").iter_rows())
    each = np.exp(rng.uniform(np.log(0.2), np.log(4), len(more)))
    supply = np.rint(each * retailers).astype(np.int64)
    names = [name for name in orders.columns if name != "row"]
    heads, parts = orders.unique("order_id", keep="first", maintain_order=True), [orders]
    for product, cartons in zip(more, supply.tolist(), strict=True):
        who = np.flatnonzero(rng.random(len(heads)) < rng.uniform(0.3, 0.8))
        wish = np.exp(0.8 * rng.standard_normal(len(who)))
        wish *= rng.uniform(1.5, 4) * cartons / wish.sum()
        asked = np.clip(np.rint(wish), 1, 60).astype(np.int64) * lots[product]
        asked = pl.Series(asked)
        parts.append(heads[who].with_columns(product_id=pl.lit(product), requested=asked))
    lines = pl.concat([part.select(names) for part in parts])
    added = pl.DataFrame({"cycle": [CYCLE] * len(more), "product_id": more, "quantity": supply})
    whole = pl.concat([city.supply.frame.select(added.columns), added])
    scarce = pl.col("product_id").is_in([*released, *more])
    return replace(
        city,
        products=replace(city.products, frame=catalogue.with_columns(scarce=scarce)),
        supply=made_table("supply", whole.sort("product_id")),
        orders=made_table("orders", lines.sort("ordered_at", "order_id", "product_id")),
    )


def from_scratch(city: City, policy: Policy, scenario: Scenario) -> Outcome:
    """The outcome of one scenario with nothing shared."""
    there = changed(city, policy, scenario, cycle=CYCLE)
    grading = grade_city(there.city, there.policy)
    plan = quotas_of(there.city, grading, there.policy, cycle=CYCLE, seed=DRAW)
    ids, products = axes(there.city, plan)
    cartons = cartons_of(award(there.city, plan), ids, products)
    past = alongside(past_of(there.city, CYCLE, there.policy.on), ids, products, products)
    return outcome_of(scenario.name, there.city, there.policy, grading, plan, cartons, past)


def main(retailers: int = 50_000, products: int = 50) -> bool:
    """Sweep, run some from scratch, check that they agree, print."""
    city = wide_city(retailers, products)
    policy = read_policy(POLICY, first_day(CYCLE))
    wanted, workers = scenarios(), min(os.cpu_count() or 1, 2)
    lines = 0 if city.orders is None else city.orders.frame.height
    print(
        f"(i) what-if: {len(wanted)} scenarios x {retailers:,} retailers x {products} products, "
        f"{lines:,} order lines, {workers} processes"
    )
    with tempfile.TemporaryDirectory() as folder:
        start, own, others = perf_counter(), process_time(), _children()
        done = sweep(
            city, policy, wanted, cycle=CYCLE, seed=DRAW, workers=workers, folder=Path(folder)
        )
        wall = perf_counter() - start
        spent = process_time() - own + _children() - others
    refused = sum(bool(trial.refused) for trial in done.trials)
    chosen = [k * (len(wanted) - 1) // (SCRATCH - 1) for k in range(SCRATCH)]
    today = from_scratch(city, policy, Scenario(name="today"))
    start = process_time()
    alone = [
        held(wanted[k].name, wanted[k].spelt(), today, from_scratch(city, policy, wanted[k]))
        for k in chosen
    ]
    scratch = (process_time() - start) / len(chosen) * len(wanted)
    if alone != [done.trials[k] for k in chosen]:
        raise ArithmeticError("a sweep and a run from scratch differ")
    print(f"  {refused} of the scenarios cannot hold and are rows with the reason")
    phase(f"from scratch, processor time, {len(chosen)} scaled to {len(wanted)}", scratch)
    phase("the sweep, processor time of all processes", spent, scratch, "from scratch")
    phase("the sweep on the wall", wall)
    kept = verdict("seconds of processor time on 2 processors", spent / 2, LIMIT)
    return verdict("times faster than from scratch", scratch / spent, 1, at_least=True) and kept


def _children() -> float:
    """Seconds of processor time of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
