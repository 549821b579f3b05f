"""(c) Leximin quotas of 30 tiers x 200 uncoupled products against one max-min LP of that size.

Without certificate: all levels of all products in closed form, against a single level of one
program that holds all of them.
"""

from __future__ import annotations

import highspy
import numpy as np

from allocator.allocation.leximin import Lines, leximin_tables, proportional_share
from benchmarks.awards import SHARES
from benchmarks.clock import SEED, phase, seconds, verdict

LIMIT = 4


def main(products: int = 200, retailers: int = 20_000) -> bool:
    """Time both, check that the worst-off level agrees, print."""
    tiers = len(SHARES)
    print(f"(c) quotas: {tiers} tiers x {products} products, {retailers:,} retailers")
    rng = np.random.default_rng(SEED)
    shape = (products, tiers)
    supply = np.rint(np.exp(rng.uniform(np.log(5_000), np.log(150_000), products)))
    ceiling = np.where(rng.random(products) < 0.1, 5, 20)
    lines = Lines(
        tiers=tiers,
        allowed=np.ones(shape, dtype=np.bool_),
        count=np.rint(SHARES / 100 * retailers).astype(np.int64),
        weight=29 + 5 * np.arange(tiers),
        floor=np.zeros(shape, dtype=np.int64),
        ceiling=np.repeat(ceiling[:, None], tiers, axis=1),
        supply=supply.astype(np.int64),
        tier_order=np.ones(products, dtype=np.bool_),
        step=np.ones(products, dtype=np.int64),
    )
    ours = seconds(lambda: leximin_tables(lines), 20)
    solver = _one_program(lines)

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


def _one_program(lines: Lines) -> highspy.Highs:
    """Max L over satisfactions s, with supply, tier order, step and ceiling rows."""
    kappa = proportional_share(lines)
    products, tiers = kappa.shape
    cells = products * tiers
    index = np.arange(cells).reshape(products, tiers)
    scale = kappa.ravel()
    entries: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    bounds: list[np.ndarray] = []
    rows = 0

    def add(columns: list[np.ndarray], values: list[np.ndarray], bound: np.ndarray) -> None:
        nonlocal rows
        for column, value in zip(columns, values, strict=True):
            entries.append((rows + np.arange(len(bound)), column, value))
        bounds.append(bound)
        rows += len(bound)

    add(
        [index[:, t] for t in range(tiers)],
        [lines.count[t] * kappa[:, t] for t in range(tiers)],
        lines.supply.astype(float),
    )
    low, high = index[:, :-1].ravel(), index[:, 1:].ravel()
    add([low, high], [scale[low], -scale[high]], np.zeros(len(low)))
    add([high, low], [scale[high], -scale[low]], np.repeat(lines.step, tiers - 1).astype(float))
    every = np.arange(cells)
    add([np.full(cells, cells), every], [np.ones(cells), -np.ones(cells)], np.zeros(cells))
    row = np.concatenate([part[0] for part in entries])
    column = np.concatenate([part[1] for part in entries])
    value = np.concatenate([part[2] for part in entries])
    order = np.lexsort((column, row))
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = cells + 1, rows
    model.col_cost_ = np.append(np.zeros(cells), -1.0)
    model.col_lower_ = np.zeros(cells + 1)
    model.col_upper_ = np.append(lines.ceiling.ravel() / scale, highspy.kHighsInf)
    model.row_lower_ = np.full(rows, -highspy.kHighsInf)
    model.row_upper_ = np.concatenate(bounds)
    model.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=rows))])
    model.a_matrix_.start_ = starts.astype(np.int32)
    model.a_matrix_.index_ = column[order].astype(np.int32)
    model.a_matrix_.value_ = value[order]
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(model)
    return solver
