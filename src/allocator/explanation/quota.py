"""Why this quota: supply, reserve, shops, the tier's weight, whole cartons and the odd one."""

from __future__ import annotations

import numpy as np

from allocator.explanation.books import Books, snapped
from allocator.explanation.claims import (
    Claim,
    Facts,
    Place,
    from_micro,
    in_own_row,
    in_policy,
    in_public,
)
from allocator.explanation.holds import why_held
from allocator.explanation.standing import Offer, Standing
from allocator.hiding import LEAST_TOLD, enough_others
from allocator.holdings import promised
from allocator.records import MICRO


def why_quota(books: Books, who: Standing, offer: Offer) -> tuple[Claim, ...]:
    """What ``who`` may order of one product, then how the number comes about."""
    plan = books.run.plan
    product = offer.product
    quotas = in_public("quotas.csv", "base", product_id=product, tier=who.tier)
    smooth = plan.between is not None
    own = in_own_row("limits.csv", "base", product_id=product)
    evidence: tuple[Place, ...] = (own if smooth else quotas,)
    facts: Facts = {"product": product, "round": which_round(books), "limit": offer.limit}
    alike = "quota-limit-own" if smooth else "quota-limit"
    code = alike
    if offer.seat:
        code = f"{alike}-with-odd" if offer.base else "quota-limit-turn"
        code = DRAWN.get(code, code) if is_drawn(books, offer.p) else code
        facts = {**facts, "base": offer.base, "odd": offer.seat}
        seat = in_own_row("seats.csv", "place", product_id=product)
        evidence += (seat,)
    elif offer.waits and plan.seats[offer.p, who.cell] > 0:
        code = "quota-limit-not-drawn" if is_drawn(books, offer.p) else "quota-limit-not-turn"
        facts = {**facts, "odd": int(plan.lot[offer.p])}
    limit = Claim(code, facts, evidence)
    if plan.method[offer.p] == "published":
        facts = {"product": product, "tier": who.tier, "base": offer.base}
        return (limit, Claim("quota-published", facts, (quotas,)))
    return (limit, *_promise(books, offer), *_supply(books, offer), *_share(books, who, offer))


def why_not_released(books: Books, who: Standing, product: str) -> tuple[Claim, ...]:
    """That a product of this cycle is not released to the tier, and to which tiers it is."""
    plan = books.run.plan
    rows = list(books.released[product])
    open_to = np.flatnonzero(plan.allowed[rows].any(axis=0))
    tiers = plan.cells.tier[open_to]
    own = "" if who.cell is None else plan.cells.segment[who.cell]
    if own and len(open_to) and own not in {plan.cells.segment[c] for c in open_to.tolist()}:
        rule = in_policy(f"allocation.products.{product}.who", books.run.policy.lines)
        place = in_public("quotas.csv", "segment", product_id=product)
        facts: Facts = {"product": product, "segment": own}
        return (Claim("quota-not-for-segment", facts, (place, rule)),)
    rule = in_policy(f"allocation.products.{product}.tiers", books.run.policy.lines)
    place = in_public("quotas.csv", "tier", product_id=product)
    if not len(tiers) or tiers.min() <= (who.tier or 0) <= tiers.max():
        facts = {"product": product, "tier": who.tier}
        return (Claim("quota-not-released", facts, (place, rule)),)
    facts = {
        "product": product,
        "tier": who.tier,
        "from_tier": int(tiers.min()),
        "to_tier": int(tiers.max()),
    }
    return (Claim("quota-tiers", facts, (place, rule)),)


def _promise(books: Books, offer: Offer) -> tuple[Claim, ...]:
    """That a limit is no promise, where all limits together are more than there is."""
    plan, p = books.run.plan, offer.p
    quotas, released = int(promised(plan)[p]), int(plan.supply[p] - plan.reserve[p])
    if plan.oversell != "share" or quotas <= released:
        return ()
    facts: Facts = {"product": offer.product, "quotas": quotas, "released": released}
    rule = in_policy("allocation.take_up.oversell", books.run.policy.lines)
    place = in_public("summary.csv", "planned supply reserve", product_id=offer.product)
    return (Claim("quota-no-promise", facts, (place, rule)),)


def _supply(books: Books, offer: Offer) -> tuple[Claim, ...]:
    plan = books.run.plan
    supply, reserve = int(plan.supply[offer.p]), int(plan.reserve[offer.p])
    if supply < 0:
        return ()
    facts: Facts = {"product": offer.product, "supply": supply, "released": supply - reserve}
    places = (in_public("summary.csv", "supply reserve", product_id=offer.product),)
    if not reserve:
        return (Claim("quota-supply", facts, places),)
    rule = in_policy("allocation.reserve", books.run.policy.lines)
    return (Claim("quota-supply-reserve", {**facts, "reserve": reserve}, (*places, rule)),)


def _share(books: Books, who: Standing, offer: Offer) -> tuple[Claim, ...]:
    plan = books.run.plan
    cells, p, c = plan.cells, offer.p, who.cell
    if c is None or plan.supply[p] == 0:
        return ()
    lines = books.run.policy.lines
    product = offer.product
    told = []
    shops = int(cells.count[plan.allowed[p]].sum())
    if enough_others(shops):
        place = in_public("quotas.csv", "retailers", product_id=product)
        told.append(Claim("quota-shops", {"product": product, "shops": shops}, (place,)))
    group = int(cells.count[c])
    if enough_others(group):
        place = in_public("quotas.csv", "retailers", product_id=product, tier=who.tier)
        facts: Facts = {"product": product, "tier": who.tier, "shops": group}
        told.append(Claim("quota-shops-of-tier", facts, (place,)))
    weight = plan.weight(p)
    least = int(weight[plan.allowed[p]].min())
    if least < weight[c]:
        times = from_micro(round(int(weight[c]) * MICRO / least))
        place = in_public("quotas.csv", "weight", product_id=product, tier=who.tier)
        facts = {"product": product, "times": times}
        rule = in_policy("allocation.weights", lines)
        told.append(Claim("quota-times", facts, (place, rule)))
    place = in_public("quotas.csv", "entitlement", product_id=product, tier=who.tier)
    share = snapped(float(plan.entitlement[p, c]))
    facts = {"product": product, "tier": who.tier, "share": from_micro(share)}
    code = "quota-share" if plan.between is None else "quota-share-middle"
    told.append(Claim(code, facts, (place,)))
    told += _edge(books, who, offer, share)
    told += why_held(books, who, offer)
    told += _between(books, who, offer)
    told += _whole(books, who, offer)
    return tuple(told)


def _between(books: Books, who: Standing, offer: Offer) -> list[Claim]:
    """Where the own score stands between the middles of two tiers, and the share there."""
    plan = books.run.plan
    if plan.between is None or who.cell is None or who.tier is None:
        return []
    own = in_own_row("limits.csv", "entitlement", product_id=offer.product)
    part = int(plan.between.part[who.i])
    toward = plan.between.above if part > 0 else plan.between.below
    c = int(toward[who.cell])
    facts: Facts = {"product": offer.product, "share": from_micro(offer.share)}
    if not part or not plan.allowed[offer.p, c]:
        return [Claim("quota-share-own", {**facts, "least": LEAST_TOLD}, (own,))]
    other = int(plan.cells.tier[c])
    facts |= {
        "tier": who.tier,
        "other": other,
        "part": from_micro(100 * abs(part)),
        "other_share": from_micro(snapped(float(plan.entitlement[offer.p, c]))),
    }
    score = in_own_row("grading.csv", "score")
    rule = in_policy("allocation.boundary", books.run.policy.lines)
    place = in_public("quotas.csv", "entitlement", product_id=offer.product, tier=other)
    return [Claim("quota-share-between", facts, (own, score, place, rule))]


def _edge(books: Books, who: Standing, offer: Offer, share: int) -> list[Claim]:
    """A ceiling or a floor of the policy, where the share stands at it."""
    plan = books.run.plan
    ceiling, floor = (int(limit[offer.p, who.cell]) for limit in (plan.ceiling, plan.floor))
    lines = books.run.policy.lines
    for code, bound, key in (
        ("quota-ceiling", ceiling, "ceiling"),
        ("quota-floor", floor, "floor"),
    ):
        if share == bound * MICRO and bound > 0:
            own = f"allocation.products.{offer.product}.{key}"
            path = own if own in lines else f"allocation.defaults.{key}"
            facts: Facts = {"product": offer.product, "tier": who.tier, key: bound}
            return [Claim(code, facts, (in_policy(path, lines),))]
    return []


def _whole(books: Books, who: Standing, offer: Offer) -> list[Claim]:
    """What became of the part of the share that is no whole lot."""
    plan = books.run.plan
    lot = int(plan.lot[offer.p])
    by_path = plan.method[offer.p] == "path"
    share = offer.share
    if share == offer.base * MICRO or (share % (lot * MICRO) == 0 and not by_path):
        return []
    place = in_public("quotas.csv", "base seats", product_id=offer.product, tier=who.tier)
    rule = in_policy("allocation.whole_units", books.run.policy.lines)
    facts: Facts = {"product": offer.product, "base": offer.base}
    if plan.method[offer.p] == "equal":
        return [Claim("quota-equal", facts, (place, rule))]
    if by_path:
        return [Claim("quota-path", {**facts, "lot": lot, "tier": who.tier}, (place, rule))]
    code = "quota-whole" if offer.base else "quota-below-one"
    code = code if plan.between is None else f"{code}-own"
    code = f"{code}-drawn" if is_drawn(books, offer.p) else code
    return [Claim(code, {**facts, "lot": lot}, (place, rule))]


DRAWN = {
    "quota-limit-with-odd": "quota-limit-with-drawn",
    "quota-limit-own-with-odd": "quota-limit-own-with-drawn",
    "quota-limit-turn": "quota-limit-drawn",
}
"""What is said where an odd lot came by the draw of this cycle, not by turn."""


def is_drawn(books: Books, p: int) -> bool:
    """Whether odd lots of line ``p`` are drawn anew in every cycle, earlier ones forgotten."""
    return books.run.plan.method[p] in ("lottery", "path")


def which_round(books: Books) -> str:
    """``first`` where a second round may follow, else ``only``."""
    return "first" if books.run.plan.second_round else "only"
