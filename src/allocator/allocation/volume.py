"""The greatest volume of a plan, and what a fair plan gives up against it (``model.md`` 2).

The volume of a program is what its quotas take from the supply, ``V = sum n x``, cartons. A line
alone reaches the least of its supply and of what the greatest table takes; where a leximin table
reaches that for all lines of its program, no other has more. Elsewhere a linear program tells, and
its multipliers y >= 0 prove it: with rho_j = n_j - sum_r y_r a_rj every table has

    V <= sum_r y_r b_r + sum_j max(rho_j f_j, rho_j m_j)

Many tables have the greatest volume; the leximin one among them is the only one that does not
depend on the solver.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from allocator.allocation.leximin import Lines, greatest_table
from allocator.allocation.program import Program, Row, matrix, near
from allocator.allocation.programs import components, lines_of, program_of
from allocator.allocation.tolerances import VOLUME_SHARE
from allocator.errors import NotProvenOptimal
from allocator.records import Cells, QuotaPlan, Reals, Stage


@dataclass(frozen=True, slots=True, eq=False)
class Most:
    """The greatest volume of one program.

    volume : cartons; y : multipliers that prove it, by row name, only those > 0
    """

    volume: float
    y: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Price:
    """What the objective costs one program in volume.

    lines : indices p, rising; volume, most : cartons that are planned, and that could be
    """

    lines: tuple[int, ...]
    volume: float
    most: float

    @property
    def given_up(self) -> float:
        """Cartons that the plan hands out less than the most; rounding of sums is none."""
        less = self.most - self.volume
        return less if less > 2 * _slack(self.most) else 0.0


def price_of_fairness(plan: QuotaPlan) -> tuple[Price, ...]:
    """The volume of each program of a plan and the greatest there could be, by first line.

    Entitlements are compared, before whole cartons are made. Where baskets couple lines, only
    their sum is told: what one of them gives up another may gain.

    Raises
    ------
    NotProvenOptimal : the solver gave no proof
    """
    if plan.source != "planned":
        return ()
    lines = lines_of(plan)
    parts = components(lines)
    volume, ample = volumes(lines, plan.entitlement), _ample(lines)
    told = {part: _sum(ample, part) for part in parts}
    short = [part for part in parts if not reaches(lines, part, plan.entitlement, told[part])]
    for part, most in zip(short, greatest_volumes(lines, short, plan.cells), strict=True):
        told[part] = most.volume
    return tuple(Price(part, _sum(volume, part), told[part]) for part in parts)


def volumes(lines: Lines, table: Reals) -> Reals:
    """``sum n x`` of each line, (P,) cartons."""
    return np.array([math.fsum(row) for row in (lines.use * table).tolist()])


def reaches(lines: Lines, part: tuple[int, ...], table: Reals, most: float) -> bool:
    """Whether a table hands out as much of a program as can be."""
    return _sum(volumes(lines, table), part) >= most - _slack(most)


def greatest_volumes(
    lines: Lines, parts: Sequence[tuple[int, ...]], cells: Cells
) -> tuple[Most, ...]:
    """The greatest volumes of some programs, proven; all by one linear program."""
    if not parts:
        return ()
    from allocator.allocation.solver import greatest_sum

    size = len(cells.tier)
    whole = program_of(lines, tuple(sorted(p for part in parts for p in part)), cells)
    rows, worth = matrix(whole), worths(lines, whole)
    x, y = greatest_sum(whole, rows, worth)
    reduced = worth - rows.prices(y)
    edges = np.maximum(reduced * whole.floor, reduced * whole.ceiling)
    line_of = whole.pair // size
    first = np.zeros(len(rows.bound), np.int64)
    first[rows.row] = line_of[rows.position]
    found = []
    for part in parts:
        own, of = np.isin(line_of, part), np.isin(first, part) & (y > 0)
        volume = math.fsum((worth * x)[own].tolist())
        bound = math.fsum([*(y * rows.bound)[of].tolist(), *edges[own].tolist()])
        if not abs(bound - volume) <= _slack(bound):
            raise NotProvenOptimal("volume-not-proven", volume=round(volume), bound=round(bound))
        prices = {whole.name(r): float(y[r]) for r in np.flatnonzero(of).tolist()}
        found.append(Most(volume, dict(sorted(prices.items()))))
    return tuple(found)


def worths(lines: Lines, program: Program) -> Reals:
    """N of each pair of a program, (K,) cartons."""
    use: Reals = lines.use.ravel()[program.pair]
    return use


def keeping_volume(program: Program, worth: Reals, volume: float) -> Program:
    """The program with a row more, ``volume``: tables that hand out as much as can be."""
    at = np.flatnonzero(worth > 0)
    row = Row("volume", tuple(at.tolist()), tuple((-worth[at]).tolist()), near(volume) - volume)
    return replace(program, limits=(*program.limits, row))


def volume_stage(most: Most) -> Stage:
    """The first stage of a proof: no table has more."""
    return Stage(level=most.volume, fixed=(), alpha={}, y=most.y)


def _ample(lines: Lines) -> Reals:
    """What each line could hand out by itself, (P,) cartons: no table has more."""
    top = greatest_table(lines, lines.ceiling.astype(np.float64))
    return np.minimum(lines.supply, volumes(lines, np.where(lines.allowed, top, 0.0)))


def _sum(values: Reals, part: tuple[int, ...]) -> float:
    return math.fsum(values[list(part)].tolist())


def _slack(volume: float) -> float:
    return VOLUME_SHARE * (1.0 + abs(volume))
