"""Leximin tables of uncoupled lines in closed form, all lines at once (``model.md`` 2).

For one product without baskets and group rows the leximin table is known up to one number, its
level L. With h = max(f, min(L kappa, M)) on cells that have retailers and h = f on empty ones,

    q(L)_t = max( max_{s <= t} h_s ,  max_{s > t} h_s - delta (s - t) )

where M is the greatest table that the bounds, the tier order and the step allow. L is the largest
level whose table fits the supply. The empty cells come last: they use no supply, and the tables
that agree on the others form a lattice, so its greatest member is leximin among them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.allocation.program import Program
from allocator.records import Cells, Flags, Reals, Units

BISECTIONS = 200
"""Most halvings of a level's bracket: 53 give every bit of a double, the rest its magnitude."""


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The programs of P released lines over the same C cells; chains are blocks of T cells.

    allowed : (P, C) bool; count : (C,) int64, N_c; weight : (C,) int64, w_c over a common unit
    floor, ceiling : (P, C) int64 cartons, f <= m, 0 where not allowed
    supply : (P,) int64 cartons, S >= 0 in whole lots
    tier_order : (P,) bool; step : (P,) int64 cartons, -1 = none
    visits : (P, C) int64 or 1, how often a retailer counts: 2 for fortnightly shops of a doubled
        product, whose weight and step are doubled here and whose bounds are already; equal within
        a chain
    """

    tiers: int
    allowed: Flags
    count: Units
    weight: Units
    floor: Units
    ceiling: Units
    supply: Units
    tier_order: Flags
    step: Units
    visits: Units | int = 1

    @property
    def weighed(self) -> Units:
        """Weight of one retailer, (P, C) int64."""
        weight: Units = np.broadcast_to(self.weight * self.visits, self.allowed.shape)
        return weight

    @property
    def rise(self) -> Units:
        """Step between neighbours of each chain, (P, chains) int64 cartons, -1 = none."""
        visits = np.broadcast_to(self.visits, self.allowed.shape)[:, :: self.tiers]
        rise: Units = np.where(self.step[:, None] < 0, -1, self.step[:, None] * visits)
        return rise


def proportional_share(lines: Lines) -> Reals:
    """kappa, (P, C) cartons for each retailer at satisfaction 1; 0 where nobody may have any."""
    demand = (lines.allowed * lines.count * lines.weighed).sum(axis=1)
    level = np.divide(lines.supply, demand, out=np.zeros(len(demand)), where=demand > 0)
    return np.where(lines.allowed, level[:, None] * lines.weighed, 0.0)


def _by_chain(values: Reals, tiers: int) -> Reals:
    return values.reshape(len(values), -1, tiers)


def greatest_table(lines: Lines, ceiling: Reals) -> Reals:
    """The greatest table below ``ceiling`` that keeps tier order and step, (P, C)."""
    top = _by_chain(np.where(lines.allowed, ceiling, np.inf), lines.tiers)
    return held_down(top, lines.tier_order, lines.rise).reshape(ceiling.shape)


def held_down(top: Reals, tier_order: Flags, rise: Units) -> Reals:
    """The greatest chains below ``top`` that keep tier order and step, (P, chains, tiers).

    rise : (P, chains) int64 cartons, the step of each chain, -1 = none

    Tables that keep such rows are closed under the cell-wise maximum, so there is a greatest one.
    ``top`` is infinite where a chain has no cell.
    """
    falling = np.minimum.accumulate(top[..., ::-1], axis=2)[..., ::-1]
    table = np.where(tier_order[:, None, None], falling, top)
    stepped = np.flatnonzero((rise >= 0).all(axis=1))
    if stepped.size:
        stairs = rise[stepped, :, None] * np.arange(top.shape[2], dtype=np.float64)
        table[stepped] = np.minimum.accumulate(table[stepped] - stairs, axis=2) + stairs
    return table


def least_table(lines: Lines, wanted: Reals) -> Reals:
    """The least table above ``wanted`` that keeps tier order and step, (P, C)."""
    low = _by_chain(np.where(lines.allowed, wanted, -np.inf), lines.tiers)
    table = np.where(lines.tier_order[:, None, None], np.maximum.accumulate(low, axis=2), low)
    stepped = np.flatnonzero(lines.step >= 0)
    if stepped.size:
        fall = lines.rise[stepped, :, None] * np.arange(lines.tiers)
        pulled = np.maximum.accumulate((low[stepped] - fall)[..., ::-1], axis=2)[..., ::-1] + fall
        table[stepped] = np.maximum(table[stepped], pulled)
    return np.where(lines.allowed, table.reshape(wanted.shape), 0.0)


def leximin_tables(lines: Lines) -> Reals:
    """Leximin quotas q, (P, C) float64 cartons for each retailer; 0 where supply is 0.

    The lines must be feasible: ``least_table(floor)`` within ceilings and supply.
    """
    kappa = proportional_share(lines)
    counted = lines.allowed & (lines.count > 0)
    greatest = np.where(lines.allowed, greatest_table(lines, lines.ceiling.astype(float)), 0.0)
    floor = lines.floor.astype(float)

    def table(level: Reals) -> Reals:
        share = np.minimum(level[:, None] * kappa, greatest)
        return least_table(lines, np.where(counted, np.maximum(floor, share), floor))

    def used(quotas: Reals) -> Reals:
        # No matrix product: its last bits depend on the machine's linear algebra library.
        total: Reals = (quotas * lines.count).sum(axis=1)
        return total

    supply = lines.supply.astype(float)
    low = np.zeros(len(supply))
    ratio = np.divide(greatest, kappa, out=np.zeros_like(kappa), where=counted & (kappa > 0))
    high = ratio.max(axis=1, initial=0.0)
    ample = used(table(high)) <= supply
    low = np.where(ample, high, low)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        if np.all((middle <= low) | (middle >= high)):
            break
        fits = used(table(middle)) <= supply
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    below, above = table(low), table(high)
    spent, gap = used(below), used(above) - used(below)
    # What the last bit of the level leaves is shared along the line between the two tables.
    part = np.divide(supply - spent, gap, out=np.zeros_like(gap), where=gap > 0)
    quotas = below + np.clip(part, 0.0, 1.0)[:, None] * (above - below)
    settled = np.where(lines.count > 0, quotas, lines.ceiling.astype(float))
    quotas = np.where(lines.count > 0, quotas, greatest_table(lines, settled))
    return np.where(lines.allowed & (supply > 0)[:, None], quotas, 0.0)


def line_program(p: int, lines: Lines, cells: Cells) -> Program:
    """The program of line p over the cells that may have it; the supply must be positive."""
    may = np.flatnonzero(lines.allowed[p])
    kappa = proportional_share(lines)[p, may]
    return Program(
        cell=may.astype(np.int32),
        label=tuple(cells.label(c) for c in may.tolist()),
        chain=may // lines.tiers,
        count=lines.count[may],
        kappa=kappa,
        floor=lines.floor[p, may],
        ceiling=lines.ceiling[p, may],
        supply=int(lines.supply[p]),
        tier_order=bool(lines.tier_order[p]),
        step=int(lines.step[p]),
        visits=np.broadcast_to(lines.visits, lines.allowed.shape)[p, may],
        line=p,
        cells=len(lines.count),
    )
