"""``equal`` with groups: one whole number for each cell, by a small integer program.

``whole_table`` needs no solver, but it counts one supply only. Here too it is, among the tables
with ``|q - q*| < 1`` lot that keep every row, the one that misses least of the group minima, then
uses most supply, then deviates least, then gives more to the top tiers. ``z_c`` says whether cell c
goes up from ``floor(q*_c)`` (in lots for each visit, v_c visits)::

    supply     sum_c mass_c v_c l x_c <= S            x_c = floor(q*_c) + z_c
    order      x_c <= x_c'                            c' the next tier up
    step       x_c' - x_c <= delta
    twins      x_c = x_c'                             weekly and fortnightly shops with one q*
    most/g     sum_{c in G} mass_c v_c l x_c <= most
    least/g    sum_{c in G} mass_c v_c l x_c >= least - what is missed
    room       z_c = 0                                where the baskets leave no room for a lot
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from allocator.allocation.whole_solver import WholeRow, best_whole
from allocator.allocation.whole_table import WholeProblem
from allocator.records import MICRO, Units

PLACES = 30
"""Cells whose preference one aim can tell apart: 2^30 and all below it."""


@dataclass(frozen=True, slots=True, eq=False)
class LineShare:
    """A group of a line: positions of its cells, and what a number of one takes from the supply.

    cells : (k,) positions; mass : (k,) int64 millionths of a lot; least, most : lots, -1 = none
    """

    cells: Units
    mass: Units
    least: int
    most: int


@dataclass(frozen=True, slots=True, eq=False)
class JoinedProblem:
    """A line's problem with what groups and baskets add.

    table : the line by itself; its supply counts in lots
    mass : (K,) int64 millionths, what one lot more on a cell's number takes from the supply
    groups : of this line
    """

    table: WholeProblem
    mass: Units
    groups: tuple[LineShare, ...] = ()


def joined_table(problem: JoinedProblem) -> Units | None:
    """The table, (K,) int64 lots, or ``None`` if none keeps every row."""
    table = problem.table
    low, fraction = np.divmod(table.entitlement, MICRO)
    cells = len(low)
    minima = [share for share in problem.groups if share.least >= 0]
    missed = np.array([share.least for share in minima], dtype=np.int64)
    high = np.concatenate([table.open_cells().astype(np.int64), missed])
    rows = [
        _most(np.arange(cells), problem.mass, table.supply, low),
        *_neighbours(table, low),
        *_twins(table),
        *(_most(g.cells, g.mass, g.most, low) for g in problem.groups if g.most >= 0),
        *(_least(share, cells + g, low) for g, share in enumerate(minima)),
    ]
    deviation = table.count * (MICRO - 2 * fraction)
    aims = [
        np.concatenate([np.zeros(cells, np.int64), np.ones(len(minima), np.int64)]),
        *(
            np.concatenate([aim, np.zeros(len(minima), np.int64)])
            for aim in (-problem.mass, deviation, *_preference(table))
        ),
    ]
    chosen = best_whole(np.zeros_like(high), high, rows, aims)
    return None if chosen is None else low + chosen[:cells]


def _most(cells: Units, mass: Units, most: int, low: Units) -> WholeRow:
    return WholeRow(
        tuple(cells.tolist()), tuple(mass.tolist()), most * MICRO - int((mass * low[cells]).sum())
    )


def _least(share: LineShare, missed: int, low: Units) -> WholeRow:
    given = int((share.mass * low[share.cells]).sum())
    return WholeRow(
        (*share.cells.tolist(), missed), (*(-share.mass).tolist(), -MICRO),
        given - share.least * MICRO,
    )  # fmt: skip


def _neighbours(table: WholeProblem, low: Units) -> Iterator[WholeRow]:
    """Tier order and step between each cell and the next tier up of its chain."""
    order = np.lexsort((table.tier, table.rhythm, table.segment)).tolist()
    for j, k in pairwise(order):
        if (table.segment[j], table.rhythm[j]) == (table.segment[k], table.rhythm[k]):
            rise = int(low[k] - low[j])
            if table.tier_order:
                yield WholeRow((j, k), (1, -1), rise)
            if table.step >= 0:
                yield WholeRow((k, j), (1, -1), table.step - rise)


def _twins(table: WholeProblem) -> Iterator[WholeRow]:
    """Equal numbers for the rhythms of a tier where all have shops and equal entitlements."""
    for cells in table.floors():
        shares = {int(table.entitlement[k]) for k in cells}
        if len(shares) == 1 and all(table.count[k] > 0 for k in cells):
            for j, k in combinations(cells, 2):
                yield WholeRow((j, k), (1, -1), 0)
                yield WholeRow((k, j), (1, -1), 0)


def _preference(table: WholeProblem) -> Sequence[Units]:
    """From the top tier of the first segment down, the larger number: some places at a time."""
    order = [k for cells in table.floors() for k in reversed(cells)]
    aims = []
    for first in range(0, len(order), PLACES):
        aim = np.zeros(len(order), dtype=np.int64)
        places = order[first : first + PLACES]
        aim[places] = -(1 << np.arange(len(places) - 1, -1, -1, dtype=np.int64))
        aims.append(aim)
    return aims
