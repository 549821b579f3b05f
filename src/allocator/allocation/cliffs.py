"""The cliff figure (``model.md`` 3): how far apart a plan puts shops with nearly the same sales.

Over all pairs of graded retailers of one segment that take part in the cycle and whose sales a, b
in the grading window satisfy ``|a - b| <= 0.05 max(a, b)``: the largest difference in entitlement,
and how many pairs differ by a carton or more.

With steps the retailers of one cell share their entitlement, so pairs are counted once by the two
cells they stand in, for all products: sort by sales, and each retailer's window of near sales below
it is a slice whose members are told cell by cell from running counts. With smooth boundaries each
has its own, and the windows are searched for each product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from allocator.allocation.windows import count_apart, widest
from allocator.hiding import LEAST_TOLD
from allocator.holdings import cell_of, holdings
from allocator.nearness import near_pairs, near_windows
from allocator.records import MICRO, Grading, QuotaPlan, Units, region_of

SALES: Final = "quantity"
"""Item of the score that tells what a retailer sold in the grading window, cartons."""


@dataclass(frozen=True, slots=True, eq=False)
class Cliffs:
    """The cliff figures of P released lines.

    not_computed : why there are none (``tiers-given``, ``tiers-by`` an attribute,
        ``no-quantity-item``, ``no-quantity-band``); ``""`` = computed
    retailers : (P,) int64, graded retailers of the segments that the supply is for, as compared
    pairs : (P,) int64, pairs of them with nearly the same sales
    largest : (P,) int64, largest difference in entitlement over those pairs, millionths of a carton
    apart : (P,) int64, pairs whose entitlements differ by a carton or more
    cartons : (P,) int64, whole cartons that two of them can be apart at most in what they may
        order in this cycle, odd lots by turn included
    """

    not_computed: str
    retailers: Units
    pairs: Units
    largest: Units
    apart: Units
    cartons: Units


@dataclass(frozen=True, slots=True, eq=False)
class NearCells:
    """The pairs with nearly the same sales in one segment, by the two cells they stand in.

    own : (K,) int64, its cells; retailers : graded ones in them
    one, other : (m,) int64, places in ``own``; count : (m,) int64 pairs, above 0
    """

    segment: str
    own: Units
    retailers: int
    one: Units
    other: Units
    count: Units


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Who sells nearly the same: nothing here depends on a quota.

    not_computed : as in ``Cliffs``
    member, cell, sales : (k,) int64 of the graded members that are counted
    pairs : by segment; none where each has its own entitlement
    """

    not_computed: str
    member: Units
    cell: Units
    sales: Units
    pairs: tuple[NearCells, ...] = ()


def near_shops(
    members: pl.DataFrame, segment: Sequence[str], grading: Grading, *, smooth: bool
) -> Near:
    """The pairs of a plan's members; none where the sales are not known.

    Sales are the item ``quantity`` of the grading: months without a sale count as the policy says.
    Segments of fewer than ``LEAST_TOLD`` such retailers are left out.

    segment : of the C cells; smooth : whether each has its own entitlement
    """
    if not any(item.name == SALES for item in grading.items):
        reason = {"bands": "no-quantity-band", "grid": "no-quantity-band", "by": "tiers-by"}.get(
            grading.rule, "no-quantity-item" if grading.items else "tiers-given"
        )
        nobody = np.zeros(0, np.int64)
        return Near(reason, nobody, nobody, nobody)
    known = grading.table.filter(pl.col("graded")).select("retailer_id", SALES)
    sold = (
        members.select("retailer_id", "cell")
        .filter(pl.col("cell").is_not_null())
        .with_row_index("member")
        .join(known, on="retailer_id", how="inner", maintain_order="left")
    )
    names = ("member", "cell", SALES)
    member, cell, sales = (sold[name].to_numpy().astype(np.int64) for name in names)
    if smooth:
        return Near("", member, cell, sales)
    segments, pairs = np.array(segment), []
    for name in np.unique(segments).tolist():
        own = np.flatnonzero(segments == name)
        here = np.flatnonzero((segments == name)[cell])
        if len(here) < LEAST_TOLD:
            continue
        near = near_pairs(sales[here], np.searchsorted(own, cell[here]), len(own))
        one, other = np.nonzero(near)
        pairs.append(NearCells(name, own, len(here), one, other, near[one, other]))
    return Near("", member, cell, sales, tuple(pairs))


def cliff_figures(plan: QuotaPlan, grading: Grading, near: Near | None = None) -> Cliffs:
    """The cliff figures of a plan; nothing is computed where the sales are not known.

    near : the pairs of its members, where they are found already
    """
    zero = np.zeros(len(plan.product), np.int64)
    smooth = plan.between is not None
    near = near or near_shops(plan.members, plan.cells.segment, grading, smooth=smooth)
    if near.not_computed:
        return Cliffs(near.not_computed, zero, zero, zero, zero, zero)
    if smooth:
        return _by_retailer(plan, near.member, near.cell, near.sales)
    retailers, pairs, largest, apart, cartons = (zero.copy() for _ in range(5))
    region = np.array(plan.region)
    for part in near.pairs:
        lines = np.flatnonzero((region == "") | (region == region_of(part.segment)))
        retailers[lines] += part.retailers
        pairs[lines] += int(part.count.sum())
        if not len(part.count) or not len(lines):
            continue
        share = np.rint(plan.entitlement[np.ix_(lines, part.own)] * MICRO).astype(np.int64)
        gap = np.abs(share[:, part.one] - share[:, part.other])
        largest[lines] = np.maximum(largest[lines], gap.max(axis=1))
        apart[lines] += np.where(gap >= MICRO, part.count, 0).sum(axis=1)
        whole = _whole_gaps(plan, lines, part.own, part.one, part.other)
        cartons[lines] = np.maximum(cartons[lines], whole.max(axis=1))
    return Cliffs("", retailers, pairs, largest, apart, cartons)


def _by_retailer(plan: QuotaPlan, member: Units, cell: Units, sales: Units) -> Cliffs:
    """The figures where each retailer has its own entitlement.

    member : (k,) places among the counted members; cell, sales : (k,) of the same
    """
    segments = np.array(plan.cells.segment)
    lines = len(plan.product)
    retailers, pairs, largest, apart, cartons = (np.zeros(lines, np.int64) for _ in range(5))
    parts = []
    for segment in np.unique(segments[cell]).tolist():
        here = np.flatnonzero(segments[cell] == segment)
        if len(here) < LEAST_TOLD:
            continue
        here = here[np.argsort(sales[here], kind="stable")]
        first = near_windows(sales[here])
        parts.append((region_of(segment), here, first, int((np.arange(len(here)) - first).sum())))
    for p, region in enumerate(plan.region):
        mine, lot = holdings(plan, p), int(plan.lot[p])
        waiting = np.bincount(cell_of(plan), mine.waits, len(segments))
        share = mine.share[member] * lot
        sure, may = (plan.seats[p] >= np.maximum(waiting, 1)), plan.seats[p] > 0
        base, waits = mine.base[member] * lot, mine.waits[member]
        low, high = base + lot * (waits & sure[cell]), base + lot * (waits & may[cell])
        for home, here, first, count in parts:
            if region not in ("", home):
                continue
            retailers[p] += len(here)
            pairs[p] += count
            gap = widest(first, share[here], share[here])
            largest[p] = max(largest[p], gap.max(initial=0))
            far = np.flatnonzero(gap >= MICRO)
            apart[p] += count_apart(first, share[here], MICRO, far)
            cartons[p] = max(cartons[p], widest(first, low[here], high[here]).max(initial=0))
    return Cliffs("", retailers, pairs, largest, apart, cartons)


def _whole_gaps(plan: QuotaPlan, lines: Units, own: Units, one: Units, other: Units) -> Units:
    """Most whole cartons between a retailer of one cell and one of another, (lines, pairs)."""
    at = np.ix_(lines, own)
    base, seats, lot = plan.base[at], plan.seats[at], plan.lot[lines][:, None]
    low = base + lot * (seats >= np.maximum(plan.cells.count[own], 1))
    high = base + lot * (seats > 0)
    apart: Units = np.maximum(high[:, one] - low[:, other], high[:, other] - low[:, one])
    return apart
