"""Why this quota and no other: the limit that holds the shop's tier, or that lifts it."""

from __future__ import annotations

from collections.abc import Mapping

from allocator.allocation.binding import LIMITS, Held, Hold, what_binds
from allocator.explanation.books import Books
from allocator.explanation.claims import Claim, Facts, Place, in_policy, in_public
from allocator.explanation.standing import Offer, Standing

TOLD_ELSEWHERE = ("supply", "ceiling", "floor")
"""Limits that other claims tell of."""


def why_held(books: Books, who: Standing, offer: Offer) -> list[Claim]:
    """What holds the share of the own cell beside supply, ceiling and floor; then what lifts it."""
    if books.run.plan.source != "planned" or who.cell is None:
        return []
    held = _of_line(books, offer).get(who.cell)
    if held is None:
        return []
    # What comes after the first limit holds a neighbour, not the own tier.
    more = held.more[:1]
    if books.run.plan.objective == "proportional":
        # What stops the one level of a product may be full elsewhere.
        more = tuple(hold for hold in more if hold.kind not in LIMITS)
    told = [*more, *held.less]
    sides = ["held"] * len(more) + ["lifted"] * len(held.less)
    return [
        _claim(books, who, offer, hold, side)
        for hold, side in zip(told, sides, strict=True)
        if hold.kind not in TOLD_ELSEWHERE
    ]


def _of_line(books: Books, offer: Offer) -> Mapping[int, Held]:
    """What holds the cells of a line; the product's lines are looked at once for all cards."""
    if offer.p not in books.holds:
        for p in books.released[offer.product]:
            books.holds[p] = {}
        for held in what_binds(books.run.plan, offer.product):
            books.holds[held.line][held.cell] = held
    return books.holds[offer.p]


def _claim(books: Books, who: Standing, offer: Offer, hold: Hold, side: str) -> Claim:
    plan, product = books.run.plan, offer.product
    facts: Facts = {"product": product, "tier": who.tier}
    if hold.kind == "basket":
        basket = plan.baskets[hold.number]
        facts |= {"basket": basket.name, "most": int(basket.most[who.cell or 0])}
        path = "allocation.baskets"
    elif hold.kind in ("most", "least"):
        group = plan.groups[hold.number]
        facts[hold.kind] = int(group.most if hold.kind == "most" else group.least)
        path = f"allocation.groups.{group.rule}.at_{hold.kind}"
    else:
        facts["other"] = hold.tier
        key = "tier_order" if hold.kind == "order" else "step"
        own = f"allocation.products.{product}.{key}"
        path = own if own in books.run.policy.lines else f"allocation.defaults.{key}"
        if hold.kind == "step":
            facts["step"] = int(plan.step[offer.p] * plan.visits(offer.p)[who.cell or 0])
    places: tuple[Place, ...] = (
        in_public("quotas.csv", "retailers entitlement", product_id=product),
        in_policy(path, books.run.policy.lines),
    )
    return Claim(f"quota-{side}-{hold.kind}", facts, places)
