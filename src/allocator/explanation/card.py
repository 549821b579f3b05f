"""The card of one retailer: what it may order, what it got, and why, as claims."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

from allocator.certificate.inclusion import Proof
from allocator.errors import BadRequest
from allocator.explanation.advance import what_next
from allocator.explanation.books import Books, Standing, open_books, stand_each
from allocator.explanation.call import script
from allocator.explanation.claims import Answer, Claim, Facts, Part, Place, in_own_row, in_public
from allocator.explanation.dossier import Dossier
from allocator.explanation.grade import what_decides, why_tier
from allocator.explanation.keep import AT_ONCE, look_ahead, what_keeps
from allocator.explanation.letter import letter
from allocator.explanation.moves import what_punishes
from allocator.explanation.newcomer import how_it_works
from allocator.explanation.page import Press
from allocator.explanation.period import order_period
from allocator.explanation.quota import why_not_released, why_quota
from allocator.explanation.reasons import Fallen, fallen_short, principal
from allocator.explanation.scarcity import Rooms, rooms_instead, why_short
from allocator.explanation.sentences import known_language, plain, sentence
from allocator.explanation.sheet import sheet
from allocator.explanation.shortfall import why_less
from allocator.explanation.sms import message
from allocator.explanation.together import band_claims
from allocator.explanation.turn import whose_turn
from allocator.wording import Fact

SEARCHED = 20_000
"""Most identifiers among which the nearest is sought by likeness, not by order alone."""


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
        spoken = known_language(language)
        told = self.claims
        return {
            "retailer": self.retailer,
            "name": self.name,
            "cycle": self.cycle,
            "on": self.on.isoformat(),
            "tier": self.tier,
            "language": spoken,
            "policy_digest": self.policy_digest,
            "first_line": sentence(self.first[0], self.names, spoken),
            "reasons": [told.index(reason) for reason in self.reasons],
            "claims": [
                {
                    "code": claim.code,
                    "parameters": {key: _json(value) for key, value in claim.parameters.items()},
                    **({"quotes": dict(claim.quotes)} if claim.quotes else {}),
                    "sentence": sentence(claim, self.names, spoken),
                    "evidence": [_place(place, self.retailer) for place in claim.evidence],
                }
                for claim in told
            ],
            **({} if self.proof is None else {"proof": self.proof.document()}),
        }


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
        _known(books, chunk)
        look_ahead(books, chunk)
        for who in stand_each(books, chunk):
            yield _card(books, who)


def brief_each(run: Dossier, retailers: Iterable[str]) -> Iterator[Brief]:
    """The same cards in brief: nothing is made of them that a text message does not say."""
    books, wanted = open_books(run), iter(retailers)
    while chunk := list(islice(wanted, AT_ONCE)):
        _known(books, chunk)
        if run.grading.moving:  # else the grading itself tells what the next tier takes
            look_ahead(books, chunk)
        for who in stand_each(books, chunk):
            yield _brief(books, who)


def _brief(books: Books, who: Standing) -> Brief:
    limits = _limits(who)
    fallen = [
        _part(books, who, product, limits[product])[1]
        for product in _products(who, limits)
        if product in who.ordered and not who.ordered[product].as_asked
    ]
    person = who.person
    return Brief(
        retailer=who.retailer,
        first=_first(books, who, sum(limits.values())),
        reasons=principal(lambda: _about_tier(books, who), fallen),
        names=books.names,
        manager=plain(person.get("manager") or ""),
        manager_phone=plain(person.get("manager_phone") or ""),
        phone=plain(person.get("phone") or ""),
    )


def _about_tier(books: Books, who: Standing) -> tuple[Claim, ...]:
    return (
        *what_decides(books, who),
        *what_next(books, who),
        *what_punishes(books, who),
    )


def _limits(who: Standing) -> dict[str, int]:
    """Cartons of each product that may be held."""
    return {name: most_allowed(who, name) for name in (who.offers.keys() | who.ordered.keys())}


def _card(books: Books, who: Standing) -> Card:
    run = books.run
    limits = _limits(who)
    told = [_part(books, who, product, limits[product]) for product in _products(who, limits)]
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
    person = who.person
    return Card(
        retailer=who.retailer,
        name=plain(person.get("name") or ""),
        cycle=run.cycle,
        on=run.plan.on,
        tier=who.tier,
        first=_first(books, who, sum(limits.values())),
        reasons=principal(lambda: (c for a in answers for c in a.claims), [f for _, f in told]),
        answers=answers,
        parts=tuple(part for part, _ in told),
        names=books.names,
        manager=plain(person.get("manager") or ""),
        manager_phone=plain(person.get("manager_phone") or ""),
        policy_digest=run.plan.policy_digest,
        proof=None if (sealed := run.sealed()) is None else sealed.proof(who.retailer),
    )


def _first(books: Books, who: Standing, most: int) -> tuple[Claim, ...]:
    """How much may be ordered and how much is; why nothing can, where nothing can."""
    run = books.run
    period = order_period(run.cycle)
    limit = in_public("quotas.csv", "base", tier=who.tier)
    facts: Facts = {"period": period, "limit": most}
    bands = band_claims(books, who)
    code = "may-order-bands" if bands else "may-order"
    if run.allocation is None:
        told = [Claim(f"{code}-only", facts, (limit,))]
    else:
        own = in_own_row("awards.csv", "granted award")
        ordered = sum(line.got for line in who.ordered.values())
        told = [Claim(code, {**facts, "ordered": ordered}, (limit, own))]
    told += bands
    person = in_own_row("inputs/retailers.csv", "status")
    if who.status == "stopped":
        person = in_own_row("inputs/sanctions.csv", "kind", kind="suspend")
    if who.status not in (None, "active"):
        told.append(Claim("not-active", {"period": period, "status": who.status}, (person,)))
    elif who.tier is None:
        grade = in_own_row("grading.csv", "tier")
        told.append(Claim("no-tier", {"period": period}, (grade,)))
    elif not who.due:
        cycle = in_own_row("inputs/retailers.csv", "order_cycle")
        told.append(Claim("not-due", {"period": period}, (cycle,)))
    return tuple(told)


def most_allowed(who: Standing, product: str) -> int:
    """Cartons that ``who`` may hold: the limit of round one, or more where round two gave it."""
    limit = who.offers[product].limit if product in who.offers else 0
    standard = who.ordered[product].standard if product in who.ordered else 0
    return max(limit, standard)


def _products(who: Standing, limits: Mapping[str, int]) -> list[str]:
    """Products on the card: what was kept back first, then what fell short, then the rest."""

    def urgency(product: str) -> tuple[int, int, int, str]:
        line = who.ordered.get(product)
        if line is None:
            return (0, 0, 1, product)
        return (-line.withheld, -line.missing, 0, product)

    told = [
        product for product in limits if product in who.ordered or who.offers[product].limit > 0
    ]
    return sorted(told, key=urgency)


def _part(books: Books, who: Standing, product: str, limit: int) -> tuple[Part, Fallen]:
    """All about one product; what other shops are told as well is made once for all of them.

    limit : cartons that may be held
    """
    offer, row, line = who.offers.get(product), who.lines.get(product), who.ordered.get(product)
    rooms = rooms_instead(books, who, product)
    make = partial(_shared_part, books, who, product, limit, rooms)
    if line is not None and (line.withheld or books.run.plan.bands or books.run.plan.baskets):
        part, fallen = make()  # whose order it was, or what else was ordered, matters
    else:
        alike = None if row is None else tuple([row[column] for column in ALIKE])
        # Where boundaries are smooth no two shops need be alike.
        whose = None if books.run.plan.between is None else who.i
        key = ("part", product, offer, who.cell, who.tier, limit, alike, rooms, whose)
        part, fallen = books.once(key, make)
    turn = whose_turn(books, who, offer) if offer else ()
    if turn:
        k = sum(answer.question in ("shortfall", "quota") for answer in part.answers)
        told = (*part.answers[:k], Answer("turn", turn), *part.answers[k:])
        part = Part(product, part.line, told)
    return part, fallen


ALIKE = ("line", "requested", "limit", "round_one", "round_two", "award", "granted")
"""Columns of an order of a product from which it is told what became of it."""


def _shared_part(
    books: Books, who: Standing, product: str, limit: int, rooms: Rooms
) -> tuple[Part, Fallen]:
    """Everything but whose turn it is."""
    offer, row = who.offers.get(product), who.lines.get(product)
    got = None
    if books.run.allocation is not None:
        got = who.ordered[product].got if row else 0
    less = why_less(books, who, row) if row else ()
    refusal = any(claim.code.startswith("quota-") for claim in less)
    quota: tuple[Claim, ...] = ()
    if offer:
        quota = why_quota(books, who, offer)
    elif product in who.refused and not refusal:
        quota = why_not_released(books, who, product)
    answers = (
        Answer("shortfall", less),
        Answer("quota", quota),
        Answer(
            "scarcity", why_short(books, who, product, rooms) if product in books.released else ()
        ),
    )
    line = _line(product, who.tier, limit, got)
    part = Part(product, line, tuple(answer for answer in answers if answer.claims))
    return part, fallen_short(part)


def _line(product: str, tier: int | None, limit: int, got: int | None) -> Claim:
    """What may be had of a product, and what is."""
    places: tuple[Place, ...] = (in_public("quotas.csv", "base", product_id=product, tier=tier),)
    facts: Facts = {"product": product, "limit": limit}
    if got is None:
        return Claim("product-limit", facts, places)
    own = in_own_row("awards.csv", "granted", product_id=product)
    return Claim("product-line", {**facts, "ordered": got}, (*places, own))


def _known(books: Books, retailers: Iterable[str]) -> None:
    for retailer in retailers:
        if retailer not in books.member:
            raise _unknown(retailer, books)


def _unknown(retailer: str, books: Books) -> BadRequest:
    asked = plain(retailer)[:80]
    known = sorted(books.member)
    if len(known) <= SEARCHED:
        near = difflib.get_close_matches(retailer[:80], known, n=1, cutoff=0.5)
    else:
        near = known[bisect_left(known, retailer) :][:1] or known[-1:]
    if near:
        return BadRequest("unknown-retailer", retailer=asked, nearest=near[0])
    return BadRequest("unknown-retailer-none", retailer=asked, count=len(known))


def _json(value: Fact) -> str | int | None:
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else value


def _place(place: Place, reader: str) -> dict[str, Any]:
    own = [f"retailer_id={reader}"] if place.source == "own" else []
    spelt = {
        "source": place.source,
        "file": place.file,
        "key": [*place.key, *own],
        "column": place.column,
        "line": place.line,
    }
    return {key: value for key, value in spelt.items() if value not in ("", None)}
