"""(b) The first leximin level of one product over orders, counted against variable by variable.

The library reduces 10,000 retailers to cohorts of equal weight and order; the peers get one
variable for each retailer (see ``peers``).
"""

from __future__ import annotations

import numpy as np

from allocator.allocation.rounds import round_one, uniform_level
from allocator.allocation.turns import Roster
from benchmarks.clock import once, phase, seconds, verdict
from benchmarks.peers import PEERS, case

AGREE = 1e-6


def counted(order: np.ndarray, cell: np.ndarray, weight: np.ndarray, supply: int) -> float:
    """The level as the library finds it: cohorts counted, level solved on them."""
    size = np.bincount(cell, minlength=len(weight))
    roster = Roster(
        np.concatenate([[0], np.cumsum(size)]),
        np.zeros(len(order), dtype=np.uint32),
        np.zeros(len(order), dtype=np.int32),
        np.zeros(len(order), dtype=np.uint64),
    )
    nobody, no_base = np.zeros(len(order), dtype=np.bool_), np.zeros(len(weight), dtype=np.int64)
    _, cohorts = round_one(order, nobody, no_base, roster)
    level = uniform_level(cohorts, weight, supply)
    uniform = np.inf if level is None else level[0] / level[1]
    return min(uniform, float((cohorts.order / weight[cohorts.cell]).min()))


def main(retailers: int = 10_000) -> bool:
    """Time the three ways, compare their levels, print."""
    print(f"(b) first leximin level: 1 product, {retailers:,} retailers, 30 tiers")
    order, cell, weight, supply = case(retailers)
    found: dict[str, float] = {}
    ours = seconds(lambda: found.update(cohorts=counted(order, cell, weight, supply)), 50)
    phase("cohorts counted and level solved", ours)
    took = {}
    for name, runs in (("PuLP + HiGHS", 1), ("highspy, interior point", 3)):
        solve = PEERS[name].solve

        def solved(name: str = name, solve=solve) -> None:
            found[name] = solve(order, weight[cell], supply)

        took[name] = once(solved) if runs == 1 else seconds(solved, runs)
        phase(f"{name}, one variable per retailer", took[name], ours, "ours")
    spread = max(found.values()) - min(found.values())
    print("  levels " + ", ".join(f"{name} {level:.9f}" for name, level in found.items()))
    if spread > AGREE * max(found.values()):
        raise ArithmeticError(f"levels differ by {spread}")
    pulp, interior = took.values()
    kept = verdict("times faster than PuLP + HiGHS", pulp / ours, 400, at_least=True)
    return verdict("times faster than interior point", interior / ours, 100, at_least=True) & kept
