"""Of each card no more than a text message says, found by columns for many shops at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from allocator.explanation.advance import what_next
from allocator.explanation.books import Books, open_books
from allocator.explanation.claims import Claim
from allocator.explanation.dossier import Dossier
from allocator.explanation.gathering import Placed, most_of_cell, placed_by, stand_with
from allocator.explanation.grade import moved, rank_of, what_decides
from allocator.explanation.keep import AT_ONCE, look_ahead
from allocator.explanation.moves import what_punishes, why_moved
from allocator.explanation.opening import opening
from allocator.explanation.products import what_fell
from allocator.explanation.reasons import (
    ADVANCE,
    MOST_FALLEN_SHORT,
    TIER,
    Fallen,
    first_of,
    principal,
)
from allocator.explanation.roll import check_known
from allocator.explanation.sentences import known_language, plain
from allocator.explanation.sms import message
from allocator.explanation.standing import Line, Standing


@dataclass(frozen=True, slots=True)
class Brief:
    """What a text message takes of a card: the opening claims, the reasons and whom to call.

    phone : the shop's own number, empty where unknown
    """

    retailer: str
    first: tuple[Claim, ...]
    reasons: tuple[Claim, ...]
    names: Mapping[str, str]
    manager: str
    manager_phone: str
    phone: str

    def sms(self, language: str = "en") -> tuple[str, ...]:
        """As ``Card.sms``."""
        return message(self, known_language(language))


def brief_each(run: Dossier, retailers: Iterable[str]) -> Iterator[Brief]:
    """The cards of several retailers in brief, one after the other."""
    books, wanted = open_books(run), iter(retailers)
    while chunk := list(islice(wanted, AT_ONCE)):
        check_known(books, chunk)
        if run.grading.moving:  # else the grading itself tells what the next tier takes
            look_ahead(books, chunk)
        placed = placed_by(books, chunk)
        standing = stand_with(books, chunk, [one.lines for one in placed])
        for who, own in zip(standing, placed, strict=True):
            yield _brief(books, who, own)


def _brief(books: Books, who: Standing, placed: Placed) -> Brief:
    person = who.person
    return Brief(
        retailer=who.retailer,
        first=opening(books, who, _most(books, who) + placed.above, placed.held),
        reasons=principal(
            lambda: _tier(books, who),
            lambda: first_of(what_next(books, who), ADVANCE) if who.active else None,
            _fallen(books, who, placed.short),
        ),
        names=books.names,
        manager=plain(person.get("manager") or ""),
        manager_phone=plain(person.get("manager_phone") or ""),
        phone=plain(person.get("phone") or ""),
    )


def _fallen(books: Books, who: Standing, short: Iterable[Line]) -> Iterator[Fallen]:
    """What the products say that can come among the reasons; of most that is nothing."""
    rules = 0
    for line in short:
        usual = line.asked is not None and line.got == line.standard
        if usual and rules >= MOST_FALLEN_SHORT:
            continue
        fallen = what_fell(books, who, line)
        rules += fallen.rule is not None
        yield fallen


def _most(books: Books, who: Standing) -> int:
    """Cartons that may be ordered in round one, over all products."""
    if who.cell is None:
        return 0
    if books.run.plan.between is not None:
        return sum(offer.limit for offer in who.offers.values())
    return most_of_cell(books, who.cell) + int(books.odd[who.i])


def _tier(books: Books, who: Standing) -> Claim | None:
    """The claim of the full answer that ``TIER`` ranks first; the rest of it is not made."""
    if who.tier is None or not who.graded:
        return None
    for told in (what_punishes(books, who), why_moved(books, who), moved(who)):
        if found := first_of(told, TIER):
            return found
    if who.graded["graded"] and books.run.grading.rule not in ("bands", "grid"):
        return rank_of(books, who)
    return first_of(what_decides(books, who), TIER)
