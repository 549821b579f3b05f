"""Round one and round two on counted cohorts (``model.md`` 5), one released line at a time.

Arrays stand in the order of the roster (see ``turns``); quantities are whole lots. A cohort is
(cell, order, seat): the level of round two is found on their counts, exactly, and applied by
table lookup.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from allocator.allocation.divisor import last_lot
from allocator.allocation.rounding import Draw, share_out
from allocator.allocation.turns import (
    Keys,
    Roster,
    circle_places,
    first_in_line,
    first_on_circle,
)
from allocator.records import MICRO, Flags, Units

Lots = NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True, eq=False)
class Cohorts:
    """Counts of equal orders. All (h,) int64.

    cell : index c; order : lots asked for, ceilings applied; limit : lots of round one
    count : retailers
    """

    cell: Units
    order: Units
    limit: Units
    count: Units


def round_one(
    order: Lots, extra: Flags | Lots, base: Units, roster: Roster
) -> tuple[Lots, Cohorts]:
    """What round one gives, min(order, base + extra), (r,) lots; and the cohorts of the orders.

    order : (r,) lots; base : (C,) int64 lots that all members of a cell may order
    extra : (r,) lots that a member may order beyond it: the seat, as bool where that is all
    """
    award = np.repeat(base.astype(order.dtype), np.diff(roster.start))
    award += extra
    np.minimum(award, order, out=award)
    return award, _count(order, extra, base, roster)


def _count(order: Lots, extra: Flags | Lots, base: Units, roster: Roster) -> Cohorts:
    """The cohorts, by cell, order and extra. Sorting a cell costs less than a tally of it."""
    span = 2 if extra.dtype == np.bool_ else int(extra.max(initial=0)) + 1
    short = (int(order.max(initial=0)) + 1) * span <= 2**31
    code = roster.scratch.column("step", len(order), np.int32 if short else np.int64)
    # Widened before it is multiplied: numpy computes slowly on mixed types.
    code[:] = order
    code *= span
    code += extra
    for _, part in roster.blocks():
        code[part].sort()
    another = roster.scratch.column("step", len(order), np.bool_)
    np.not_equal(code[1:], code[:-1], out=another[1:])
    another[roster.start[:-1][np.diff(roster.start) > 0]] = True
    found = np.flatnonzero(another)
    cell = np.searchsorted(roster.start, found, side="right") - 1
    asked, beyond = np.divmod(code[found].astype(np.int64), span)
    return Cohorts(cell, asked, base[cell] + beyond, np.diff(found, append=len(code)))


def uniform_level(cohorts: Cohorts, weight: Units, supply: int) -> tuple[int, int] | None:
    """The level lambda of the uniform rule with guarantees, exact, as (numerator, denominator).

    sum count x min(d, max(a, lambda w)) = supply with a = min(d, limit); ``None`` when all
    orders can be met. weight : (C,) int64. Sprumont 1991; guarantees as in ``model.md`` 5.
    """
    order, count, w = cohorts.order, cohorts.count, weight[cohorts.cell]
    guarantee = np.minimum(order, cohorts.limit)
    if int((count * order).sum()) <= supply:
        return None
    unmet = order > guarantee
    spare = supply - int((count * guarantee).sum())
    order, count, w, guarantee = order[unmet], count[unmet], w[unmet], guarantee[unmet]
    enters, leaves = guarantee / w, order / w
    points = np.unique(np.concatenate([[0.0], enters, leaves]))
    # Between two neighbouring points the spare supply used is linear in the level: find the
    # piece by halving, then solve it in whole numbers.
    low, high = 0, len(points) - 1
    while high - low > 1:
        middle = (low + high) // 2
        taken = np.minimum(order, np.maximum(guarantee, points[middle] * w)) - guarantee
        low, high = (middle, high) if float((count * taken).sum()) <= spare else (low, middle)
    while True:
        rising = (enters <= points[low]) & (leaves > points[low])
        full = leaves <= points[low]
        slope = int((count * w)[rising].sum())
        level = spare - int((count * (order - guarantee))[full].sum())
        level += int((count * guarantee)[rising].sum())
        if level < points[low] * slope * (1 - _LAST_BIT) or (not slope and level < 0):
            low -= 1
        elif not slope or level > points[low + 1] * slope * (1 + _LAST_BIT):
            low += 1
        else:
            return level, slope


_LAST_BIT = 2.0**-50
"""Relative room for the two roundings in ``points * slope``: at a breakpoint both pieces agree."""


def round_two(
    order: Lots,
    first: Lots,
    cohorts: Cohorts,
    weight: Units,
    supply: int,
    key: Keys,
    credit: Units,
    roster: Roster,
    draw: Draw,
) -> tuple[Lots, tuple[int, int] | None]:
    """Awards after round two, (r,) lots, and its level (``None`` if all orders are met).

    Parameters
    ----------
    order : (r,) lots, at most the ceiling; first : (r,) lots of round one
    cohorts : counts of ``order``; weight : (C,) int64
    supply : lots to give in both rounds, reserve apart, more than round one gives
    key : (r,) int64, see ``priorities``; credit : (C,) int64, credit sums of the cells
    draw : what ties between cells are hashed from
    """
    level = uniform_level(cohorts, weight, supply)
    if level is None:
        return order, None
    whole, rest = _whole_level(level, weight)
    reached = np.maximum(whole[cohorts.cell], cohorts.limit)
    odd = supply - int((cohorts.count * np.minimum(cohorts.order, reached)).sum())
    members = in_line_at(cohorts, whole).tolist()
    exact = np.array(
        [_millionths(n * part, level[1]) for n, part in zip(members, rest, strict=True)],
        dtype=np.int64,
    )
    extra = share_out(exact, odd, credit, draw)
    return raised(order, first, whole, extra, key, roster), level


def in_line_at(cohorts: Cohorts, whole: Units) -> Units:
    """Who wants more than the whole lots of a level and holds no more than it, (C,) retailers."""
    waiting = (cohorts.order > whole[cohorts.cell]) & (cohorts.limit <= whole[cohorts.cell])
    members = np.zeros(len(whole), dtype=np.int64)
    np.add.at(members, cohorts.cell[waiting], cohorts.count[waiting])
    return members


def raised(order: Lots, first: Lots, whole: Units, extra: Units, key: Keys, roster: Roster) -> Lots:
    """Awards, (r,) lots: up to the level, and the odd lots to the first in line of each cell.

    whole : (C,) int64 lots of the level; extra : (C,) int64 odd lots
    """
    most = np.iinfo(order.dtype).max
    reach = np.repeat(np.minimum(whole, most).astype(order.dtype), np.diff(roster.start))
    award = np.minimum(order, reach)
    np.maximum(award, first, out=award)
    if extra.any():
        waiting, within = (
            roster.scratch.column(name, len(order), np.bool_) for name in ("waiting", "step")
        )
        np.greater(order, reach, out=waiting)
        waiting &= np.less_equal(first, reach, out=within)
        award += first_in_line(key, extra, roster, waiting)
    return award


def round_two_by_path(
    order: Lots,
    first: Lots,
    cohorts: Cohorts,
    weight: Units,
    supply: int,
    roster: Roster,
    draw: Draw,
) -> tuple[Lots, tuple[int, int] | None]:
    """Awards after round two of a line whose lots go one at a time; parameters as ``round_two``.

    What round one gave is where the same path stands when nobody's order is known, so going on
    along it with the orders as caps gives what the path gives from the start: nobody falls below
    round one, nobody gains by a false order, and supply and consistency keep their laws. Rounding
    the uniform rule by cells instead would lose the last two.
    """
    low = np.minimum(cohorts.order, cohorts.limit)
    last = last_lot(low, cohorts.order, cohorts.count, weight[cohorts.cell], supply)
    if last is None:
        return order, None
    size = np.diff(roster.start)
    most = np.iinfo(order.dtype).max
    reach = np.repeat(np.minimum(last.sure(weight), most).astype(order.dtype), size)
    award = np.maximum(np.minimum(order, reach), first)
    waiting = np.repeat(last.tied(weight), size) & (order > reach) & (first <= reach)
    award += first_on_circle(waiting, circle_places(roster, draw), last.odd)
    return award, (last.twice, 2 * last.weight)


def _whole_level(level: tuple[int, int], weight: Units) -> tuple[Units, list[int]]:
    """Whole lots of ``level x weight`` for each cell, and the rest over the denominator."""
    top, bottom = level
    parts = [divmod(top * w, bottom) for w in weight.tolist()]
    return np.array([whole for whole, _ in parts], dtype=np.int64), [rest for _, rest in parts]


def _millionths(top: int, bottom: int) -> int:
    """``top / bottom`` lots in millionths; a rest however small still counts as one."""
    whole, rest = divmod(top, bottom)
    return whole * MICRO + (max(1, rest * MICRO // bottom) if rest else 0)
