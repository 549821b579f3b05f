"""(c) Leximin quotas of 30 tiers x 200 uncoupled products against one max-min LP of that size.

Without certificate: all levels of all products in closed form, against a single level of one
program that holds all of them.
"""

from __future__ import annotations

import highspy
import numpy as np

from allocator.allocation.leximin import Lines, leximin_tables, proportional_share
from allocator.allocation.program import Program, matrix
from allocator.allocation.programs import components, program_of
from allocator.records import Cells
from benchmarks.awards import SHARES
from benchmarks.clock import SEED, phase, seconds, verdict

LIMIT = 4


def main(products: int = 200, retailers: int = 20_000) -> bool:
    """Time both, check that the worst-off level agrees, print."""
    lines, cells, _ = scarce_lines(products, retailers)
    print(f"(c) quotas: {lines.tiers} tiers x {products} products, {retailers:,} retailers")
    ours = seconds(lambda: leximin_tables(lines), 20)
    solver = max_min([program_of(lines, part, cells) for part in components(lines)])

    def solve() -> None:
        solver.clearSolver()
        solver.run()

    one = seconds(solve, 5)
    phase("one max-min LP by highspy, built beforehand", one)
    phase("leximin tables, all levels", ours, one, "LPs")
    kappa = proportional_share(lines)
    worst = float((leximin_tables(lines) / kappa).min())
    level = float(solver.getSolution().col_value[-1])
    print(f"  worst-off satisfaction: closed form {worst:.9f}, LP {level:.9f}")
    if abs(worst - level) > 1e-6 * level:
        raise ArithmeticError("the levels differ")
    return verdict("LPs", ours / one, LIMIT)


def scarce_lines(products: int, retailers: int) -> tuple[Lines, Cells, np.random.Generator]:
    """Products of 5,000 to 150,000 cartons, a tenth with ceilings of 5, steps of 1."""
    tiers = len(SHARES)
    rng = np.random.default_rng(SEED)
    shape = (products, tiers)
    supply = np.rint(np.exp(rng.uniform(np.log(5_000), np.log(150_000), products)))
    ceiling = np.where(rng.random(products) < 0.1, 5, 20)
    cells = Cells(
        tier=np.arange(1, tiers + 1),
        segment=("",) * tiers,
        rhythm=("weekly",) * tiers,
        count=np.rint(SHARES / 100 * retailers).astype(np.int64),
        weight=29 + 5 * np.arange(tiers),
        weight_unit=1,
    )
    lines = Lines(
        tiers=tiers,
        allowed=np.ones(shape, dtype=np.bool_),
        count=cells.count,
        weight=cells.weight,
        floor=np.zeros(shape, dtype=np.int64),
        ceiling=np.repeat(ceiling[:, None], tiers, axis=1),
        supply=supply.astype(np.int64),
        tier_order=np.ones(products, dtype=np.bool_),
        step=np.ones(products, dtype=np.int64),
    )
    return lines, cells, rng


def max_min(programs: list[Program]) -> highspy.Highs:
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
