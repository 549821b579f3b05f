"""Whole lots of all released lines: each by itself, or with those that groups and baskets join.

In a program of joined lines ``equal`` comes first: its numbers may take what the turn lines'
entitlements leave of a basket. What it has is then fixed, and the other lines share out what is
left, so that none of them loses whole cartons to it. (A ``path`` keeps neither groups nor baskets;
the policy refuses them together.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain
from math import ceil

import numpy as np

from allocator.allocation.joined import Entitled, joined_lines, room_left
from allocator.allocation.rounding import Draw, lots_to_share, snap
from allocator.allocation.shelf import Shelf
from allocator.allocation.turns import (
    Roster,
    credit_after,
    credit_sums,
    holders,
    places,
    reading_starts,
)
from allocator.allocation.whole_cells import CellShares, cell_totals
from allocator.allocation.whole_equal import JoinedProblem, LineShare, joined_table
from allocator.allocation.whole_lots import (
    EqualTable,
    WholeLots,
    by_table,
    equal_table,
    lottery,
    path,
    rotate,
)
from allocator.allocation.whole_seats import seated_by_name
from allocator.allocation.whole_table import whole_table
from allocator.errors import InfeasiblePolicy
from allocator.records import MICRO, Flags, Group, Indices, QuotaPlan, Shortfall, Units

TURNS = ("rotate", "lottery")
"""Methods whose odd lots are seats by name."""


def whole_lots(
    task: Entitled,
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
    InfeasiblePolicy : an ``equal`` line that no whole table fits
    NotProvenOptimal : the solver without a proof
    """
    shelf = shelf or Shelf()
    joined = joined_lines(task.lines.baskets, task.lines.groups)
    found: dict[int, WholeLots] = {}
    for p in sorted(set(range(len(product))) - set(chain.from_iterable(joined))):
        found[p] = _alone(p, task, product, carried[p], order, draws[p], shelf)
    missed: list[Shortfall] = []
    for lines in joined:
        part = joined_lots(lines, task, product, carried, order, draws, shelf)
        found.update(part)
        missed += shortfalls(lines, task, part)
    return [found[p] for p in range(len(product))], tuple(missed)


def _alone(
    p: int,
    task: Entitled,
    product: Sequence[str],
    carried: Indices,
    order: Roster,
    draw: Draw,
    shelf: Shelf,
) -> WholeLots:
    lot, method = int(task.lot[p]), task.method[p]
    if method == "equal":
        return by_table(_equal_numbers((p,), (), task, product, shelf)[p] // lot, carried)
    if method == "path":
        return path(p, task.lines, lot, carried, order, draw)
    share, count = task.entitlement[p], task.cells.count
    if method == "lottery":
        return shelf.take((method, p), lottery, share, count, lot, carried, order, draw)
    supply = int(task.lines.supply[p])
    return shelf.take((method, p), rotate, share, count, lot, carried, order, draw, supply)


def joined_lots(
    lines: tuple[int, ...],
    task: Entitled,
    product: Sequence[str],
    carried: Indices,
    order: Roster,
    draws: Sequence[Draw],
    shelf: Shelf,
) -> dict[int, WholeLots]:
    """Whole lots of the lines of one program."""
    turning = tuple(p for p in lines if task.method[p] in TURNS)
    level = tuple(p for p in lines if p not in turning)
    fixed = _equal_numbers(level, turning, task, product, shelf)
    found = {p: by_table(fixed[p] // task.lot[p], carried[p]) for p in level}
    if not turning:
        return found
    index, count, lot = list(turning), task.cells.count, task.lot[list(turning)]
    share = snap(task.entitlement[index] / lot[:, None])
    drawn = [draws[p] for p in turning]
    credit = turn_credits(turning, task.method, carried[:, : len(order.rank)])
    supply = [whole_supply(p, task) for p in turning]
    totals = cell_totals(
        CellShares(
            line=turning,
            exact=snap(task.entitlement[index] / lot[:, None] * count),
            whole=np.array([whole for whole, _ in supply]),
            most=np.array([most for _, most in supply]),
            credit=np.stack([credit_sums(each, order) for each in credit]),
            lot=lot,
            count=count,
            groups=tuple(group for group in task.lines.groups if group.line in turning),
            baskets=room_left(task.lines.baskets, turning, fixed),
        ),
        drawn,
    )
    # A share snapped up to a whole lot may promise more than the total of its cell.
    fair = share // MICRO
    base: Units = np.where(count > 0, np.minimum(fair, totals // np.maximum(count, 1)), fair)
    fixed[index] = base * lot[:, None]
    start = np.stack([reading_starts(order, draw) for draw in drawn])
    rooms = room_left(task.lines.baskets, turning, fixed)
    seats: Units = totals - base * count
    seated = seated_by_name(seats, lot, rooms, credit, start, order)
    for k, p in enumerate(turning):
        after = carried[p].copy()
        if task.method[p] == "rotate":
            owed = share[k] - base[k] * MICRO
            after[: len(order.rank)] = credit_after(credit[k], owed, seated[k], order)
        who, place = holders(seated[k], places(order, start[k]), order)
        found[p] = WholeLots(base[k], seats_of_cells(seated[k], order), who, place, after)
    return found


def seats_again(plan: QuotaPlan, order: Roster, draws: Sequence[Draw]) -> dict[int, Flags]:
    """Who has the seats of the joined lines by turns, (r,) bool by line, from a plan's own numbers.

    The same retailers as planned, also where some seats found no room and are not in the plan.
    """
    found: dict[int, Flags] = {}
    for lines in joined_lines(plan.baskets, plan.groups):
        turning = [p for p in lines if plan.method[p] in TURNS]
        if turning:
            credit = turn_credits(turning, plan.method, plan.credit_before[:, : len(order.rank)])
            start = np.stack([reading_starts(order, draws[p]) for p in turning])
            rooms = room_left(plan.baskets, turning, plan.base)
            seats, lot = plan.seats[turning], plan.lot[turning]
            seated = seated_by_name(seats, lot, rooms, credit, start, order)
            found.update(zip(turning, seated, strict=True))
    return found


def turn_credits(turning: Sequence[int], method: Sequence[str], credit: Indices) -> Indices:
    """The credits that count, (K, r) int32: none for a lottery. credit : (P, r)."""
    drawn = np.array([method[p] == "lottery" for p in turning])
    counted: Indices = np.where(drawn[:, None], np.int32(0), credit[list(turning)])
    return counted


def seats_of_cells(seated: Flags, order: Roster) -> Units:
    """Seats of each cell, (C,) int64."""
    size = np.diff(order.start)
    return np.bincount(np.repeat(np.arange(len(size)), size)[seated], minlength=len(size))


def whole_supply(p: int, task: Entitled) -> tuple[int, int]:
    """Whole lots that the entitlements of a line come to, and the most that may be given."""
    lots = task.entitlement[p] / int(task.lot[p])
    exact = int(snap(np.array([float((lots * task.cells.count).sum())]))[0])
    carried = task.method[p] != "lottery"
    return lots_to_share(exact, int(task.lines.supply[p] // task.lot[p]) if carried else None)


def _equal_numbers(
    level: Sequence[int],
    turning: Sequence[int],
    task: Entitled,
    product: Sequence[str],
    shelf: Shelf,
) -> Units:
    """What every retailer has of the ``equal`` lines, (P, C) int64 cartons.

    Lines with group minima come first, then the scarcest. One after the other takes what room is
    left: all at once is a knapsack for each line, tied together in every cell, and took HiGHS 10
    to 30 s for 20 lines of 30 tiers.
    """
    lines, cells = task.lines, len(task.cells.count)
    choices = {
        p: equal_table(p, lines, task.cells, task.entitlement, int(task.lot[p]), product[p])
        for p in level
    }
    fixed = np.zeros(task.entitlement.shape, dtype=np.int64)
    for p, choice in choices.items():
        low = choice.problem.entitlement // MICRO
        fixed[p] = choice.lots(low, cells) * task.lot[p]
    # A millionth of a lot for each turn line is what snapping may have added.
    owed = np.zeros_like(fixed)
    for p in turning:
        owed[p] = np.maximum(snap(task.entitlement[p] / task.lot[p]) - 1, 0) * task.lot[p]
    promised = {group.line for group in lines.groups if group.least >= 0}
    for p in sorted(level, key=lambda p: (p not in promised, int(lines.supply[p]), p)):
        choice, lot = choices[p], int(task.lot[p])
        rises = np.ones(cells, dtype=np.bool_)
        for basket in task.lines.baskets:
            if p in basket.lines:
                held = fixed[basket.lines].sum(axis=0) * MICRO + owed[basket.lines].sum(axis=0)
                held[choice.may] += lot * choice.visits * MICRO
                rises &= (basket.most < 0) | (held <= basket.most * MICRO)
        problem = replace(choice.problem, rises=rises[choice.may])
        mass = task.mass[p, choice.may] * choice.visits
        groups = tuple(_share(g, choice, lot) for g in task.lines.groups if g.line == p)
        if groups or (mass != problem.count * MICRO).any():
            table = joined_table(JoinedProblem(problem, mass, groups))
        else:
            table = shelf.take(("equal", p), whole_table, problem)
        if table is None:
            raise InfeasiblePolicy("no-equal-table", product=product[p])
        fixed[p] = choice.lots(table, cells) * lot
    return fixed


def _share(group: Group, choice: EqualTable, lot: int) -> LineShare:
    position = np.searchsorted(choice.may, group.cells)
    return LineShare(
        position,
        group.mass * choice.visits[position],
        -(-group.least // lot) if group.least >= 0 else -1,
        group.most // lot if group.most >= 0 else -1,
    )


def shortfalls(
    lines: Sequence[int], task: Entitled, lots: Mapping[int, WholeLots]
) -> Iterator[Shortfall]:
    """What of the whole supply and of group minima is missed, exactly, in lots."""
    count = task.cells.count
    given = {p: lots[p].base * count + lots[p].seats for p in lines}
    for p in lines:
        kept = whole_supply(p, task)[0] - int(given[p].sum())
        if task.method[p] in TURNS and kept > 0:
            yield Shortfall(p, f"supply/{p}", kept)
    for g, group in enumerate(task.lines.groups):
        if group.line in lines and group.least >= 0:
            lot = int(task.lot[group.line])
            taken = sum(
                Fraction(mass * lots, retailers * MICRO)
                for mass, lots, retailers in zip(
                    group.mass.tolist(),
                    given[group.line][group.cells].tolist(),
                    np.maximum(count[group.cells], 1).tolist(),
                    strict=True,
                )
            )
            missing = ceil(Fraction(group.least, lot) - taken)
            if missing > 0:
                yield Shortfall(group.line, f"least/{g}", missing)
