"""Smooth boundaries (``model.md`` 3): quotas of neighbouring tiers joined by straight lines.

The *knot* of a tier is the median score of those whom their score brings there. A counted retailer
stands at its *effective score*: its score cut to the lowest and highest score of its final tier,
so that whoever a rule moved counts as the last or the best of where it stands, never more; the
unscored stand on their own knot. Its entitlement lies on the straight line between the quotas of
the two knots around it, in its own chain (segment and rhythm); beyond the end knots it is flat.
One of the two is always the knot of its own tier, so the place is told by the *part* of the way to
the knot above (positive) or below (negative), in millionths: each retailer's two weights make
exactly one.

A tier that no score reaches (shares without a place, or swallowed by a tie) has no knot: the line
passes it by, and whoever a rule puts there has its quota as it is. Scores of different tiers
differ, so knots rise strictly. Where a product is not released to the tier of a knot, the line
ends, flat, at the last knot inside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from allocator.allocation.rounding import snap
from allocator.errors import BadRequest
from allocator.records import MICRO, Between, Cells, Flags, Grading, Indices, QuotaPlan, Reals, Units


def stand_between(grading: Grading, cells: Cells, members: pl.DataFrame) -> Between:
    """Where the r counted members stand between the knots.

    members : counted first, grouped by cell, with retailer_id, tier and cell

    Raises
    ------
    BadRequest : nobody has a score
    """
    scored = grading.table.filter("graded")
    if scored.is_empty() or scored["score"].null_count() == len(scored):
        raise BadRequest("smooth-without-scores")
    knot, low, high = _knots(scored, grading.tiers)
    counted = members.filter(pl.col("cell").is_not_null()).select("retailer_id", "tier", "cell")
    own = counted.join(
        scored.select("retailer_id", "score"),
        on="retailer_id",
        how="left",
        maintain_order="left",
    )
    t = own["tier"].to_numpy() - 1
    place = np.clip(own["score"].fill_null(-1).to_numpy(), low[t], high[t])
    place = np.where(own["score"].is_null().to_numpy(), knot[t], place)
    below, above = _neighbours(knot)
    up = place > knot[t]
    other = np.where(up, above[t], below[t])
    gap = np.abs(knot[other] - knot[t])
    way = np.where((knot[t] >= 0) & (gap > 0), np.abs(place - knot[t]), 0)
    # Rounded down, so that the own tier keeps a weight: its cell counts in the program.
    part = way * MICRO // np.maximum(gap, 1)
    part = np.where(up, part, -part)
    at = cells.tier - 1
    first = np.arange(len(at)) - at
    cell = own["cell"].to_numpy()
    size = len(cells.tier)
    return Between(
        knot=knot,
        below=(first + below[at]).astype(np.int32),
        above=(first + above[at]).astype(np.int32),
        part=part.astype(np.int32),
        down=np.bincount(cell, np.maximum(-part, 0), size).astype(np.int64),
        up=np.bincount(cell, np.maximum(part, 0), size).astype(np.int64),
    )


def _knots(scored: pl.DataFrame, tiers: int) -> tuple[Units, Units, Units]:
    """Median, lowest and highest score of each tier by score, (T,) millionths; -1 = nobody.

    Of an even number the median is half-way between the two in the middle, rounded down.
    """
    tier = scored["tier_by_score"].to_numpy()
    score = scored["score"].to_numpy()
    order = np.lexsort((score, tier))
    rising = score[order]
    start = np.searchsorted(tier[order], np.arange(1, tiers + 2))
    count = np.diff(start)
    found = count > 0
    first = np.where(found, start[:-1], 0)
    last = np.where(found, start[1:] - 1, 0)
    median = (rising[(first + last) // 2] + rising[(first + last + 1) // 2]) // 2
    knot, low, high = (np.where(found, v, -1) for v in (median, rising[first], rising[last]))
    return knot, low, high


def _neighbours(knot: Units) -> tuple[Units, Units]:
    """Index of the nearest tier with a knot below and above each tier, itself where none is."""
    at = np.arange(len(knot))
    seen = np.where(knot >= 0, at, -1)
    below = np.concatenate([[-1], np.maximum.accumulate(seen)[:-1]])
    none = len(knot)
    ahead = np.where(knot >= 0, at, none)
    above = np.concatenate([np.minimum.accumulate(ahead[::-1])[::-1][1:], [none]])
    return np.where(below >= 0, below, at), np.where(above < none, above, at)


def hat_masses(
    between: Between, count: Units, allowed: Flags, inside: Flags | None = None
) -> Units:
    """What one carton of quota for each cell takes from the supply, (P, C) int64 millionths.

    The sum of the weights that retailers give to the cell's knot: its own and those of the
    neighbouring tiers who stand on the way to it.

    count : (C,) retailers; allowed : (P, C); inside : (C,) cells of the retailers that are summed,
    default all
    """
    cells = np.arange(len(count))
    counted = cells if inside is None else np.flatnonzero(inside)
    mass = np.zeros(allowed.shape, np.int64)
    mass[:, counted] += (count * MICRO)[counted]
    for other, moved in ((between.below, between.down), (between.above, between.up)):
        toward = other[counted]
        open_way = allowed[:, counted] & allowed[:, toward]
        given = open_way * moved[counted]
        mass[:, counted] -= given
        # Knots of neighbours differ, but a tier without a knot shares them: add, do not assign.
        np.add.at(mass, (slice(None), toward), given)
    return np.where(allowed, mass, 0)


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


def held(
    between: Between, cell: Indices, lots: Reals, count: Units, allowed: Flags
) -> Holdings:
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


def cell_of(plan: QuotaPlan) -> Indices:
    """Cell of each counted member, (r,) int32, rising."""
    cell: Indices = plan.members["cell"].drop_nulls().to_numpy()
    return cell


def _sizes(plan: QuotaPlan) -> Units:
    return np.bincount(cell_of(plan), minlength=len(plan.cells.count))


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
    return steep.max(axis=1, initial=0.0)
