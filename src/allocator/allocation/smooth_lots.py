"""Whole lots where retailers of a cell have shares of their own (``model.md`` 3 and 4).

As with steps everybody gets the floor of its share, cells share out the whole supply by credit and
fraction, and within a cell the odd lots go by credit and list; but a share that is a whole number
waits for none, for nobody gets more than its share rounded up.

Groups: where the odd lots of cells miss a share of the supply, odd lots move between cells, from
the smallest claim to the largest. Baskets: seats go line by line, first the line of which somebody
is owed most, to those whose basket has room. So maxima and baskets always hold; what of the whole
supply and of minima is missed for it is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from allocator.allocation.rounding import Draw, lots_to_share, share_out
from allocator.allocation.turns import (
    Roster,
    credit_sums,
    first_in_line,
    holders,
    places,
    priorities,
    reading_starts,
)
from allocator.allocation.whole_lots import WholeLots
from allocator.errors import BadRequest
from allocator.holdings import Holdings, cell_totals, held, snap, together
from allocator.records import (
    MICRO,
    Between,
    Flags,
    Indices,
    JointLimit,
    Reals,
    Shortfall,
    Units,
)


@dataclass(frozen=True, slots=True, eq=False)
class WholeShare:
    """A share of one line's supply in whole lots, for the retailers of some cells.

    index : into the plan's groups; line : p; own : (C,) bool, cells of its retailers
    least, most : lots, -1 = no such limit
    """

    index: int
    line: int
    own: Flags
    least: int
    most: int


@dataclass(frozen=True, slots=True, eq=False)
class SmoothTask:
    """Entitlements at the knots of all P lines, and the limits that whole lots must keep.

    count : (C,) retailers; allowed : (P, C); entitlement : (P, C) cartons; lot : (P,) cartons
    supply : (P,) cartons; method : P of ``rotate``, ``lottery``
    """

    between: Between
    count: Units
    allowed: Flags
    entitlement: Reals
    lot: Units
    supply: Units
    method: tuple[str, ...]
    shares: tuple[WholeShare, ...]
    baskets: tuple[JointLimit, ...]


def smooth_lots(
    task: SmoothTask, carried: Indices, order: Roster, draws: Sequence[Draw]
) -> tuple[list[WholeLots], tuple[Shortfall, ...]]:
    """Whole lots of all lines, and what of supply and minima no whole lots could keep.

    carried : (P, n) int32 credits before the cycle; draws : P

    Raises
    ------
    BadRequest : a basket holds products that not the same tiers may have
    """
    check_baskets(task.baskets, task.allowed, len(task.between.knot))
    members, lines = len(order.rank), range(len(task.lot))
    cell = np.repeat(np.arange(len(task.count), dtype=np.int32), np.diff(order.start))
    credit = turn_credits(task.method, carried[:, :members])
    mine, seats, wanted = [], np.zeros(task.allowed.shape, np.int64), []
    for p in lines:
        lots = task.entitlement[p] / int(task.lot[p])
        mine.append(held(task.between, cell, lots, task.count, task.allowed[p]))
        exact = cell_totals(task.between, lots, task.count, task.allowed[p])
        total = int(snap(np.array([float(exact.sum())]))[0])
        carried_on = task.method[p] == "rotate"
        room = int(task.supply[p] // task.lot[p]) if carried_on else None
        whole = lots_to_share(total, room)
        wanted.append(whole[0])
        totals = _totals(task, p, snap(exact), whole, credit_sums(credit[p], order), draws[p])
        seats[p] = totals - np.bincount(cell, mine[p].base, len(task.count)).astype(np.int64)
    named = seats_by_name(mine, seats, task.lot, task.baskets, task.between, credit, order, draws)
    found = []
    for p, (seated, place) in enumerate(named):
        after = carried[p].copy()
        if task.method[p] == "rotate":
            after[:members] = credit_between(mine[p], credit[p], seated)
        base = snap(task.entitlement[p] / int(task.lot[p])) // MICRO
        odd = np.bincount(cell[seated], minlength=len(task.count))
        found.append(WholeLots(base, odd, *holders(seated, place, order), after))
    given = [
        np.bincount(cell, part.base + seated, len(task.count)).astype(np.int64)
        for part, (seated, _) in zip(mine, named, strict=True)
    ]
    return found, tuple(_missed(task, given, wanted))


def check_baskets(baskets: Sequence[JointLimit], allowed: Flags, tiers: int) -> None:
    """Refuse a basket that lines cannot join: one of its products ends where another goes on.

    A retailer between the two tiers would keep its share of the one in full, and have part of the
    next tier's of the other beside it.
    """
    for basket in baskets:
        chains = allowed[basket.lines].reshape(len(basket.lines), -1, tiers)
        released = chains.any(axis=2, keepdims=True)
        if (chains != (chains.any(axis=0) & released)).any():
            raise BadRequest("smooth-basket-tiers", basket=basket.name)


def _totals(
    task: SmoothTask, p: int, exact: Units, whole: tuple[int, int], credit: Units, draw: Draw
) -> Units:
    """Whole lots of each cell, (C,): floor or ceiling of ``exact``, together ``whole`` or less.

    whole : lots to share out, and the most
    """
    totals = share_out(exact, whole[0], credit, draw, whole[1])
    floors, fraction = np.divmod(exact, MICRO)
    shares = [share for share in task.shares if share.line == p]
    claim = credit + fraction

    def held_by(share: WholeShare) -> int:
        return int(totals[share.own].sum())

    def move(source: Flags, target: Flags, lots: int) -> Indices:
        """Take odd lots from the smallest claims, give them to the largest they fit.

        Returns the cells whose lot found no other place.
        """
        loses = np.flatnonzero(source & (totals > floors))
        loses = loses[np.argsort(claim[loses], kind="stable")][:lots]
        totals[loses] -= 1
        wins = np.flatnonzero(target & (totals == floors) & (fraction > 0))
        moved = 0
        for c in wins[np.argsort(-claim[wins], kind="stable")].tolist():
            if moved < len(loses):
                totals[c] += 1
                fits = all(share.most < 0 or held_by(share) <= share.most for share in shares)
                totals[c] -= not fits
                moved += fits
        return loses[moved:].astype(np.int32)

    # Once round keeps every maximum, for the floors alone do; minima may need each other's room.
    for share in shares * len(shares):
        if 0 <= share.most < held_by(share):
            move(share.own, ~share.own, held_by(share) - share.most)
        elif held_by(share) < share.least:
            totals[move(~share.own, share.own, share.least - held_by(share))] += 1
    return totals


def seats_by_name(
    mine: Sequence[Holdings],
    seats: Units,
    lot: Units,
    baskets: Sequence[JointLimit],
    between: Between,
    credit: Indices,
    order: Roster,
    draws: Sequence[Draw],
) -> list[tuple[Flags, Units]]:
    """Who has an odd lot of each line, (r,) bool, and the places in reading order, (r,) int64.

    seats : (P, C) int64; fewer are placed only where no basket has room. Asked for again with those
    that were placed, it places them all, on the same retailers.
    credit : (P, r) int32, 0 for a lottery
    """
    cell = np.repeat(np.arange(seats.shape[1], dtype=np.int32), np.diff(order.start))
    rooms = [_room(basket, mine, lot, between, cell) for basket in baskets]
    found: dict[int, tuple[Flags, Units]] = {}
    for p in np.lexsort((np.arange(len(lot)), -credit.max(axis=1, initial=0))).tolist():
        waits = mine[p].waits
        holding = [room for basket, room in zip(baskets, rooms, strict=True) if p in basket.lines]
        for room in holding:
            waits = waits & (room >= lot[p])
        # Where shares were snapped down to whole numbers, some millionths of a lot per shop stay.
        placed = np.minimum(seats[p], np.bincount(cell, waits, seats.shape[1]).astype(np.int64))
        start = reading_starts(order, draws[p])
        seated = first_in_line(priorities(order, start, credit[p]), placed, order, waits)
        for room in holding:
            room -= lot[p] * seated
        found[p] = seated, places(order, start)
    return [found[p] for p in range(len(lot))]


def _room(
    basket: JointLimit, mine: Sequence[Holdings], lot: Units, between: Between, cell: Indices
) -> Units:
    """Cartons that each member may have beside its bases, (r,) int64."""
    limit = together(basket, between, cell)
    for p in basket.lines.tolist():
        limit -= mine[p].base * lot[p]
    return limit


def turn_credits(method: Sequence[str], credit: Indices) -> Indices:
    """The credits that count: none for a lottery. credit : (P, r) int32."""
    drawn = np.array([name == "lottery" for name in method], dtype=np.bool_)
    counted: Indices = np.where(drawn[:, None], np.int32(0), credit)
    return counted


def credit_between(mine: Holdings, credit: Indices, seated: Flags) -> Indices:
    """Credits after the cycle: share less what may be ordered, (r,) int32 millionths of a lot."""
    after: Indices = (credit + mine.share - (mine.base + seated) * MICRO).astype(np.int32)
    return after


def _missed(task: SmoothTask, given: Sequence[Units], wanted: Sequence[int]) -> Iterator[Shortfall]:
    """What of the whole supply and of minima is missed, in lots."""
    bound = {p for basket in task.baskets for p in basket.lines.tolist()}
    bound |= {share.line for share in task.shares}
    for p, whole in enumerate(wanted):
        if p in bound and whole > int(given[p].sum()):
            yield Shortfall(p, f"supply/{p}", whole - int(given[p].sum()))
    for share in task.shares:
        missing = share.least - int(given[share.line][share.own].sum())
        if missing > 0:
            yield Shortfall(share.line, f"least/{share.index}", missing)
