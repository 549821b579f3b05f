"""The other shop of a complaint: whether it holds more than the rules give, and what sets it apart.

Everything here names another shop: it is for staff and never told to the one who complains.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from allocator.complaints.complaint import Complaint
from allocator.complaints.docket import ABOVE, Docket, Found
from allocator.complaints.record import Judged, Reason
from allocator.complaints.sides import SideBySide, compare
from allocator.complaints.verdicts import joined
from allocator.hiding import enough_others
from allocator.nearness import NEAR_PERCENT
from allocator.wording import Fact

SALES = "quantity"
"""The item of the grading that tells what a shop sold."""


def favoured_equal(docket: Docket, complaint: Complaint, product: str) -> Judged | None:
    """Founded where an equal that asked for the same holds more beyond the rules than the shop."""
    if complaint.about is not None:
        if not docket.equals(complaint.retailer, complaint.about):
            return None
        return above_the_rule(docket, complaint, product)
    mine = _standing_in_line(docket, complaint.retailer, product)
    if mine is None:
        return None
    for finding in docket.violations(["unequal-treatment"], None, product):
        for other in docket.retailers_of(finding):
            theirs = _standing_in_line(docket, other, product)
            if theirs is not None and theirs[0] == mine[0] and theirs[1] > mine[1]:
                return _ahead(docket, product, other, finding)
    return None


Group = tuple[int | None, int, int]
"""Cell, cartons that all of it may order, cartons asked for up to that: what makes equals."""


def _standing_in_line(docket: Docket, retailer: str, product: str) -> tuple[Group, int] | None:
    """The group of equals of a shop for a product, and cartons beyond what the rules give."""
    who, plan = docket.standing(retailer), docket.run.plan
    line, offer, apart = who.lines.get(product), who.offers.get(product), None
    if line is not None and offer is not None and line.asked is not None:
        apart = docket.apart(retailer, product)
    if apart is None or line is None or offer is None or line.asked is None:
        return None
    seated = who.cell is not None and bool(plan.seats[offer.p, who.cell]) and offer.waits
    cap = offer.base + (int(plan.lot[offer.p]) if seated else 0)
    return (who.cell, cap, min(line.asked, cap)), apart


def above_the_rule(docket: Docket, complaint: Complaint, product: str) -> Judged | None:
    """Founded where the shop that is named holds more than the rules give it."""
    other = complaint.about
    if other is None:
        return None
    found = docket.violations(ABOVE, other, product)
    if not found:
        unlike, apart = docket.unlike(other, product), docket.apart(other, product)
        found = [unlike] if unlike is not None and apart is not None and apart > 0 else []
    return _ahead(docket, product, other, *found) if found else None


def _ahead(docket: Docket, product: str, other: str, *found: Found) -> Judged:
    line = docket.standing(other).lines.get(product)
    facts: dict[str, Fact] = {
        "product": product,
        "other": other,
        "standard": 0 if line is None else line.standard,
        "held": docket.held(other, product),
    }
    rows = docket.lines(other, product)
    return Judged(
        "founded",
        (Reason("other-above", facts, (docket.in_orders(rows, "granted"),)),),
        (Reason("other-above", {}),),
        codes=tuple(str(row["fingerprint"]) for row in found),
        questions=("shortfall", "turn"),
        products=(product,),
    )


def speak_of_others(
    docket: Docket, complaint: Complaint, own: Judged, found: Sequence[Judged]
) -> Judged:
    """A verdict with what other shops hold; ``own`` is the verdict without them.

    That somebody holds more is told only of a group in which nobody can tell who. In a small
    group, and where the complaint names a shop, the shop is told the same whatever others hold:
    else it could name shops one by one and learn from the answers which of them got more.
    """
    whole = joined([own, *found])
    if own.verdict != whole.verdict:
        whole = replace(whole, unchecked=(*whole.unchecked, *own.missing))
    cell = docket.standing(complaint.retailer).cell
    group = 0 if cell is None else int(docket.run.plan.cells.count[cell])
    if complaint.about is None and enough_others(group):
        told = found[0].opening if found else ()
        return replace(whole, opening=(*told, *own.opening))
    return replace(whole, opening=(*own.opening, Reason("others", {})),
                   questions=own.questions, products=own.products)  # fmt: skip


def what_stands_beside(
    docket: Docket, complaint: Complaint, product: str | None
) -> tuple[Reason, ...]:
    """Where the two shops part, and how near their sales are; nothing without another shop."""
    other = complaint.about
    if other is None or product is None:
        return ()
    told = list(_where_they_part(docket, complaint.retailer, other, product))
    told.append(Reason("equals" if docket.equals(complaint.retailer, other) else "no-equals",
                       {"other": other}))  # fmt: skip
    near = near_sales(docket, complaint.retailer, other)
    if near is not None:
        told.append(Reason("near" if near else "not-near", {"other": other, "near": NEAR_PERCENT}))
    return tuple(told)


def _where_they_part(docket: Docket, one: str, other: str, product: str) -> tuple[Reason, ...]:
    """The line that decides, of a product that is released or that one of the two ordered."""
    ordered = any(product in docket.standing(name).lines for name in (one, other))
    if not ordered and product not in docket.books.released:
        return ()
    sides = compare(docket.books, docket.run, one, other, product)
    line = sides.line(sides.products[0])
    if line is None:
        return ()
    facts: dict[str, Fact] = {"product": product, "other": other, "step": line.code}
    parts = Reason("parts-at", facts | {"about": line.about})
    return (parts, *(_widest(sides) if line in sides.lines else ()))


def _widest(sides: SideBySide) -> tuple[Reason, ...]:
    """The item whose points differ most: where scores part two shops, all items differ a bit."""
    rows = [
        (abs(line.one - line.other), line.about, line.one, line.other)
        for line in sides.lines
        if line.code == "points"
        and isinstance(line.one, int | Decimal)
        and isinstance(line.other, int | Decimal)
    ]
    if not rows:
        return ()
    apart, about, one, other = max(rows)
    facts: dict[str, Fact] = {"step": "points", "about": about, "one": one, "other": other}
    return (Reason("widest", facts),) if apart else ()


def near_sales(docket: Docket, one: str, other: str) -> bool | None:
    """Whether two shops sell nearly the same; ``None`` where the sales of one are not known."""
    sold = [docket.standing(name).graded.get(SALES) for name in (one, other)]
    if sold[0] is None or sold[1] is None:
        return None
    low, high = sorted(int(value) for value in sold if value is not None)
    return 100 * (high - low) <= NEAR_PERCENT * high
