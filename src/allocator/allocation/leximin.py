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

from allocator.records import MICRO, Flags, Group, JointLimit, Reals, Units

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
    mass : (P, C) int64 millionths of a carton that one carton of quota for each retailer of a
        cell takes from the supply; ``None`` = N_c cartons
    promised : (P, C) int64, or 0, cartons that the retailers of a cell must have in all
    groups : shares of the supply of single lines; baskets : limits of several lines together
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
    mass: Units | None = None
    promised: Units | int = 0
    groups: tuple[Group, ...] = ()
    baskets: tuple[JointLimit, ...] = ()

    @property
    def use(self) -> Reals:
        """n, cartons of supply that one carton of quota for each retailer takes, (P, C)."""
        if self.mass is None:
            return np.broadcast_to(self.count, self.allowed.shape).astype(np.float64)
        return self.mass / MICRO

    @property
    def low(self) -> Reals:
        """Floor of each quota, what a cell is promised included, (P, C) cartons."""
        return np.maximum(self.floor, self.promised / np.maximum(self.count, 1))

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
    """kappa, (P, C) cartons for each retailer at satisfaction 1; 0 where nobody may have any.

    A line whose cells are all empty is shared out as if each had one retailer.
    """
    demand = (lines.allowed * lines.use * lines.weighed).sum(axis=1)
    demand = np.where(demand > 0, demand, (lines.allowed * lines.weighed).sum(axis=1))
    level = np.divide(lines.supply, demand, out=np.zeros(len(demand)), where=demand > 0)
    return np.where(lines.allowed, level[:, None] * lines.weighed, 0.0)


def by_tier(values: Reals, tiers: int) -> Reals:
    """A table (P, C) as (tiers, P, chains): what moves along chains then moves whole planes."""
    return np.ascontiguousarray(values.reshape(len(values), -1, tiers).transpose(2, 0, 1))


def by_cell(values: Reals) -> Reals:
    """The table (P, C) again."""
    table: Reals = values.transpose(1, 2, 0).reshape(values.shape[1], -1)
    return table


def stairs(lines: Lines) -> Reals:
    """Steps added up along each chain, (tiers, P, chains) cartons; nothing where there are none."""
    up: Reals = np.arange(lines.tiers, dtype=np.float64)[:, None, None] * np.maximum(lines.rise, 0)
    return up


def greatest_table(lines: Lines, ceiling: Reals) -> Reals:
    """The greatest table below ``ceiling`` that keeps tier order and step, (P, C).

    Tables that keep such rows are closed under the cell-wise maximum, so there is a greatest one.
    Infinite where the line is not allowed.
    """
    top = by_tier(np.where(lines.allowed, ceiling, np.inf), lines.tiers)
    falling = np.minimum.accumulate(top[::-1], axis=0)[::-1]
    table = np.where(lines.tier_order[:, None], falling, top)
    stepped = (lines.step >= 0)[:, None]
    if stepped.any():
        up = stairs(lines)
        table = np.where(stepped, np.minimum.accumulate(table - up, axis=0) + up, table)
    return by_cell(table)


def least_table(lines: Lines, wanted: Reals) -> Reals:
    """The least table above ``wanted`` that keeps tier order and step, (P, C)."""
    low = by_tier(np.where(lines.allowed, wanted, -np.inf), lines.tiers)
    table = np.where(lines.tier_order[:, None], np.maximum.accumulate(low, axis=0), low)
    stepped = (lines.step >= 0)[:, None]
    if stepped.any():
        up = stairs(lines)
        pulled = np.maximum.accumulate((low - up)[::-1], axis=0)[::-1] + up
        table = np.where(stepped, np.maximum(table, pulled), table)
    return np.where(lines.allowed, by_cell(table), 0.0)


def leximin_tables(lines: Lines) -> Reals:
    """Leximin quotas q, (P, C) float64 cartons for each retailer; 0 where supply is 0.

    The lines must be feasible: ``least_table(low)`` within ceilings and supply. Groups and baskets
    are not looked at: lines that have some are for ``coupled``.
    """
    kappa, use = proportional_share(lines), lines.use
    counted = lines.allowed & (use > 0)
    greatest = np.where(lines.allowed, greatest_table(lines, lines.ceiling.astype(float)), 0.0)
    floor = lines.low

    def table(level: Reals) -> Reals:
        share = np.minimum(level[:, None] * kappa, greatest)
        return least_table(lines, np.where(counted, np.maximum(floor, share), floor))

    def used(quotas: Reals) -> Reals:
        # No matrix product: its last bits depend on the machine's linear algebra library.
        total: Reals = (quotas * use).sum(axis=1)
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
    settled = np.where(use > 0, quotas, lines.ceiling.astype(float))
    quotas = np.where(use > 0, quotas, greatest_table(lines, settled))
    return np.where(lines.allowed & (supply > 0)[:, None], quotas, 0.0)
