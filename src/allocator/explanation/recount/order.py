"""Recounts what a card says of an order, of scarcity and of substitutes."""

from __future__ import annotations

import polars as pl

from allocator.explanation.claims import Claim, Facts
from allocator.explanation.recount.case import Case, Found
from allocator.explanation.recount.quota import which_round
from allocator.explanation.recount.together import (
    held_together,
    level_of,
    reach,
    shared_out,
)
from allocator.hiding import enough_others
from allocator.records import Allocation, region_of
from allocator.wording import Fact


def _total(case: Case, product: str | None, column: str) -> int | None:
    """Sum over the order lines as they were placed; unknown where one of them is."""
    rows = case.orders(product)
    if rows.is_empty():
        known = case.line(product).get(column)
        return None if known is None else int(known)
    return None if rows[column].null_count() else int(rows[column].sum())


def _standard(case: Case, product: str | None) -> int | None:
    """The award on record, if the rules can have given it for what was ordered."""
    line, plan, allocation = case.line(product), case.run.plan, case.run.allocation
    award, p = line.get("award"), case.released(product)
    if award is None or allocation is None:
        return None
    if p is None:
        return award if award == 0 else None
    lot, c = int(plan.lot[p]), case.member["cell"]
    asked = _total(case, product, "requested")
    order = asked if asked is not None else _total(case, product, "granted")
    wanted = (order or 0) // lot
    first = min(wanted, case.limit(product) // lot)
    most = min(wanted, case.ceiling(p) // lot)
    if plan.bands or plan.baskets:
        first, most = (cartons // lot for cartons in reach(case, str(product)))
    level = level_of(case, p)
    if level is None:
        return award if award in (first * lot, max(first, most) * lot) else None
    reached = int(level * int(plan.weight(p)[c]))
    if shared_out(case, p):
        sure = min(first, reached)
        return award if award in (sure * lot, min(sure + 1, first) * lot) else None
    sure = max(first, min(most, reached))
    return award if award in (sure * lot, min(sure + 1, max(most, first)) * lot) else None


def entered(case: Case, claim: Claim) -> Found:
    """What was entered is not the standard."""
    product = claim.product
    standard, granted = _standard(case, product), _total(case, product, "granted")
    if standard is None or granted is None or standard == granted:
        return None
    found: Facts = {"product": product, "standard": standard, "granted": granted}
    if claim.code == "granted-above-standard":
        return {**found, "over": granted - standard} if granted > standard else None
    if granted > standard:
        return None
    found["short"] = standard - granted
    if claim.code == "granted-below-standard-no-order":
        return found
    orders = case.orders(product)
    known = set() if orders.is_empty() else set(orders["order_id"].to_list())
    order = claim.parameters["order"]
    return {**found, "order": order} if order in known else None


def unknown_asked(case: Case, claim: Claim) -> Found:
    """No order line says what was asked."""
    if _total(case, claim.product, "requested") is not None:
        return None
    return {"product": claim.product, "granted": _total(case, claim.product, "granted")}


def met(case: Case, claim: Claim) -> Found:
    """All that was asked for was given."""
    asked, held = _total(case, claim.product, "requested"), case.held(claim.product)
    if asked is None or held < asked:
        return None
    return {"product": claim.product, "asked": asked, "granted": held}


def met_in_two(case: Case, claim: Claim) -> Found:
    """Round one gave the limit, the second round the rest of what was asked for."""
    plan, p = case.run.plan, case.released(claim.product)
    asked = _total(case, claim.product, "requested")
    standard, most = _standard(case, claim.product), case.limit(claim.product)
    if p is None or asked is None or standard is None or not plan.second_round:
        return None
    more = standard - most
    if standard != asked or more <= 0:
        return None
    return {"product": claim.product, "limit": most, "round_two": more}


def unmet(case: Case, claim: Claim) -> int | None:
    """What was asked, where the rules gave less."""
    asked = _total(case, claim.product, "requested")
    standard = _standard(case, claim.product)
    return asked if asked is not None and standard is not None and standard < asked else None


def over_limit(case: Case, claim: Claim) -> Found:
    """More was asked than the limit of round one."""
    asked, most = unmet(case, claim), case.limit(claim.product)
    if asked is None or asked <= most:
        return None
    found: Facts = {"product": claim.product, "asked": asked, "round": which_round(case)}
    p = case.released(claim.product)
    turns = p is not None and not most and case.served(p) > 0 and case.waits(p)
    if claim.code in ("shortfall-turn", "shortfall-draw"):
        drawn = p is not None and case.run.plan.method[p] in ("lottery", "path")
        return found if turns and drawn == (claim.code == "shortfall-draw") else None
    return None if turns else {**found, "limit": most, "tier": case.member["tier"]}


def part_lot(case: Case, claim: Claim) -> Found:
    """What is no whole lot cannot be given."""
    p, asked = case.released(claim.product), unmet(case, claim)
    if p is None or asked is None:
        return None
    lot, standard = int(case.run.plan.lot[p]), _standard(case, claim.product)
    if asked // lot * lot != standard:
        return None
    return {"product": claim.product, "asked": asked, "lot": lot, "standard": standard}


def no_release(case: Case, claim: Claim) -> Found:
    """The plan has no line of the product for the own region."""
    plan, asked = case.run.plan, unmet(case, claim)
    released = zip(plan.product, plan.region, strict=True)
    regions = {region for name, region in released if name == claim.product}
    if asked is None or regions & {"", region_of(case.member["segment"])}:
        return None
    return {"product": claim.product, "asked": asked}


def second_round(case: Case, claim: Claim) -> Found:
    """What the second round did."""
    plan, p, asked = case.run.plan, case.released(claim.product), unmet(case, claim)
    if p is None or asked is None:
        return None
    if claim.code == "shortfall-one-round":
        return None if plan.second_round else {"product": claim.product, "asked": asked}
    if not plan.second_round:
        return None
    standard = _standard(case, claim.product)
    ceiling = case.ceiling(p)
    if claim.code == "shortfall-ceiling":
        facts: Facts = {"product": claim.product, "tier": case.member["tier"], "ceiling": ceiling}
        return facts if standard == ceiling else None
    first = min(asked, case.limit(claim.product))
    more = (standard or 0) - first // int(plan.lot[p]) * int(plan.lot[p])
    if claim.code == "shortfall-nothing-left":
        return {"product": claim.product, "standard": standard} if not more else None
    facts = {"product": claim.product, "round_two": more, "standard": standard}
    return facts if more > 0 else None


def demand(case: Case, claim: Claim) -> Found:
    """All that was asked for, against all that is released."""
    plan, allocation = case.run.plan, case.run.allocation
    if allocation is None:
        return None
    lines = allocation.lines.filter(pl.col("line").is_not_null(), product_id=claim.product)
    few = not enough_others(_shops(allocation, claim.product))
    if claim.code == "shortfall-demand-few":
        return {"product": claim.product, "least": 6} if few and lines.height else None
    if lines["requested"].null_count() or few:
        return None
    rows = [p for p, name in enumerate(plan.product) if name == claim.product]
    released = sum(int(plan.supply[p]) - int(plan.reserve[p]) for p in rows)
    asked = int(lines["requested"].sum())
    if asked <= released:
        return None
    return {"product": claim.product, "all_asked": asked, "released": released}


def _shops(allocation: Allocation, product: str | None) -> int:
    """Shops that asked for some of a product or were given some, counted one by one."""
    columns = ("retailer_id", "line", "requested", "granted", "award")
    lines = allocation.lines.filter(product_id=product).select(columns).rows()
    return len({shop for shop, line, *cartons in lines if line is not None and any(cartons)})


def cause(case: Case, claim: Claim) -> Found:
    """The company's own words stand in the products table, or do not."""
    column = "cause" if "cause" in claim.code else "measures"
    words = case.product(claim.product).get(column)
    said = claim.quotes.get(column)
    return {"product": claim.product} if (words or None) == said else None


def silent(case: Case, claim: Claim) -> Found:
    """Neither cause nor end nor measures are on record."""
    row = case.product(claim.product)
    known = [column for column in ("cause", "expected_on", "measures") if row.get(column)]
    return None if known else {"product": claim.product}


def until(case: Case, claim: Claim) -> Found:
    """The day on which more is expected, if it is still to come."""
    day = case.product(claim.product).get("expected_on")
    known = day is not None and day > case.run.plan.on
    if known != (claim.code == "scarcity-until"):
        return None
    return {"product": claim.product, "expected_on": day} if known else {"product": claim.product}


def substitute(case: Case, claim: Claim) -> Found:
    """It is named as a substitute, and this retailer can order it now."""
    listed = case.product(claim.product).get("substitutes") or []
    other = claim.parameters.get("substitute")
    if claim.code == "scarcity-no-substitute":
        free = [name for name in listed if _open(case, name) and name != claim.product]
        return None if free else {"product": claim.product}
    if other not in listed or other == claim.product:
        return None
    found: Facts = {"product": claim.product, "substitute": other}
    if claim.code == "scarcity-substitute-free":
        unscarce = case.product(other).get("scarce") is False
        return found if unscarce and other not in case.run.plan.product else None
    room = room_of(case, other)
    return {**found, "limit": case.limit(other), "room": room} if room > 0 else None


def _open(case: Case, product: str) -> bool:
    if case.member["cell"] is None:
        return False
    if product in case.run.plan.product:
        return room_of(case, product) > 0
    return case.product(product).get("scarce") is False


def room_of(case: Case, product: Fact) -> int:
    """Cartons that can still be ordered, by the limit and by the bands."""
    room, p = case.limit(product) - case.held(product), case.released(product)
    for band in case.run.plan.bands:
        most = case.joint(band)
        if p in band.lines.tolist() and most is not None:
            left = most - held_together(case, band, entered=True)
            lot = int(case.run.plan.lot[p])
            room = min(room, max(left, 0) // lot * lot)
    return room
