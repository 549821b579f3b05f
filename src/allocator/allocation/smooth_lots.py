"""Whole lots of one line where retailers of a cell have shares of their own (``model.md`` 3, 4).

As with steps everybody gets the floor of its share, cells share out the whole supply by credit and
fraction, and within a cell the odd lots go by credit and list; but a share that is a whole number
waits for none, for nobody gets more than its share rounded up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from allocator.allocation.joined import Entitled
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
from allocator.allocation.whole_cells import CellShares, cell_totals
from allocator.allocation.whole_lots import WholeLots
from allocator.holdings import Holdings, cell_sums, held
from allocator.records import (
    MICRO,
    Between,
    Flags,
    Group,
    Indices,
    Shortfall,
    Units,
)


def smooth_lots(
    task: Entitled,
    between: Between,
    groups: Sequence[Group],
    carried: Indices,
    order: Roster,
    draws: Sequence[Draw],
) -> tuple[list[WholeLots], tuple[Shortfall, ...]]:
    """Base at the knots, seats by cell and by name, credits, of all lines; and what was missed.

    Parameters
    ----------
    groups : as in ``task.lines``, but over the cells that its retailers are in
    carried : (P, n) int32, credits before the cycle; they decide and are written with ``rotate``,
        the list alone decides in a ``lottery``
    """
    found, missed = [], list[Shortfall]()
    for p, draw in enumerate(draws):
        lots, short = _line(p, task, between, groups, carried[p], order, draw)
        found.append(lots)
        missed += short
    return found, tuple(missed)


def _line(
    p: int,
    task: Entitled,
    between: Between,
    groups: Sequence[Group],
    carried: Indices,
    order: Roster,
    draw: Draw,
) -> tuple[WholeLots, Iterator[Shortfall]]:
    members, count, lot = len(order.rank), task.cells.count, int(task.lot[p])
    remembered = task.method[p] == "rotate"
    cell = np.repeat(np.arange(len(count), dtype=np.int32), np.diff(order.start))
    lots = task.entitlement[p] / lot
    allowed = task.lines.allowed[p]
    mine = held(between, cell, lots, count, allowed)
    credit = carried[:members] if remembered else np.zeros(members, np.int32)
    exact = snap(sums := cell_sums(between, lots, count, allowed))
    whole = int(snap(np.array([float(sums.sum())]))[0]) // MICRO
    own = tuple(group for group in groups if group.line == p)
    owed = credit_sums(credit, order)
    if own:
        supply = np.array([whole])
        shares = CellShares(
            (p,), exact[None], supply, supply, owed[None], np.array([lot]), count, own, ()
        )
        totals = cell_totals(shares, [draw])[0]
    else:
        totals = share_out(exact, whole, owed, draw)
    promised = np.bincount(cell, mine.base, len(count)).astype(np.int64)
    # Where shares were snapped down to whole numbers, some millionths of a lot per shop stay.
    waiting = np.bincount(cell, mine.waits, len(count)).astype(np.int64)
    seats: Units = np.minimum(totals - promised, waiting)
    seated, place = seated_between(mine, seats, credit, order, draw)
    after = carried.copy()
    if remembered:
        after[:members] = credit_between(mine, credit, seated)
    given = WholeLots(snap(lots) // MICRO, seats, *holders(seated, place, order), after)
    return given, _missed(p, promised + seats, lot, task, groups)


def _missed(
    p: int, total: Units, lot: int, task: Entitled, groups: Sequence[Group]
) -> Iterator[Shortfall]:
    """Group minima that whole lots do not reach. total : (C,) lots given to each cell."""
    for g, group in enumerate(groups):
        if group.line == p and group.least >= 0:
            lacking = -(-group.least // lot) - int(total[group.cells].sum())
            if lacking > 0:
                yield Shortfall(p, f"least/{g}", lacking)


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
