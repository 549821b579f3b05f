"""What keeps the tier from falling, and what cartons cost: figures found by grading again."""

from __future__ import annotations

from decimal import Decimal

from allocator.explanation.books import Books, Row, Standing
from allocator.explanation.claims import (
    FEWEST_OTHERS,
    Claim,
    from_fen,
    from_micro,
    in_own_row,
)
from allocator.explanation.limits import rule_place, unit_of
from allocator.grading.alone import Shop, lay_open


def shop_of(books: Books, who: Standing) -> Shop | None:
    """The shop, ready to be graded again; ``None`` where its cartons are not on record."""
    run = books.run
    if not books.laid_open:
        rules = run.policy.grading
        books.laid_open.append(None if rules is None else lay_open(run.city, rules, run.grading))
    alone = books.laid_open[0]
    if alone is None:
        return None
    if who.retailer not in books.shop:
        books.shop.clear()
        books.shop[who.retailer] = Shop(alone, who.retailer)
    return books.shop[who.retailer]


def what_keeps(books: Books, who: Standing) -> tuple[Claim, ...]:
    """How much less would still have left the tier; nothing for those without a score.

    The figure lies close to the score of the first shop of the tier below. Where that is no
    published limit it is told only where at least five others stand in that tier.
    """
    row = who.graded
    if not row or not row["graded"] or who.tier is None:
        return ()
    shop = shop_of(books, who)
    if shop is None:
        return _in_points(books, who)
    tier = row["tier"] if books.run.grading.moving else row["tier_by_score"]
    own = in_own_row("grading.csv", "quantity score tier", retailer_id=who.retailer)
    evidence = (own, rule_place(books))
    if tier == 1:
        return (Claim("keep-lowest", {"tier": tier}, evidence),)
    loses = shop.least_fewer(tier)
    if loses is None:
        return (Claim("keep-safe", {"tier": tier}, evidence),)
    if not line_told(books, who, shop.after(-loses).by_score):
        return ()
    if loses == 1:
        return (Claim("keep-all", {"tier": tier}, evidence),)
    return (Claim("keep-cartons", {"tier": tier, "fewer": loses - 1}, evidence),)


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
    stand = grading.table["tier_by_score"].value_counts().rows()
    others = {t: count - (t == own) for t, count in stand}
    return all(others.get(t, 0) >= FEWEST_OTHERS for t in {tier, *([own] if margin else [])})


def _in_points(books: Books, who: Standing) -> tuple[Claim, ...]:
    """How far the score may fall, where no rule after it decides."""
    grading, row = books.run.grading, who.graded
    spare = row["to_lower_score"]
    if grading.moving or grading.rule == "grid" or spare is None or row["tier_by_score"] == 1:
        return ()
    below = grading.table.filter(graded=True)["tier_by_score"]
    lower = [tier for tier in below.unique().to_list() if tier < row["tier_by_score"]]
    if not lower or not line_told(books, who, max(lower)):
        return ()
    facts = {"tier": row["tier_by_score"], "monthly": from_micro(spare), "unit": unit_of(grading)}
    exact = in_own_row("record/grading.csv", "to_lower_score", retailer_id=who.retailer)
    return (Claim("keep-score", facts, (exact, rule_place(books))),)


def in_money(who: Standing, cartons: int) -> tuple[Claim, ...]:
    """What so many cartons a month cost at the own mean price; nothing where it is not known."""
    price = own_price(who.graded)
    if not price:
        return ()
    own = in_own_row("grading.csv", "mean_price quantity amount", retailer_id=who.retailer)
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
