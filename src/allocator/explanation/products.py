"""What a card says of each product: what may be had, what became of the order, why, what instead.

What other shops are told as well is made once for all of them (``books.once``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from allocator.explanation.books import Books, Told
from allocator.explanation.claims import Answer, Claim, Facts, Part, Place, in_own_row, in_public
from allocator.explanation.one_more import what_gives_more
from allocator.explanation.quota import why_not_released, why_quota
from allocator.explanation.reasons import NOTHING_FELL, Fallen, fallen_short
from allocator.explanation.scarcity import Rooms, cause_of, rooms_instead, why_short
from allocator.explanation.shortfall import what_bound, why_less
from allocator.explanation.standing import Line, Offer, Standing
from allocator.explanation.turn import whose_turn

Became = tuple[Answer | None, Fallen]
"""What became of an order, and what of it belongs to the principal reasons."""


def limits_of(who: Standing) -> dict[str, int]:
    """Cartons of each product that may be held: the limit of round one, or what round two gave."""
    limits = {name: offer.limit for name, offer in who.offers.items()}
    for name, line in who.lines.items():
        limits[name] = max(limits.get(name, 0), line.standard)
    return limits


def products_of(who: Standing, limits: Mapping[str, int]) -> list[str]:
    """Products on the card: what was kept back first, then what fell short, then the rest."""
    lines = who.lines
    told = [name for name, offer in who.offers.items() if offer.limit > 0 or name in lines]
    told += [name for name in lines if name not in who.offers]

    def urgency(product: str) -> tuple[int, int, int, str]:
        line = lines.get(product)
        if line is None or (line.asked == line.standard == line.got):
            return 0, 0, int(line is None), product
        return -line.withheld, -line.missing, 0, product

    return sorted(told, key=urgency)


def part_of(books: Books, who: Standing, product: str, limit: int) -> tuple[Part, Fallen]:
    """All about one product. limit : cartons that may be held"""
    offer, line = who.offers.get(product), who.lines.get(product)
    rooms = rooms_instead(books, who, product) if product in books.released else None
    make = partial(_besides_turn, books, who, product, limit, rooms)
    plan = books.run.plan
    if plan.between is not None or plan.bands or plan.baskets or (line and line.withheld):
        part, first, fallen = make()
    else:
        key = ("part", product, offer, line, who.cell, who.tier, limit, rooms)
        part, first, fallen = books.once(key, make)
    turn = whose_turn(books, who, offer) if offer else ()
    if turn:
        told = part.answers
        part = Part(product, part.line, (*told[:first], Answer("turn", turn), *told[first:]))
    return part, fallen


def _besides_turn(
    books: Books, who: Standing, product: str, limit: int, rooms: Rooms | None
) -> tuple[Part, int, Fallen]:
    """The part but for the turn, which is each shop's own; and after how many answers that comes.

    rooms : ``None`` for a product that is not released
    """
    offer, line = who.offers.get(product), who.lines.get(product)
    became, fallen = (None, NOTHING_FELL) if line is None else what_became(books, who, line)
    before = [answer for answer in (became, _quota(books, who, product, offer, became)) if answer]
    after = [more] if (more := what_gives_more(books, who, offer, line)) else []
    if rooms is not None:
        key = ("scarcity", product, who.tier, rooms)
        after.append(books.once(key, partial(_scarcity, books, who, product, rooms)))
    got = None
    if books.run.allocation is not None:
        got = 0 if line is None else line.got
    named = ("line", product, who.tier, limit, got)
    summed = books.once(named, partial(_line, product, who.tier, limit, got))
    return Part(product, summed, (*before, *after)), len(before), fallen


def what_became(books: Books, who: Standing, line: Line) -> Became:
    """Why the shop got what it got of one product that it ordered."""
    return _as_others("order", books, who, line, _became)


def what_fell(books: Books, who: Standing, line: Line) -> Fallen:
    """What of it belongs to the principal reasons; the rest of the answer is not made."""
    return _as_others("fallen", books, who, line, _fell)


def _as_others(
    what: str,
    books: Books,
    who: Standing,
    line: Line,
    make: Callable[[Books, Standing, Line], Told],
) -> Told:
    """What ``make`` gives, made once for all of a cell whose orders met the same."""
    plan = books.run.plan
    if _met(line) and line.product in who.offers:
        key = (what, line.product, line.asked, line.standard)
        return books.once(key, partial(make, books, who, line))
    if line.withheld or plan.bands or plan.baskets:
        return make(books, who, line)  # whose order it was, or what else was ordered, matters
    # Where boundaries are smooth no two shops need be alike.
    whose = None if plan.between is None else who.i
    return books.once((what, who.cell, who.tier, line, whose), partial(make, books, who, line))


def _met(line: Line) -> bool:
    """Whether nothing is to be said of an order but that it was met in round one."""
    return line.asked is not None and line.asked <= line.standard == line.got and not line.round_two


def _became(books: Books, who: Standing, line: Line) -> Became:
    less = why_less(books, who, line)
    return (Answer("shortfall", less) if less else None), _among_reasons(books, who, line, less)


def _fell(books: Books, who: Standing, line: Line) -> Fallen:
    plan = books.run.plan
    if plan.bands or plan.baskets:  # only these can bind in round two and be a principal reason
        return _became(books, who, line)[1]
    return _among_reasons(books, who, line, what_bound(books, who, line))


def _among_reasons(books: Books, who: Standing, line: Line, less: tuple[Claim, ...]) -> Fallen:
    if not less:
        return NOTHING_FELL
    refusal = () if _refused(less) else _refusal(books, who, line.product)
    cause = cause_of(books, line.product) if line.product in books.released else None
    return fallen_short(less, refusal, cause)


def _refused(told: tuple[Claim, ...]) -> bool:
    return any(claim.code.startswith("quota-") for claim in told)


def _refusal(books: Books, who: Standing, product: str) -> tuple[Claim, ...]:
    """That the product is not released to the shop's cell, where it is not."""
    if product not in who.refused:
        return ()
    key = ("refused", product, who.cell, who.tier)
    return books.once(key, partial(why_not_released, books, who, product))


def _quota(
    books: Books, who: Standing, product: str, offer: Offer | None, became: Answer | None
) -> Answer | None:
    if offer is None:
        refusal = () if became and _refused(became.claims) else _refusal(books, who, product)
        return Answer("quota", refusal) if refusal else None

    def make() -> Answer:
        return Answer("quota", why_quota(books, who, offer))

    if books.run.plan.between is not None:
        return make()
    return books.once(("quota", offer, who.cell, who.tier), make)


def _scarcity(books: Books, who: Standing, product: str, rooms: Rooms) -> Answer:
    return Answer("scarcity", why_short(books, who, product, rooms))


def _line(product: str, tier: int | None, limit: int, got: int | None) -> Claim:
    """What may be had of a product, and what is."""
    places: tuple[Place, ...] = (in_public("quotas.csv", "base", product_id=product, tier=tier),)
    facts: Facts = {"product": product, "limit": limit}
    if got is None:
        return Claim("product-limit", facts, places)
    own = in_own_row("awards.csv", "granted", product_id=product)
    return Claim("product-line", {**facts, "ordered": got}, (*places, own))
