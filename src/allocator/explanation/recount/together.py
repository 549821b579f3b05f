"""Recounts what binds several products or shops together, order by order as they were placed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import polars as pl

from allocator.explanation.claims import Claim, Facts
from allocator.explanation.recount.case import Case, Found
from allocator.holdings import ceilings_only
from allocator.records import JointLimit


class Count:
    """Cartons left in joint limits, beside the products that each holds."""

    def __init__(self, case: Case, limits: Sequence[JointLimit]) -> None:
        product = case.run.plan.product
        known = [(limit, most) for limit in limits if (most := case.joint(limit)) is not None]
        self.names = [{product[p] for p in limit.lines.tolist()} for limit, _ in known]
        self.left = [most for _, most in known]

    def room(self, product: str) -> int | None:
        """In the tightest limit of a product."""
        pairs = zip(self.names, self.left, strict=True)
        return min((max(left, 0) for names, left in pairs if product in names), default=None)

    def take(self, product: str, cartons: int) -> None:
        """Count down."""
        for k, names in enumerate(self.names):
            self.left[k] -= cartons if product in names else 0


def in_turn(case: Case, wishes: Mapping[str, int]) -> dict[str, tuple[int, int | None]]:
    """Round one under bands: cartons of each product, and the room that it found."""
    plan, bands = case.run.plan, Count(case, case.run.plan.bands)
    first: dict[str, tuple[int, int | None]] = {}
    for name, cartons in wishes.items():
        p = case.released(name)
        if p is not None:
            lot, room = int(plan.lot[p]), bands.room(name)
            wished = min(cartons, case.limit(name))
            given = (wished if room is None else min(wished, room)) // lot * lot
            first[name] = given, room
            bands.take(name, given)
    return first


def reach(case: Case, product: str) -> tuple[int, int]:
    """Cartons that round one gave the product, and that both rounds could give it at most."""
    plan, wishes = case.run.plan, _wishes(case)
    first = {name: given for name, (given, _) in in_turn(case, wishes).items()}
    joint = Count(case, (*plan.bands, *plan.baskets))
    for name, cartons in first.items():
        joint.take(name, cartons)
    for p, name in enumerate(plan.product):
        if name not in first or p != case.released(name):
            continue
        room, lot = joint.room(name), int(plan.lot[p])
        most = min(wishes[name], case.ceiling(p)) // lot * lot
        if room is not None:
            most = min(most, first[name] + room // lot * lot)
        if name == product:
            return first[name], max(most, first[name])
        joint.take(name, max(case.standard(name) - first[name], 0))
    return 0, 0


def _wishes(case: Case) -> dict[str, int]:
    """What was ordered of each product, in the order in which products were first named."""
    ordered = case.placed()
    wishes: dict[str, int] = {}
    for name in ordered["product_id"].unique(maintain_order=True).to_list():
        rows = ordered.filter(product_id=name)
        for column in ("requested", "granted"):
            if not rows[column].null_count():
                wishes[name] = int(rows[column].sum())
                break
    return wishes


def level_of(case: Case, p: int) -> Fraction | None:
    """Lots for a weight of 1 in the own cell: the least level of the line and of its groups."""
    allocation = case.run.allocation
    if allocation is None:
        return None
    levels = [Fraction(*allocation.group_level[g]) for g in _groups(case, p)]
    own = allocation.level[p]
    return min([*levels, *([Fraction(*own)] if own else [])], default=None)


def _groups(case: Case, p: int) -> list[int]:
    """The groups of the own cell that bound."""
    allocation = case.run.allocation
    return [
        g
        for g, group in enumerate(case.run.plan.groups)
        if allocation is not None
        and group.line == p
        and g in allocation.group_level
        and case.member["cell"] in group.home.tolist()
    ]


def shared_out(case: Case, p: int) -> bool:
    """Whether the orders of round one were cut to a level, so that there was no second round."""
    allocation = case.run.allocation
    if allocation is None or not ceilings_only(case.run.plan)[p] or level_of(case, p) is None:
        return False
    rows = allocation.lines.filter(pl.col("line") == p)
    return int(rows["round_two"].sum()) == 0


def held_together(case: Case, limit: JointLimit, *, entered: bool = False) -> int:
    """Cartons of all products of a limit that the shop holds, or that the rules give it."""
    names = {case.run.plan.product[p] for p in limit.lines.tolist()}
    ordered = {name for name in names if case.line(name).get("line") is not None}
    return sum(case.held(name) if entered else case.standard(name) for name in ordered)


def band_limit(case: Case, claim: Claim) -> Found:
    """The total of the band for the own cell."""
    for band in case.run.plan.bands:
        most = case.joint(band)
        if band.name == claim.parameters["band"] and most is not None:
            return {"band": band.name, "most": most}
    return None


def full(case: Case, claim: Claim) -> Found:
    """No lot of the product fits, and no level kept the shop where it is."""
    plan, p, cell = case.run.plan, case.released(claim.product), case.member["cell"]
    asked = _wishes(case).get(str(claim.product), 0)
    standard = case.standard(claim.product)
    if p is None or asked <= standard:
        return None
    lot = int(plan.lot[p])
    first = min(asked, case.limit(claim.product)) // lot * lot
    level = level_of(case, p)
    cut = standard < first and not shared_out(case, p)
    reached = level is not None and standard // lot >= int(level * int(plan.weight(p)[cell]))
    if not cut and reached:
        return None
    limits = plan.bands if claim.code == "shortfall-band" else plan.baskets
    for limit in limits:
        held, most = held_together(case, limit), case.joint(limit)
        if limit.name == claim.parameters["band"] and most is not None and most < held + lot:
            if p not in limit.lines.tolist():
                continue
            found: Facts = {"product": claim.product, "band": limit.name}
            return {**found, "tier": case.member["tier"], "most": most, "held": held}
    return None


def room_found(case: Case, claim: Claim) -> Found:
    """What the bands had left when round one came to the product."""
    asked = _wishes(case).get(str(claim.product), 0)
    given, room = in_turn(case, _wishes(case)).get(str(claim.product), (0, None))
    if room is None or given >= min(asked, case.limit(claim.product)):
        return None
    return {"product": claim.product, "asked": asked, "room": room}


def group_full(case: Case, claim: Claim) -> Found:
    """The group was full at the level that the shop has."""
    plan, p, allocation = case.run.plan, case.released(claim.product), case.run.allocation
    if p is None or allocation is None:
        return None
    for g in _groups(case, p):
        most = plan.groups[g].most
        lowest = Fraction(*allocation.group_level[g]) == level_of(case, p)
        if lowest and most == claim.parameters["most"]:
            return {"product": claim.product, "most": most}
    return None


def shared(case: Case, claim: Claim) -> Found:
    """Less than order and limit, because round one was shared out."""
    p = case.released(claim.product)
    asked, limit = _wishes(case).get(str(claim.product), 0), case.limit(claim.product)
    standard = case.standard(claim.product)
    if p is None or not shared_out(case, p) or standard >= min(asked, limit):
        return None
    return {"product": claim.product, "asked": asked, "limit": limit, "standard": standard}


def no_promise(case: Case, claim: Claim) -> Found:
    """All quotas of the line together are more than the supply without the reserve."""
    plan, p = case.run.plan, case.released(claim.product)
    if p is None or plan.oversell != "share":
        return None
    cells = plan.members["cell"].to_list()
    counts = [cells.count(c) for c in range(plan.base.shape[1])]
    seats = int((plan.turns.line == p).sum()) * int(plan.lot[p])
    quotas = sum(n * int(base) for n, base in zip(counts, plan.base[p], strict=True)) + seats
    supply = int(plan.supply[p] - plan.reserve[p])
    if quotas <= supply:
        return None
    return {"product": claim.product, "quotas": quotas, "released": supply}
