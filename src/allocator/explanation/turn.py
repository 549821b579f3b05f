"""Whose turn it is for the odd lot: one's own place in the queue, and how many were served."""

from __future__ import annotations

from functools import partial

import numpy as np

from allocator.canonical import digest
from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Place, from_micro, in_own_row, in_policy, in_public
from allocator.explanation.standing import Offer, Standing
from allocator.hiding import enough_others
from allocator.records import Indices


def whose_turn(books: Books, who: Standing, offer: Offer) -> tuple[Claim, ...]:
    """Where ``who`` stands for the odd lots of one product; names nobody else, promises no day."""
    plan = books.run.plan
    method = plan.method[offer.p]
    if who.cell is None or method not in ("rotate", "lottery", "path"):
        return ()
    if not offer.waits:
        return ()
    key = ("turn", offer.p, who.cell)
    served, passed_by = books.once(key, partial(_served, books, offer.p, who.cell))
    if not served:
        return ()
    got = offer.seat > 0
    column = ("place credit_before" if method == "rotate" else "place") if got else "credit"
    own = in_own_row("seats.csv" if got else "credits.csv", column, product_id=offer.product)
    facts: dict[str, str | int] = {"product": offer.product}
    evidence: tuple[Place, ...] = (own,)
    code = ("turn" if method == "rotate" else "draw") + ("-served" if got else "-waiting")
    if served > 0:
        place = int(queue(books, offer.p, who.cell)[books.drawn_at[who.i]])
        facts |= {"place": place, "served": served}
        evidence += (in_public("quotas.csv", "seats", product_id=offer.product, tier=who.tier),)
        if passed_by is not None:
            code += "-together"
            facts["basket"] = passed_by
            evidence += (in_policy("allocation.baskets", books.run.policy.lines),)
    else:
        code += "-few"
        facts |= {"cartons": int(plan.lot[offer.p])}
    told = Claim(code, facts, evidence)
    return (told, *_owed(books, who, offer)) if method == "rotate" else (told,)


def odd_lots_differ(books: Books, p: int, cell: int) -> bool:
    """Whether some of a cell have an odd lot of line ``p`` and others who wait have none."""
    key = ("turn", p, cell)
    return bool(books.once(key, partial(_served, books, p, cell))[0])


UNTOLD = -1
"""Instead of how many were served: a place in so small a group is not told."""


def _served(books: Books, p: int, cell: int) -> tuple[int, str | None]:
    """How many of a cell got an odd lot, 0 = nothing to tell, or ``UNTOLD``; and ``_passed_by``."""
    plan = books.run.plan
    served, group = int(plan.seats[p, cell]), int(plan.cells.count[cell])
    if served > 0 and plan.between is not None:
        group = int((queue(books, p, cell) > 0).sum())
    if served <= 0 or served >= group:
        return 0, None
    if plan.method[p] == "path" or not enough_others(group):
        return UNTOLD, None  # a path's draw spans cells: no place in one
    return served, _passed_by(books, p, cell, served)


def queue(books: Books, p: int, cell: int) -> Indices:
    """Places of a cell's members for the odd lots of line ``p``, 1 = served first, 0 = never.

    Largest credit first, ties by the cell's list: members in the order of SHA-256([seed, cycle,
    retailer]), read from SHA-256([seed, cycle, product, cell]) mod N_c on (``model.md`` 4). In a
    ``lottery`` the list alone counts. Who has whole lots without an odd one is not in it.

    Returns
    -------
    (N_c,) int32, in the order of ``books.drawn``
    """
    key = (p, cell)
    if key not in books.queues:
        plan = books.run.plan
        drawn = _drawn(books, cell)
        about = [plan.seed, plan.cycle, plan.product[p], plan.cells.label(cell)]
        reading = np.roll(np.arange(len(drawn)), -(int(digest(about), 16) % len(drawn)))
        if plan.method[p] == "rotate":  # stable: ties keep the list's order
            credit = plan.credit_before[p][drawn]
            reading = reading[np.argsort(-credit[reading].astype(np.int64), kind="stable")]
        if p in books.held:
            reading = reading[books.held[p].waits[drawn][reading]]
        places = np.zeros(len(drawn), np.int32)
        places[reading] = np.arange(1, len(reading) + 1)
        books.queues[key] = places
    return books.queues[key]


def _drawn(books: Books, cell: int) -> Indices:
    """Members of a cell in the order of their hashes."""
    if cell not in books.drawn:
        plan = books.run.plan
        members = np.flatnonzero(plan.members["cell"].fill_null(-1).to_numpy() == cell)
        names = plan.members["retailer_id"].gather(members).to_list()
        marks = [digest([plan.seed, plan.cycle, name]) for name in names]
        drawn = [i for _, i in sorted(zip(marks, members.tolist(), strict=True))]
        books.drawn[cell] = np.array(drawn, np.int32)
        books.drawn_at.update((i, at) for at, i in enumerate(drawn))
    return books.drawn[cell]


def _passed_by(books: Books, p: int, cell: int, served: int) -> str | None:
    """The basket for whose sake odd lots did not go to the first in the queue; else ``None``.

    Where baskets leave no room for a lot, or only the room of another product's turn, the queue
    is passed by (``allocation.whole_seats``).
    """
    plan = books.run.plan
    holding = (
        basket.name for basket in plan.baskets if p in basket.lines and basket.most[cell] >= 0
    )
    name = next(holding, None)
    if name is None:
        return None
    seated = plan.turns.retailer[plan.turns.line == p].tolist()
    places = queue(books, p, cell)
    last = int(places[np.isin(books.drawn[cell], seated)].max(initial=0))
    return None if last == served else name


def _owed(books: Books, who: Standing, offer: Offer) -> tuple[Claim, ...]:
    """What rounding has withheld so far; it moves a retailer forward, on no promised day."""
    plan = books.run.plan
    credit = int(plan.credit_after[offer.p, who.i])
    if credit <= 0:
        return ()
    key = ("owed", offer.product, credit * int(plan.lot[offer.p]))
    return books.once(key, partial(_noted, *key[1:]))


def _noted(product: str, credit: int) -> tuple[Claim, ...]:
    """So many millionths of a carton are noted; many shops of a cell have the same."""
    place = in_own_row("credits.csv", "credit", product_id=product)
    return (Claim("turn-owed", {"product": product, "owed": from_micro(credit)}, (place,)),)
