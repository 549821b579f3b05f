"""Recounts how far apart shops with nearly the same sales can be, and what parts them, by pairs."""

from __future__ import annotations

from bisect import bisect_left
from functools import lru_cache
from itertools import product as each

from allocator.explanation.claims import Claim
from allocator.explanation.recount.between import cell_bases, stands
from allocator.explanation.recount.case import Case, Found
from allocator.hiding import enough_others
from allocator.records import Allocation, Grading, QuotaPlan, region_of

Span = tuple[int, int]
"""Cartons that a shop may order at least and at most, its odd lot being its turn or not."""

NEAR = 5
"""(per cent) Sales are nearly the same if the smaller lacks no more of the larger."""


def apart(case: Case, claim: Claim) -> Found:
    """The widest gap over all pairs of nearly equal sales, of the products of the own cell."""
    plan, cell = case.run.plan, case.member["cell"]
    if cell is None:
        return None
    told = {
        plan.product[p]: gap
        for p, gap in _gaps(plan, case.run.grading).items()
        if plan.allowed[p, cell]
    }
    widest = max(told.values(), default=None)
    if widest is None:
        return None
    if claim.code == "neighbour-together":
        return {"near": NEAR} if widest == 0 else None
    name = min(name for name, gap in told.items() if gap == widest)
    return {"product": name, "near": NEAR, "cartons": widest} if widest > 0 else None


@lru_cache(maxsize=2)
def _gaps(plan: QuotaPlan, grading: Grading) -> dict[int, int]:
    """Line -> most cartons between two shops with nearly the same sales, where that may be told."""
    if not any(item.name == "quantity" for item in grading.items):
        return {}
    sold = dict(grading.table.filter(graded=True).select("retailer_id", "quantity").iter_rows())
    rows = plan.members.select("retailer_id", "cell").rows()
    known = [
        (sold[name], c, i) for i, (name, c) in enumerate(rows) if c is not None and name in sold
    ]
    gaps = {}
    for p, region in enumerate(plan.region):
        here = [x for x in known if region in ("", region_of(plan.cells.segment[x[1]]))]
        spans = _spans(plan, grading, p)
        widest = None
        for segment in sorted({plan.cells.segment[c] for _, c, _ in here}):
            own = sorted(x for x in here if plan.cells.segment[x[1]] == segment)
            for a, b in _near(plan, own) if len(own) >= 6 else ():
                gap = max(spans[a][1] - spans[b][0], spans[b][1] - spans[a][0])
                widest = gap if widest is None else max(gap, widest)
        if widest is not None:
            gaps[p] = widest
    return gaps


def _near(plan: QuotaPlan, own: list[tuple[int, int, int]]) -> set[tuple[int, int]]:
    """Pairs of shops (of cells, where those of a cell are alike) with nearly the same sales."""
    which = 1 if plan.boundary == "step" else 2
    sales = [sold for sold, _, _ in own]
    pairs = set()
    for k, one in enumerate(own):
        # a <= b are near where 100 a >= 95 b.
        first = bisect_left(sales, -(-(100 - NEAR) * one[0] // 100)) if one[0] >= 0 else k
        pairs |= {(own[j][which], one[which]) for j in range(min(first, k), k)}
    return pairs


def _spans(plan: QuotaPlan, grading: Grading, p: int) -> dict[int, Span]:
    """What a shop may order, by cell where boundaries are steps, else by member."""
    lot, cells = int(plan.lot[p]), plan.cells
    if plan.boundary == "step":
        found = {}
        for c in range(len(cells.tier)):
            base, seats = int(plan.base[p, c]), int(plan.seats[p, c])
            sure = seats >= max(int(cells.count[c]), 1)
            found[c] = base + lot * sure, base + lot * (seats > 0)
        return found
    names, own = plan.members["retailer_id"].to_list(), plan.members["cell"].to_list()
    found = {}
    for c in sorted({c for c in own if c is not None}):
        inside = {i: (names[i], int(cells.tier[c])) for i, cell in enumerate(own) if cell == c}
        bases = cell_bases(plan, p, c, stands(grading, inside))
        seats, waiting = int(plan.seats[p, c]), sum(waits for _, waits in bases.values())
        for i, (lots, waits) in bases.items():
            sure = waits and seats >= max(waiting, 1)
            found[i] = (lots + sure) * lot, (lots + (waits and seats > 0)) * lot
    return found


def tiers(case: Case, claim: Claim) -> Found:
    """All quotas of the next tier less those of the own one; or that boundaries are smooth."""
    plan, cell, tier = case.run.plan, case.member["cell"], case.member["tier"]
    if claim.code == "neighbour-score":
        return {"tier": tier} if plan.boundary == "smooth" and cell is not None else None
    if cell is None or plan.boundary != "step":
        return None
    cells = plan.cells
    wanted = f"{tier + 1}/{cells.segment[cell]}/{cells.rhythm[cell]}"
    above = [c for c in range(len(cells.tier)) if cells.label(c) == wanted]
    more = 0
    for p, c in each(range(len(plan.product)), above):
        more += int(plan.base[p, c]) if plan.allowed[p, c] else 0
        more -= int(plan.base[p, cell]) if plan.allowed[p, cell] else 0
    return {"tier": tier, "other": tier + 1, "more": more} if more > 0 else None


def kind(case: Case, claim: Claim) -> Found:
    """Shops that take part are of several kinds."""
    cells = case.run.plan.members["cell"].drop_nulls().to_list()
    kinds = {case.run.plan.cells.segment[c] for c in cells}
    own = case.run.plan.cells.segment[case.member["cell"]]
    return {"segment": own} if own and len(kinds) > 1 else None


def odd(case: Case, claim: Claim) -> Found:
    """Products of which some who wait in the own cell got an odd lot, and others did not."""
    plan, products = case.run.plan, 0
    for p in range(len(plan.product)):
        if case.released(plan.product[p]) != p or plan.method[p] in ("equal", "published"):
            continue
        waiting = case.group()
        if plan.boundary == "smooth":
            waiting = sum(waits for _, waits in case.bases(p).values())
        products += 0 < case.served(p) < waiting
    return {"tier": case.member["tier"], "products": products} if products else None


def second(case: Case, claim: Claim) -> Found:
    """Products of which anybody was given more in round two, if six shops ordered it."""
    allocation = case.run.allocation
    if allocation is None or not case.run.plan.second_round:
        return None
    columns = ("product_id", "retailer_id", "round_one", "award", "requested", "granted", "line")
    more: set[str] = set()
    shops: dict[str, set[str]] = {}
    for name, shop, one, award, asked, granted, line in allocation.lines.select(columns).rows():
        if line is not None and any((award, asked, granted)):
            shops.setdefault(name, set()).add(shop)
        if award is not None and award > one:
            more.add(name)
    told = sum(len(shops.get(name, ())) >= 6 for name in more)
    return {"products": told, "least": 6} if told else None


def entries(case: Case, claim: Claim) -> Found:
    """Shops of the own cell with an entry that is not the standard."""
    plan, allocation = case.run.plan, case.run.allocation
    shops = case.group()
    if allocation is None or not enough_others(shops):
        return None
    wrong, entered = _entries(plan, allocation)
    if len(entered.get(case.member["cell"], ())) < 6:
        return None
    off = len(wrong.get(case.member["cell"], ()))
    found = {"tier": case.member["tier"], "shops": shops}
    if bool(off) != (claim.code == "neighbour-entered-wrong"):
        return None
    return {**found, "wrong": off} if off else found


@lru_cache(maxsize=2)
def _entries(
    plan: QuotaPlan, allocation: Allocation
) -> tuple[dict[int, set[str]], dict[int, set[str]]]:
    """Shops of each cell entered off the standard, and all for which anything was entered."""
    home = dict(plan.members.select("retailer_id", "cell").iter_rows())
    wrong: dict[int, set[str]] = {}
    entered: dict[int, set[str]] = {}
    for name, award, granted in allocation.lines.select("retailer_id", "award", "granted").rows():
        cell = home.get(name)
        if cell is None or award is None or granted is None:
            continue
        entered.setdefault(cell, set()).add(name)
        if award != granted:
            wrong.setdefault(cell, set()).add(name)
    return wrong, entered
