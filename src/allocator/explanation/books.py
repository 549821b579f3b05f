"""A run laid open for looking up one retailer after the other, built once for all cards."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import polars as pl

from allocator.allocation.binding import Held
from allocator.explanation.dossier import Dossier
from allocator.explanation.indices import (
    Row,
    by_retailer,
    demand,
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
from allocator.grading.alone import Alone
from allocator.grading.apart import Prospect
from allocator.holdings import Holdings, ceilings, holdings
from allocator.records import MICRO, Indices, Units

NOTHING: Row = {}


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """What one retailer may order of one product in round one.

    p : released line, index into the plan
    base : cartons without the odd lot, for each retailer of the cell alike where boundaries are
        steps
    share : millionths of a carton, the entitlement that the base comes from
    waits : whether this retailer stands in line for an odd lot, as far as there are any
    seat : cartons more, because an odd lot fell to this retailer
    limit : base + seat
    """

    product: str
    p: int
    base: int
    share: int
    waits: bool
    seat: int

    @property
    def limit(self) -> int:
        """Most cartons in round one."""
        return self.base + self.seat


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """One product that the retailer ordered.

    asked : cartons, ``None`` where unknown; got : what was entered, else what the rules give
    standard : what the rules give
    """

    product: str
    p: int | None
    asked: int | None
    limit: int
    round_two: int
    standard: int
    granted: int | None

    @property
    def got(self) -> int:
        """What the shopkeeper holds."""
        return self.standard if self.granted is None else self.granted

    @property
    def withheld(self) -> int:
        """Cartons of the standard that were not entered."""
        return max(self.standard - self.got, 0)

    @property
    def as_asked(self) -> bool:
        """Whether all that was asked for is known, was given, and was entered as the rules say."""
        return self.asked is not None and not self.missing and self.got == self.standard

    @property
    def missing(self) -> int:
        """Cartons asked for and not given by the rules."""
        return 0 if self.asked is None else max(self.asked - self.standard, 0)


def ordered_line(row: Row) -> Line:
    """A row of the allocation."""
    return Line(
        product=row["product_id"],
        p=row["line"],
        asked=row["requested"],
        limit=row["limit"] or 0,
        round_two=row["round_two"] or 0,
        standard=row["award"] or 0,
        granted=row["granted"],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Everything the run holds on one retailer.

    i : index into the plan's members; ``cell`` is ``None`` when not counted in this cycle
    graded : own row of the grading table; person : own row of the retailers table in force
    offers : released to its tier in this cycle, by product; refused : products of the plan that
        are not released to its cell; lines : own rows of the allocation, by product; ordered :
        the same as cartons
    """

    retailer: str
    i: int
    tier: int | None
    status: str | None
    due: bool
    cell: int | None
    graded: Row
    person: Row
    offers: Mapping[str, Offer]
    refused: tuple[str, ...]
    lines: Mapping[str, Row]
    ordered: Mapping[str, Line]


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """Indices over a run: every look-up of a card is one of these, none is a search.

    about : columns of the retailers table that cards speak of
    names : product -> name, on one line; crowd : tier by score -> graded retailers who stand there
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
    seat_order: Indices
    seat_start: np.ndarray[tuple[int], np.dtype[np.int64]]
    released: Mapping[str, tuple[int, ...]]
    demand: Mapping[str, tuple[int, int | None]]
    crowd: Mapping[int, int]
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

OpenOffers = tuple[Mapping[str, Offer], tuple[str, ...]]
"""What is released to a cell, nobody served by an odd lot; and the products that are not."""

Told = TypeVar("Told")


def open_books(run: Dossier) -> Books:
    """Sort and index the records of ``run``."""
    plan = run.plan
    seat_order = np.argsort(plan.turns.retailer, kind="stable").astype(np.int32)
    seat_start = np.searchsorted(
        plan.turns.retailer[seat_order], np.arange(plan.members.height + 1)
    ).astype(np.int64)
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
        line_rows=lines,
        line_span=span,
        seat_order=seat_order,
        seat_start=seat_start,
        released={product: tuple(rows) for product, rows in released.items()},
        demand=demand(lines),
        crowd=dict(graded.value_counts().rows()),
        penalties=by_retailer(penalties_in_force(run.city, run.grading, run.policy.grading)),
        screened=by_retailer(months_touched(run.grading.screened)),
        withheld=withheld_orders(run, lines),
    )


def stand(books: Books, retailer: str) -> Standing:
    """Gather what the run holds on ``retailer``, who must be a member of the plan."""
    return next(stand_each(books, [retailer]))


def stand_each(books: Books, retailers: Sequence[str]) -> Iterator[Standing]:
    """Gather what the run holds on each of some members of the plan, their rows at one go."""
    run = books.run
    member = [books.member[name] for name in retailers]
    own = run.plan.members.select("tier", "status", "due", "cell")[member].rows()
    graded = _rows(run.grading.table, [books.grade.get(name) for name in retailers])
    shops = run.city.retailers.frame.select(books.about)
    person = _rows(shops, [books.person.get(name) for name in retailers])
    for name, i, (tier, status, due, cell), grade, shop, lines in zip(
        retailers, member, own, graded, person, _lines(books, retailers), strict=True
    ):
        offers, refused = _offers(books, i, cell)
        ordered = {product: ordered_line(row) for product, row in lines.items()}
        yield Standing(
            name, i, tier, status, bool(due), cell, grade, shop, offers, refused, lines, ordered
        )


def _rows(frame: pl.DataFrame, at: Sequence[int | None]) -> list[Row]:
    """The rows at some positions; nothing at ``None``."""
    names = frame.columns
    found = iter(frame[[k for k in at if k is not None]].rows())
    return [NOTHING if k is None else dict(zip(names, next(found), strict=True)) for k in at]


def _lines(books: Books, retailers: Sequence[str]) -> list[dict[str, Row]]:
    """Own rows of the allocation by product, of each."""
    spans = [books.line_span.get(name, (0, 0)) for name in retailers]
    at = [k for start, length in spans for k in range(start, start + length)]
    rows = iter(_rows(books.line_rows, at))
    return [
        {row["product_id"]: row for row in (next(rows) for _ in range(length))}
        for _, length in spans
    ]


def _offers(books: Books, i: int, cell: int | None) -> OpenOffers:
    """What is released to a member; where boundaries are steps, to its cell but for odd lots."""
    if cell is None:
        return {}, ()
    plan = books.run.plan
    if plan.between is not None:
        offers, refused = _of_cell(books, i, cell)
    else:
        if cell not in books.open_offers:
            books.open_offers[cell] = _of_cell(books, i, cell)
        offers, refused = books.open_offers[cell]
    own = books.seat_order[books.seat_start[i] : books.seat_start[i + 1]]
    seated = set(plan.turns.line[own].tolist())
    if seated:
        offers = {
            product: _seated(books, offer) if offer.p in seated else offer
            for product, offer in offers.items()
        }
    return offers, refused


def _seated(books: Books, offer: Offer) -> Offer:
    """The offer of somebody to whom an odd lot fell."""
    lot = int(books.run.plan.lot[offer.p])
    return books.once(("seated", offer), lambda: replace(offer, seat=lot))


def _of_cell(books: Books, i: int, cell: int) -> OpenOffers:
    plan = books.run.plan
    offers, refused = {}, []
    for product, rows in books.released.items():
        allowed = [p for p in rows if plan.allowed[p, cell]]
        if not allowed:
            refused.append(product)
            continue
        p = allowed[0]
        offers[product] = Offer(product, p, *_own(books, p, i, cell), 0)
    return offers, tuple(refused)


def _own(books: Books, p: int, i: int, cell: int) -> tuple[int, int, bool]:
    """Base and share of a retailer, and whether it waits for an odd lot."""
    plan = books.run.plan
    if plan.between is None:
        return int(plan.base[p, cell]), snapped(float(plan.entitlement[p, cell])), True
    if p not in books.held:
        books.held[p] = holdings(plan, p)
    mine, lot = books.held[p], int(plan.lot[p])
    return int(mine.base[i]) * lot, int(mine.share[i]) * lot, bool(mine.waits[i])


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
