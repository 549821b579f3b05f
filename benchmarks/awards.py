"""(a) Awards for 500,000 retailers x 100 products against one copy of the int16 order matrix.

The matrix stands in the order of the members of a plan (grouped by cell), as the library lays
orders out itself; credits too. Awards are written over the orders and credits after the cycle over
those before. Copies are interleaved with runs, since memory speed drifts.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from allocator.allocation.leximin import Lines, leximin_tables
from allocator.allocation.rounding import Draw
from allocator.allocation.rounds import round_one, round_two
from allocator.allocation.turns import Roster, roster
from allocator.allocation.whole_lots import whole_by_turns
from benchmarks.clock import SEED, once, peak_memory, phase, seconds, verdict

SHARES = np.array([0.5, 2, 2, 2, 2.5, *[3] * 2, *[4] * 5, *[5] * 6, *[4] * 5, 3, 3, *[2] * 4, 1])
"""Per cent of retailers from tier 1 up, about those of Qujing."""
COPIES, MATRICES = 60, 4
"""Limits on two threads: time in copies of the order matrix, peak memory in order matrices."""
RUNS = 7
CYCLE = "2026-W47"


@dataclass(frozen=True, slots=True, eq=False)
class Season:
    """One cycle: a list of r retailers in 30 cells, P lines.

    orders : (P, r) int16 lots; credit : (P, r) int32 millionths of a lot
    entitlement : (P, C) lots; supply : (P,) int64 lots; count, weight : (C,) int64
    """

    listed: Roster
    drawing: float
    orders: np.ndarray
    credit: np.ndarray
    entitlement: np.ndarray
    supply: np.ndarray
    count: np.ndarray
    weight: np.ndarray

    def serve(self, p: int) -> None:
        """Seats, both rounds and credits of line p: awards over orders, credits over credits."""
        labels = tuple(f"{tier + 1}//weekly" for tier in range(len(self.count)))
        draw = Draw("seed", CYCLE, f"P{p}", labels)
        listed = replace(self.listed)  # which knows no reading start of an earlier run
        orders, credit = self.orders[p], self.credit[p]
        turn = whole_by_turns(
            self.entitlement[p],
            self.count,
            1,
            credit,
            listed,
            draw,
            int(self.supply[p]),
            out=credit,
        )
        first, cohorts = round_one(orders, turn.seated, turn.base, listed)
        orders[:], _ = round_two(
            orders,
            first,
            cohorts,
            self.weight,
            int(self.supply[p]),
            turn.key,
            turn.sums,
            listed,
            draw,
        )

    def serve_all(self, threads: int) -> float:
        """Wall seconds for all lines; every carton of the supply must have been given."""
        with ThreadPoolExecutor(threads) as pool:
            each = map if threads == 1 else pool.map
            took = once(lambda: list(each(self.serve, range(len(self.orders)))))
        if (self.orders.sum(axis=1, dtype=np.int64) != self.supply).any():
            raise ArithmeticError("awards do not add up to the supply")
        return took


def season(retailers: int, products: int) -> Season:
    """Poisson orders of the same distribution for every line, supplies of 20 to 80 per cent."""
    rng = np.random.default_rng(SEED)
    tiers = len(SHARES)
    cell = np.sort(rng.choice(tiers, retailers, p=SHARES / SHARES.sum())).astype(np.int32)
    count = np.bincount(cell, minlength=tiers)
    members = pl.DataFrame({"retailer_id": [f"R{i:07d}" for i in range(retailers)], "cell": cell})
    drawn: list[Roster] = []
    drawing = once(lambda: drawn.append(roster(members, tiers, "seed", CYCLE)))
    ordered = np.minimum(rng.poisson(6, retailers), 50).astype(np.int16)
    orders = np.empty((products, retailers), np.int16)
    credit = np.empty((products, retailers), np.int32)
    for p in range(products):
        orders[p] = np.roll(ordered, int(rng.integers(retailers)))
        # Credits as after many cycles: two values a lot apart in each cell of a product.
        credit[p] = rng.integers(-1_000_000, 0, tiers).astype(np.int32)[cell]
        credit[p] += 1_000_000 * rng.integers(0, 2, retailers, dtype=np.int32)
    supply = orders.sum(axis=1, dtype=np.int64) * rng.integers(20, 80, products) // 100
    shape, weight = (products, tiers), 29 + 5 * np.arange(tiers)
    entitlement = leximin_tables(
        Lines(
            tiers=tiers,
            allowed=np.ones(shape, dtype=np.bool_),
            count=count,
            weight=weight,
            floor=np.zeros(shape, dtype=np.int64),
            ceiling=np.full(shape, 20),
            supply=supply,
            tier_order=np.ones(products, dtype=np.bool_),
            step=np.full(products, -1),
        )
    )
    return Season(drawn[0], drawing, orders, credit, entitlement, supply, count, weight)


def main(retailers: int = 500_000, products: int = 100) -> bool:
    """Run on one thread and on two, then once more alone for memory; tell whether limits hold."""
    print(f"(a) awards: {retailers:,} retailers x {products} products, 30 tiers")
    cycle = season(retailers, products)
    orders, credit = cycle.orders.copy(), cycle.credit.copy()
    target = np.empty_like(orders)
    ratio = {}
    for threads in (1, 2):
        copies, runs = [], []
        for _ in range(RUNS + 1):
            np.copyto(cycle.orders, orders)
            np.copyto(cycle.credit, credit)
            copies.append(seconds(lambda: np.copyto(target, orders), 5))
            runs.append(cycle.serve_all(threads))
        copy, run = statistics.median(copies[1:]), statistics.median(runs[1:])
        ratio[threads] = run / copy
        phase(f"{threads} thread: seats, both rounds, credits", run, copy, "copies")
    phase("one copy of the order matrix", copy)
    phase("the list (one hash per retailer), once a cycle", cycle.drawing, copy, "copies")
    kept = verdict("copies on 2 threads", ratio[2], COPIES)
    alone = measured_alone(retailers, products)
    print(f"  a process of its own grows by {alone.grown / 2**20:,.0f} MB, orders included")
    return verdict("order matrices of peak memory", alone.matrices, MATRICES) and kept


@dataclass(frozen=True, slots=True)
class Alone:
    """One pass on two threads in a process of its own.

    serve, draw, copy : seconds for the awards, the list, one copy of the order matrix
    grown : bytes from the end of the imports to the peak; matrices : the same in order matrices
    """

    serve: float
    draw: float
    copy: float
    grown: int
    matrices: float


def measured_alone(retailers: int, products: int) -> Alone:
    """Time and peak memory without whatever this process has held before."""
    command = [sys.executable, "-m", "benchmarks.awards", str(retailers), str(products)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, capture_output=True, check=True, text=True, cwd=root)
    return Alone(*json.loads(done.stdout))


def _alone(retailers: int, products: int) -> None:
    idle, _ = peak_memory()
    cycle = season(retailers, products)
    serve = cycle.serve_all(2)
    grown = peak_memory()[1] - idle
    # As many lines as make a matrix that is far too large for the caches, whatever r is.
    lines = max(1, min(products, 50_000_000 // retailers))
    part = cycle.orders[:lines]
    target = np.empty_like(part)
    copy = seconds(lambda: np.copyto(target, part), 5) * products / lines
    matrices = grown / cycle.orders.nbytes
    print(json.dumps([serve, cycle.drawing, copy, grown, matrices]))


if __name__ == "__main__":
    _alone(int(sys.argv[1]), int(sys.argv[2]))
