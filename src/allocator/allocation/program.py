"""The quota program of one released line (``model.md`` 2), written down before it is solved.

Variables q_c, cartons for each retailer of cell c, over the K cells that may have the product::

    supply        sum_c N_c q_c <= S
    order/c       q_c - q_c' <= 0            c' the next tier up in c's chain
    step/c        q_c' - q_c <= v_c delta
    bounds        f_c <= q_c <= m_c

v_c is 2 for fortnightly shops of a doubled product, which count twice, and 1 for all others. The
satisfaction of a cell is s_c = q_c / kappa_c with kappa_c = v_c w_c S / sum_c N_c v_c w_c; the
objective is to maximise s leximin over the cells with N_c > 0, then over the empty ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.records import Indices, Reals, Units


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """One released line with S > 0; integers are cartons, already taken to whole lots inward.

    line : p; cells : C, so that the pair of cell c has the number ``line cells + c``
    cell : (K,) int32, rising indices into the C cells, so that a chain is a run of rising tiers
    label : K names of the cells, for row names
    chain : (K,) int64, equal for cells of one segment and rhythm
    count : (K,) int64, N_c >= 0; kappa : (K,) float64 > 0, cartons at satisfaction 1
    floor, ceiling : (K,) int64, 0 <= f <= m
    supply : S > 0; tier_order : whether the order rows stand; step : delta, -1 = none
    visits : (K,) int64, v_c, equal within a chain; ``None`` = 1 throughout
    """

    cell: Indices
    label: tuple[str, ...]
    chain: Units
    count: Units
    kappa: Reals
    floor: Units
    ceiling: Units
    supply: int
    tier_order: bool
    step: int
    visits: Units | None = None
    line: int = 0
    cells: int = 0

    def steps(self) -> Units:
        """Step between each cell and the next of its chain, (K,) int64 cartons, -1 = none."""
        visits = np.ones_like(self.count) if self.visits is None else self.visits
        return np.where(self.step < 0, -1, self.step * visits)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One row ``sum a x <= b`` over positions k of the program's cells."""

    name: str
    position: tuple[int, ...]
    coefficient: tuple[int, ...]
    bound: int


def rows(program: Program) -> tuple[Row, ...]:
    """All rows of the program in the form ``sum a x <= b``: supply, then order, then step."""
    p, label, counted = program.line, program.label, np.flatnonzero(program.count).tolist()
    supply = Row(
        f"supply/{p}", tuple(counted), tuple(program.count[counted].tolist()), program.supply
    )
    below = np.flatnonzero(program.chain[1:] == program.chain[:-1]).tolist()
    order = [Row(f"order/{p}/{label[k]}", (k, k + 1), (1, -1), 0) for k in below]
    most = program.steps().tolist()
    step = [Row(f"step/{p}/{label[k]}", (k + 1, k), (1, -1), most[k]) for k in below]
    return (
        supply,
        *(order if program.tier_order else ()),
        *(step if program.step >= 0 else ()),
    )
