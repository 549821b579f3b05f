"""I am new: how does it work, on my own figures."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Facts, in_own_row, in_policy, in_public
from allocator.explanation.grade import decimal_of
from allocator.explanation.period import order_period
from allocator.explanation.standing import Standing


def how_it_works(books: Books, who: Standing) -> tuple[Claim, ...]:
    """What a new shop has now, from when it is scored, and by what; nothing for the others."""
    run = books.run
    rules = run.policy.grading
    entry = None if rules is None else rules.newcomers
    if entry is None or "newcomer" not in str(who.graded.get("reason", "")).split():
        return ()
    told = []
    products = sum(offer.limit > 0 for offer in who.offers.values())
    if who.tier is not None and products:
        facts: Facts = {"period": order_period(run.cycle), "tier": who.tier, "products": products}
        told.append(Claim("new-products", facts, (in_public("quotas.csv", "base", tier=who.tier),)))
    rule = in_policy("grading.newcomers.months", run.policy.lines)
    joined = who.person.get("joined_on")
    if joined is not None:
        own = in_own_row("inputs/retailers.csv", "joined_on")
        facts = {"months": entry.months, "scored_on": months_after(joined, entry.months)}
        told.append(Claim("new-scored", facts, (own, rule)))
    for item in run.grading.items:
        if item.scale != "value":
            place = in_policy(f"grading.items.{item.name}", run.policy.lines)
            facts = {"item": item.name, "weight": decimal_of(item.weight)}
            told.append(Claim("new-item", facts, (place,)))
    return tuple(told)


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last of a month that is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
