"""Round two where groups of cells have a maximum: nested levels (``model.md`` 5).

One level rises for all. When a group has reached its maximum, its cells stay at the level reached
and the others go on, until the supply is used or everybody has what was asked for; so where groups
are nested or apart, each innermost group that binds has its own level. Groups that cross are filled
in the same order, a cell staying where the first of its groups was full; then a whole carton or
two may be left that would fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from allocator.allocation.rounding import Draw
from allocator.allocation.rounds import Cohorts, Lots, in_line_at, raised, uniform_level
from allocator.allocation.turns import Keys, Roster
from allocator.records import MICRO, Flags, Units

Level = tuple[int, int]

NOTHING_MORE: Level = (0, 1)
"""The level of cells whose group was used up by round one: nobody gets more than it holds."""

SUPPLY = -1
"""Number of the limit that holds for all cells together; groups have their own."""


@dataclass(frozen=True, slots=True, eq=False)
class Most:
    """Most lots that some cells may be awarded together.

    number : index into ``QuotaPlan.groups``, or ``SUPPLY``; cells : (C,) bool
    """

    number: int
    cells: Flags
    lots: int


@dataclass(frozen=True, slots=True, eq=False)
class CellLevels:
    """The outcome in reals.

    of_cell : C levels, ``None`` = all orders of the cell are met
    of_limit : level at which each limit that bound was full, by its number
    """

    of_cell: tuple[Level | None, ...]
    of_limit: Mapping[int, Level]


def nested_levels(cohorts: Cohorts, weight: Units, limits: Sequence[Most]) -> CellLevels:
    """The level of each cell. weight : (C,) int64; limits : the supply among them."""
    level: list[Level | None] = [None] * len(weight)
    still = np.ones(len(weight), dtype=np.bool_)
    upper = np.zeros(len(weight), dtype=np.int64)
    full: list[tuple[Flags, int]] = []
    found: dict[int, Level] = {}
    while True:
        reached = [
            (Fraction(*at), k, at, room)
            for k, limit in enumerate(limits)
            for room in [limit.lots - _used(limit.cells, full, upper)]
            if (at := _level_of(cohorts, weight, limit.cells & still, room)) is not None
        ]
        if not reached:
            return CellLevels(tuple(level), found)
        _, k, at, room = min(reached)
        fixed = limits[k].cells & still
        for c in np.flatnonzero(fixed).tolist():
            level[c] = at
        total = _totals(cohorts, _whole(at, weight))[fixed].sum() if at == NOTHING_MORE else room
        upper[fixed] = _ceilings(cohorts, weight, at)[fixed]
        full.append((fixed, int(total)))
        found[limits[k].number] = at
        still &= ~fixed


def round_two_in_groups(
    order: Lots,
    first: Lots,
    cohorts: Cohorts,
    weight: Units,
    limits: Sequence[Most],
    key: Keys,
    credit: Units,
    roster: Roster,
    draw: Draw,
) -> tuple[Lots, CellLevels]:
    """Awards after round two, (r,) lots, and the levels; parameters as ``rounds.round_two``.

    Each cell gets the whole lots of its level and at most one share of the odd lots, the largest
    claims (credits and fraction) first, as long as every limit has room: with nested groups that
    uses every limit that binds to the last lot.
    """
    levels = nested_levels(cohorts, weight, limits)
    most = int(np.iinfo(order.dtype).max)
    whole, rest = np.full(len(weight), most, dtype=np.int64), [Fraction(0)] * len(weight)
    for c, at in enumerate(levels.of_cell):
        if at is not None:
            lots = Fraction(at[0] * int(weight[c]), at[1])
            whole[c] = min(int(lots), most)
            rest[c] = lots - int(lots)
    members = in_line_at(cohorts, whole).tolist()
    exact = [part * count for part, count in zip(rest, members, strict=True)]
    extra = _share_out(exact, _totals(cohorts, whole), credit, limits, draw)
    return raised(order, first, whole, extra, key, roster), levels


def _level_of(cohorts: Cohorts, weight: Units, cells: Flags, room: int) -> Level | None:
    """The level at which orders of ``cells`` fill ``room`` lots; ``None`` = they never do."""
    inside = cells[cohorts.cell]
    part = Cohorts(
        *(getattr(cohorts, name)[inside] for name in ("cell", "order", "limit", "count"))
    )
    held = np.minimum(part.order, part.limit)
    if np.array_equal(held, part.order):
        return None
    if int((part.count * held).sum()) >= room:
        return NOTHING_MORE
    return uniform_level(part, weight, room)


def _used(cells: Flags, full: Sequence[tuple[Flags, int]], upper: Units) -> int:
    """Lots that the cells which no longer rise take of a limit, at most.

    Of cells that became full together, and all lie inside, the total is known; of others each
    cell counts with its total rounded up.
    """
    return sum(
        total if not (fixed & ~cells).any() else int(upper[fixed & cells].sum())
        for fixed, total in full
    )


def _whole(at: Level, weight: Units) -> Units:
    return np.array([at[0] * w // at[1] for w in weight.tolist()], dtype=np.int64)


def _totals(cohorts: Cohorts, whole: Units) -> Units:
    """Lots of each cell, (C,) int64, when nobody is raised above ``whole``, (C,) int64 lots."""
    reached = np.minimum(cohorts.order, np.maximum(whole[cohorts.cell], cohorts.limit))
    total = np.zeros(len(whole), dtype=np.int64)
    np.add.at(total, cohorts.cell, cohorts.count * reached)
    return total


def _ceilings(cohorts: Cohorts, weight: Units, at: Level) -> Units:
    """The real total of each cell at a level, rounded up to lots, (C,) int64."""
    whole = _whole(at, weight)
    members = in_line_at(cohorts, whole).tolist()
    more = [
        -(-n * (at[0] * w % at[1]) // at[1]) for n, w in zip(members, weight.tolist(), strict=True)
    ]
    return _totals(cohorts, whole) + np.array(more, dtype=np.int64)


def _share_out(
    exact: Sequence[Fraction], total: Units, credit: Units, limits: Sequence[Most], draw: Draw
) -> Units:
    """Odd lots of each cell, (C,) int64: floor or ceiling of ``exact``, all limits kept.

    total : (C,) int64 lots without odd ones. Where the limits are nested they are a laminar
    matroid, in which taking the largest claim that still fits misses no lot.
    """
    extra = np.array([int(lots) for lots in exact], dtype=np.int64)
    part = np.array([_millionths(lots - int(lots)) for lots in exact], dtype=np.int64)
    spare = [limit.lots - int((total + extra)[limit.cells].sum()) for limit in limits]
    open_cells = np.flatnonzero(part)
    claim = (credit + part)[open_cells]
    hashed = np.array(draw.hashes(open_cells.tolist()), dtype="S32")
    for c in open_cells[np.lexsort((hashed, -claim))].tolist():
        inside = [k for k, limit in enumerate(limits) if limit.cells[c]]
        if all(spare[k] > 0 for k in inside):
            extra[c] += 1
            for k in inside:
                spare[k] -= 1
    return extra


def _millionths(part: Fraction) -> int:
    """Below one lot; a rest however small still counts as one millionth."""
    return max(1, int(part * MICRO)) if part else 0
