"""Gathers what a run holds on some retailers, their rows at one go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl

from allocator.explanation.books import Books, snapped
from allocator.explanation.indices import Row
from allocator.explanation.standing import NOTHING, Line, Offer, OpenOffers, Standing
from allocator.holdings import holdings


def stand_each(books: Books, retailers: Sequence[str]) -> Iterator[Standing]:
    """What the run holds on each of some members of the plan."""
    spans = [books.line_span.get(name, (0, 0)) for name in retailers]
    return stand_with(books, retailers, _by_product(books, spans))


def _by_product(books: Books, spans: Sequence[tuple[int, int]]) -> list[dict[str, Line]]:
    at = [k for start, length in spans for k in range(start, start + length)]
    lines = map(Line._make, books.line_rows[at].rows() if at else ())
    return [
        {line.product: line for line in (next(lines) for _ in range(length))} for _, length in spans
    ]


@dataclass(frozen=True, slots=True)
class Placed:
    """The orders of one retailer, as far as a text message speaks of them.

    held : cartons held; above : cartons that round two gave above the limits
    short : lines that were not given as asked, most urgent first
    lines : those, by product; all where bands or baskets join them
    """

    held: int
    above: int
    short: tuple[Line, ...]
    lines: Mapping[str, Line]


def placed_by(books: Books, retailers: Sequence[str]) -> list[Placed]:
    """What each of some retailers ordered, by columns: most lines were given as asked."""
    spans = [books.line_span.get(name, (0, 0)) for name in retailers]
    length = np.array([length for _, length in spans], np.int64)
    start = np.array([start for start, _ in spans], np.int64)
    owner = np.repeat(np.arange(len(spans)), length)
    at = np.arange(len(owner)) + np.repeat(start - np.cumsum(length) + length, length)
    if not len(at):
        return [Placed(0, 0, (), {}) for _ in retailers]
    got = pl.coalesce("granted", "award")
    rows = books.line_rows[at].with_columns(owner=owner, got=got)
    held, above = np.zeros((2, len(spans)), np.int64)
    np.add.at(held, owner, rows["got"].to_numpy())
    np.add.at(above, owner, (rows["award"] - rows["limit"]).clip(0).to_numpy())
    missing = (pl.col("requested") - pl.col("award")).fill_null(0).clip(0)
    withheld = (pl.col("award") - pl.col("got")).clip(0)
    short = rows.filter(
        pl.col("requested").is_null() | (missing > 0) | (pl.col("got") != pl.col("award"))
    ).sort("owner", -withheld, -missing, "product_id")
    lists: list[list[Line]] = [[] for _ in spans]
    columns = books.line_rows.columns
    for k, line in zip(
        short["owner"].to_list(), map(Line._make, short.select(columns).rows()), strict=True
    ):
        lists[k].append(line)
    joined = books.run.plan.bands or books.run.plan.baskets
    own = _by_product(books, spans) if joined else [{x.product: x for x in few} for few in lists]
    return [
        Placed(*one)
        for one in zip(held.tolist(), above.tolist(), map(tuple, lists), own, strict=True)
    ]


def most_of_cell(books: Books, cell: int) -> int:
    """Cartons that each of a cell may order in round one without odd lots; boundaries are steps."""

    def make() -> int:
        offers, _ = _open_offers(books, cell)
        return sum(offer.limit for offer in offers.values())

    return books.once(("most", cell), make)


def stand_with(
    books: Books, retailers: Sequence[str], lines: Sequence[Mapping[str, Line]]
) -> Iterator[Standing]:
    """What the run holds on each of some members of the plan, with lines at hand."""
    run = books.run
    member = [books.member[name] for name in retailers]
    own = run.plan.members.select("tier", "status", "due", "cell")[member].rows()
    graded = _rows(run.grading.table, [books.grade.get(name) for name in retailers])
    shops = run.city.retailers.frame.select(books.about)
    person = _rows(shops, [books.person.get(name) for name in retailers])
    offers = partial(_offers, books)
    for name, i, (tier, status, due, cell), grade, shop, ordered in zip(
        retailers, member, own, graded, person, lines, strict=True
    ):
        yield Standing(name, i, tier, status, bool(due), cell, grade, shop, ordered, offers)


def _rows(frame: pl.DataFrame, at: Sequence[int | None]) -> list[Row]:
    """The rows at some positions; nothing at ``None``."""
    found = iter(frame[[k for k in at if k is not None]].rows(named=True))
    return [NOTHING if k is None else next(found) for k in at]


def _offers(books: Books, i: int, cell: int | None) -> OpenOffers:
    """What is released to a member; where boundaries are steps, to its cell but for odd lots."""
    if cell is None:
        return {}, ()
    plan = books.run.plan
    if plan.between is not None:
        offers, refused = _of_cell(books, i, cell)
    else:
        offers, refused = _open_offers(books, cell)
    first, end = books.seat_start[i : i + 2].tolist()
    if first < end:
        offers = dict(offers)
        for p in plan.turns.line[books.seat_order[first:end]].tolist():
            offer = offers.get(plan.product[p])
            if offer is not None and offer.p == p:
                offers[offer.product] = _seated(books, offer)
    return offers, refused


def _open_offers(books: Books, cell: int) -> OpenOffers:
    """What is released to a cell where boundaries are steps."""
    if cell not in books.open_offers:
        books.open_offers[cell] = _of_cell(books, -1, cell)
    return books.open_offers[cell]


def _seated(books: Books, offer: Offer) -> Offer:
    """The offer of somebody to whom an odd lot fell."""

    def make() -> Offer:
        return replace(offer, seat=int(books.run.plan.lot[offer.p]))

    return books.once(("seated", offer), make)


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
