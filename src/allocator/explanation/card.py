"""The card of one retailer: what it may order, what it got, and why, as claims."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from allocator.certificate.inclusion import Proof
from allocator.explanation.advance import what_next
from allocator.explanation.books import Books, open_books
from allocator.explanation.call import script
from allocator.explanation.claims import Answer, Claim, Part
from allocator.explanation.document import document
from allocator.explanation.dossier import Dossier
from allocator.explanation.gathering import stand_each
from allocator.explanation.grade import why_tier
from allocator.explanation.keep import AT_ONCE, look_ahead, what_keeps
from allocator.explanation.letter import letter
from allocator.explanation.moves import what_punishes
from allocator.explanation.neighbour import why_others
from allocator.explanation.newcomer import how_it_works
from allocator.explanation.opening import opening
from allocator.explanation.page import Press
from allocator.explanation.products import limits_of, part_of, products_of
from allocator.explanation.reasons import ADVANCE, TIER, first_of, principal
from allocator.explanation.roll import check_known
from allocator.explanation.sentences import known_language, plain
from allocator.explanation.sheet import sheet
from allocator.explanation.sms import message
from allocator.explanation.standing import Standing


@dataclass(frozen=True, slots=True)
class Card:
    """What one retailer is told about one cycle.

    first : opening claims; the first says how much may be ordered and how much is
    reasons : at most four principal reasons, most important first; each also stands in its answer
    answers : about the shop itself; parts : about each product
    names : product -> name, of all that have one
    manager, manager_phone : whom to call, empty where unknown
    proof : that it is among the published results; ``None`` where the run had no secret
    """

    retailer: str
    name: str
    cycle: str
    on: date
    tier: int | None
    first: tuple[Claim, ...]
    reasons: tuple[Claim, ...]
    answers: tuple[Answer, ...]
    parts: tuple[Part, ...]
    names: Mapping[str, str]
    manager: str
    manager_phone: str
    policy_digest: str
    proof: Proof | None = None

    @property
    def claims(self) -> tuple[Claim, ...]:
        """Every claim of the card once, in reading order."""
        told = list(self.first)
        told += [claim for answer in self.answers for claim in answer.claims]
        for part in self.parts:
            told.append(part.line)
            told += [claim for answer in part.answers for claim in answer.claims]
        return tuple(told)

    def text(self, language: str = "en") -> str:
        """The card as plain text, for a terminal or to be read aloud."""
        return letter(self, known_language(language))

    def html(self, language: str = "en") -> str:
        """One self-contained page for a phone's screen, readable without script and network."""
        return Press(known_language(language)).page(self)

    def sms(self, language: str = "en") -> tuple[str, ...]:
        """A text message in one or more parts; the first begins with the essential number."""
        return message(self, known_language(language))

    def call(self, language: str = "en") -> str:
        """What an order-taker reads out on the phone, and answers to the usual questions."""
        return script(self, known_language(language))

    def sheet(self, language: str = "en") -> str:
        """A page of HTML that prints on one A5 sheet."""
        return sheet([self], known_language(language))

    def json(self, language: str = "en") -> dict[str, Any]:
        """The card as plain data; numbers that are not whole are texts of their exact digits."""
        return document(self, known_language(language))


def explain(run: Dossier, retailer: str) -> Card:
    """The card of ``retailer``.

    Raises
    ------
    BadRequest : the run knows no such retailer; the nearest identifier is named.
    """
    return next(explain_each(run, [retailer]))


def explain_each(run: Dossier, retailers: Iterable[str]) -> Iterator[Card]:
    """The cards of several retailers, one after the other; the run is indexed only once."""
    books, wanted = open_books(run), iter(retailers)
    while chunk := list(islice(wanted, AT_ONCE)):
        check_known(books, chunk)
        look_ahead(books, chunk)
        for who in stand_each(books, chunk):
            yield _card(books, who)


def _card(books: Books, who: Standing) -> Card:
    run = books.run
    limits = limits_of(who)
    told = [part_of(books, who, name, limits[name]) for name in products_of(who, limits)]
    answers = tuple(
        Answer(question, claims)
        for question, claims in (
            ("grade", why_tier(books, who)),
            ("advance", what_next(books, who)),
            ("keep", what_keeps(books, who)),
            ("new", how_it_works(books, who)),
            ("penalty", what_punishes(books, who)),
        )
        if claims
    )
    neighbour = why_others(books, who)
    if neighbour:
        answers = (*answers[:1], neighbour, *answers[1:])
    own = [claim for answer in answers for claim in answer.claims]
    person = who.person
    ordered = sum(line.got for line in who.lines.values())
    return Card(
        retailer=who.retailer,
        name=plain(person.get("name") or ""),
        cycle=run.cycle,
        on=run.plan.on,
        tier=who.tier,
        first=opening(books, who, sum(limits.values()), ordered),
        reasons=principal(
            lambda: first_of(own, TIER),
            lambda: first_of(own, ADVANCE) if who.active else None,
            (f for _, f in told),
        ),
        answers=answers,
        parts=tuple(part for part, _ in told),
        names=books.names,
        manager=plain(person.get("manager") or ""),
        manager_phone=plain(person.get("manager_phone") or ""),
        policy_digest=run.plan.policy_digest,
        proof=None if (sealed := run.sealed()) is None else sealed.proof(who.retailer),
    )
