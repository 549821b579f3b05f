"""The per-retailer program as other packages take it: one variable for each retailer.

max L with x_i >= L w_i, 0 <= x_i <= d_i, sum x_i <= S. Each takes (order, weight, supply) as
arrays of n and returns L; building the model is part of the work.
``python -m benchmarks.peers NAME N`` prints the level and the seconds, imports apart.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.clock import SEED, once

Solve = Callable[[np.ndarray, np.ndarray, int], float]


def case(retailers: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, int]:
    """Orders (n,) int16, cell (n,) sorted, weight of the 30 cells, supply of a fifth."""
    rng = np.random.default_rng(SEED)
    cell = np.sort(rng.integers(0, 30, retailers))
    order = (40 + rng.poisson(60, retailers)).astype(np.int16)
    return order, cell, 29 + 5 * np.arange(30), int(order.sum(dtype=np.int64) // 5)


def by_pulp(solver: str) -> Solve:
    def solve(order: np.ndarray, weight: np.ndarray, supply: int) -> float:
        import pulp

        problem = pulp.LpProblem("level", pulp.LpMinimize)
        level = problem.add_variable("level", 0)
        x = [problem.add_variable(f"x{i:07}", 0, d) for i, d in enumerate(order.tolist())]
        problem += -1 * level, "objective"
        problem += pulp.lpSum(x) <= supply, "supply"
        for i, (share, w) in enumerate(zip(x, weight.tolist(), strict=True)):
            problem += w * level - share <= 0, f"level{i:07}"
        options = {"msg": False, "threads": 1} if solver == "HiGHS" else {"msg": False}
        problem.solve(getattr(pulp, solver)(**options))
        return float(level.value())

    return solve


def by_highspy(solver: str) -> Solve:
    """Columns x_1..x_n, L; rows sum x <= S and w_i L - x_i <= 0, handed over as arrays."""

    def solve(order: np.ndarray, weight: np.ndarray, supply: int) -> float:
        import highspy

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
        highs = highspy.Highs()
        highs.setOptionValue("output_flag", False)
        highs.setOptionValue("threads", 1)
        highs.setOptionValue("solver", solver)
        if solver == "ipm":
            highs.setOptionValue("run_crossover", "off")
        highs.passModel(model)
        highs.run()
        return float(highs.getSolution().col_value[n])

    return solve


def by_glop(order: np.ndarray, weight: np.ndarray, supply: int) -> float:
    from ortools.linear_solver.python import model_builder

    model = model_builder.Model()
    level = model.new_num_var(0, np.inf, "level")
    x = [model.new_num_var(0, d, "") for d in order.tolist()]
    model.add(model_builder.LinearExpr.sum(x) <= supply)
    for share, w in zip(x, weight.tolist(), strict=True):
        model.add(w * level - share <= 0)
    model.maximize(level)
    solver = model_builder.Solver("glop")
    solver.solve(model)
    return float(solver.value(level))


def by_clarabel(order: np.ndarray, weight: np.ndarray, supply: int) -> float:
    import cvxpy

    x, level = cvxpy.Variable(len(order)), cvxpy.Variable()
    rows = [x >= level * weight, x <= order.astype(float), cvxpy.sum(x) <= supply]
    problem = cvxpy.Problem(cvxpy.Maximize(level), rows)
    problem.solve(solver=cvxpy.CLARABEL)
    return float(level.value)


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to solve it, and the packages it needs."""

    solve: Solve
    packages: tuple[str, ...]


PEERS = {
    "PuLP + CBC": Peer(by_pulp("PULP_CBC_CMD"), ("pulp",)),
    "PuLP + HiGHS": Peer(by_pulp("HiGHS"), ("pulp", "highspy")),
    "highspy, simplex": Peer(by_highspy("simplex"), ("highspy",)),
    "highspy, interior point": Peer(by_highspy("ipm"), ("highspy",)),
    "OR-tools GLOP": Peer(by_glop, ("ortools",)),
    "cvxpy + Clarabel": Peer(by_clarabel, ("cvxpy", "clarabel")),
}


def _one(name: str, retailers: int) -> None:
    peer = PEERS[name]
    for package in peer.packages:
        importlib.import_module(package)
    order, cell, weight, supply = case(retailers)
    found: list[float] = []
    took = once(lambda: found.append(peer.solve(order, weight[cell], supply)))
    print(json.dumps([found[0], took]))


if __name__ == "__main__":
    _one(sys.argv[1], int(sys.argv[2]))
