"""Draws the turns of a run again: as many seats as the certificate has, by credit and by list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from allocator.allocation.credits import credit_frame
from allocator.allocation.programs import lines_of
from allocator.allocation.rounding import Draw, snap
from allocator.allocation.smooth_lots import credit_between, seats_by_name, turn_credits
from allocator.allocation.turns import (
    credit_after,
    first_in_line,
    holders,
    places,
    priorities,
    reading_starts,
    roster,
)
from allocator.allocation.whole_lots import path
from allocator.allocation.whole_programs import seats_again
from allocator.holdings import holdings
from allocator.records import MICRO, QuotaPlan, Turns
from allocator.runs.discrepancies import Discrepancy, compare, discrepancy
from allocator.runs.outputs import seat_table
from allocator.runs.record import Run


def check_seats(root: Path, run: Run, checked: dict[str, int]) -> Iterator[Discrepancy]:
    """Seats by name: as many as the certificate has, by credit and by list; credits after."""
    plan = run.plan
    counts = np.zeros_like(plan.seats)
    cell = plan.members["cell"].to_numpy()[plan.turns.retailer].astype(np.int64)
    np.add.at(counts, (plan.turns.line, cell), 1)
    for p, c in zip(*np.nonzero(counts != plan.seats), strict=True):
        yield discrepancy(
            "seat-count-differs", "seats.csv", product=plan.product[p],
            cell=plan.cells.label(int(c)), expected=int(plan.seats[p, c]), found=int(counts[p, c]),
        )  # fmt: skip
        return
    seats, credit = _turns_again(plan)
    checked["seats"] = len(seats)
    yield from compare(root, "seats.csv", seats)
    carried = None if run.city.credits is None else run.city.credits.frame
    yield from compare(root, "credits.csv", credit_frame(credit, carried))


def _turns_again(plan: QuotaPlan) -> tuple[pl.DataFrame, QuotaPlan]:
    """``seats.csv`` drawn again from the seed, and the plan with the credits that follow."""
    labels = plan.cells.labels()
    order = roster(plan.members, len(labels), plan.seed, plan.cycle)
    after = plan.credit_before.copy()
    line, retailer, place = [], [], []
    draws = [Draw(plan.seed, plan.cycle, product, labels) for product in plan.product]
    joined = seats_again(plan, order, draws) if plan.between is None else {}
    if plan.between is not None:
        mine = [holdings(plan, p) for p in range(len(draws))]
        counting = turn_credits(plan.method, plan.credit_before[:, : len(order.rank)])
        between = seats_by_name(
            mine, plan.seats, plan.lot, plan.baskets, plan.between, counting, order, draws
        )
    for p, draw in enumerate(draws):
        if plan.method[p] == "path":
            lots = path(p, lines_of(plan), int(plan.lot[p]), after[p], order, draw)
            line.append(np.full(len(lots.retailer), p, np.int32))
            retailer.append(lots.retailer)
            place.append(lots.place)
        if plan.method[p] not in ("rotate", "lottery"):
            continue
        starts = reading_starts(order, draw)
        credit = plan.credit_before[p, : len(order.rank)]
        if plan.method[p] == "lottery":
            credit = np.zeros_like(credit)
        if plan.between is not None:
            seated, spot = between[p]
            withheld = credit_between(mine[p], credit, seated)
        else:
            share, base = snap(plan.entitlement[p] / plan.lot[p]), plan.base[p] // plan.lot[p]
            keys = priorities(order, starts, credit)
            seated = joined[p] if p in joined else first_in_line(keys, plan.seats[p], order)
            spot = places(order, starts)
            withheld = credit_after(credit, share - base * MICRO, seated, order)
        if plan.method[p] == "rotate":
            after[p, : len(credit)] = withheld
        who, where = holders(seated, spot, order)
        line.append(np.full(len(who), p, np.int32))
        retailer.append(who)
        place.append(where)
    nobody = np.zeros(0, np.int32)
    turns = Turns(*(np.concatenate([nobody, *part]) for part in (line, retailer, place)))
    again = replace(plan, turns=turns, credit_after=after)
    return seat_table(again), again
