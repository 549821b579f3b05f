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
        alike = len({self.shares[k] for k in cells}) == 1
        alike = alike and all(self.counts[k] > 0 for k in cells)
        return [mask for mask in masks if mask in (0, (1 << len(cells)) - 1)] if alike else masks

    def lots(self, cells: tuple[int, ...], mask: int) -> list[int]:
        """Lots for each retailer of the cells when those in the mask are raised."""
        return [self.whole[k] + (mask >> bit & 1) for bit, k in enumerate(cells)]

    def fits_under(
        self, cells: tuple[int, ...], mask: int, above: tuple[int, ...], given: int
    ) -> bool:
        """Whether tier order and step hold between a floor and the one above it."""
        for low, k in zip(self.lots(cells, mask), cells, strict=True):
            for high, j in zip(self.lots(above, given), above, strict=True):
                if self.kinds[k] == self.kinds[j] and (
                    (self.tier_order and low > high) or 0 <= self.step < high - low
                ):
                    return False
        return True


def whole_table(problem: WholeProblem) -> Units | None:
    """The table, (K,) int64 lots, or ``None`` if none keeps every row."""
    low = problem.entitlement // MICRO
    room = problem.supply - int((low * problem.count).sum())
    if room < 0:
        return None
    reach = min(room, int(problem.count[problem.open_cells()].sum()))
    floors = problem.floors()
    value = np.full((1, reach + 1), _NEVER)
    value[0, 0] = 0
    chosen: list[Masks] = []
    for d in range(len(floors) - 1, -1, -1):
        joined = d > 0 and problem.segment[floors[d][0]] == problem.segment[floors[d - 1][0]]
        value, best = _add_floor(problem, floors[d], floors[d - 1] if joined else (), value)
        chosen.append(best)
    reachable = np.flatnonzero(value[0] < _NEVER)
    if not reachable.size:
        return None
    left, mask, table = int(reachable[-1]), 0, low.copy()
    for cells, best in zip(floors, reversed(chosen), strict=True):
        mask = int(best[mask if len(best) > 1 else 0, left])
        table[list(cells)] = problem.lots(cells, mask)
        left -= sum(int(problem.count[k]) for bit, k in enumerate(cells) if mask >> bit & 1)
    return table


_NEVER = np.int64(2**62)
"""Deviation of what cannot be reached; sums of real deviations stay far below (millionths)."""


def _add_floor(
    problem: WholeProblem, cells: tuple[int, ...], above: tuple[int, ...], after: Units
) -> tuple[Units, Masks]:
    """One step of the recursion, from the lowest floor up.

    after : (masks of this floor or 1, reach + 1), the least deviation of the floors below when
        exactly r more lots are used there

    Returns
    -------
    the same one floor up, and the best mask of this floor for each mask of the floor above
    """
    reach = after.shape[1]
    ways: list[tuple[int, int, int]] = []
    for mask in problem.raises(cells):
        size, deviation = 0, 0
        for bit, k in enumerate(cells):
            count, part = problem.counts[k], problem.shares[k] % MICRO
            up = mask >> bit & 1
            size += up * count
            deviation += count * (MICRO - part if up else part)
        if size < reach:
            ways.append((mask, size, deviation))
    shape = (1 << len(above), reach)
    value, best = np.empty(shape, np.int64), np.empty(shape, np.int8)
    done: dict[tuple[int, ...], int] = {}
    for given in range(shape[0]):
        fitting = [
            way for way in ways if not above or problem.fits_under(cells, way[0], above, given)
        ]
        key = tuple(mask for mask, _, _ in fitting)
        if key in done:  # the masks above that leave the same ways open
            value[given], best[given] = value[done[key]], best[done[key]]
            continue
        done[key] = given
        _choose(fitting, after, value[given], best[given])
    return value, best


def _choose(
    ways: list[tuple[int, int, int]], after: Units, value: Units, best: NDArray[np.int8]
) -> None:
    """The least deviation with each number of lots, into ``value``, and its mask, into ``best``.

    ways : mask, lots and deviation of each, the preferred first
    """
    if len(ways) == 1 and ways[0][:2] == (0, 0):
        np.add(after[0], ways[0][2], out=value)
        best.fill(0)
        return
    value.fill(_NEVER)
    best.fill(0)
    for mask, size, deviation in ways:
        below = after[mask if len(after) > 1 else 0]
        # What cannot be reached stays above _NEVER: a few deviations more do not overflow.
        cost = below[: len(below) - size] + deviation
        better = cost < value[size:]
        np.copyto(value[size:], cost, where=better)
        np.copyto(best[size:], np.int8(mask), where=better)
