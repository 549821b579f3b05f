"""What keeps the tier from falling, and what cartons cost: figures found by grading again."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, from_fen, from_micro, in_own_row
from allocator.explanation.indices import Row
from allocator.explanation.limits import rule_place, unit_of
from allocator.explanation.standing import Standing
from allocator.grading.alone import lay_open
from allocator.grading.apart import prospects
from allocator.hiding import FEWEST_OTHERS

AT_ONCE = 1024
"""Retailers whose prospects are found together: by columns, in little memory."""


def look_ahead(books: Books, retailers: Sequence[str]) -> None:
    """Find the prospects of those who will be explained next."""
    run, rules = books.run, books.run.policy.grading
    if not books.laid_open:
        books.laid_open.append(None if rules is None else lay_open(run.city, rules, run.grading))
    books.prospects.clear()
    if books.laid_open[0] is not None:
        books.prospects.update(prospects(books.laid_open[0], retailers))


def what_keeps(books: Books, who: Standing) -> tuple[Claim, ...]:
    """How much less would still have left the tier; nothing for those without a score.

    The figure lies close to the score of the first shop of the tier below. Where that is no
    published limit it is told only where at least five others stand in that tier.
    """
    row = who.graded
    if not row or not row["graded"] or who.tier is None:
        return ()
    found = books.prospects.get(who.retailer)
    if found is None:  # its cartons are not on record
        return _in_points(books, who)
    tier = row["tier"] if books.run.grading.moving else row["tier_by_score"]
    own = in_own_row("grading.csv", "quantity score tier")
    evidence = (own, rule_place(books))
    if tier == 1:
        return (Claim("keep-lowest", {"tier": tier}, evidence),)
    if found.fewer is None or found.lower is None:
        return (Claim("keep-safe", {"tier": tier}, evidence),)
    if not line_told(books, who, found.lower):
        return ()
    if found.fewer == 1:
        return (Claim("keep-all", {"tier": tier}, evidence),)
    return (Claim("keep-cartons", {"tier": tier, "fewer": found.fewer - 1}, evidence),)


def line_told(books: Books, who: Standing, tier: int) -> bool:
    """Whether a figure near the line of a tier may be told: a published limit, or a crowd.

    With a margin the line is the first score on its other side: then five others must stand in
    the reader's own tier by score too.
    """
    grading, rules = books.run.grading, books.run.policy.grading
    if grading.rule in ("cutoffs", "bands", "grid"):
        return True
    own = who.graded["tier_by_score"]
    margin = rules is not None and rules.movement is not None and rules.movement.hysteresis
    return all(
        books.crowd.get(t, 0) - (t == own) >= FEWEST_OTHERS
        for t in {tier, *([own] if margin else [])}
    )


def _in_points(books: Books, who: Standing) -> tuple[Claim, ...]:
    """How far the score may fall, where no rule after it decides."""
    grading, row = books.run.grading, who.graded
    spare = row["to_lower_score"]
    if grading.moving or grading.rule == "grid" or spare is None or row["tier_by_score"] == 1:
        return ()
    lower = [tier for tier in books.crowd if tier < row["tier_by_score"]]
    if not lower or not line_told(books, who, max(lower)):
        return ()
    facts = {"tier": row["tier_by_score"], "monthly": from_micro(spare), "unit": unit_of(grading)}
    exact = in_own_row("record/grading.csv", "to_lower_score")
    return (Claim("keep-score", facts, (exact, rule_place(books))),)


def in_money(who: Standing, cartons: int) -> tuple[Claim, ...]:
    """What so many cartons a month cost at the own mean price; nothing where it is not known."""
    price = own_price(who.graded)
    if not price:
        return ()
    own = in_own_row("grading.csv", "mean_price quantity amount")
    facts: dict[str, int | Decimal] = {
        "cartons": cartons,
        "price": from_fen(price),
        "amount": from_fen(cartons * price),
    }
    return (Claim("advance-money", facts, (own,)),)


def own_price(row: Row) -> int | None:
    """Mean price of a carton in whole fen, halves up, as distances count it (``items``)."""
    if row.get("mean_price") is not None:
        return int(row["mean_price"])
    cartons, amount = row.get("quantity"), row.get("amount")
    if cartons is None or amount is None or cartons <= 0:
        return None
    return (2 * max(int(amount), 0) + int(cartons)) // (2 * int(cartons))
