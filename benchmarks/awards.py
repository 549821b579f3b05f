"""(a) Awards for 500,000 retailers x 100 products against one copy of the int16 order matrix.

The matrix stands in the order of the members of a plan (grouped by cell), as the library lays
orders out itself; credits too. Copies are interleaved with runs, since memory speed drifts.
"""

from __future__ import annotations

import resource
import statistics
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl

from allocator.allocation.leximin import Lines, leximin_tables
from allocator.allocation.rounding import Draw
from allocator.allocation.rounds import round_one, round_two
from allocator.allocation.turns import roster
from allocator.allocation.whole_lots import whole_by_turns
from benchmarks.clock import SEED, once, phase, seconds, verdict

SHARES = np.array([0.5, 2, 2, 2, 2.5, *[3] * 2, *[4] * 5, *[5] * 6, *[4] * 5, 3, 3, *[2] * 4, 1])
"""Per cent of retailers from tier 1 up, about those of Qujing."""
LIMIT = 120
RUNS = 5


def main(retailers: int = 500_000, products: int = 100) -> bool:
    """Run, check that every carton is given, print, and tell whether the limit is kept."""
    print(f"(a) awards: {retailers:,} retailers x {products} products, 30 tiers")
    rng = np.random.default_rng(SEED)
    tiers = len(SHARES)
    cell = np.sort(rng.choice(tiers, retailers, p=SHARES / SHARES.sum())).astype(np.int32)
    count = np.bincount(cell, minlength=tiers)
    once_drawn = np.minimum(rng.poisson(6, retailers), 50).astype(np.int16)
    orders = np.stack([np.roll(once_drawn, int(rng.integers(retailers))) for _ in range(products)])
    supply = (orders.sum(axis=1, dtype=np.int64) * rng.uniform(0.2, 0.8, products)).astype(np.int64)
    shape = (products, tiers)
    lines = Lines(
        tiers=tiers,
        allowed=np.ones(shape, dtype=np.bool_),
        count=count,
        weight=29 + 5 * np.arange(tiers),
        floor=np.zeros(shape, dtype=np.int64),
        ceiling=np.full(shape, 20),
        supply=supply,
        tier_order=np.ones(products, dtype=np.bool_),
        step=np.full(products, -1),
    )
    entitlement = leximin_tables(lines)
    # Credits as after many cycles: two values a lot apart in each cell of a product.
    owed = rng.integers(-500_000, 500_000, shape).astype(np.int32)
    credit = np.take(owed, cell, axis=1)  # contiguous by product, as the library keeps credits
    credit += 1_000_000 * (rng.random(credit.shape) < 0.5)
    credit -= 500_000
    members = pl.DataFrame({"retailer_id": [f"R{i:06d}" for i in range(retailers)], "cell": cell})
    labels = tuple(f"{tier + 1}//weekly" for tier in range(tiers))
    listed = roster(members, tiers, "seed", "2026-W47")
    awards, after = np.zeros_like(orders), np.zeros_like(credit)

    def serve(p: int) -> None:
        draw = Draw("seed", "2026-W47", f"P{p}", labels)
        turn = whole_by_turns(entitlement[p], count, 1, credit[p], listed, draw)
        first, cohorts = round_one(orders[p], turn.seated, turn.base, listed)
        awards[p], _ = round_two(
            orders[p],
            first,
            cohorts,
            lines.weight,
            int(supply[p]),
            turn.key,
            turn.sums,
            listed,
            draw,
        )
        after[p] = turn.credit

    target = np.empty_like(orders)
    kept = True
    for threads in (1, 2):
        copies, runs = [], []
        with ThreadPoolExecutor(threads) as pool:
            for _ in range(RUNS + 1):
                copies.append(seconds(lambda: np.copyto(target, orders), 5))
                each = map if threads == 1 else pool.map
                runs.append(once(lambda: list(each(serve, range(products)))))  # noqa: B023
        copy, run = statistics.median(copies[1:]), statistics.median(runs[1:])
        if not (awards.sum(axis=1, dtype=np.int64) == supply).all():
            raise ArithmeticError("awards do not add up to the supply")
        phase(f"{threads} thread: seats, both rounds, credits", run, copy, "copies")
        kept &= verdict(f"copies on {threads} thread", run / copy, LIMIT)
    phase("one copy of the order matrix", copy)
    draw_list = once(lambda: roster(members, tiers, "seed", "2026-W47"))
    phase("the list (one hash per retailer), once a cycle", draw_list, copy, "copies")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"  peak memory {peak:,.0f} MB, inputs included")
    return kept
