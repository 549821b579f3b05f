"""Why it is short, for how long, what can be had instead, and what is being done."""

from __future__ import annotations

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, in_own_row, in_public
from allocator.explanation.standing import NOTHING, Standing
from allocator.explanation.together import room_in_bands
from allocator.wording import Fact


def why_short(books: Books, who: Standing, product: str, rooms: Rooms) -> tuple[Claim, ...]:
    """The four parts that shopkeepers ask for, in this order; what is unknown is said.

    rooms : of ``rooms_instead``
    """
    row = books.products.get(product, NOTHING)
    if not any(row.get(column) for column in ("cause", "measures", "expected_on")):
        place = in_public("notice.csv", "cause expected_on measures", product_id=product)
        nothing = Claim("scarcity-unknown", {"product": product}, (place,))
        return (nothing, *_instead(books, who, product, rooms))
    why = cause_of(books, product) or _unsaid(product, "cause")
    doing = _said(product, "measures", row.get("measures")) or _unsaid(product, "measures")
    place = in_public("notice.csv", "expected_on", product_id=product)
    until = row.get("expected_on")
    if until is not None and until > books.run.plan.on:
        end = Claim("scarcity-until", {"product": product, "expected_on": until}, (place,))
    else:
        end = Claim("scarcity-until-unknown", {"product": product}, (place,))
    return (why, end, *_instead(books, who, product, rooms), doing)


def cause_of(books: Books, product: str) -> Claim | None:
    """Why a product is short, in the company's words; ``None`` where none are on record."""
    words = books.products.get(product, NOTHING).get("cause")
    return books.once(("cause", product), lambda: (_said(product, "cause", words),))[0]


def _said(product: str, column: str, words: str | None) -> Claim | None:
    place = in_public("notice.csv", column, product_id=product)
    quote = {column: words or ""}
    return Claim(f"scarcity-{column}", {"product": product}, (place,), quote) if words else None


def _unsaid(product: str, column: str) -> Claim:
    place = in_public("notice.csv", column, product_id=product)
    return Claim(f"scarcity-{column}-unknown", {"product": product}, (place,))


Rooms = tuple[tuple[str, int | None, int], ...]
"""Substitutes; cartons that may still be ordered, ``None`` = as many as one likes; the limit."""


def rooms_instead(books: Books, who: Standing, product: str) -> Rooms:
    """The substitutes that ``who`` can still order in this cycle."""
    if who.cell is None:
        return ()
    known = books.once(("instead", product), lambda: _substitutes(books, product))
    if not known:
        return ()
    rooms = [
        (name, room_left(books, who, name), _limit(who, name)) if scarce else (name, None, 0)
        for name, scarce in known
    ]
    return tuple([one for one in rooms if one[1] != 0])


def _limit(who: Standing, product: str) -> int:
    """Cartons of a product that may be ordered in round one."""
    return who.offers[product].limit if product in who.offers else 0


def _substitutes(books: Books, product: str) -> tuple[tuple[str, bool], ...]:
    """What may be had instead of a product, and whether it is scarce as well."""
    told = []
    for name in books.products.get(product, NOTHING).get("substitutes") or ():
        if name != product and name in books.released:
            told.append((name, True))
        elif name != product and books.products.get(name, NOTHING).get("scarce") is False:
            told.append((name, False))
    return tuple(told)


def _instead(books: Books, who: Standing, product: str, rooms: Rooms) -> tuple[Claim, ...]:
    place = in_public("notice.csv", "substitutes", product_id=product)
    told = []
    for substitute, room, limit in rooms:
        facts: dict[str, Fact] = {"product": product, "substitute": substitute}
        if room is None:
            free = in_public("inputs/products.csv", "scarce", product_id=substitute)
            told.append(Claim("scarcity-substitute-free", facts, (place, free)))
        else:
            quota = in_public("quotas.csv", "base", product_id=substitute, tier=who.tier)
            own = in_own_row("awards.csv", "granted", product_id=substitute)
            facts |= {"limit": limit, "room": room}
            told.append(Claim("scarcity-substitute", facts, (place, quota, own)))
    return tuple(told) or (Claim("scarcity-no-substitute", {"product": product}, (place,)),)


def room_left(books: Books, who: Standing, product: str) -> int:
    """Cartons of a released product that ``who`` may still order in round one, bands counted."""
    offer = who.offers.get(product)
    if offer is None:
        return 0
    ordered = who.lines[product].got if product in who.lines else 0
    left = max(offer.limit - ordered, 0)
    room = room_in_bands(books, who, offer.p)
    return left if room is None else min(left, room)
