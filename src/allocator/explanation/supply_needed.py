"""How many lots more of a product would bring each shop of a cell a given whole number of it.

The closed form of ``model.md`` 2 for one product without groups and baskets, in whole numbers. At
level L each cell wants ``h = max(f, min(L w, M))`` with M the greatest table that the limits allow;
tier order and step make of it

    q(L)_t = max(max_{s<=t} h_s, max_{s>t} h_s - delta (s - t)),

the least table in which nobody stands below L for want of supply. More supply lowers no share, so
the least level at which a cell reaches its goal gives the least supply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allocator.records import MICRO, QuotaPlan


@dataclass(frozen=True, slots=True)
class Alone:
    """One line planned by itself, its cells in runs that tier order and step join.

    runs : cells of each run, rising by tier
    floor, most : cartons of each cell, M as above; weight, mass : as in the plan; counted : whether
        anybody is in the cell
    step : cartons between neighbours of a run at most, ``None`` = no limit; order : whether higher
        tiers have no less
    given : cartons that are released now
    """

    runs: tuple[tuple[int, ...], ...]
    floor: Sequence[int]
    most: Sequence[int]
    weight: Sequence[int]
    mass: Sequence[int]
    counted: Sequence[bool]
    step: Sequence[int | None]
    order: bool
    lot: int
    given: int


def lay_alone(plan: QuotaPlan, p: int) -> Alone:
    """Line p of a plan, if nothing else binds it."""
    cells, lot = plan.cells, int(plan.lot[p])
    size = len(cells.tier)
    steps = (plan.step[p] * plan.visits(p)).tolist() if plan.step[p] >= 0 else [None] * size
    most = plan.ceiling[p].tolist()
    order = bool(plan.tier_order[p])
    runs: list[list[int]] = []
    for c in np.flatnonzero(plan.allowed[p]).tolist():
        joined = runs and runs[-1][-1] == c - 1 and cells.tier[c] == cells.tier[c - 1] + 1
        if joined:
            runs[-1].append(c)
        else:
            runs.append([c])
    for run in runs:
        for c in reversed(run[:-1]) if order else ():
            most[c] = min(most[c], most[c + 1])
        for c in run[1:]:
            step = steps[c]
            most[c] = most[c] if step is None else min(most[c], most[c - 1] + step)
    return Alone(
        runs=tuple(map(tuple, runs)),
        floor=plan.floor[p].tolist(),
        most=most,
        weight=plan.weight(p).tolist(),
        mass=plan.mass[p].tolist(),
        counted=(cells.count > 0).tolist(),
        step=steps,
        order=order,
        lot=lot,
        given=int(plan.supply[p] - plan.reserve[p]) // lot * lot,
    )


def lots_needed(line: Alone, cell: int, goal: int) -> int | None:
    """Lots more of supply with which the share of ``cell`` is ``goal`` cartons; ``None`` = none."""
    run = next(run for run in line.runs if cell in run)
    level: tuple[int, int] | None = None  # as wanted / weight
    for s in run:
        step, wanted = line.step[s], goal
        if s < cell and not line.order:
            continue
        if s > cell:
            if step is None:
                continue
            wanted = goal + step * (s - cell)
        if not line.counted[s] or line.most[s] < wanted:
            continue
        if level is None or wanted * level[1] < level[0] * line.weight[s]:
            level = wanted, line.weight[s]
    if level is None:
        return None
    needed = sum(_taken(line, run, *level) for run in line.runs)  # times MICRO times the weight
    short = needed - line.given * MICRO * level[1]
    return max(-(-short // (MICRO * level[1] * line.lot)), 0)


def _taken(line: Alone, run: Sequence[int], wanted: int, weight: int) -> int:
    """What a run takes at level wanted / weight, times ``MICRO`` and ``weight``."""
    own = {}
    for c in run:
        level = min(wanted * line.weight[c], line.most[c] * weight) if line.counted[c] else 0
        own[c] = max(line.floor[c] * weight, level)
    told = dict(own)
    before = 0
    for c in run if line.order else ():
        before = max(before, own[c])
        told[c] = before
    after = None
    for c in reversed(run):
        step = line.step[c]
        after = own[c] if after is None or step is None else max(own[c], after)
        told[c] = max(told[c], after)
        after = None if step is None else after - step * weight
    return sum(line.mass[c] * told[c] for c in run)
