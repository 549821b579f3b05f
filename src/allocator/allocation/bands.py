"""Round one under bands: a retailer's lines in the order in which it placed them (``model.md`` 5).

A band lets each of its quotas be ordered, but only so many cartons of all together, so that what
is served depends on what was ordered first. The k-th lines of all retailers are served at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from allocator.allocation.rooms import Rooms
from allocator.holdings import UNLIMITED
from allocator.records import Units


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """What round one would give of m order lines if there were no bands.

    line, member : (m,) int64, indices p and i; a pair comes once
    place : (m,) int64, rises in the order in which lines were placed
    cartons : (m,) int64, min(order, limit), whole lots; lot : (m,) int64 cartons
    """

    line: Units
    member: Units
    place: Units
    cartons: Units
    lot: Units


def serve_in_order(wishes: Wishes, rooms: Rooms) -> tuple[Units, Units]:
    """Cartons of each line in round one, and the room of its bands when its turn came.

    Both (m,) int64; the room is -1 where no band limits the line. ``rooms`` counts down. A line
    that finds less room than it wants gets the whole lots that fit; the lines after it get what is
    left, be it less than a lot of this one.
    """
    given, seen = wishes.cartons.copy(), np.full(len(wishes.cartons), -1, dtype=np.int64)
    banded = np.flatnonzero(rooms.coupled()[wishes.line])
    queue = banded[np.lexsort((wishes.place[banded], wishes.member[banded]))]
    for turn in _turns(wishes.member[queue], queue):
        line, who = wishes.line[turn], wishes.member[turn]
        room = rooms.of(line, who)
        fits = np.maximum(room, 0) // wishes.lot[turn] * wishes.lot[turn]
        given[turn] = np.minimum(given[turn], fits)
        rooms.take(line, who, given[turn])
        seen[turn] = np.where(room >= UNLIMITED // 2, -1, np.maximum(room, 0))
    return given, seen


def _turns(member: Units, queue: Units) -> list[Units]:
    """The first lines of all retailers, then the second lines, and so on.

    member : (m,) int64, equal ones together; queue : (m,) int64, their lines
    """
    if not len(queue):
        return []
    first = np.flatnonzero(np.concatenate([[True], member[1:] != member[:-1]]))
    size = np.diff(np.concatenate([first, [len(member)]]))
    rank = np.arange(len(member)) - np.repeat(first, size)
    order = np.argsort(rank, kind="stable")
    return np.split(queue[order], np.cumsum(np.bincount(rank))[:-1])
