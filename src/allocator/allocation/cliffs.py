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


def cliff_figures(plan: QuotaPlan, grading: Grading) -> Cliffs:
    """The cliff figures of a plan; nothing is computed where the sales are not known.

    Sales are the item ``quantity`` of the grading: months without a sale count as the policy says.
    """
    zero = np.zeros(len(plan.product), np.int64)
    if not any(item.name == SALES for item in grading.items):
        reason = {"bands": "no-quantity-band", "grid": "no-quantity-band", "by": "tiers-by"}.get(
            grading.rule, "no-quantity-item" if grading.items else "tiers-given"
        )
        return Cliffs(reason, zero, zero, zero, zero, zero)
    known = grading.table.filter(pl.col("graded")).select("retailer_id", SALES)
    sold = (
        plan.members.select("retailer_id", "cell")
        .filter(pl.col("cell").is_not_null())
        .with_row_index("member")
        .join(known, on="retailer_id", how="inner", maintain_order="left")
    )
    names = ("member", "cell", SALES)
    member, cell, sales = (sold[name].to_numpy().astype(np.int64) for name in names)
    if plan.between is not None:
        return _by_retailer(plan, member, cell, sales)
    retailers, pairs, largest, apart, cartons = (zero.copy() for _ in range(5))
    segments = np.array(plan.cells.segment)
    region = np.array(plan.region)
    for segment in np.unique(segments).tolist():
        own = np.flatnonzero(segments == segment)
        lines = np.flatnonzero((region == "") | (region == region_of(segment)))
        here = np.flatnonzero((segments == segment)[cell])
        if len(here) < LEAST_TOLD:
            continue
        place = np.searchsorted(own, cell[here])
        near = near_pairs(sales[here], place, len(own))
        one, other = np.nonzero(near)
        count = near[one, other]
        retailers[lines] += len(here)
        pairs[lines] += int(count.sum())
        if not len(count) or not len(lines):
            continue
        share = np.rint(plan.entitlement[np.ix_(lines, own)] * MICRO).astype(np.int64)
        gap = np.abs(share[:, one] - share[:, other])
        largest[lines] = np.maximum(largest[lines], gap.max(axis=1))
        apart[lines] += np.where(gap >= MICRO, count, 0).sum(axis=1)
        whole = _whole_gaps(plan, lines, own, one, other)
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
