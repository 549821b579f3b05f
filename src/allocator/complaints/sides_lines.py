"""The lines of two computations, each with the value of both: from the score to the cartons."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from allocator.explanation.books import Books
from allocator.explanation.claims import from_micro
from allocator.explanation.grade import UNITS
from allocator.explanation.moves import PATHS, links
from allocator.explanation.standing import Line, Offer, Standing
from allocator.explanation.turn import queue
from allocator.wording import Fact


@dataclass(frozen=True, slots=True)
class SideLine:
    """One step of both computations.

    code : msgid ``line-<code>``
    one, other : value of each; ``None`` where there is none. Numbers are exact
    about : the item or movement rule that the line is about, else empty
    unit : of an item's value, else empty
    file, column : where both stand in the run directory
    """

    code: str
    one: Fact
    other: Fact
    file: str
    column: str
    about: str = ""
    unit: str = ""

    @property
    def same(self) -> bool:
        """Whether both are equal; nothing and nothing are."""
        return self.one == self.other


Both = tuple[Standing, Standing]


def _line(
    code: str, values: Iterable[Fact], file: str, column: str, about: str = "", unit: str = ""
) -> SideLine:
    one, other = values
    return SideLine(code, one, other, file, column, about, unit)


def tier_lines(books: Books, one: Standing, two: Standing) -> tuple[SideLine, ...]:
    """From the items of the score to what makes two shops equals."""
    both = (one, two)
    told = list(_items(books, both))
    if books.run.grading.items:
        told += [_graded(both, "score", "score", from_micro), _graded(both, "rank", "rank", int)]
    told += [_graded(both, "tier-by-score", "tier_by_score", int), *_moves(both)]
    members = books.run.plan.members
    kept = "record/members.csv"
    return (
        *told,
        _line("tier", (who.tier for who in both), "grading.csv", "tier"),
        _line("status", (who.status for who in both), kept, "status"),
        *(
            _line(name, (members[name][who.i] for who in both), kept, name)
            for name in ("segment", "rhythm")
        ),
        _line("due", ("yes" if who.due else "no" for who in both), kept, "due"),
    )


def _items(books: Books, both: Both) -> Iterator[SideLine]:
    """Value and points of each item; bands give no points, and who is not scored has none."""
    for item in books.run.grading.items:
        values = [who.graded.get(item.name) for who in both]
        if values == [None, None]:
            continue
        unit, convert = UNITS[item.unit]
        spelt = (None if value is None else convert(value) for value in values)
        yield _line("item", spelt, "grading.csv", item.name, item.name, unit)
        if item.scale != "value":
            column = f"{item.name}_points"
            points = (who.graded.get(column) for who in both)
            spelt = (None if value is None else from_micro(value) for value in points)
            yield _line("points", spelt, "record/grading.csv", column, item.name)


def _graded(both: Both, code: str, column: str, convert: Callable[[int], Fact]) -> SideLine:
    values = (who.graded.get(column) for who in both)
    spelt = (None if value is None else convert(value) for value in values)
    return _line(code, spelt, "grading.csv", column)


def _moves(both: Both) -> list[SideLine]:
    """Each rule that changed the tier of one of them, as ``from → to``."""
    changed = [
        {rule: f"{before} → {after}" for rule, before, after in links(str(moves))}
        for moves in (who.graded.get("moves") or "" for who in both)
    ]
    rules = [rule for rule in PATHS if any(rule in own for own in changed)]
    return [
        _line("move", (own.get(rule) for own in changed), "grading.csv", "moves", rule)
        for rule in rules
    ]


def product_lines(books: Books, one: Standing, two: Standing, product: str) -> tuple[SideLine, ...]:
    """From the weight of the tier to the cartons entered, of one product."""
    both = (one, two)
    offers = [who.offers.get(product) or NO_OFFER for who in both]
    owed = (_credit(books, who, product) for who in both)
    shares = (from_micro(offer.share) for offer in offers)
    told = [
        _line("weight", (_weight(books, who) for who in both), "quotas.csv", "weight"),
        _line("entitlement", shares, "quotas.csv", "entitlement"),
        _line("base", (offer.base for offer in offers), "quotas.csv", "base"),
        _line("credit", owed, "inputs/credits.csv", "credit"),
        _line("place", (_place(books, who, product) for who in both), "seats.csv", "place"),
        _line("seat", (offer.seat for offer in offers), "seats.csv", "place"),
    ]
    limit = _line("limit", (offer.limit for offer in offers), "awards.csv", "limit")
    if books.run.allocation is None:
        return (*told, limit)
    lines = [who.lines.get(product) or no_line(product) for who in both]
    held = "awards.csv"
    return (
        *told,
        _line("order", (line.asked for line in lines), held, "requested"),
        limit,
        _line("round-one", (line.round_one for line in lines), held, "round_one"),
        _line("round-two", (line.round_two for line in lines), held, "round_two"),
        _line("award", (line.standard for line in lines), held, "award"),
        _line("granted", (line.granted for line in lines), held, "granted"),
    )


def no_line(product: str) -> Line:
    """Of a product that was not ordered."""
    return Line(product, None, None, 0, 0, 0, 0, None, None)


NO_OFFER = Offer(product="", p=-1, base=0, share=0, waits=False, seat=0)
"""Of a product that is not released to a retailer."""


def _weight(books: Books, who: Standing) -> Decimal | None:
    """How much a shop of the tier counts, six decimals as ``quotas.csv`` prints them."""
    if who.cell is None:
        return None
    cells = books.run.plan.cells
    exact = Fraction(int(cells.weight[who.cell]), cells.weight_unit)
    return Decimal(format(round(Decimal(exact.numerator) / exact.denominator, 6).normalize(), "f"))


def _credit(books: Books, who: Standing, product: str) -> Decimal | None:
    """Cartons that rounding withheld before this cycle; a lead in the queue for odd lots."""
    offer = who.offers.get(product)
    if offer is None or books.run.plan.method[offer.p] != "rotate":
        return None
    plan = books.run.plan
    return from_micro(int(plan.credit_before[offer.p, who.i]) * int(plan.lot[offer.p]))


DRAWN: Final = ("rotate", "lottery")
"""Methods whose odd lots go by a queue within the cell."""


def _place(books: Books, who: Standing, product: str) -> int | None:
    """Place in the queue of the cell for odd lots, where there are any."""
    offer, plan = who.offers.get(product), books.run.plan
    if offer is None or who.cell is None or not offer.waits:
        return None
    if plan.method[offer.p] not in DRAWN or not plan.seats[offer.p, who.cell]:
        return None
    places = queue(books, offer.p, who.cell)
    return int(places[books.drawn_at[who.i]]) or None
