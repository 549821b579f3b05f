"""The ``equal`` table of a line: one whole number of lots for each cell (``model.md`` 4).

Among the tables with ``|q - q*| < 1`` that keep every row, the one that uses most supply; then the
least total deviation ``sum N |q - q*|``; then, from the top tier of the first segment down, the
larger number. Beyond the model, weekly and fortnightly shops of one tier get the same number where
their entitlements are the same: they are neighbours and compare (N1).

Solved exactly by dynamic programming over the lots still to use: the supply row is a subset-sum,
and the other rows tie a tier to the next one only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf

import numpy as np
from numpy.typing import NDArray

from allocator.records import MICRO, Flags, Units

Masks = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class WholeProblem:
    """What the table is chosen from; K cells, in lots.

    entitlement : (K,) int64 millionths of a lot, q* of the program; count : (K,) int64 retailers
    segment, rhythm, tier : (K,) int64; segments and rhythms are coded
    supply : whole lots; step : whole lots between neighbouring tiers, -1 = none
    rises : (K,) bool, whether a basket leaves room for a lot more than floor(q*); ``None`` = yes
    whole, shares, counts, kinds, may : floor(q*) of each, lots; q*, count, rhythm and
        ``open_cells`` as Python numbers, which are asked for over and over
    """

    entitlement: Units
    count: Units
    segment: Units
    rhythm: Units
    tier: Units
    supply: int
    tier_order: bool
    step: int
    rises: Flags | None = None
    whole: tuple[int, ...] = field(init=False, repr=False)
    shares: tuple[int, ...] = field(init=False, repr=False)
    counts: tuple[int, ...] = field(init=False, repr=False)
    kinds: tuple[int, ...] = field(init=False, repr=False)
    may: tuple[bool, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name, values in (
            ("whole", self.entitlement // MICRO),
            ("shares", self.entitlement),
            ("counts", self.count),
            ("kinds", self.rhythm),
            ("may", self.open_cells()),
        ):
            object.__setattr__(self, name, tuple(values.tolist()))

    def open_cells(self) -> Flags:
        """Cells that may go up, (K,) bool."""
        odd: Flags = self.entitlement % MICRO > 0
        return odd if self.rises is None else odd & self.rises

    def floors(self) -> list[tuple[int, ...]]:
        """The cells of one segment and tier together, from the top of the first segment down."""
        order = np.lexsort((self.rhythm, -self.tier, self.segment)).tolist()
        found: dict[tuple[int, int], list[int]] = {}
        for k in order:
            found.setdefault((int(self.segment[k]), int(self.tier[k])), []).append(k)
        return [tuple(cells) for cells in found.values()]

    def raises(self, cells: tuple[int, ...]) -> list[int]:
        """The ways to raise some cells of a floor by one lot, as masks, the preferred first."""
        whole = sum(1 << bit for bit, k in enumerate(cells) if not self.may[k])
        masks = [mask for mask in range((1 << len(cells)) - 1, -1, -1) if not mask & whole]
        alike = len({self.shares[k] for k in cells}) == 1 and min(self.counts[k] for k in cells) > 0
        return [mask for mask in masks if mask in (0, (1 << len(cells)) - 1)] if alike else masks

    def ways(self, cells: tuple[int, ...], reach: int) -> list[Way]:
        """The ways to raise some cells of a floor by up to ``reach`` lots, the preferred first."""
        found = []
        for mask in self.raises(cells):
            lots, size, deviation = [], 0, 0
            for bit, k in enumerate(cells):
                count, part, up = self.counts[k], self.shares[k] % MICRO, mask >> bit & 1
                lots.append(self.whole[k] + up)
                size += up * count
                deviation += count * (MICRO - part if up else part)
            if size <= reach:
                found.append(Way(tuple(lots), size, deviation))
        return found

    def rise(self) -> tuple[float, float]:
        """Least and most lots that a cell may have beyond the one below it in its chain."""
        return 0 if self.tier_order else -inf, self.step if self.step >= 0 else inf


@dataclass(frozen=True, slots=True)
class Way:
    """A way to raise some cells of a floor by a lot.

    lots : for each retailer of each cell; size : lots that it takes
    deviation : ``sum N |q - q*|`` of the floor, millionths
    """

    lots: tuple[int, ...]
    size: int
    deviation: int


def whole_table(problem: WholeProblem) -> Units | None:
    """The table, (K,) int64 lots, or ``None`` if none keeps every row."""
    low = problem.entitlement // MICRO
    room = problem.supply - int((low * problem.count).sum())
    if room < 0:
        return None
    reach = min(room, int(problem.count[problem.open_cells()].sum()))
    floors = problem.floors()
    ways = [problem.ways(cells, reach) for cells in floors]
    rows: list[tuple[Units, Masks]] = [(np.zeros(1, np.int64), np.zeros(1, np.int8))]
    chosen: list[list[Masks]] = []
    for d in range(len(floors) - 1, -1, -1):
        joined = d > 0 and problem.segment[floors[d][0]] == problem.segment[floors[d - 1][0]]
        open_ways = _fitting(problem, floors, ways, d) if joined else [tuple(range(len(ways[d])))]
        rows = _add_floor(ways[d], open_ways, [value for value, _ in rows], reach)
        chosen.append([best for _, best in rows])
    reachable = np.flatnonzero(rows[0][0] < _NEVER)
    if not reachable.size:
        return None
    left, at, table = int(reachable[-1]), 0, low.copy()
    for cells, open_, best in zip(floors, ways, reversed(chosen), strict=True):
        at = int(best[at if len(best) > 1 else 0][left])
        table[list(cells)] = open_[at].lots
        left -= open_[at].size
    return table


_NEVER = np.int64(2**62)
"""Deviation of what cannot be reached; sums of real deviations stay far below (millionths)."""


def _fitting(
    problem: WholeProblem, floors: list[tuple[int, ...]], ways: list[list[Way]], d: int
) -> list[tuple[int, ...]]:
    """Which ways of floor d are open beneath each way of the floor above it."""
    kinds = problem.kinds
    pairs = [
        (bit, over)
        for bit, k in enumerate(floors[d])
        for over, j in enumerate(floors[d - 1])
        if kinds[k] == kinds[j]
    ]
    least, most = problem.rise()
    found = []
    for above in ways[d - 1]:
        numbers = []
        for n, way in enumerate(ways[d]):
            for bit, over in pairs:
                if not least <= above.lots[over] - way.lots[bit] <= most:
                    break
            else:
                numbers.append(n)
        found.append(tuple(numbers))
    return found


def _add_floor(
    ways: list[Way], open_ways: list[tuple[int, ...]], after: list[Units], reach: int
) -> list[tuple[Units, Masks]]:
    """One step of the recursion, from the lowest floor up.

    open_ways : of this floor, for each way of the floor above
    after : for each way of this floor, or one for all, the least deviation of the floors below when
        exactly r more lots are used there, (lots that they can use + 1,)

    Returns
    -------
    for each way of the floor above the same one floor up, and the best way of this floor
    """
    done: dict[tuple[int, ...], tuple[Units, Masks]] = {}
    for numbers in open_ways:
        if numbers not in done:  # ways above that leave the same ways open share what they come to
            below = [(n, ways[n], after[n if len(after) > 1 else 0]) for n in numbers]
            done[numbers] = _choose(below, reach)
    return [done[numbers] for numbers in open_ways]


def _choose(below: list[tuple[int, Way, Units]], reach: int) -> tuple[Units, Masks]:
    """The least deviation over some ways, and which has it, the first of equal ones.

    below : number and way, and what the floors below come to with it
    """
    length = max((len(values) + way.size for _, way, values in below), default=1)
    length = min(length, reach + 1)
    value, best = np.full(length, _NEVER), np.zeros(length, np.int8)
    for n, way, values in below:
        # What cannot be reached stays above _NEVER: a few deviations more do not overflow.
        cost = values[: length - way.size] + way.deviation
        here = slice(way.size, way.size + len(cost))
        if n:
            np.copyto(best[here], np.int8(n), where=cost < value[here])
        np.minimum(value[here], cost, out=value[here])
    return value, best
