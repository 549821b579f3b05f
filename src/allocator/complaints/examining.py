"""A complaint goes in, a verdict with evidence comes out (N13)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import polars as pl

from allocator.auditing.findings import Findings
from allocator.complaints.cartons import less_than_equal, less_than_similar, not_got
from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket
from allocator.complaints.fallen import cancelled
from allocator.complaints.lacking import never_available
from allocator.complaints.make_up import Stock, make_up, stock_left
from allocator.complaints.new_shop import newcomer
from allocator.complaints.own_tier import tier_down
from allocator.complaints.record import Examination, Judged, Owed, Reason
from allocator.errors import BadRequest, BadTable, Refusal
from allocator.explanation.card import Card
from allocator.explanation.claims import Claim
from allocator.explanation.sentences import plain
from allocator.runs.record import Run

JUDGES: Final[Mapping[str, Callable[[Docket, Complaint], Judged]]] = {
    "less-than-equal": less_than_equal,
    "less-than-similar": less_than_similar,
    "tier-down": tier_down,
    "not-got": not_got,
    "never-available": never_available,
    "new": newcomer,
    "cancelled": cancelled,
}
"""Kind -> how it is judged; the others are routed."""

MOST_TOLD: Final = 4
"""Sentences from one answer of the card; the rest stands on the card itself."""

SAID: Final = ("granted-below-standard", "tier-down", "tier-up", "tier-same")
"""Claims, by the beginning of their code, that the opening has said already."""


def examine(complaint: Complaint | Mapping[str, Any], run: Run) -> Examination:
    """Judge one complaint from a run.

    complaint : a ``Complaint``, or its fields by name

    Raises
    ------
    BadRequest : the complaint says nothing that can be examined, or the run knows no such shop
    """
    if isinstance(complaint, Mapping):
        complaint = Complaint(**complaint)
    return next(examine_each([complaint], run))


def examine_each(complaints: Iterable[Complaint], run: Run) -> Iterator[Examination]:
    """Judge several complaints about one run, in their order.

    They share the reserve: what one founded complaint takes, the next does not find there. The same
    cartons are owed once, however often a shop complains.

    Raises
    ------
    BadRequest, BadTable : a shop that the run does not know; of a table all such rows at once
    """
    wanted = tuple(complaints)
    docket = Docket(run, tuple(complaint.retailer for complaint in wanted))
    _check(docket, wanted)
    return _each(docket, wanted)


def _each(docket: Docket, wanted: Sequence[Complaint]) -> Iterator[Examination]:
    stock = stock_left(docket)
    paid: Paid = {}
    for complaint in wanted:
        examined, stock = _examined(docket, complaint, stock, paid)
        yield examined


Paid = dict[tuple[str, str], dict[tuple[str, ...], int]]
"""Shop and product -> debt, by the findings behind it -> cartons promised for it."""


def _settled(
    docket: Docket, retailer: str, owed: Sequence[Owed], paid: Paid
) -> tuple[dict[str, int], list[str]]:
    """Cartons to promise by product, noted in ``paid``, and products promised before.

    Each debt is paid once; several debts of one product together fill what the shop may have.
    """
    due: dict[str, int] = {}
    before = {product for shop, product in paid if shop == retailer}
    for product, cartons, codes in owed:
        promised = paid.setdefault((retailer, product), {})
        if codes in promised:
            continue
        room = docket.room(retailer, product) - sum(promised.values())
        promised[codes] = min(cartons, max(room, 0)) if promised else cartons
        if promised[codes]:
            due[product] = due.get(product, 0) + promised[codes]
    again = dict.fromkeys(product for product, *_ in owed if product in before - due.keys())
    return due, list(again)


def _examined(
    docket: Docket, complaint: Complaint, stock: Stock, paid: Paid
) -> tuple[Examination, Stock]:
    judged = JUDGES.get(complaint.kind, _routed)(docket, complaint)
    card = docket.cards[complaint.retailer]
    owed, before = _settled(docket, complaint.retailer, judged.owed, paid)
    remedies, left = make_up(docket, complaint.retailer, owed.items(), stock)
    again = tuple(Reason("owed-already", {"product": product}) for product in before)
    promised = tuple(
        Reason("make-up" if not remedy.uncovered else "make-up-later",
               {"product": remedy.product, "owed": remedy.owed})
        for remedy in remedies
    )  # fmt: skip
    return Examination(
        complaint=complaint,
        verdict=judged.verdict,
        reasons=(*judged.reasons, *again),
        opening=(*judged.opening, *promised),
        told=told_of(card, judged),
        findings=_cited(docket.run.findings, judged.codes),
        missing=judged.missing,
        remedies=remedies,
        unchecked=judged.unchecked,
        names=docket.books.names,
        manager=card.manager,
        manager_phone=card.manager_phone,
    ), left


def _routed(docket: Docket, complaint: Complaint) -> Judged:
    reason = Reason(f"route-{complaint.kind}", {})
    return Judged("routed", (reason,), (Reason(f"route-{complaint.kind}", {}),))


def told_of(card: Card, judged: Judged) -> tuple[Claim, ...]:
    """Claims of the shop's own card that belong to the complaint, most important first.

    Of several products the opening alone speaks: a claim does not say which of them it is about.
    """
    if len(judged.products) > 1:
        return ()
    own = (part.answers for part in card.parts if part.product in judged.products)
    answers = [*card.answers, *(answer for part in own for answer in part)]
    told: list[Claim] = []
    for question in judged.questions:
        for answer in answers:
            if answer.question == question:
                new = (claim for claim in answer.claims if not claim.code.startswith(SAID))
                told += list(new)[:MOST_TOLD]
    return tuple(told)


def _cited(findings: Findings | None, codes: tuple[str, ...]) -> Findings | None:
    if findings is None or not codes:
        return None
    frame = findings.frame.filter(pl.col("fingerprint").is_in(list(codes)))
    return replace(findings, frame=frame, clerks=None)


def _check(docket: Docket, complaints: Sequence[Complaint]) -> None:
    """Refuse shops that the run does not know: of a table all at once."""
    known = docket.books.member
    refusals = []
    for complaint in complaints:
        for column, name in (("retailer_id", complaint.retailer), ("about", complaint.about)):
            if name is None or name in known:
                continue
            near = difflib.get_close_matches(name[:80], sorted(known)[:20_000], n=1, cutoff=0.0)
            facts = {"nearest": near[0] if near else "–"}
            refusals.append(
                Refusal("complaint-retailer", complaint.file, complaint.sheet, complaint.row,
                        column, plain(name)[:80], dict(facts))
            )  # fmt: skip
    if refusals and refusals[0].row is None:
        first = refusals[0]
        raise BadRequest("unknown-retailer", retailer=first.value, nearest=first.facts["nearest"])
    if refusals:
        raise BadTable("refused", refusals)
