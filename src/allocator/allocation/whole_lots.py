"""Whole lots of one released line (``model.md`` 4).

``rotate`` offers odd lots in turns, ``lottery`` draws them anew, ``path`` hands out one lot at a
time, ``equal`` gives one number per tier.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.allocation.divisor import last_lot
from allocator.allocation.leximin import Lines
from allocator.allocation.rounding import Draw, lots_to_share, share_out, snap
from allocator.allocation.turns import (
    Keys,
    Roster,
    circle_places,
    credit_after,
    first_in_line,
    first_on_circle,
    holders,
    line_up,
    places,
    reading_starts,
)
from allocator.allocation.whole_table import WholeProblem
from allocator.errors import InfeasiblePolicy
from allocator.records import MICRO, Cells, Flags, Indices, Reals, Units


@dataclass(frozen=True, slots=True, eq=False)
class WholeLots:
    """Whole lots of one line.

    base, seats : (C,) int64 lots
    retailer, place : (S,) int32, who has the odd lots, in reading order of each cell
    credit : (n,) int32, millionths of a lot after the cycle
    """

    base: Units
    seats: Units
    retailer: Indices
    place: Indices
    credit: Indices


_NOBODY = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True, slots=True, eq=False)
class LineByTurns:
    """Whole lots of one line by turns, and what decided them.

    base, seats : (C,) int64 lots; sums : (C,) int64, credits of each cell before the cycle
    start : (C,) int64 and key : (r,) int64, see ``turns``
    seated : (r,) bool; credit : (r,) int32 millionths of a lot after the cycle
    """

    base: Units
    seats: Units
    sums: Units
    start: Units
    key: Keys
    seated: Flags
    credit: Indices


def whole_by_turns(
    entitlement: Reals,
    count: Units,
    lot: int,
    credit: Indices,
    order: Roster,
    draw: Draw,
    supply: int | None,
    out: Indices | None = None,
) -> LineByTurns:
    """Everybody gets the floor of the entitlement; the odd lots go round (``model.md`` 4).

    entitlement : (C,) cartons; count : (C,) retailers; credit : (r,) int32 before the cycle
    supply : cartons, ``None`` where nothing is carried on, see ``rounding.lots_to_share``
    out : (r,) int32, where the credits after the cycle are written; it may be ``credit`` itself
    """
    lots = entitlement / lot
    share = snap(lots)
    exact = int(snap(np.array([float((lots * count).sum())]))[0])
    whole, most = lots_to_share(exact, None if supply is None else supply // lot)
    start = reading_starts(order, draw)
    key, sums = line_up(order, start, credit)
    totals = share_out(snap(lots * count), whole, sums, draw, most)
    # A share snapped up to a whole lot may promise more than the total of its cell.
    fair = share // MICRO
    kept = np.minimum(fair, totals // np.maximum(count, 1))
    base: Units = np.where(count > 0, kept, fair)
    seats: Units = totals - base * count
    seated = first_in_line(key, seats, order)
    after = credit_after(credit, share - base * MICRO, seated, order, out)
    return LineByTurns(base, seats, sums, start, key, seated, after)


def rotate(
    entitlement: Reals,
    count: Units,
    lot: int,
    carried: Indices,
    order: Roster,
    draw: Draw,
    supply: int,
) -> WholeLots:
    """``rotate``: turns by name, and the credits of all n members. carried : (n,) int32."""
    mine = carried[: len(order.rank)]
    turn = whole_by_turns(entitlement, count, lot, mine, order, draw, supply)
    after = carried.copy()
    after[: len(turn.credit)] = turn.credit
    place = places(order, turn.start)
    return WholeLots(turn.base, turn.seats, *holders(turn.seated, place, order), after)


def lottery(
    entitlement: Reals, count: Units, lot: int, carried: Indices, order: Roster, draw: Draw
) -> WholeLots:
    """``lottery``: seats by the list alone; what is carried neither counts nor changes."""
    nothing = np.zeros(len(order.rank), dtype=np.int32)
    turn = whole_by_turns(entitlement, count, lot, nothing, order, draw, None)
    place = places(order, turn.start)
    return WholeLots(turn.base, turn.seats, *holders(turn.seated, place, order), carried)


def path(p: int, lines: Lines, lot: int, carried: Indices, order: Roster, draw: Draw) -> WholeLots:
    """``path``: one lot at a time to whoever has least for its weight, ties on the circle.

    Weights, floors and ceilings decide; tier order follows from them, and the policy may hold
    nothing else. Cells without retailers have what comes before the level, the next lot too where
    nobody has to be drawn.
    """
    low, high, weight = lines.floor[p] // lot, lines.ceiling[p] // lot, lines.weighed[p]
    last = last_lot(low, high, lines.count, weight, int(lines.supply[p]) // lot)
    if last is None:
        return WholeLots(high, np.zeros_like(high), _NOBODY, _NOBODY, carried)
    base = np.clip(last.sure(weight), low, high)
    tied = last.tied(weight) & (np.clip(last.until(weight), low, high) > base)
    size = np.diff(order.start)
    place = circle_places(order, draw)
    seated = first_on_circle(np.repeat(tied, size), place, last.odd)
    cell = np.repeat(np.arange(len(size)), size)
    seats = np.bincount(cell[seated], minlength=len(size))
    return WholeLots(base, seats, *holders(seated, place, order), carried)


@dataclass(frozen=True, slots=True, eq=False)
class EqualTable:
    """What the ``equal`` table of a line is chosen from.

    may : (K,) the cells that may have it; visits : (K,) int64, how often a retailer counts
    problem : over these K cells, in lots for each visit
    """

    may: Indices
    visits: Units
    problem: WholeProblem

    def lots(self, table: Units, cells: int) -> Units:
        """Lots for each retailer of all ``cells`` cells, (C,) int64."""
        lots = np.zeros(cells, dtype=np.int64)
        lots[self.may] = table * self.visits
        return lots


def equal_table(
    p: int, lines: Lines, cells: Cells, entitlement: Reals, lot: int, product: str
) -> EqualTable:
    """Doubled shops stand in the table as if they came twice: they get twice its number."""
    step = int(lines.step[p])
    if step >= 0 and step % lot:
        raise InfeasiblePolicy("step-not-in-lots", product=product, step=step, lot=lot)
    may = np.flatnonzero(lines.allowed[p]).astype(np.int32)
    visits = np.broadcast_to(lines.visits, lines.allowed.shape)[p, may]
    problem = WholeProblem(
        entitlement=snap(entitlement[p, may] / (lot * visits)),
        count=lines.count[may] * visits,
        segment=np.unique(np.array(cells.segment), return_inverse=True)[1][may],
        rhythm=np.unique(np.array(cells.rhythm), return_inverse=True)[1][may],
        tier=cells.tier[may],
        supply=int(lines.supply[p]) // lot,
        tier_order=bool(lines.tier_order[p]),
        step=step // lot if step >= 0 else -1,
    )
    return EqualTable(may, visits, problem)


def by_table(base: Units, carried: Indices) -> WholeLots:
    """``equal``: whole lots of which none is odd, credits as they were. base : (C,) int64 lots."""
    return WholeLots(base, np.zeros_like(base), _NOBODY, _NOBODY, carried)
