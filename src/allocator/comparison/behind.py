"""Who is behind others: behind the best of its cell, behind one with nearly the same sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from allocator.comparison.outcome import Outcome
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
    """By how many cartons each is behind the best of its cell at most, and for which product.

    First who is behind by two lots or more of some product, then who is by one and no more.
    """
    cell = outcome.retailers["cell"].fill_null(-1).to_numpy()
    lots = outcome.products["lot"].fill_null(1).to_numpy()
    most = np.zeros((2, len(cell)), np.int64)
    where = np.zeros((2, len(cell)), np.int32)
    counted = np.flatnonzero(cell >= 0)
    by_cell = counted[np.argsort(cell[counted], kind="stable")]
    if len(by_cell):
        first = np.flatnonzero(np.diff(cell[by_cell], prepend=-1))
        size = np.diff(first, append=len(by_cell))
        for k, lot in enumerate(lots.tolist()):
            award = outcome.award[k][by_cell]
            behind = np.repeat(np.maximum.reduceat(award, first), size)
            if outcome.ordered:
                np.minimum(behind, outcome.order[k][by_cell], out=behind)
            behind -= award
            behind //= lot
            for kind, whom in enumerate((behind >= 2, behind == 1)):
                short = behind * whom * lot
                at = by_cell[short > most[kind, by_cell]]
                where[kind, at] = k
                most[kind, by_cell] = np.maximum(most[kind, by_cell], short)
    waiting = np.where(most[0] > 0, 0, most[1])
    return Exposed(most[0], where[0]), Exposed(waiting, where[1])


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
