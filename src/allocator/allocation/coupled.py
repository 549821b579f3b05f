"""Leximin tables of lines with groups and baskets, all programs at once, without a solver.

Tier order and steps say how far one quota drags others up, so to each level L of the open pairs
there is a *least table*: the smallest one with q >= max(f, L kappa) that keeps them. It is convex,
piecewise linear and rising in L, and so is what supply, group maxima and baskets sum of it: from
above, Newton's method meets the largest level at which all of them hold after finitely many steps.
There a limit is used up by quotas none of which can fall, so all of its members are settled, and
with them what they drag along: the next level is that of the rest.

A share that a group has *at least* leaves the rest *at most* what remains of the supply. With the
two exchanged the rows all point one way; where the table then found gives the group its share, it
is leximin with the share as well, for it is so among more tables. Elsewhere the staged program of
``stages`` is asked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.allocation.entries import Entries
from allocator.allocation.leximin import (
    Lines,
    by_cell,
    by_tier,
    greatest_table,
    leximin_tables,
    proportional_share,
    stairs,
)
from allocator.allocation.programs import components, program_of
from allocator.allocation.tolerances import ROW_ABSOLUTE, ROW_RELATIVE, TIGHT
from allocator.errors import NotProvenOptimal
from allocator.records import MICRO, Cells, Flags, Reals, Units

NEWTON_STEPS = 1000
"""Most steps to one level: each leaves a piece of a piecewise linear function for good."""


def quota_tables(lines: Lines, cells: Cells) -> Reals:
    """Leximin quotas of all lines, (P, C) float64 cartons for each retailer.

    The lines must be feasible.

    Raises
    ------
    NotProvenOptimal : a level that cannot be computed, or no proof by the solver
    """
    tables = leximin_tables(lines)
    limited = {group.line for group in lines.groups}
    limited |= {int(p) for basket in lines.baskets for p in basket.lines}
    parts = [part for part in components(lines) if limited & set(part)]
    if not parts:
        return tables
    rising = _Rising(lines, parts)
    solved = rising.solve()
    for k in sorted(rising.short(solved)):
        from allocator.allocation.stages import leximin_stages

        program = program_of(lines, parts[k], cells)
        solved.ravel()[program.pair], _ = leximin_stages(program)
    chosen = [p for part in parts for p in part]
    tables[chosen] = solved[chosen]
    return tables


@dataclass(slots=True, eq=False)
class _State:
    """value : (P, C) quotas of settled pairs; settled, is_open : (P, C) bool."""

    value: Reals
    settled: Flags
    is_open: Flags


class _Rising:
    """The rows of the programs ``parts`` over the grid of all lines and cells.

    part : (P,) int64, number of each line's program, -1 = none of them
    """

    def __init__(self, lines: Lines, parts: list[tuple[int, ...]]) -> None:
        self._lines = lines
        self._parts = len(parts)
        self._part = np.full(len(lines.supply), -1)
        for k, part in enumerate(parts):
            self._part[list(part)] = k
        self._mine = lines.allowed & (self._part >= 0)[:, None]
        self._kappa = proportional_share(lines)
        self._low = np.where(self._mine, lines.low, 0.0)
        self._baskets = np.zeros(len(parts), np.bool_)
        self._least: list[tuple[int, int]] = []
        self._rows, self._row_part = self._limits()

    def solve(self) -> Reals:
        """The tables, (P, C) cartons; 0 where a line is in none of the programs."""
        counted = self._mine & (self._lines.use > 0)
        state = _State(np.where(self._mine, self._low, 0.0), ~self._mine, counted)
        self._rise(state)
        most = self._greatest(np.where(state.settled, state.value, self._lines.ceiling))
        alone = self._mine & ~counted & ~self._baskets[self._part][:, None]
        state.value = np.where(alone & ~state.settled, most, state.value)
        state.settled |= alone
        state.is_open = ~state.settled
        self._rise(state)
        return np.where(self._mine, state.value, 0.0)

    def short(self, table: Reals) -> set[int]:
        """The programs in which a group has less than its least share."""
        found = set()
        for g, part in self._least:
            group = self._lines.groups[g]
            terms = group.mass / MICRO * table[group.line, group.cells]
            if terms.sum() < group.least - ROW_RELATIVE * group.least - ROW_ABSOLUTE:
                found.add(part)
        return found

    def _rise(self, state: _State) -> None:
        """Settle all open pairs, level by level."""
        bound, total = self._rows.bound, np.abs(self._rows.bound)
        slack = TIGHT * (1.0 + total)
        used_up = np.zeros(len(bound), np.bool_)
        while state.is_open.any():
            top = np.where(state.settled, state.value, self._lines.ceiling)
            most = self._greatest(top)
            level = self._least_ratio(most, state.is_open)
            for _ in range(NEWTON_STEPS):
                table, slope = self._least_table(level, state)
                over = self._rows.sums(table.ravel()) - bound
                wrong = (over > slack) & ~used_up
                if not wrong.any():
                    break
                rate = self._rows.sums(slope.ravel())
                if (rate[wrong] <= 0).any():
                    raise NotProvenOptimal("level-not-found")
                back = np.zeros(self._parts)
                np.maximum.at(back, self._row_part[wrong], over[wrong] / rate[wrong])
                level = level - back
            else:
                raise NotProvenOptimal("level-not-found")
            state.value = np.where(state.settled, state.value, table)
            tight = (over >= -slack) & ~used_up
            used_up |= tight
            members = np.zeros(table.size, np.bool_)
            members[self._rows.position[tight[self._rows.row]]] = True
            settled = state.settled | members.reshape(table.shape)
            most = self._greatest(np.where(settled, state.value, self._lines.ceiling))
            settled |= state.is_open & (table >= most - TIGHT * (1.0 + most))
            if not (settled & state.is_open).any():
                raise NotProvenOptimal("level-not-found")
            state.settled = settled
            state.is_open = state.is_open & ~settled

    def _greatest(self, top: Reals) -> Reals:
        """The greatest table below ``top`` that keeps tier order and step."""
        most = greatest_table(self._lines, top)
        return np.where(self._mine, most, 0.0)

    def _least_ratio(self, most: Reals, is_open: Flags) -> Reals:
        """Level at which the first open pair of each program meets its ceiling; 0 without one."""
        ratio = np.divide(most, self._kappa, out=np.full(most.shape, np.inf), where=is_open)
        level = np.full(self._parts, np.inf)
        inside = self._part >= 0
        np.minimum.at(level, self._part[inside], ratio[inside].min(axis=1))
        return np.where(np.isfinite(level), level, 0.0)

    def _least_table(self, level: Reals, state: _State) -> tuple[Reals, Reals]:
        """The least table at the levels of the programs, and its slope in them, (P, C)."""
        wanted = level[self._part][:, None] * self._kappa
        floor = np.where(state.settled, state.value, self._low)
        rises = state.is_open & (wanted >= floor)
        height = np.where(rises, wanted, floor)
        return _least_with_slope(self._lines, height, np.where(rises, self._kappa, 0.0))

    def _limits(self) -> tuple[Entries, Units]:
        """Supply, group and basket rows over the flat grid, and the program of each."""
        lines, size = self._lines, self._lines.allowed.shape[1]
        positions: list[Units] = []
        uses: list[Reals] = []
        bounds: list[float] = []
        owners: list[int] = []

        def add(at: Units, use: Reals, bound: float, part: int) -> None:
            kept = self._mine.ravel()[at] & (use > 0)
            positions.append(at[kept])
            uses.append(use[kept])
            bounds.append(bound)
            owners.append(part)

        use = lines.use
        for p in np.flatnonzero(self._part >= 0).tolist():
            add(p * size + np.arange(size), use[p], int(lines.supply[p]), int(self._part[p]))
        for g, group in enumerate(lines.groups):
            p, part = group.line, int(self._part[group.line])
            if part < 0:
                continue
            own = np.zeros(size)
            own[group.cells] = group.mass / MICRO
            if group.most >= 0:
                add(p * size + np.arange(size), own, group.most, part)
            if group.least >= 0:
                rest = int(lines.supply[p]) - group.least
                add(p * size + np.arange(size), np.maximum(use[p] - own, 0.0), rest, part)
                self._least.append((g, part))
        for basket in lines.baskets:
            for c in np.flatnonzero(basket.most >= 0).tolist():
                at = basket.lines.astype(np.int64) * size + c
                inside = at[self._mine.ravel()[at]]
                if len(inside):
                    part = int(self._part[inside[0] // size])
                    self._baskets[part] = True
                    add(inside, np.ones(len(inside)), int(basket.most[c]), part)
        entries = Entries(
            row=np.repeat(np.arange(len(bounds), dtype=np.int32), [len(at) for at in positions]),
            position=np.concatenate([np.zeros(0, np.int64), *positions]).astype(np.int32),
            coefficient=np.concatenate([np.zeros(0), *uses]),
            bound=np.array(bounds, np.float64),
            positions=use.size,
        )
        return entries, np.array(owners, np.int64)


def _least_with_slope(lines: Lines, height: Reals, slope: Reals) -> tuple[Reals, Reals]:
    """The least table above ``height`` that keeps tier order and step, and its slope, (P, C).

    Each quota is the largest of what the tiers below have (order), or those above less the steps
    between, and rises as its source does.
    """
    low = by_tier(np.where(lines.allowed, height, -np.inf), lines.tiers)
    tier = np.arange(lines.tiers, dtype=np.int32)[:, None, None]
    table, source = low, np.broadcast_to(tier, low.shape)
    if lines.tier_order.any():
        ordered = lines.tier_order[:, None]
        highest = np.maximum.accumulate(low, axis=0)
        from_below = np.maximum.accumulate(np.where(low >= highest, tier, 0), axis=0)
        table = np.where(ordered, highest, table)
        source = np.where(ordered, from_below, source)
    if (lines.step >= 0).any():
        up = stairs(lines)
        lowered = (low - up)[::-1]
        highest = np.maximum.accumulate(lowered, axis=0)
        from_above = np.maximum.accumulate(np.where(lowered >= highest, tier, 0), axis=0)
        pulled = highest[::-1] + up
        above = (lines.step >= 0)[:, None] & (pulled > table)
        table = np.where(above, pulled, table)
        source = np.where(above, lines.tiers - 1 - from_above[::-1], source)
    rate = np.take_along_axis(by_tier(slope, lines.tiers), source, axis=0)
    table = np.where(lines.allowed, by_cell(table), 0.0)
    return table, np.where(lines.allowed, by_cell(rate), 0.0)
