"""Lines that share baskets or bands: what each retailer may still have when their turn comes.

Round one serves them by the order of placing (``bands``). Round two takes them one after the
other in the order of the plan: an order is first cut to what round one gave plus the room that is
left, so that room is part of the cohort's key, and every award counts the room down.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from allocator.allocation.bands import Wishes, serve_in_order
from allocator.allocation.rooms import Rooms, rooms
from allocator.holdings import bases
from allocator.records import Flags, QuotaPlan, Units


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """The m order lines of a cycle that the plan governs: line p, member i, lots, order of placing.

    All (m,) int64, sorted by line. ``place`` rises in the order in which lines were placed.
    """

    line: Units
    member: Units
    lots: Units
    place: Units


@dataclass(frozen=True, slots=True, eq=False)
class Coupled:
    """What round one gave, and the room left in bands and baskets; ``awarded`` counts it down.

    lines : (P,) bool, those in any basket or band
    first : (m,) int64 cartons; band_room : (m,) int64 cartons, -1 = in no band
    """

    asked: Asked
    lines: Flags
    first: Units
    band_room: Units
    rooms: Rooms

    def reach(self, p: int, lot: int) -> Units:
        """Lots that the orders of line p may reach: what they hold and the room left for more.

        In the order of the line's rows in ``asked``.
        """
        part = self._part(p)
        asked = self.asked
        room = np.maximum(self.rooms.of(asked.line[part], asked.member[part]), 0)
        most: Units = np.minimum(asked.lots[part], self.first[part] // lot + room // lot)
        return most

    def count_down(self, p: int, award: Units) -> None:
        """Note the awards of line p, cartons in the order of its rows.

        Room that comes back where round one was shared out is not offered again.
        """
        part = self._part(p)
        more = np.maximum(award - self.first[part], 0)
        self.rooms.take(self.asked.line[part], self.asked.member[part], more)

    def _part(self, p: int) -> slice:
        low, high = np.searchsorted(self.asked.line, [p, p + 1])
        return slice(int(low), int(high))


def couple(plan: QuotaPlan, asked: Asked) -> Coupled:
    """Serve round one of the lines that are in bands or baskets."""
    lot = plan.lot[asked.line]
    bands = rooms(plan, ())
    wished = np.minimum(asked.lots, limits(plan, asked) // lot) * lot
    wishes = Wishes(asked.line, asked.member, asked.place, wished, lot)
    first, band_room = serve_in_order(wishes, bands)
    room = rooms(plan, plan.baskets)
    room.take(asked.line, asked.member, first)
    return Coupled(asked, room.coupled(), first, band_room, room)


def limits(plan: QuotaPlan, asked: Asked) -> Units:
    """Limit of each order line, base and seat, (m,) int64 cartons."""
    cell = np.repeat(np.arange(len(plan.cells.count)), plan.cells.count)[asked.member]
    counted = len(plan.members)
    seated = np.isin(
        asked.line * counted + asked.member,
        plan.turns.line.astype(np.int64) * counted + plan.turns.retailer,
    )
    base = plan.base[asked.line, cell]
    if plan.between is not None:
        ends = np.searchsorted(asked.line, np.arange(len(plan.product) + 1)).tolist()
        for p, (start, end) in enumerate(pairwise(ends)):
            base[start:end] = bases(plan, p)[asked.member[start:end]] * plan.lot[p]
    limit: Units = base + np.where(seated, plan.lot[asked.line], 0)
    return limit
