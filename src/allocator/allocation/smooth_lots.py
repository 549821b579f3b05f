"""Whole lots of one line where retailers of a cell have shares of their own (``model.md`` 3, 4).

As with steps everybody gets the floor of its share, cells share out the whole supply by credit and
fraction, and within a cell the odd lots go by credit and list; but a share that is a whole number
waits for none, for nobody gets more than its share rounded up.
"""

from __future__ import annotations

import numpy as np

from allocator.allocation.rounding import Draw, share_out, snap
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
from allocator.holdings import Holdings, cell_totals, held
from allocator.records import MICRO, Between, Flags, Indices, Reals, Units


def smooth_lots(
    between: Between,
    entitlement: Reals,
    count: Units,
    allowed: Flags,
    lot: int,
    carried: Indices,
    order: Roster,
    draw: Draw,
    *,
    remembered: bool,
) -> WholeLots:
    """Base at the knots, seats by cell and by name, credits.

    Parameters
    ----------
    entitlement : (C,) cartons at the knots; allowed : (C,)
    carried : (n,) int32, credits before the cycle
    remembered : whether credits decide and are written (``rotate``); the list alone decides in a
        ``lottery``
    """
    members = len(order.rank)
    cell = np.repeat(np.arange(len(count), dtype=np.int32), np.diff(order.start))
    lots = entitlement / lot
    mine = held(between, cell, lots, count, allowed)
    credit = carried[:members] if remembered else np.zeros(members, np.int32)
    exact = cell_totals(between, lots, count, allowed)
    whole = int(snap(np.array([float(exact.sum())]))[0]) // MICRO
    totals = share_out(snap(exact), whole, credit_sums(credit, order), draw)
    promised = np.bincount(cell, mine.base, len(count)).astype(np.int64)
    # Where shares were snapped down to whole numbers, some millionths of a lot per shop stay.
    waiting = np.bincount(cell, mine.waits, len(count)).astype(np.int64)
    seats: Units = np.minimum(totals - promised, waiting)
    seated, place = seated_between(mine, seats, credit, order, draw)
    after = carried.copy()
    if remembered:
        after[:members] = credit_between(mine, credit, seated)
    return WholeLots(snap(lots) // MICRO, seats, *holders(seated, place, order), after)


def seated_between(
    mine: Holdings, seats: Units, credit: Indices, order: Roster, draw: Draw
) -> tuple[Flags, Units]:
    """Who has an odd lot, (r,) bool, and everybody's place in reading order, (r,) int64."""
    start = reading_starts(order, draw)
    key = priorities(order, start, credit)
    return first_in_line(key, seats, order, mine.waits), places(order, start)


def credit_between(mine: Holdings, credit: Indices, seated: Flags) -> Indices:
    """Credits after the cycle: share less what may be ordered, (r,) int32 millionths of a lot."""
    after: Indices = (credit + mine.share - (mine.base + seated) * MICRO).astype(np.int32)
    return after
