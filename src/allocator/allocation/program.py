"""The quota program of one line, or of the lines that baskets join (``model.md`` 2).

Variables q_j, cartons for each retailer, over the K pairs j = (line p, cell c) that may be::

    supply/p      sum_c n_pc q_pc <= S_p             n_pc = N_c u_pc, what one carton each takes
    most/g        sum_{c in G} n_gc q_pc <= M_g      group g of line p
    least/g      -sum_{c in G} n_gc q_pc <= -m_g
    basket/b/c    sum_{p in B} q_pc <= b_c
    order/p/c     q_pc - q_pc' <= 0                  c' the next tier up in c's chain
    step/p/c      q_pc' - q_pc <= v_pc delta_p
    bounds        f_pc <= q_pc <= m_pc

v is 2 for fortnightly shops of a doubled product, which count twice, and 1 for all others. The
satisfaction of a pair is s_j = q_j / kappa_j with kappa_pc = v_pc w_c S_p / sum_c n_pc v_pc w_c;
the objective is to maximise s leximin over the pairs with n > 0, then over the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.allocation.entries import Entries
from allocator.allocation.tolerances import TIGHT
from allocator.records import Flags, Reals, Units


@dataclass(frozen=True, slots=True)
class Row:
    """One limit ``sum a x <= b`` over positions k of the program's pairs."""

    name: str
    position: tuple[int, ...]
    coefficient: tuple[float, ...]
    bound: float


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """K pairs with their bounds, chains and limits; every released line has S > 0.

    pair : (K,) int64, numbers ``p C + c``, rising, so that a chain is a run of rising tiers
    label : K names ``p/cell`` for the names of order and step rows
    chain : (K,) int64, equal for pairs of one line, segment and rhythm
    counted : (K,) bool, n > 0; kappa : (K,) float64 > 0, cartons at satisfaction 1
    floor, ceiling : (K,) float64 cartons, 0 <= f <= m
    order : (K,) bool, whether an order row stands between k and the next of its chain
    step : (K,) float64 cartons, bound of the step row between them; -1 = none
    limits : supply, group and basket rows
    joint : whether baskets stand; without them the pairs that nobody has need no proof
    """

    pair: Units
    label: tuple[str, ...]
    chain: Units
    counted: Flags
    kappa: Reals
    floor: Reals
    ceiling: Reals
    order: Flags
    step: Reals
    limits: tuple[Row, ...]
    joint: bool = False

    def joined(self) -> Flags:
        """Whether pair k and the next one are neighbours of one chain, (K,) bool."""
        return np.append(self.chain[1:] == self.chain[:-1], False)

    def name(self, r: int) -> str:
        """Name of row r in the order of ``matrix``."""
        if r < len(self.limits):
            return self.limits[r].name
        order = np.flatnonzero(self.order)
        r -= len(self.limits)
        if r < len(order):
            return f"order/{self.label[order[r]]}"
        return f"step/{self.label[np.flatnonzero(self.step >= 0)[r - len(order)]]}"


def matrix(program: Program) -> Entries:
    """All rows ``sum a x <= b``: the limits, then order, then step."""
    order, step = np.flatnonzero(program.order), np.flatnonzero(program.step >= 0)
    lengths = [len(row.position) for row in program.limits]
    first = len(lengths)
    pairs = 2 * (len(order) + len(step))
    return Entries(
        row=np.concatenate(
            [np.repeat(np.arange(first), lengths), first + np.repeat(np.arange(pairs // 2), 2)]
        ).astype(np.int32),
        position=np.concatenate(
            [
                np.array([k for row in program.limits for k in row.position], np.int64),
                np.stack([order, order + 1], axis=1).ravel(),
                np.stack([step + 1, step], axis=1).ravel(),
            ]
        ).astype(np.int32),
        coefficient=np.concatenate(
            [
                np.array([a for row in program.limits for a in row.coefficient], np.float64),
                np.tile([1.0, -1.0], pairs // 2),
            ]
        ),
        bound=np.concatenate(
            [[row.bound for row in program.limits], np.zeros(len(order)), program.step[step]]
        ).astype(np.float64),
        positions=len(program.kappa),
    )


def greatest_table(program: Program, top: Reals) -> Reals:
    """The greatest table with x <= ``top`` that keeps tier order and steps, (K,) cartons."""
    x, order, step = top.tolist(), program.order.tolist(), program.step.tolist()
    for k in range(len(x) - 2, -1, -1):
        if order[k]:
            x[k] = min(x[k], x[k + 1])
    for k in range(len(x) - 1):
        if step[k] >= 0:
            x[k + 1] = min(x[k + 1], x[k] + step[k])
    return np.array(x, np.float64)


def near(value: float) -> float:
    """Cartons by which two quotas about ``value`` may differ and still count as equal."""
    return TIGHT * (1.0 + abs(value))
