"""(e) Leximin of 30 tiers x 200 products coupled by baskets, against one max-min LP of the model.

The direct algorithm for all levels of all products, then with multipliers for the certificate; the
peer finds a single level of one program that holds all of them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from allocator.allocation.coupled import quota_tables
from allocator.allocation.leximin import Lines, proportional_share
from allocator.allocation.programs import components, program_of
from allocator.allocation.stages import leximin_stages, prove
from allocator.records import MICRO, Cells, Group, JointLimit
from benchmarks.clock import once, phase, seconds, verdict
from benchmarks.quotas import max_min, scarce_lines

LIMIT = 1
LIMIT_WITH_PROOF = 2


def main(products: int = 200, retailers: int = 20_000, baskets: int = 10) -> bool:
    """Time both, check that the worst-off levels agree, print."""
    lines, cells = coupled_city(products, retailers, baskets)
    size = f"{lines.tiers} tiers x {products} products"
    print(f"(e) coupled quotas: {size}, {baskets} baskets, a group each")
    programs = [program_of(lines, part, cells) for part in components(lines)]
    ours = seconds(lambda: quota_tables(lines, cells), 10)
    table = quota_tables(lines, cells).ravel()
    stages = 0

    def with_proof() -> None:
        nonlocal stages
        table = quota_tables(lines, cells).ravel()
        stages = 0
        for part in components(lines):
            program = program_of(lines, part, cells)
            stages += len(prove(program, table[program.pair]))

    proven = seconds(with_proof, 3)
    by_program = once(lambda: [leximin_stages(program) for program in programs])
    solver = max_min(programs)

    def solve() -> None:
        solver.clearSolver()
        solver.run()

    one = seconds(solve, 3)
    phase("one max-min LP by highspy, built beforehand", one)
    phase("leximin tables, all levels", ours, one, "LPs")
    phase(f"with multipliers of {stages:,} stages", proven, one, "LPs")
    phase("staged programs by PuLP and HiGHS, with multipliers", by_program, one, "LPs")
    worst = min(float((table[program.pair] / program.kappa).min()) for program in programs)
    level = float(solver.getSolution().col_value[-1])
    print(f"  worst-off satisfaction: direct {worst:.9f}, LP {level:.9f}")
    if abs(worst - level) > 1e-6 * level:
        raise ArithmeticError("the levels differ")
    kept = verdict("LPs", ours / one, LIMIT)
    return verdict("LPs with certificate", proven / one, LIMIT_WITH_PROOF) & kept


def coupled_city(products: int, retailers: int, baskets: int) -> tuple[Lines, Cells]:
    """Lines of which every ``products / baskets`` share a basket, the top tiers capped in each."""
    free, cells, rng = scarce_lines(products, retailers)
    tiers, count, supply = free.tiers, free.count, free.supply
    share = proportional_share(free)
    upper = np.arange(25, tiers, dtype=np.int32)
    most = (supply * rng.uniform(0.25, 0.5, products)).astype(np.int64)
    groups = tuple(
        Group(0, p, upper, count[upper] * MICRO, -1, int(most[p])) for p in range(products)
    )
    together = np.split(np.arange(products, dtype=np.int32), baskets)
    limits = tuple(
        JointLimit(
            f"basket {b}",
            lines,
            np.full(tiers, int(share[lines].sum(axis=0).max() * rng.uniform(0.45, 0.95))),
        )
        for b, lines in enumerate(together)
    )
    return replace(free, groups=groups, baskets=limits), cells
