"""A run laid open for looking up one retailer after the other, built once for all cards."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from allocator.allocation.binding import Held
from allocator.explanation.dossier import Dossier
from allocator.grading.alone import Alone, Shop
from allocator.holdings import Holdings, ceilings, holdings
from allocator.records import MICRO, Indices, Units

Row = Mapping[str, Any]

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
class Standing:
    """Everything the run holds on one retailer.

    i : index into the plan's members; ``cell`` is ``None`` when not counted in this cycle
    graded : own row of the grading table; person : own row of the retailers table in force
    offers : released to its tier in this cycle, by product; refused : products of the plan that
        are not released to its cell; lines : own rows of the allocation, by product
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


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """Indices over a run: every look-up of a card is one of these, none is a search.

    queues : places in the queue for odd lots, filled as cells are asked for (``turn.py``)
    held : what each retailer has of a line where boundaries are smooth, filled likewise
    holds : what holds the cells of each line, filled as products are asked for (``holds.py``)
    joint : what bands and baskets allow each member, filled likewise (``together.py``)
    most : lots that the ceiling allows each member where boundaries are smooth, filled likewise
    """

    run: Dossier
    member: Mapping[str, int]
    grade: Mapping[str, int]
    person: Mapping[str, int]
    products: Mapping[str, Row]
    line_rows: pl.DataFrame
    line_span: Mapping[str, tuple[int, int]]
    seat_order: Indices
    seat_start: np.ndarray[tuple[int], np.dtype[np.int64]]
    released: Mapping[str, tuple[int, ...]]
    demand: Mapping[str, tuple[int, int | None]]
    queues: dict[tuple[int, int], Mapping[int, int]] = field(default_factory=dict)
    held: dict[int, Holdings] = field(default_factory=dict)
    holds: dict[int, dict[int, Held]] = field(default_factory=dict)
    laid_open: list[Alone | None] = field(default_factory=list)
    shop: dict[str, Shop] = field(default_factory=dict)
    joint: dict[tuple[str, int], Units] = field(default_factory=dict)
    most: dict[int, Units] = field(default_factory=dict)


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
    lines, span = _ordered(run)
    return Books(
        run=run,
        member=_positions(plan.members["retailer_id"]),
        grade=_positions(run.grading.table["retailer_id"]),
        person=_in_force(run, plan.on),
        products=_products(run),
        line_rows=lines,
        line_span=span,
        seat_order=seat_order,
        seat_start=seat_start,
        released={product: tuple(rows) for product, rows in released.items()},
        demand=_demand(lines),
    )


def stand(books: Books, retailer: str) -> Standing:
    """Gather what the run holds on ``retailer``, who must be a member of the plan."""
    run = books.run
    plan = run.plan
    i = books.member[retailer]
    own = plan.members.row(i, named=True)
    cell = own["cell"]
    offers, refused = _offers(books, i, cell)
    start, length = books.line_span.get(retailer, (0, 0))
    lines = books.line_rows.slice(start, length).iter_rows(named=True)
    return Standing(
        retailer=retailer,
        i=i,
        tier=own["tier"],
        status=own["status"],
        due=bool(own["due"]),
        cell=cell,
        graded=_row(run.grading.table, books.grade.get(retailer)),
        person=_row(run.city.retailers.frame, books.person.get(retailer)),
        offers=offers,
        refused=refused,
        lines={line["product_id"]: line for line in lines},
    )


def _offers(books: Books, i: int, cell: int | None) -> tuple[dict[str, Offer], tuple[str, ...]]:
    plan = books.run.plan
    if cell is None:
        return {}, ()
    own = books.seat_order[books.seat_start[i] : books.seat_start[i + 1]]
    seated = set(plan.turns.line[own].tolist())
    offers, refused = {}, []
    for product, rows in books.released.items():
        allowed = [p for p in rows if plan.allowed[p, cell]]
        if not allowed:
            refused.append(product)
            continue
        p = allowed[0]
        seat = int(plan.lot[p]) if p in seated else 0
        offers[product] = Offer(product, p, *_own(books, p, i, cell), seat)
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


def _positions(names: pl.Series) -> dict[str, int]:
    return {name: i for i, name in enumerate(names.to_list())}


def _in_force(run: Dossier, on: date) -> dict[str, int]:
    """Position of each retailer's latest row that is valid on ``on``."""
    frame = run.city.retailers.frame.with_row_index("position")
    if "valid_from" in frame.columns:
        frame = frame.filter(pl.col("valid_from").is_null() | (pl.col("valid_from") <= on))
        frame = frame.sort("retailer_id", "valid_from", nulls_last=False, maintain_order=True)
    return dict(zip(frame["retailer_id"].to_list(), frame["position"].to_list(), strict=True))


def _products(run: Dossier) -> dict[str, Row]:
    if run.city.products is None:
        return {}
    return {row["product_id"]: row for row in run.city.products.frame.iter_rows(named=True)}


def _ordered(run: Dossier) -> tuple[pl.DataFrame, dict[str, tuple[int, int]]]:
    if run.allocation is None:
        return pl.DataFrame(), {}
    # A product outside the plan has no award: it is ordered freely and no matter of this card.
    lines = run.allocation.lines.filter(pl.col("award").is_not_null())
    lines = lines.sort("retailer_id", "product_id")
    runs = lines.select(pl.col("retailer_id").rle()).unnest("retailer_id")
    lengths: Sequence[int] = runs["len"].to_list()
    starts = (np.cumsum(lengths, dtype=np.int64) - lengths).tolist()
    spans = zip(starts, lengths, strict=True)
    return lines, dict(zip(runs["value"].to_list(), spans, strict=True))


def _demand(lines: pl.DataFrame) -> dict[str, tuple[int, int | None]]:
    """Per product: who ordered it, and cartons asked for (``None`` where a line is unknown)."""
    if lines.is_empty():
        return {}
    whole = (
        lines.filter(pl.col("line").is_not_null())
        .group_by("product_id")
        .agg(
            pl.len(),
            pl.when(pl.col("requested").null_count() == 0)
            .then(pl.col("requested").sum())
            .alias("sum"),
        )
    )
    return {product: (shops, asked) for product, shops, asked in whole.iter_rows()}


def _row(frame: pl.DataFrame, position: int | None) -> Row:
    return NOTHING if position is None else frame.row(position, named=True)
