"""Whose turn it is for the odd lot: one's own place in the queue, and how many were served."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import numpy as np

from allocator.canonical import digest
from allocator.explanation.books import Books, Offer, Standing
from allocator.explanation.claims import (
    Claim,
    Place,
    enough_others,
    from_micro,
    in_own_row,
    in_policy,
    in_public,
)
from allocator.records import QuotaPlan


def whose_turn(books: Books, who: Standing, offer: Offer) -> tuple[Claim, ...]:
    """Where ``who`` stands for the odd lots of one product; names nobody else, promises no day."""
    plan = books.run.plan
    method = plan.method[offer.p]
    if who.cell is None or method not in ("rotate", "lottery", "path"):
        return ()
    served = int(plan.seats[offer.p, who.cell])
    if not offer.waits or served <= 0:
        return ()
    group = int(plan.cells.count[who.cell])
    if plan.between is not None:
        group = len(queue(books, offer.p, who.cell))
    if served >= group:
        return ()
    got = offer.seat > 0
    own = in_own_row(
        "seats.csv" if got else "credits.csv",
        ("place credit_before" if method == "rotate" else "place") if got else "credit",
        product_id=offer.product
    )
    facts: dict[str, str | int] = {"product": offer.product}
    evidence: tuple[Place, ...] = (own,)
    code = ("turn" if method == "rotate" else "draw") + ("-served" if got else "-waiting")
    if method != "path" and enough_others(group):  # a path's draw spans cells: no place in one
        place = queue(books, offer.p, who.cell)[who.i]
        facts |= {"place": place, "served": served}
        evidence += (in_public("quotas.csv", "seats", product_id=offer.product, tier=who.tier),)
        passed_by = _passed_by(books, offer.p, who.cell, served)
        if passed_by is not None:
            code += "-together"
            facts["basket"] = passed_by
            evidence += (in_policy("allocation.baskets", books.run.policy.lines),)
    else:
        code += "-few"
        facts |= {"cartons": int(plan.lot[offer.p])}
    told = Claim(code, facts, evidence)
    return (told, *_owed(books, who, offer)) if method == "rotate" else (told,)


def queue(books: Books, p: int, cell: int) -> Mapping[int, int]:
    """Place of each member of a cell for the odd lots of line ``p``, 1 = served first.

    Largest credit first, ties by the cell's list: members in the order of SHA-256([seed, cycle,
    retailer]), read from SHA-256([seed, cycle, product, cell]) mod N_c on (``model.md`` 4). In a
    ``lottery`` the list alone counts. Who has whole lots without an odd one is not in it.
    """
    key = (p, cell)
    if key not in books.queues:
        plan = books.run.plan
        if cell not in books.drawn:
            books.drawn[cell] = _drawn(plan, cell)
        drawn = books.drawn[cell]
        about = [plan.seed, plan.cycle, plan.product[p], plan.cells.label(cell)]
        start = int(digest(about), 16) % len(drawn)
        reading = drawn[start:] + drawn[:start]
        if plan.method[p] == "rotate":
            credit = plan.credit_before[p]
            reading.sort(key=lambda i: -int(credit[i]))  # stable: ties keep the list's order
        if p in books.held:
            reading = [i for i in reading if books.held[p].waits[i]]
        books.queues[key] = {i: place for place, i in enumerate(reading, start=1)}
    return books.queues[key]


def _drawn(plan: QuotaPlan, cell: int) -> list[int]:
    """Members of a cell in the order of their hashes."""
    members = np.flatnonzero(plan.members["cell"].fill_null(-1).to_numpy() == cell)
    names = plan.members["retailer_id"].gather(members).to_list()
    marks = [digest([plan.seed, plan.cycle, name]) for name in names]
    return [i for _, i in sorted(zip(marks, members.tolist(), strict=True))]


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
    place = queue(books, p, cell)
    seated = plan.turns.retailer[plan.turns.line == p].tolist()
    last = max(place.get(i, 0) for i in seated)
    return None if last == served else name


def _owed(books: Books, who: Standing, offer: Offer) -> tuple[Claim, ...]:
    """What rounding has withheld so far; it moves a retailer forward, on no promised day."""
    plan = books.run.plan
    credit = int(plan.credit_after[offer.p, who.i])
    if credit <= 0:
        return ()
    owed: Decimal = from_micro(credit * int(plan.lot[offer.p]))
    place = in_own_row("credits.csv", "credit", product_id=offer.product)
    return (Claim("turn-owed", {"product": offer.product, "owed": owed}, (place,)),)
