"""What would get me one carton more of a product: now, by a higher tier, by more supply.

Each figure is the least that would do; the check plans again with it and with one lot less. Where
nothing does, that is said.
"""

from __future__ import annotations

from functools import partial

from allocator.explanation.books import Books
from allocator.explanation.claims import (
    Answer,
    Claim,
    Facts,
    Place,
    in_own_row,
    in_policy,
    in_public,
)
from allocator.explanation.scarcity import room_left
from allocator.explanation.standing import Line, Offer, Standing
from allocator.explanation.supply_needed import lay_alone, lots_needed

FOLD = 1
"""More again than there is already is no figure to tell a shopkeeper."""


def what_gives_more(
    books: Books, who: Standing, offer: Offer | None, line: Line | None
) -> Answer | None:
    """For a product of which more was asked than given, or of which the limit is not used."""
    if offer is None or line is None or who.cell is None or not line.missing:
        return None
    room = room_left(books, who, line.product)
    # Round two may have given more than the limit of round one, or more was entered than was due.
    have = max(offer.limit, line.standard, line.got)
    key = ("one-more", offer, who.cell, who.tier, line.withheld, room, have)
    return books.once(key, partial(_answer, books, who, offer, line, room, have))


def _answer(books: Books, who: Standing, offer: Offer, line: Line, room: int, have: int) -> Answer:
    """More than ``have``, the cartons that the shop may hold or holds by both rounds."""
    own = in_own_row("awards.csv", "requested award granted", product_id=line.product)
    if line.withheld:
        facts: Facts = {"product": line.product, "short": line.withheld}
        told = [Claim("more-withheld", facts, (own,))]
    elif room > 0:
        told = [Claim("more-room", {"product": line.product, "room": room}, (own,))]
    else:
        told = [Claim("more-nothing", {"product": line.product}, (own,))]
    if books.run.plan.between is None:
        key = ("elsewhere", offer, who.cell, who.tier, have)
        told += books.once(key, partial(_elsewhere, books, who, offer, have))
    return Answer("more", tuple(told))


def _elsewhere(books: Books, who: Standing, offer: Offer, have: int) -> tuple[Claim, ...]:
    """What a higher tier and more supply would give, alike for all of a cell who have as much."""
    return (*_tier(books, who, offer, have), *_supply(books, who, offer, have))


def _tier(books: Books, who: Standing, offer: Offer, have: int) -> list[Claim]:
    """The lowest tier above in which every shop is sure of more of it than this one has."""
    plan, cell = books.run.plan, who.cell or 0
    cells = plan.cells
    chain = [
        c
        for c in range(cell + 1, len(cells.tier))
        if int(cells.tier[c]) - int(cells.tier[cell]) == c - cell
    ]
    place = in_public("quotas.csv", "base", product_id=offer.product)
    for c in chain:
        if plan.allowed[offer.p, c] and plan.base[offer.p, c] > have:
            facts: Facts = {
                "product": offer.product,
                "other": int(cells.tier[c]),
                "base": int(plan.base[offer.p, c]),
            }
            return [Claim("more-tier", facts, (place,))]
    if int(cells.tier[cell]) == plan.tiers:
        return []
    return [Claim("more-no-tier", {"product": offer.product, "tier": who.tier}, (place,))]


def _supply(books: Books, who: Standing, offer: Offer, have: int) -> list[Claim]:
    """How many cartons more would have to come before each shop of the tier could have one more.

    Told where the product is planned by itself: then a lot more supply takes nothing from anybody.
    """
    plan, p = books.run.plan, offer.p
    if who.cell is None or not _by_itself(books, p):
        return []
    line = books.once(("alone", p), partial(lay_alone, plan, p))
    share = (have // line.lot + 1) * line.lot
    lots = lots_needed(line, who.cell, share)
    places: tuple[Place, ...] = (
        in_public("summary.csv", "supply reserve", product_id=offer.product),
        in_public("quotas.csv", "retailers weight entitlement", product_id=offer.product),
        in_policy("allocation.weights", books.run.policy.lines),
    )
    facts: Facts = {"product": offer.product, "tier": who.tier, "share": share}
    if lots is None or lots > FOLD * line.given // line.lot:
        return [Claim("more-no-supply", facts, places)]
    return [Claim("more-supply", {**facts, "cartons": lots * line.lot}, places)]


def _by_itself(books: Books, p: int) -> bool:
    """Whether the share of a line follows from its own supply and limits alone, by leximin."""
    plan = books.run.plan
    return (
        plan.source == "planned"
        and plan.objective == "leximin"
        and plan.supply[p] - plan.reserve[p] > 0
        and plan.method[p] != "path"
        and not plan.covered[p].any()
        and not any(group.line == p for group in plan.groups)
        and not any(p in basket.lines for basket in plan.baskets)
    )
