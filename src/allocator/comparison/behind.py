"""Who is behind others: behind the best of its cell, behind one with nearly the same sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from allocator.comparison.outcome import Outcome
from allocator.comparison.standing import Standing
from allocator.nearness import NEAR_PERCENT
from allocator.records import Indices, Units

TOGETHER: Final = -1
"""Stands for all products together where one is named."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """Who is exposed to one kind of complaint.

    short : (n,) int64 in the kind's unit, by how much; 0 = not exposed
    product : (n,) int32, row of the product that is worst, ``TOGETHER`` = over all products
    missing : why nothing could be said, "" = it was
    """

    short: Units
    product: Indices
    missing: str = ""


def less_than_equals(outcome: Outcome) -> tuple[Exposed, Exposed]:
    """By how many cartons each is behind the best of its equals at most, and for which product.

    Equals are of one cell, and the rule lets them have the same of the product: with smooth
    boundaries it gives some of a cell more than others. What a basket or a band leaves no room
    for, beside what the retailer has of the other products in it, it does not lack.
    First who is behind by two lots or more of some product, then who is by one and no more.
    """
    standing = Standing(outcome)
    cell = outcome.retailers["cell"].fill_null(-1).to_numpy()
    lots = outcome.products["lot"].fill_null(1).to_numpy()
    most = np.zeros((2, len(cell)), np.int64)
    where = np.zeros((2, len(cell)), np.int32)
    counted = np.flatnonzero(cell >= 0)
    # Cells fit few bits, and short numbers sort far faster.
    short_cell = cell[counted].astype(np.min_scalar_type(int(cell.max(initial=0))))
    by_cell = counted[np.argsort(short_cell, kind="stable")]
    if len(by_cell):
        first = np.flatnonzero(np.diff(cell[by_cell], prepend=-1))
        size = np.diff(first, append=len(by_cell))
        short, worst = (np.zeros((2, len(by_cell)), np.int32) for _ in range(2))
        for k, lot in enumerate(lots.tolist()):
            award = outcome.award[k][by_cell]
            if standing.alike:
                behind = np.repeat(np.maximum.reduceat(award, first), size)
            else:
                behind = _best(cell[by_cell], standing.most(k)[by_cell], award)
            if outcome.ordered:
                np.minimum(behind, outcome.order[k][by_cell], out=behind)
            behind -= award
            room = standing.room(k)
            if room is not None:
                behind = np.minimum(behind, room[by_cell]).astype(behind.dtype)
            if lot > 1:
                behind //= lot
            furthest = int(behind.max())
            if furthest < 1:  # so it is wherever equals get equal numbers
                continue
            next_ = behind == 1
            if furthest >= 2:
                far = behind >= 2
                behind *= lot
                np.logical_and(far, behind > short[0], out=far)
                np.copyto(short[0], behind, where=far)
                np.copyto(worst[0], k, where=far)
            np.logical_and(next_, short[1] < lot, out=next_)
            np.copyto(short[1], lot, where=next_)
            np.copyto(worst[1], k, where=next_)
        most[:, by_cell], where[:, by_cell] = short, worst
    waiting = np.where(most[0] > 0, 0, most[1])
    return Exposed(most[0], where[0]), Exposed(waiting, where[1])


def _best(cell: Indices, most: Units, award: Indices) -> Indices:
    """The largest award among those of the same cell that may have the same, (n,)."""
    order = np.lexsort((most, cell))
    new = (np.diff(cell[order], prepend=-1) != 0) | (np.diff(most[order], prepend=-1) != 0)
    first = np.flatnonzero(new)
    best = np.empty_like(award)
    runs = np.diff(first, append=len(order))
    best[order] = np.repeat(np.maximum.reduceat(award[order], first), runs)
    return best


def near_on_both_sides(sold: Units) -> tuple[Units, Units]:
    """Those with nearly the same sales: first and one past the last, (n,) int64 each.

    sold : (n,) rising. Of two, the larger decides what is near: ``100 (b - a) <= 5 b`` for a <= b.
    """
    here = np.arange(len(sold))
    first = np.searchsorted(100 * sold, (100 - NEAR_PERCENT) * sold, side="left")
    last = np.searchsorted((100 - NEAR_PERCENT) * sold, 100 * sold, side="right")
    # Sales of 0 and less are near nobody but their equals.
    first = np.minimum(first, here)
    last = np.maximum(last, here + 1)
    return first, last


def best_within(first: Units, last: Units, values: Units) -> Units:
    """The largest value in each window, none empty: from those of runs of 1, 2, 4, .. (n,)."""
    length = last - first
    best = values.copy()
    table, run = values, 1
    while (longer := np.flatnonzero(length >= run)).size:
        fits = longer[length[longer] < 2 * run]
        best[fits] = np.maximum(table[first[fits]], table[last[fits] - run])
        table = np.maximum(table[: max(len(table) - run, 0)], table[run:])
        run *= 2
    return best
