"""(e) Leximin of 30 tiers x 200 products coupled by baskets, against one max-min LP of the model.

The direct algorithm for all levels of all products, then with multipliers for the certificate; the
peer finds a single level of one program that holds all of them.
"""

from __future__ import annotations

import highspy
import numpy as np

from allocator.allocation.coupled import quota_tables
from allocator.allocation.leximin import Lines, proportional_share
from allocator.allocation.program import Program, matrix
from allocator.allocation.programs import components, program_of
from allocator.allocation.stages import leximin_stages, prove
from allocator.records import MICRO, Cells, Group, JointLimit
from benchmarks.awards import SHARES
from benchmarks.clock import SEED, once, phase, seconds, verdict

LIMIT = 1
LIMIT_WITH_PROOF = 2


def main(products: int = 200, retailers: int = 20_000, baskets: int = 10) -> bool:
    """Time both, check that the worst-off levels agree, print."""
    tiers = len(SHARES)
    print(
        f"(e) coupled quotas: {tiers} tiers x {products} products, {baskets} baskets, a group each"
    )
    lines, cells = coupled_city(products, retailers, baskets)
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
    solver = _max_min(programs)

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
    tiers = len(SHARES)
    rng = np.random.default_rng(SEED)
    shape = (products, tiers)
    count = np.rint(SHARES / 100 * retailers).astype(np.int64)
    supply = np.rint(np.exp(rng.uniform(np.log(5_000), np.log(150_000), products)))
    ceiling = np.where(rng.random(products) < 0.1, 5, 20)
    free = Lines(
        tiers=tiers,
        allowed=np.ones(shape, dtype=np.bool_),
        count=count,
        weight=29 + 5 * np.arange(tiers),
        floor=np.zeros(shape, dtype=np.int64),
        ceiling=np.repeat(ceiling[:, None], tiers, axis=1),
        supply=supply.astype(np.int64),
        tier_order=np.ones(products, dtype=np.bool_),
        step=np.ones(products, dtype=np.int64),
    )
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
    cells = Cells(
        tier=np.arange(1, tiers + 1),
        segment=("",) * tiers,
        rhythm=("weekly",) * tiers,
        count=count,
        weight=free.weight,
        weight_unit=1,
    )
    return Lines(
        **{name: getattr(free, name) for name in free.__dataclass_fields__}
        | {"groups": groups, "baskets": limits}
    ), cells


def _max_min(programs: list[Program]) -> highspy.Highs:
    """Max L over satisfactions s with all rows of the programs, scaled to largest coefficient 1."""
    parts = [matrix(program) for program in programs]
    first = np.cumsum([0, *(len(part.bound) for part in parts)])
    column_of = np.cumsum([0, *(part.positions for part in parts)])
    kappa = np.concatenate([program.kappa for program in programs])
    bound = np.concatenate([part.bound for part in parts])
    own = np.concatenate([part.row + at for part, at in zip(parts, first, strict=False)])
    cell = np.concatenate([part.position + at for part, at in zip(parts, column_of, strict=False)])
    weight = np.concatenate([part.coefficient for part in parts]) * kappa[cell]
    scale, pairs, rows = np.zeros(len(bound)), len(kappa), len(bound)
    np.maximum.at(scale, own, np.abs(weight))
    every = np.arange(pairs)
    row = np.concatenate([own, np.repeat(rows + every, 2)])
    column = np.concatenate([cell, np.stack([every, np.full(pairs, pairs)], 1).ravel()])
    value = np.concatenate([weight / scale[own], np.tile([-1.0, 1.0], pairs)])
    order = np.argsort(row, kind="stable")
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = pairs + 1, rows + pairs
    model.col_cost_ = np.append(np.zeros(pairs), -1.0)
    low = np.concatenate([program.floor for program in programs])
    high = np.concatenate([program.ceiling for program in programs])
    model.col_lower_ = np.append(low / kappa, 0.0)
    model.col_upper_ = np.append(high / kappa, highspy.kHighsInf)
    model.row_lower_ = np.full(rows + pairs, -highspy.kHighsInf)
    model.row_upper_ = np.append(bound / scale, np.zeros(pairs))
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows + pairs))])
    model.a_matrix_.start_ = starts.astype(np.int32)
    model.a_matrix_.index_ = column[order].astype(np.int32)
    model.a_matrix_.value_ = value[order]
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    return solver
