"""(b) The first leximin level of one product over orders, counted against variable by variable.

max L with x_i >= L w_i, x_i <= d_i, sum x_i <= S. The library reduces 10,000 retailers to cohorts
of equal weight and order; the peers get one variable for each retailer.
"""

from __future__ import annotations

import highspy
import numpy as np
import pulp

from allocator.allocation.rounds import round_one, uniform_level
from allocator.allocation.turns import Roster
from benchmarks.clock import SEED, once, phase, seconds, verdict

AGREE = 1e-6


def main(retailers: int = 10_000) -> bool:
    """Time the three ways, compare their levels, print."""
    print(f"(b) first leximin level: 1 product, {retailers:,} retailers, 30 tiers")
    rng = np.random.default_rng(SEED)
    cell = np.sort(rng.integers(0, 30, retailers))
    weight = 29 + 5 * np.arange(30)
    order = (40 + rng.poisson(60, retailers)).astype(np.int16)
    supply = int(order.sum(dtype=np.int64) // 5)
    size = np.bincount(cell, minlength=30)
    roster = Roster(
        np.concatenate([[0], np.cumsum(size)]),
        np.zeros(retailers, dtype=np.int32),
        np.zeros(retailers, dtype=np.int32),
        np.zeros(retailers, dtype=np.uint64),
    )
    nobody, no_base = np.zeros(retailers, dtype=np.bool_), np.zeros(30, dtype=np.int64)
    found: dict[str, float] = {}

    def counted() -> None:
        _, cohorts = round_one(order, nobody, no_base, roster)
        level = uniform_level(cohorts, weight, supply)
        uniform = np.inf if level is None else level[0] / level[1]
        found["cohorts"] = min(uniform, float((cohorts.order / weight[cohorts.cell]).min()))

    ours = seconds(counted, 50)
    phase("cohorts counted and level solved", ours)
    with_pulp = once(lambda: found.update(pulp=_by_pulp(order, weight[cell], supply)))
    phase("PuLP + HiGHS, one variable per retailer", with_pulp, ours, "ours")
    interior = seconds(lambda: found.update(interior=_by_ipm(order, weight[cell], supply)), 3)
    phase("highspy interior point, no crossover", interior, ours, "ours")
    spread = max(found.values()) - min(found.values())
    print("  levels " + ", ".join(f"{name} {level:.9f}" for name, level in found.items()))
    if spread > AGREE * max(found.values()):
        raise ArithmeticError(f"levels differ by {spread}")
    kept = verdict("times faster than PuLP + HiGHS", with_pulp / ours, 400, at_least=True)
    return verdict("times faster than interior point", interior / ours, 100, at_least=True) & kept


def _by_pulp(order: np.ndarray, weight: np.ndarray, supply: int) -> float:
    problem = pulp.LpProblem("level", pulp.LpMinimize)
    level = problem.add_variable("level", 0)
    x = [problem.add_variable(f"x{i:06}", 0, d) for i, d in enumerate(order.tolist())]
    problem += -1 * level, "objective"
    problem += pulp.lpSum(x) <= supply, "supply"
    for i, (share, w) in enumerate(zip(x, weight.tolist(), strict=True)):
        problem += w * level - share <= 0, f"level{i:06}"
    problem.solve(pulp.HiGHS(msg=False, threads=1))
    return float(level.value())


def _by_ipm(order: np.ndarray, weight: np.ndarray, supply: int) -> float:
    """Columns x_1..x_n, L; rows sum x <= S and w_i L - x_i <= 0, handed over as arrays."""
    n = len(order)
    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = n + 1, n + 1
    model.col_cost_ = np.append(np.zeros(n), -1.0)
    model.col_lower_ = np.zeros(n + 1)
    model.col_upper_ = np.append(order.astype(float), highspy.kHighsInf)
    model.row_lower_ = np.full(n + 1, -highspy.kHighsInf)
    model.row_upper_ = np.append(float(supply), np.zeros(n))
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_ = np.append(2 * np.arange(n + 1), 3 * n).astype(np.int32)
    rows = np.stack([np.zeros(n), 1 + np.arange(n)], axis=1).ravel()
    model.a_matrix_.index_ = np.append(rows, 1 + np.arange(n)).astype(np.int32)
    model.a_matrix_.value_ = np.append(np.tile([1.0, -1.0], n), weight.astype(float))
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("solver", "ipm"),
        ("run_crossover", "off"),
    ):
        solver.setOptionValue(option, value)
    solver.passModel(model)
    solver.run()
    return float(solver.getSolution().col_value[n])
