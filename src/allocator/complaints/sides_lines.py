"""The lines of two computations, each with the value of both: from the score to the cartons."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from allocator.explanation.books import Books, Line, Standing
from allocator.explanation.claims import from_micro
from allocator.explanation.grade import item_facts
from allocator.explanation.moves import PATHS, links
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


def tier_lines(books: Books, one: Standing, two: Standing) -> tuple[SideLine, ...]:
    """From the items of the score to what makes two shops equals."""
    both = (one, two)
    told = [line for item in _items(books, both) for line in item]
    if books.run.grading.items:
        told.append(_graded(both, "score", from_micro))
        told.append(_graded(both, "rank", int))
    told.append(_graded(both, "tier-by-score", int, "tier_by_score"))
    told += _moves(both)
    members = books.run.plan.members.select("segment", "rhythm")
    segment, rhythm = ([members[name][who.i] for who in both] for name in ("segment", "rhythm"))
    told += [
        SideLine("tier", one.tier, two.tier, "grading.csv", "tier"),
        SideLine("status", one.status, two.status, "record/members.csv", "status"),
        SideLine("segment", *segment, "record/members.csv", "segment"),
        SideLine("rhythm", *rhythm, "record/members.csv", "rhythm"),
        SideLine("due", *(_yes(who.due) for who in both), "record/members.csv", "due"),
    ]
    return tuple(told)


def _items(books: Books, both: Sequence[Standing]) -> Iterator[tuple[SideLine, ...]]:
    """Value and points of each item; bands give no points."""
    for item in books.run.grading.items:
        has = [who.graded.get(item.name) is not None for who in both]
        facts = [
            item_facts(item, who.graded) if known else {}
            for who, known in zip(both, has, strict=True)
        ]
        if not any(has):
            continue
        unit = str(next(known["unit"] for known in facts if known))
        values = (known.get("value") for known in facts)
        lines = [SideLine("item", *values, "grading.csv", item.name, item.name, unit)]
        if item.scale != "value":
            points = (known.get("points") for known in facts)
            column = f"{item.name}_points"
            lines.append(SideLine("points", *points, "record/grading.csv", column, item.name))
        yield tuple(lines)


def _graded(
    both: Sequence[Standing], code: str, convert: Callable[[int], Fact], column: str | None = None
) -> SideLine:
    values = (who.graded.get(column or code) for who in both)
    spelt = (None if value is None else convert(value) for value in values)
    return SideLine(code, *spelt, "grading.csv", column or code)


def _moves(both: Sequence[Standing]) -> list[SideLine]:
    """Each rule that changed the tier of one of them, as ``from > to``."""
    changed = [
        {
            rule: f"{before} → {after}"
            for rule, before, after in links(who.graded.get("moves") or "")
        }
        for who in both
    ]
    rules = [rule for rule in PATHS if any(rule in own for own in changed)]
    return [
        SideLine("move", *(own.get(rule) for own in changed), "grading.csv", "moves", rule)
        for rule in rules
    ]


def product_lines(books: Books, one: Standing, two: Standing, product: str) -> tuple[SideLine, ...]:
    """From the weight of the tier to the cartons entered, of one product."""
    both = (one, two)
    offers = [who.offers.get(product) for who in both]
    told = [
        SideLine("weight", *(_weight(books, who) for who in both), "quotas.csv", "weight"),
        SideLine(
            "entitlement",
            *(None if offer is None else from_micro(offer.share) for offer in offers),
            "quotas.csv",
            "entitlement",
        ),
        SideLine("base", *(offer and offer.base for offer in offers), "quotas.csv", "base"),
        SideLine(
            "credit",
            *(_credit(books, who, product) for who in both),
            "inputs/credits.csv",
            "credit",
        ),
        SideLine("place", *(_place(books, who, product) for who in both), "seats.csv", "place"),
        SideLine("seat", *(offer and offer.seat for offer in offers), "seats.csv", "place"),
        SideLine(
            "limit", *(offer.limit if offer else 0 for offer in offers), "awards.csv", "limit"
        ),
    ]
    lines = [who.ordered.get(product) for who in both]
    if books.run.allocation is None:
        return tuple(told)
    rounds = [_rounds(who, product) for who in both]
    ordered = SideLine("order", *(line and line.asked for line in lines), "awards.csv", "requested")
    told.insert(-1, ordered)
    told += [
        SideLine("round-one", *(first for first, _ in rounds), "awards.csv", "round_one"),
        SideLine("round-two", *(second for _, second in rounds), "awards.csv", "round_two"),
        SideLine("award", *(_award(line) for line in lines), "awards.csv", "award"),
        SideLine("granted", *(line and line.granted for line in lines), "awards.csv", "granted"),
    ]
    return tuple(told)


def _award(line: Line | None) -> int:
    return 0 if line is None else line.standard


def _rounds(who: Standing, product: str) -> tuple[int, int]:
    row = who.lines.get(product)
    return (0, 0) if row is None else (row["round_one"] or 0, row["round_two"] or 0)


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


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
