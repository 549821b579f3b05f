"""A run laid open for looking up one retailer after the other, built once for all cards."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import polars as pl

from allocator.allocation.binding import Held
from allocator.explanation.dossier import Dossier
from allocator.explanation.indices import (
    Row,
    by_retailer,
    demand,
    line_columns,
    months_touched,
    ordered_lines,
    penalties_in_force,
    positions,
    products_by_id,
    rows_in_force,
    told_of_shops,
    withheld_orders,
)
from allocator.explanation.sentences import plain
from allocator.explanation.standing import OpenOffers, Standing
from allocator.grading.alone import Alone
from allocator.grading.apart import Prospect
from allocator.holdings import Holdings, ceilings
from allocator.records import MICRO, Indices, Units


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """Indices over a run: every look-up of a card is one of these, none is a search.

    about : columns of the retailers table that cards speak of
    names : product -> name, on one line; crowd : tier by score -> graded retailers who stand there
    graded : how many were scored; odd : cartons of the odd lots that fell to each member
    penalties, screened : retailer -> own rows of sanctions in force, of months out of the usual
    withheld : retailer and product -> numbers of the orders of which less than the standard was
        entered
    queues : places in the queue for odd lots of a line and cell, in the order of its list, 0 = does
        not wait; filled as cells are asked for (``turn.py``)
    drawn, drawn_at : the list of each cell, where each member stands on its own, filled likewise
    held : what each retailer has of a line where boundaries are smooth, filled likewise
    holds : what holds the cells of each line, filled as products are asked for (``holds.py``)
    joint : what bands and baskets allow each member, filled likewise (``together.py``)
    most : lots that the ceiling allows each member where boundaries are smooth, filled likewise
    prospects : what changes the tiers of those who are being explained (``keep.py``)
    open_offers : what is released to each cell, filled as cells are asked for
    told : claims that hold for all who share what they are made of
    """

    run: Dossier
    member: Mapping[str, int]
    grade: Mapping[str, int]
    person: Mapping[str, int]
    about: Sequence[str]
    products: Mapping[str, Row]
    names: Mapping[str, str]
    line_rows: pl.DataFrame
    line_span: Mapping[str, tuple[int, int]]
    odd: Units
    seat_order: Indices
    seat_start: np.ndarray[tuple[int], np.dtype[np.int64]]
    released: Mapping[str, tuple[int, ...]]
    demand: Mapping[str, tuple[int, int | None]]
    crowd: Mapping[int, int]
    graded: int
    penalties: Mapping[str, Sequence[Row]]
    screened: Mapping[str, Sequence[Row]]
    withheld: Mapping[tuple[str, str], Sequence[str]]
    queues: dict[tuple[int, int], Indices] = field(default_factory=dict)
    drawn: dict[int, Indices] = field(default_factory=dict)
    drawn_at: dict[int, int] = field(default_factory=dict)
    held: dict[int, Holdings] = field(default_factory=dict)
    holds: dict[int, dict[int, Held]] = field(default_factory=dict)
    laid_open: list[Alone | None] = field(default_factory=list)
    prospects: dict[str, Prospect] = field(default_factory=dict)
    joint: dict[tuple[str, int], Units] = field(default_factory=dict)
    most: dict[int, Units] = field(default_factory=dict)
    open_offers: dict[int, OpenOffers] = field(default_factory=dict)
    told: dict[tuple[Hashable, ...], Any] = field(default_factory=dict)

    def once(self, key: tuple[Hashable, ...], make: Callable[[], Told]) -> Told:
        """What ``make`` gives, made once for all who have the same ``key``."""
        found: Told | None = self.told.get(key)
        if found is None:
            if len(self.told) >= MOST_TOLD:
                self.told.clear()
            found = self.told[key] = make()
        return found


MOST_TOLD = 100_000
"""Claims kept for others: bounds the memory, not the result."""

Told = TypeVar("Told")


def open_books(run: Dossier) -> Books:
    """Sort and index the records of ``run``."""
    plan = run.plan
    seat_order = np.argsort(plan.turns.retailer, kind="stable").astype(np.int32)
    seat_start = np.searchsorted(
        plan.turns.retailer[seat_order], np.arange(plan.members.height + 1)
    ).astype(np.int64)
    odd = np.zeros(plan.members.height, np.int64)
    np.add.at(odd, plan.turns.retailer, plan.lot[plan.turns.line])
    released: dict[str, list[int]] = {}
    for p, product in enumerate(plan.product):
        released.setdefault(product, []).append(p)
    lines, span = ordered_lines(run)
    products = products_by_id(run)
    graded = run.grading.table.filter(graded=True)["tier_by_score"]
    return Books(
        run=run,
        member=positions(plan.members["retailer_id"]),
        grade=positions(run.grading.table["retailer_id"]),
        person=rows_in_force(run, plan.on),
        about=told_of_shops(run),
        products=products,
        names={key: plain(str(row["name"])) for key, row in products.items() if row.get("name")},
        line_rows=line_columns(lines),
        line_span=span,
        odd=odd,
        seat_order=seat_order,
        seat_start=seat_start,
        released={product: tuple(rows) for product, rows in released.items()},
        demand=demand(lines),
        crowd=dict(graded.value_counts().rows()),
        graded=len(graded),
        penalties=by_retailer(penalties_in_force(run.city, run.grading, run.policy.grading)),
        screened=by_retailer(months_touched(run.grading.screened)),
        withheld=withheld_orders(run, lines),
    )


def most_of(books: Books, who: Standing, p: int) -> int:
    """Most cartons of line p that both rounds may give a counted retailer, whole lots."""
    plan = books.run.plan
    if plan.between is None:
        return int(plan.ceiling[p, who.cell])
    if p not in books.most:
        books.most[p] = ceilings(plan, p)
    return int(books.most[p][who.i]) * int(plan.lot[p])


def snapped(cartons: float) -> int:
    """Millionths of a carton as quotas.csv prints them, from the program's real number."""
    return math.floor(cartons * MICRO + 0.5)
