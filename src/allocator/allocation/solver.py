"""The one seam to the solver: stage programs in PuLP, solved by HiGHS, kept between stages.

For the open pairs U (``model.md`` 2), in satisfactions s_j = x_j / kappa_j and a free level L::

    min  -L
    s.t. sum_j a_rj kappa_j s_j / scale_r <= b_r / scale_r     row r, largest coefficient 1
         L - s_j <= 0                                          j in U
         f_j / kappa_j <= s_j <= m_j / kappa_j                 fixed pairs: s_j = x_j / kappa_j

The first stage is a PuLP model, written in what PuLP 3.3 and 4 have in common. Later stages change
bounds on the HiGHS model that PuLP leaves behind and run on from its basis. Always minimising with
``<=`` rows makes every reported dual <= 0 on all versions, so multipliers are minus the duals.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from allocator.allocation.entries import Entries
from allocator.allocation.program import Program
from allocator.allocation.tolerances import SECONDS, SOLVER_FEASIBILITY, SOLVER_RESIDUAL
from allocator.errors import NotProvenOptimal
from allocator.records import Flags, Indices, Reals


@dataclass(frozen=True, slots=True, eq=False)
class Optimum:
    """Proven optimum of one stage program.

    level : L, satisfaction of the worst-off open pair, as high as it can be
    alpha : (K,) float64 >= 0, multipliers of the rows L - s_j <= 0; they sum to 1
    y : (R,) float64 >= 0, multipliers of the rows in cartons, on the same scale
    """

    level: float
    alpha: Reals
    y: Reals


class StageModel:
    """The stage programs of one program; the HiGHS model is built when first asked.

    Parameters
    ----------
    program : K pairs
    rows : its R rows
    seconds : time limit of one stage
    """

    def __init__(self, program: Program, rows: Entries, seconds: float = SECONDS) -> None:
        self._program = program
        self._rows = rows
        self._seconds = seconds
        self._weight = rows.coefficient * program.kappa[rows.position]
        largest = np.zeros(len(rows.bound))
        np.maximum.at(largest, rows.row, np.abs(self._weight))
        self._scale = np.where(largest > 0, largest, 1.0)
        self._weight = self._weight / self._scale[rows.row]
        self._used = self._column = np.zeros(0, np.int32)
        self._level_row = np.zeros(0, np.int32)
        self._levelled = np.zeros(0, np.int32)
        self._open = np.zeros(0, np.bool_)
        self._highs: Any = None

    def highest_level(self, is_open: Flags, fixed: Flags, table: Reals) -> Optimum:
        """Raise the worst-off open pair as far as it goes.

        Parameters
        ----------
        is_open : (K,) bool, pairs of U; a pair once closed must stay closed, and fixed
        fixed : (K,) bool, pairs that stay at ``table``, (K,) float64 cartons

        Raises
        ------
        NotProvenOptimal : anything but a proven optimum, or an optimum that breaks its rows
        """
        program = self._program
        low = np.where(fixed, table, program.floor) / program.kappa
        high = np.where(fixed, table, program.ceiling) / program.kappa
        if self._highs is None:
            self._highs = self._first(is_open, low, high)
        else:
            self._next(self._open & ~is_open, low)
        self._open = is_open.copy()
        return self._optimum(is_open, low, high)

    def _first(self, is_open: Flags, low: Reals, high: Reals) -> Any:
        """Write the program in PuLP and solve it; returns the HiGHS model it leaves behind."""
        import pulp  # 250 ms with HiGHS: only who needs the program pays for it

        # A pair that stands in no row has no part in the program, and PuLP 4 would not export it.
        used = is_open.copy()
        used[self._rows.position] = True
        self._used = np.flatnonzero(used).astype(np.int32)
        self._column = _places(self._used, len(used), first=0)
        problem = pulp.LpProblem("quotas", pulp.LpMinimize)
        # PuLP 3.3 sorts columns by name: the padding keeps the order of the pairs.
        s = {
            k: problem.add_variable(f"s{k:06}", float(low[k]), float(high[k]))
            for k in self._used.tolist()
        }
        level = problem.add_variable("z_level")
        problem += -1 * level, "objective"
        ends = np.searchsorted(self._rows.row, np.arange(len(self._rows.bound) + 1)).tolist()
        position, weight = self._rows.position.tolist(), self._weight.tolist()
        bounds = (self._rows.bound / self._scale).tolist()
        for r, (start, end) in enumerate(itertools.pairwise(ends)):
            row = pulp.lpDot(weight[start:end], [s[k] for k in position[start:end]])
            problem += row <= bounds[r], f"row_{r:06}"
        self._levelled = np.flatnonzero(is_open).astype(np.int32)
        self._level_row = _places(self._levelled, len(is_open), first=len(bounds))
        for k in self._levelled.tolist():
            problem += level - s[k] <= 0, f"level_{k:06}"
        problem.solve(
            pulp.HiGHS(
                msg=False,
                threads=1,
                timeLimit=self._seconds,
                presolve="off",
                primal_feasibility_tolerance=SOLVER_FEASIBILITY,
                dual_feasibility_tolerance=SOLVER_FEASIBILITY,
            )
        )
        return problem.solverModel

    def _next(self, closed: Flags, share: Reals) -> None:
        """Fix the pairs ``closed`` at ``share``, take their level rows out, and run on."""
        import highspy

        cells = np.flatnonzero(closed)
        infinite = np.full(len(cells), highspy.kHighsInf)
        model = self._highs
        model.changeColsBounds(len(cells), self._column[cells], share[cells], share[cells])
        model.changeRowsBounds(len(cells), self._level_row[cells], -infinite, infinite)
        model.run()

    def _optimum(self, is_open: Flags, low: Reals, high: Reals) -> Optimum:
        """Read the solution; believe only a proof of optimality and our own residuals."""
        import highspy

        status = self._highs.getModelStatus()
        if status != highspy.HighsModelStatus.kOptimal:
            raise NotProvenOptimal("not-proven-optimal", status=status.name.removeprefix("k"))
        solution = self._highs.getSolution()
        value = np.array(solution.col_value)
        dual = -np.array(solution.row_dual)
        s, level = low.copy(), float(value[-1])
        s[self._used] = value[:-1]
        over = self._rows.sums(s * self._program.kappa) - self._rows.bound
        residual = max(
            float(np.max(over / self._scale, initial=0.0)),
            float(np.max(low - s, initial=0.0)),
            float(np.max(s - high, initial=0.0)),
            float(np.max(level - s[is_open], initial=0.0)),
        )
        if not residual <= SOLVER_RESIDUAL:
            raise NotProvenOptimal("solution-breaks-rows", residual=Decimal(f"{residual:.3g}"))
        alpha = np.zeros(len(s))
        alpha[self._levelled] = np.maximum(dual[len(self._rows.bound) :], 0.0)
        alpha[~is_open] = 0.0
        total = float(alpha.sum())
        if not total > 0:
            raise NotProvenOptimal("no-multipliers", status=status.name.removeprefix("k"))
        y = np.maximum(dual[: len(self._rows.bound)], 0.0) / self._scale
        return Optimum(level, alpha / total, y / total)


def _places(chosen: Indices, positions: int, first: int) -> Indices:
    """Number the ``chosen`` of all positions from ``first`` on; -1 for the others."""
    places = np.full(positions, -1, np.int32)
    places[chosen] = np.arange(first, first + len(chosen), dtype=np.int32)
    return places
