"""Complaints about cartons: ordered and not got, less than an equal, less than a similar shop."""

from __future__ import annotations

from collections.abc import Callable

from allocator.complaints.beside import (
    above_the_rule,
    favoured_equal,
    speak_of_others,
    what_stands_beside,
)
from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import Docket, Found
from allocator.complaints.fallen import cancelled
from allocator.complaints.outside import outside
from allocator.complaints.own_tier import lower_tier_used
from allocator.complaints.record import Judged, Owed, Reason, Where
from allocator.complaints.verdicts import joined, undecidable, unheard
from allocator.explanation.standing import Line
from allocator.wording import Fact

TOLD = ("shortfall", "turn", "quota", "more", "scarcity")
"""Answers of the card about a product that belong to a complaint about cartons."""

BESIDE = (*TOLD[:2], "neighbour", *TOLD[2:])
"""The same, where another shop is spoken of."""

Mine = Callable[[Docket, Complaint], Judged | None]
"""What else about its own orders makes a complaint founded; ``None`` = nothing of the kind."""

Theirs = Callable[[Docket, Complaint, str], Judged | None]
"""What another shop holds of a product makes it so; ``None`` = nothing of the kind."""


def not_got(docket: Docket, complaint: Complaint) -> Judged:
    """Ordered and not got: founded where less was entered than the rules give.

    And where an order that was paid in time was cancelled, whatever else the shop has.
    """
    return by_product(docket, complaint)


def less_than_equal(docket: Docket, complaint: Complaint) -> Judged:
    """Less than an equal: founded also where an equal holds more than the rules give it."""
    return by_product(docket, complaint, theirs=favoured_equal)


def less_than_similar(docket: Docket, complaint: Complaint) -> Judged:
    """Less than one that sells about the same: the rule itself may do that; a departure may not."""
    return by_product(docket, complaint, mine=lower_tier_used, theirs=above_the_rule)


def by_product(
    docket: Docket, complaint: Complaint, mine: Mine | None = None, theirs: Theirs | None = None
) -> Judged:
    """Each product in question, judged alone; founded if any is, else undecidable if any is.

    What the shop is told rests on its own orders alone, whatever another shop holds; that some
    shop holds more is added only where nobody can tell which (``speak_of_others``).
    """
    if docket.run.findings is None or docket.run.allocation is None:
        return undecidable("no-orders", {"cycle": docket.run.cycle}, missing=("orders",))
    who = docket.standing(complaint.retailer)
    products = [complaint.product] if complaint.product else sorted(who.lines)
    judged = [_one(docket, complaint, product) for product in products]
    also = (_fallen(docket, complaint), mine(docket, complaint) if mine else None)
    judged += [each for each in also if each is not None]
    own = joined(judged or [_nothing_ordered(docket, complaint, None)])
    if theirs is None:
        return own
    found = [theirs(docket, complaint, product) for product in products]
    return speak_of_others(docket, complaint, own, [each for each in found if each is not None])


def short_of(docket: Docket, retailer: str, product: str) -> Found | None:
    """The finding that less was entered for this shop than the rules give."""
    return next(iter(docket.violations(["below-standard"], retailer, product)), None)


def _one(docket: Docket, complaint: Complaint, product: str) -> Judged:
    retailer = complaint.retailer
    finding = short_of(docket, retailer, product)
    if finding is not None:
        return _short(docket, retailer, product, finding)
    line = docket.standing(retailer).lines.get(product)
    if line is None:
        return _nothing_ordered(docket, complaint, product)
    return _unknown(docket, complaint, line) or _in_order(docket, complaint, line)


def _short(docket: Docket, retailer: str, product: str, finding: Found) -> Judged:
    rows = docket.lines(retailer, product)
    granted, standard = int(finding["observed"]), int(finding["limit"])
    facts: dict[str, Fact] = {
        "product": product,
        "standard": standard,
        "granted": granted,
        "owed": standard - granted,
        "order": finding["order_id"] or "–",
        "clerk": finding["clerk"] or "–",
    }
    evidence = (docket.in_orders(rows, "granted"), award_of(retailer, product))
    told = {name: facts[name] for name in ("product", "standard", "granted", "owed")}
    return Judged(
        "founded",
        (Reason("short", facts, evidence),),
        (Reason("short", told),),
        codes=(str(finding["fingerprint"]),),
        owed=(Owed(product, standard - granted, (str(finding["fingerprint"]),)),),
        questions=("shortfall",),
        products=(product,),
    )


def award_of(retailer: str, product: str) -> Where:
    """Where what the rules give stands."""
    key = (f"retailer_id={retailer}", f"product_id={product}")
    return Where("awards.csv", "requested limit round_one round_two award granted", key=key)


def _nothing_ordered(docket: Docket, complaint: Complaint, product: str | None) -> Judged:
    """No line on record: with a number that the shop says it asked for, somebody is wrong."""
    retailer = complaint.retailer
    away = outside(docket, complaint)
    if away is not None:
        return away
    fallen = docket.lines(retailer, product, cancelled=True)
    facts: dict[str, Fact] = {"cycle": docket.run.cycle}
    facts |= {"product": product} if product else {}
    whole = "" if product else "-any"
    if not fallen.is_empty():
        evidence = (docket.in_orders(fallen, "status"),)
        facts["order"] = str(fallen["order_id"][0])
        return Judged(
            "unfounded",
            (Reason("only-cancelled", facts, evidence),),
            (Reason("only-cancelled", {"order": facts["order"]}),),
        )
    if complaint.kind == "not-got" or complaint.said is not None:
        return undecidable("no-order" + whole, facts, missing=("orders",), opening="open-order")
    beside = what_stands_beside(docket, complaint, product)
    return Judged(
        "unfounded",
        (Reason("not-ordered" + whole, facts), *beside),
        (Reason("not-ordered" + whole, {}),),
        questions=TOLD,
        products=(product,) if product else (),
    )


def _fallen(docket: Docket, complaint: Complaint) -> Judged | None:
    """What its cancelled lines make of a complaint, unless they were cancelled by the rules."""
    if docket.lines(complaint.retailer, complaint.product, cancelled=True).is_empty():
        return None
    judged = cancelled(docket, complaint)
    return None if judged.verdict == "unfounded" else judged


def _unknown(docket: Docket, complaint: Complaint, line: Line) -> Judged | None:
    """Why nothing can be decided about a line, if so."""
    retailer, product = complaint.retailer, line.product
    rows = docket.lines(retailer, product)
    off = unheard(docket, "below-standard")
    if off is not None:
        return off
    for column, value in (("requested", line.asked), ("granted", docket.held(retailer, product))):
        if value is None:
            facts: dict[str, Fact] = {"product": product}
            where = (docket.in_orders(rows, column),)
            code = f"{column}-unknown"
            return undecidable(code, facts, missing=(f"orders.{column}",), evidence=where)
    twice = docket.violations(["duplicate-line"], retailer, product)
    if twice and complaint.kind != "not-got":
        where = (docket.in_orders(rows, "granted"),)
        return undecidable(
            "entered-twice", {"product": product}, missing=("orders.granted",), evidence=where
        )
    return _disputed(docket, complaint, line)


def _disputed(docket: Docket, complaint: Complaint, line: Line) -> Judged | None:
    """The shop says it asked for more than was written down, and more could have been given."""
    held = docket.held(complaint.retailer, line.product) or 0
    said, asked = complaint.said, line.asked or 0
    more = line.limit > held or docket.run.plan.second_round
    if said is None or said <= asked or said <= held or not more:
        return None
    rows = docket.lines(complaint.retailer, line.product)
    recordings = rows["recording_id"].drop_nulls().unique().sort().to_list()
    facts: dict[str, Fact] = {
        "product": line.product,
        "said": said,
        "asked": asked,
        "recording": ", ".join(recordings) or "–",
    }
    where = (docket.in_orders(rows, "requested"), docket.in_orders(rows, "recording_id"))
    code = "said-more" if recordings else "said-more-unheard"
    missing = ("orders.requested",) if recordings else ("orders.recording_id",)
    opening = "open-recording" if recordings else "open"
    return undecidable(code, facts, missing=missing, evidence=where, opening=opening)


def _in_order(docket: Docket, complaint: Complaint, line: Line) -> Judged:
    retailer, product = complaint.retailer, line.product
    held = docket.held(retailer, product) or 0
    facts: dict[str, Fact] = {
        "product": product,
        "asked": line.asked,
        "limit": line.limit,
        "standard": line.standard,
        "held": held,
    }
    whole = line.asked is not None and held >= line.asked
    code = "beyond-rule" if held > line.standard else "got-all" if whole else "by-rule"
    rows = docket.lines(retailer, product)
    evidence = (docket.in_orders(rows, "requested granted"), award_of(retailer, product))
    beside = what_stands_beside(docket, complaint, product)
    return Judged(
        "unfounded",
        (Reason(code, facts, evidence), *beside),
        (Reason("by-rule", {}),),
        questions=TOLD if complaint.kind in ("not-got", "never-available") else BESIDE,
        products=(product,),
    )
