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

Every quota depends on where everybody stands, and is printed, with the weight of its tier. So that
nobody's score follows from them, what is few has no part in it (``hiding``): a tier of fewer than
``LEAST_TOLD`` scores has no knot, and no line leads to it or past it; and where fewer retailers of
a cell stand on one side of its knot, they count as standing on it. They have the quota of their
tier, as with steps. Counted for each side alone, because a share of the supply for some tiers takes
one side of a cell without the other.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from allocator.allocation.take_up import PER_CENT
from allocator.errors import BadRequest
from allocator.hiding import LEAST_TOLD
from allocator.records import MICRO, Between, Cells, Flags, Grading, Units


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
    knot, low, high, few = _knots(scored, grading.tiers)
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
    below, above = _neighbours(knot, few)
    up = place > knot[t]
    other = np.where(up, above[t], below[t])
    gap = np.abs(knot[other] - knot[t])
    way = np.where((knot[t] >= 0) & (gap > 0), np.abs(place - knot[t]), 0)
    side = 2 * own["cell"].to_numpy() + up
    way[(np.bincount(side, way > 0, 2 * len(cells.tier)) < LEAST_TOLD)[side]] = 0
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


def _knots(scored: pl.DataFrame, tiers: int) -> tuple[Units, Units, Units, Flags]:
    """Median, lowest and highest score of each tier by score, (T,) millionths; -1 = nobody.

    Of few there is no median either; the last, (T,) bool, says where. Of an even number the median
    is half-way between the two in the middle, rounded down.
    """
    tier = scored["tier_by_score"].to_numpy()
    score = scored["score"].to_numpy()
    order = np.lexsort((score, tier))
    rising = score[order]
    start = np.searchsorted(tier[order], np.arange(1, tiers + 2))
    count = np.diff(start)
    found, few = count > 0, (count > 0) & (count < LEAST_TOLD)
    first = np.where(found, start[:-1], 0)
    last = np.where(found, start[1:] - 1, 0)
    median = (rising[(first + last) // 2] + rising[(first + last + 1) // 2]) // 2
    low, high = (np.where(found, v, -1) for v in (rising[first], rising[last]))
    return np.where(found & ~few, median, -1), low, high, few


def _neighbours(knot: Units, few: Flags) -> tuple[Units, Units]:
    """Index of the nearest tier with a knot below and above each tier.

    Itself where none is, or where tiers of few are in between or it is one.
    """
    at = np.arange(len(knot))
    stops = (knot >= 0) | few
    seen = np.where(stops, at, -1)
    below = np.concatenate([[-1], np.maximum.accumulate(seen)[:-1]])
    none = len(knot)
    ahead = np.where(stops, at, none)
    above = np.concatenate([np.minimum.accumulate(ahead[::-1])[::-1][1:], [none]])
    below, above = np.where(below >= 0, below, at), np.where(above < none, above, at)
    return np.where(few | few[below], at, below), np.where(few | few[above], at, above)


def supply_masses(
    between: Between | None,
    count: Units,
    allowed: Flags,
    take_up: Units | int,
    inside: Flags | None = None,
) -> Units:
    """What one carton of quota for each cell takes from the supply, (P, C) int64 millionths.

    With steps the retailers of the cell, as far as they are expected to order. With smooth
    boundaries the sum of the weights that retailers give to the cell's knot: its own, and those of
    the neighbouring tiers who stand on the way to it.

    count : (C,) retailers; allowed : (P, C)
    take_up : (P, C) or 100, per cent; smooth boundaries are planned with all of it
    inside : (C,) cells of the retailers that are summed, default all
    """
    counted = np.arange(len(count)) if inside is None else np.flatnonzero(inside)
    mass = np.zeros(allowed.shape, np.int64)
    mass[:, counted] = (count * MICRO)[counted]
    if between is None:
        return np.where(allowed, mass // PER_CENT * take_up, 0)
    for other, moved in ((between.below, between.down), (between.above, between.up)):
        toward = other[counted]
        given = moved[counted] * (allowed[:, counted] & allowed[:, toward])
        mass[:, counted] -= given
        # A tier without a knot has the same neighbours as another: add, do not assign.
        np.add.at(mass.T, toward, given.T)
    return np.where(allowed, mass, 0)
