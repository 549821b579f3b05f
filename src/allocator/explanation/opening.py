"""What a card begins with: how much may be ordered and how much is; or why nothing can be."""

from __future__ import annotations

from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Facts, in_own_row, in_public
from allocator.explanation.period import order_period
from allocator.explanation.standing import Standing
from allocator.explanation.together import band_claims


def opening(books: Books, who: Standing, most: int, ordered: int) -> tuple[Claim, ...]:
    """The first claims.

    most : cartons that may be held, each product counted alone; ordered : cartons that are held
    """
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
        told = [Claim(code, {**facts, "ordered": ordered}, (limit, own))]
    told += bands
    person = in_own_row("inputs/retailers.csv", "status")
    if who.status == "stopped":
        person = in_own_row("inputs/sanctions.csv", "kind", kind="suspend")
    if not who.active:
        told.append(Claim("not-active", {"period": period, "status": who.status}, (person,)))
    elif who.tier is None:
        grade = in_own_row("grading.csv", "tier")
        told.append(Claim("no-tier", {"period": period}, (grade,)))
    elif not who.due:
        cycle = in_own_row("inputs/retailers.csv", "order_cycle")
        told.append(Claim("not-due", {"period": period}, (cycle,)))
    return tuple(told)
