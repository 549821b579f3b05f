"""Whole cartons of a plan, whatever its boundaries: per cell with steps, else per retailer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from allocator.allocation.joined import Entitled
from allocator.allocation.rounding import Draw
from allocator.allocation.shelf import Shelf
from allocator.allocation.smooth_lots import SmoothTask, WholeShare, smooth_lots
from allocator.allocation.turns import Roster
from allocator.allocation.whole_lots import WholeLots
from allocator.allocation.whole_programs import whole_lots
from allocator.records import Between, Group, Indices, Shortfall


def whole_cartons(
    task: Entitled,
    between: Between | None,
    product: Sequence[str],
    carried: Indices,
    order: Roster,
    draws: Sequence[Draw],
    shelf: Shelf | None = None,
) -> tuple[list[WholeLots], tuple[Shortfall, ...]]:
    """Whole lots of all lines, and what of supply and minima no whole lots could keep.

    product : P names for refusals; carried : (P, n) int32 credits; draws : P
    shelf : lines of earlier plans, and then of this one

    Raises
    ------
    BadRequest, InfeasiblePolicy, NotProvenOptimal : see ``whole_programs`` and ``smooth_lots``
    """
    if between is None:
        return whole_lots(task, product, carried, order, draws, shelf)
    smooth = SmoothTask(
        between,
        task.cells.count,
        task.lines.allowed,
        task.entitlement,
        task.lot,
        task.lines.supply,
        task.method,
        tuple(_share(g, group, task) for g, group in enumerate(task.lines.groups)),
        task.lines.baskets,
    )
    return smooth_lots(smooth, carried, order, draws)


def _share(g: int, group: Group, task: Entitled) -> WholeShare:
    """A group in lots, over the cells that its retailers are in."""
    own = np.zeros(len(task.cells.count), np.bool_)
    own[group.home] = True
    lot = int(task.lot[group.line])
    least, most = (limit // lot if limit >= 0 else -1 for limit in (group.least, group.most))
    return WholeShare(g, group.line, own, least, most)
