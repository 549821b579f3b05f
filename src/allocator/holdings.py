"""What each retailer of a plan has: its share, its base, its ceiling, in whole-number arithmetic.

With steps all retailers of a cell have the cell's. With smooth boundaries (``model.md`` 3) the
values of neighbouring knots are joined by straight lines and read where the retailer stands; see
``allocation.boundaries`` for where that is. Below all floors, so that those who judge a plan read
it as those who made it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.records import (
    MICRO,
    Between,
    Flags,
    Indices,
    JointLimit,
    QuotaPlan,
    Reals,
    Units,
)

UNLIMITED = np.int64(1) << 60
"""(cartons) Room where there is no limit: a week's cartons of one shop stay far below it."""


def snap(lots: Reals) -> Units:
    """Reals in lots as whole millionths of a lot, nearest."""
    return np.rint(lots * MICRO).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Holdings:
    """What each of the r counted members has of one line, in the order of ``members``.

    share : (r,) int64 millionths of a lot, the entitlement
    base : (r,) int64 lots without an odd one
    waits : (r,) bool, who stands in line for an odd lot: whose share is no whole number
    """

    share: Units
    base: Units
    waits: Flags


def holdings(plan: QuotaPlan, p: int) -> Holdings:
    """Share, base and who waits of line p of a plan with smooth boundaries."""
    if plan.between is None:
        raise ValueError("holdings of a plan with steps stand in its base")
    cell = cell_of(plan)
    lots = plan.entitlement[p] / int(plan.lot[p])
    return held(plan.between, cell, lots, plan.cells.count, plan.allowed[p])


def held(between: Between, cell: Indices, lots: Reals, count: Units, allowed: Flags) -> Holdings:
    """The same from the quotas of the C cells. lots : (C,) quotas in lots; allowed : (C,)"""
    share = along(between, cell, snap(lots), allowed)
    base, rest = np.divmod(share, MICRO)
    waits = rest > 0
    # Shares snapped up to whole lots may promise a cell more than it has: there the last lot of
    # everybody goes by turns.
    promised = np.bincount(cell, base, len(lots))
    total = snap(cell_totals(between, lots, count, allowed)) // MICRO
    short = (promised > total)[cell] & (share > 0)
    base -= short & ~waits
    return Holdings(share, base, waits | short)


def along(between: Between, cell: Indices, values: Units, allowed: Flags) -> Units:
    """The values of the knots joined by straight lines, read where each member stands, (r,) int64.

    values : (C,) int64, neighbours less than nine million millions apart (millionths of a lot);
    halves go up. Whole numbers throughout, so that nobody with a higher score has less where
    values rise.
    """
    fall = np.where(allowed & allowed[between.below], values[between.below] - values, 0)
    rise = np.where(allowed & allowed[between.above], values[between.above] - values, 0)
    change = np.where(between.part < 0, fall[cell], rise[cell])
    change *= np.abs(between.part)
    change += MICRO // 2
    change //= MICRO
    change += values[cell]
    return change


def cell_totals(between: Between, values: Reals, count: Units, allowed: Flags) -> Reals:
    """The sum of the members' values of each cell, (C,) float64, before anything is snapped."""
    fall = np.where(allowed & allowed[between.below], values[between.below] - values, 0.0)
    rise = np.where(allowed & allowed[between.above], values[between.above] - values, 0.0)
    total: Reals = count * values + (between.down * fall + between.up * rise) / MICRO
    return total


def ceilings(plan: QuotaPlan, p: int) -> Units:
    """Most lots that each counted member may have of line p, (r,) int64.

    With smooth boundaries ceilings are joined by lines too, and go up to the next whole lot: a
    share just below one may come as the lot above it.
    """
    most = np.where(plan.allowed[p], plan.ceiling[p] // plan.lot[p], 0)
    if plan.between is None:
        return np.repeat(most, _sizes(plan))
    exact = along(plan.between, cell_of(plan), most * MICRO, plan.allowed[p])
    return -(-exact // MICRO)


def together(limit: JointLimit, between: Between | None, cell: Indices) -> Units:
    """Cartons that a joint limit allows each counted member, (r,) int64; ``UNLIMITED`` = no limit.

    With smooth boundaries the limits of two tiers are joined by a line too, and go up to the next
    whole carton, as ceilings do; where one of the two has none, there is none.
    """
    known = np.maximum(limit.most, 0)
    if between is None:
        return np.where(limit.most < 0, UNLIMITED, known)[cell]
    most = -(-along(between, cell, known * MICRO, np.ones(len(known), np.bool_)) // MICRO)
    toward = np.where(between.part < 0, between.below[cell], between.above[cell])
    toward = np.where(between.part == 0, cell, toward)
    return np.where((limit.most[cell] < 0) | (limit.most[toward] < 0), UNLIMITED, most)


def bases(plan: QuotaPlan, p: int) -> Units:
    """Lots of line p that each counted member may order without an odd one, (r,) int64."""
    if plan.between is None:
        return np.repeat(plan.base[p] // plan.lot[p], _sizes(plan))
    return holdings(plan, p).base


def base_and_extra(plan: QuotaPlan, p: int, seat: Flags) -> tuple[Units, Flags | Indices]:
    """Lots of line p that all members of a cell may order, (C,), and how many more each, (r,).

    seat : (r,) bool, who has an odd lot; with steps that is all the difference there is
    """
    if plan.between is None:
        return plan.base[p] // plan.lot[p], seat
    cell, base = cell_of(plan), bases(plan, p)
    least = np.full(len(plan.cells.count), np.iinfo(np.int64).max)
    np.minimum.at(least, cell, base)
    least[least == np.iinfo(np.int64).max] = 0
    return least, (base - least[cell] + seat).astype(np.int32)


def offered(plan: QuotaPlan) -> Units:
    """Cartons that the quotas of each line offer in each cell, odd lots included, (P, C) int64."""
    odd = plan.seats * plan.lot[:, None]
    if plan.between is None:
        return np.asarray(plan.base * plan.cells.count + odd, np.int64)
    cell = cell_of(plan)
    # Whole numbers below 2^53 stay exact in the doubles that bincount adds.
    whole = [np.bincount(cell, bases(plan, p), odd.shape[1]) for p in range(len(odd))]
    return np.array(whole, np.int64).reshape(odd.shape) * plan.lot[:, None] + odd


def promised(plan: QuotaPlan) -> Units:
    """Cartons of each line if everybody orders its limit, turns included, (P,) int64."""
    total: Units = offered(plan).sum(axis=1)
    return total


def ceilings_only(plan: QuotaPlan) -> Flags:
    """Lines whose quotas are ceilings: orders are shared out if too much is ordered, (P,)."""
    if plan.oversell != "share":
        return np.zeros(len(plan.product), dtype=np.bool_)
    cartons = offered(plan)
    beyond = cartons.sum(axis=1) > plan.supply - plan.reserve
    for group in plan.groups:
        beyond[group.line] |= 0 <= group.most < int(cartons[group.line, group.home].sum())
    shared: Flags = beyond & (plan.supply >= 0)
    return shared


def cell_of(plan: QuotaPlan) -> Indices:
    """Cell of each counted member, (r,) int32, rising."""
    cell: Indices = plan.members["cell"].drop_nulls().to_numpy()
    return cell


def _sizes(plan: QuotaPlan) -> Units:
    return plan.cells.count


def slopes(plan: QuotaPlan) -> Reals:
    """K_p, (P,) cartons more for one point of score at most: the steepest of a line's joins.

    0 throughout where boundaries are steps.
    """
    steepest = np.zeros(len(plan.product))
    if plan.between is None:
        return steepest
    knot = plan.between.knot[plan.cells.tier - 1]
    above = plan.between.above
    gap = knot[above] - knot
    joined = (knot >= 0) & (gap > 0)
    open_way = plan.allowed & plan.allowed[:, above] & joined
    rise = np.abs(plan.entitlement[:, above] - plan.entitlement)
    steep = np.where(open_way, rise * MICRO / np.maximum(gap, 1), 0.0)
    return np.asarray(steep.max(axis=1, initial=0.0), np.float64)
