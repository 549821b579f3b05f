"""Odd lots by name where baskets leave every retailer only so much room (``model.md`` 4).

Within a cell the lines are served one after the other: first the line of whose members one is owed
most. Seats of a line go by credit, then by the list, but never so that those of a later line find
no room (``seat_limits``): seats go first to those whose room forces it. Without this look ahead
("next in line") seats are lost; with the lines always in one order the last are starved (9 lots
behind after 100 cycles of 20 lines in a full basket, by credit 2).

No seat is lost under baskets that are nested or disjoint and whose lots are of one size. Where
baskets overlap, or lots differ, no order is sure to fit: then seats are also dealt round a circle
of the members, and where even that leaves some over, those are not given out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allocator.allocation.joined import common_lot
from allocator.allocation.seat_limits import seat_limits, trees_of
from allocator.allocation.turns import Keys, Roster
from allocator.records import Flags, Indices, JointLimit, Units


@dataclass(frozen=True, slots=True, eq=False)
class SeatsWanted:
    """Seats of one cell: L lines, those of a basket one after the other, n members, B baskets.

    seats : (L,) int64, most for each line; first : (L,) lines in the order they are served
    key : (L, n) int64, who comes first has the largest; all different within a line
    size : (B, L) int64, what a lot of each line takes from a basket, 0 = not in it
    room : (B,) int64 in the same unit, equal for all members
    """

    seats: Units
    first: Indices
    key: Keys
    size: Units
    room: Units

    def binding(self) -> SeatsWanted:
        """The same with only those baskets that not everybody's seats would fit into."""
        tight = self.size.sum(axis=1) > self.room
        return SeatsWanted(self.seats, self.first, self.key, self.size[tight], self.room[tight])


def seated_by_name(
    seats: Units,
    lot: Units,
    rooms: Sequence[JointLimit],
    credit: Indices,
    start: Units,
    order: Roster,
) -> Flags:
    """Who has an odd lot, (K, r) bool; fewer than ``seats`` only where no room is left.

    Asked for again with the seats it could place, it places all of them, on the same retailers.

    seats : (K, C) int64; lot : (K,) int64 cartons
    rooms : baskets over the K lines, cartons left for one retailer
    credit : (K, r) int32 millionths of a lot; start : (K, C) int64, where lists are read from
    """
    listed = _basket_order(len(seats), rooms)
    size = np.zeros((len(rooms), len(seats)), dtype=np.int64)
    most = np.zeros((len(rooms), seats.shape[1]), dtype=np.int64)
    for b, basket in enumerate(rooms):
        common = common_lot(basket, lot)
        size[b, basket.lines] = lot[basket.lines] // common
        most[b] = np.where(basket.most < 0, np.iinfo(np.int64).max, basket.most // common)
    seated = np.zeros(credit.shape, dtype=np.bool_)
    for c, part in order.blocks():
        asked = seats[listed, c]
        while asked.any():
            offered = listed[asked > 0]
            owed, rank = credit[offered, part], order.rank[part].astype(np.int32)
            wanted = SeatsWanted(
                seats=asked[asked > 0],
                first=np.lexsort((offered, -owed.max(axis=1))).astype(np.int32),
                key=_keys(owed, start[offered, c], rank),
                size=size[:, offered],
                room=most[:, c],
            ).binding()
            given = placed(wanted, _circle(owed, rank))
            if not _lost(given, wanted):
                seated[offered, part] = given
                break
            # Settle on what is placed whole when it is all that is asked for.
            asked = asked.copy()
            asked[asked > 0] = given.sum(axis=1)
    return seated


def placed(wanted: SeatsWanted, circle: Indices) -> Flags:
    """Seats of one cell, (L, n) bool: by turns; round the circle where that places more.

    circle : (n,) members in the order they are dealt to
    """
    given = by_turns(wanted)
    if not _lost(given, wanted):
        return given
    dealt = round_the_circle(wanted, circle)
    return dealt if dealt.sum() > given.sum() else given


def _lost(given: Flags, wanted: SeatsWanted) -> bool:
    return bool((given.sum(axis=1) < wanted.seats).any())


def by_turns(wanted: SeatsWanted) -> Flags:
    """Line by line the first by key whom room, and the room later lines need, lets have a seat."""
    lines, members = wanted.key.shape
    left = np.repeat(wanted.room[:, None], members, axis=1)
    seated = np.zeros((lines, members), dtype=np.bool_)
    for place, p in enumerate(wanted.first.tolist()):
        later = wanted.first[place + 1 :].tolist()
        holding = wanted.size[:, p] > 0
        open_to = np.all(left[holding] >= wanted.size[holding, p, None], axis=0)
        limits = [
            limit
            for tree in trees_of(p, later, wanted.seats, wanted.size)
            for limit in seat_limits(tree, left, open_to)
        ]
        key, seats = wanted.key[p], int(wanted.seats[p])
        seated[p] = _first(_leaving_room(open_to, key, limits), key, seats)
        left -= wanted.size[:, p, None] * seated[p]
    return seated


def _leaving_room(open_to: Flags, key: Keys, limits: Sequence[tuple[Flags, int]]) -> Flags:
    """Whom the limits leave a seat when it is offered to one after the other, the first by key.

    Who comes when a set has all its limit allows has none, and nobody of that set after it.
    """
    if not limits:
        return open_to
    offered = np.flatnonzero(open_to)
    offered = offered[np.argsort(-key[offered])]
    sets = np.stack([members[offered] for members, _ in limits])
    most = np.array([seats for _, seats in limits])[:, None]
    kept = np.ones(len(offered), dtype=np.bool_)
    while (over := np.cumsum(sets & kept, axis=1) > most).any():
        first = np.where(over.any(axis=1), over.argmax(axis=1), len(offered))
        full = int(first.argmin())
        kept[first[full] :] &= ~sets[full, first[full] :]
    left = np.zeros_like(open_to)
    left[offered[kept]] = True
    return left


def _first(among: Flags, key: Keys, seats: int) -> Flags:
    """The ``seats`` members with the largest keys among some, or all of these."""
    who = np.flatnonzero(among)
    if seats >= len(who):
        return among
    chosen = np.zeros_like(among)
    if seats > 0:
        chosen[who[np.argpartition(key[who], len(who) - seats)[-seats:]]] = True
    return chosen


def round_the_circle(wanted: SeatsWanted, circle: Indices) -> Flags:
    """Seats dealt one after the other to the members in a circle, line after line.

    Lines of a basket follow each other, so within each basket members differ by one lot at most.
    """
    lines, members = wanted.key.shape
    left = np.repeat(wanted.room[:, None], members, axis=1)
    seated = np.zeros((lines, members), dtype=np.bool_)
    next_place = 0
    for p, seats in enumerate(wanted.seats.tolist()):
        who = circle[(next_place + np.arange(seats)) % members]
        next_place += seats
        size = wanted.size[:, p, None]
        seated[p, who[((size == 0) | (left[:, who] >= size)).all(axis=0)]] = True
        left -= size * seated[p]
    return seated


def _keys(credit: Indices, start: Units, rank: Indices) -> Keys:
    """Largest credit first, ties by reading order; as ``turns.priorities`` for one cell."""
    members = len(rank)
    turned = (rank.astype(np.int64) - start[:, None]) % members
    keys: Keys = credit.astype(np.int64) * members - turned
    return keys


def _circle(credit: Indices, rank: Indices) -> Indices:
    """Members by what all lines owe them together, then by the list, (n,)."""
    owed = credit.astype(np.int64).sum(axis=0)
    return np.lexsort((rank, -owed)).astype(np.int32)


def _basket_order(lines: int, rooms: Sequence[JointLimit]) -> Indices:
    """The lines so that those of a basket follow each other, the outer basket first, (K,)."""
    outward = sorted(range(len(rooms)), key=lambda b: (-len(rooms[b].lines), b))
    inside = [tuple(b for b in outward if p in rooms[b].lines) for p in range(lines)]
    return np.array(sorted(range(lines), key=lambda p: (inside[p], p)), dtype=np.int32)
