"""Recounts what a card says of a quota and of the turn for the odd lot."""

from __future__ import annotations

import hashlib
import json
import math
from fractions import Fraction
from typing import Final

import numpy as np

from allocator.explanation.claims import Claim, Facts, from_micro
from allocator.explanation.recount.between import FEWEST
from allocator.explanation.recount.case import Case, Found
from allocator.hiding import enough_others
from allocator.records import MICRO

TAU: Final = 2e-6
"""(cartons per carton of lot) The proof's own tolerance, and the rounding to six decimals."""


def product_line(case: Case, claim: Claim) -> Found:
    """What may be held of one product, and what is."""
    product = claim.product
    found: Facts = {
        "product": product,
        "limit": max(case.limit(product), case.standard(product)),
    }
    if claim.code == "product-line":
        found["ordered"] = case.held(product)
    return found


def limit(case: Case, claim: Claim) -> Found:
    """Base and odd lot."""
    p = case.released(claim.product)
    if p is None:
        return None
    plan = case.run.plan
    base, seat, others = case.base(p), case.seat(p), case.served(p) * case.waits(p)
    own = "quota-limit" if plan.boundary == "step" else "quota-limit-own"
    found: Facts = {"product": claim.product, "round": which_round(case), "limit": base + seat}
    drawn = plan.method[p] in ("lottery", "path")
    if seat:
        turn_code = f"{own}-with-odd" if base else "quota-limit-turn"
        draw_code = f"{own}-with-drawn" if base else "quota-limit-drawn"
        known = claim.code == (draw_code if drawn else turn_code)
        return {**found, "base": base, "odd": seat} if known else None
    if others:
        known = claim.code == ("quota-limit-not-drawn" if drawn else "quota-limit-not-turn")
        return {**found, "odd": int(plan.lot[p])} if known else None
    return found if claim.code == own else None


def which_round(case: Case) -> str:
    """Whether a second round may follow."""
    return "first" if case.run.plan.second_round else "only"


def published(case: Case, claim: Claim) -> Found:
    """The number of the published table."""
    p = case.released(claim.product)
    if p is None or case.run.plan.source != "published":
        return None
    base = int(case.run.plan.base[p, case.member["cell"]])
    return {"product": claim.product, "tier": case.member["tier"], "base": base}


def supply(case: Case, claim: Claim) -> Found:
    """What came in, less the reserve."""
    p = case.released(claim.product)
    if p is None:
        return None
    whole, kept = int(case.run.plan.supply[p]), int(case.run.plan.reserve[p])
    found: Facts = {"product": claim.product, "supply": whole, "released": whole - kept}
    return {**found, "reserve": kept} if claim.code == "quota-supply-reserve" else found


def shops(case: Case, claim: Claim) -> Found:
    """Retailers counted one by one: all that may have it, or those of the own cell."""
    p, plan = case.released(claim.product), case.run.plan
    if p is None:
        return None
    if claim.code == "quota-shops-of-tier":
        group = case.group()
        found: Facts = {"product": claim.product, "tier": case.member["tier"], "shops": group}
        return found if enough_others(group) else None
    cells = plan.members["cell"].drop_nulls().to_list()
    counted = sum(bool(plan.allowed[p, c]) for c in cells)
    return {"product": claim.product, "shops": counted} if enough_others(counted) else None


def times(case: Case, claim: Claim) -> Found:
    """Own weight over the least weight among those that may have it."""
    p, plan = case.released(claim.product), case.run.plan
    if p is None:
        return None
    weights = [int(w) for w, may in zip(plan.weight(p), plan.allowed[p], strict=True) if may]
    ratio = Fraction(int(plan.weight(p)[case.member["cell"]]), min(weights))
    return {"product": claim.product, "times": from_micro(round(ratio * MICRO))}


def share(case: Case, claim: Claim) -> Found:
    """The entitlement, from the published level: level x weight x supply / sum of weights.

    With one level per product a quota may stand at a limit off the level.
    """
    p, plan = case.released(claim.product), case.run.plan
    if p is None:
        return None
    c = case.member["cell"]
    told = float(plan.entitlement[p, c])
    proof, pair = plan.proof_of(p), plan.pair(p, c)
    stages = () if proof is None or plan.objective == "proportional" else proof.stages
    level = next((stage.level for stage in stages if pair in stage.fixed), None)
    if level is not None:
        weighed = Fraction(
            sum(
                int(n) * int(w)
                for n, w, may in zip(plan.mass[p], plan.weight(p), plan.allowed[p], strict=True)
                if may
            ),
            MICRO,
        )
        lots = int(plan.supply[p] - plan.reserve[p]) // int(plan.lot[p])
        given = lots * int(plan.lot[p])
        proved = level * int(plan.weight(p)[c]) * given / weighed
        if abs(proved - told) > TAU * int(plan.lot[p]):
            return None
    parts = math.floor(told * MICRO + 0.5)
    return {"product": claim.product, "tier": case.member["tier"], "share": from_micro(parts)}


def between(case: Case, claim: Claim) -> Found:
    """The own share, from the middle scores of the two tiers and what a shop there gets."""
    p, plan = case.released(claim.product), case.run.plan
    if p is None or plan.boundary != "smooth":
        return None
    c, lot = case.member["cell"], int(plan.lot[p])
    own = int(plan.cells.tier[c])
    other, part = case.stands[case.i]
    joined = part > 0 and bool(plan.allowed[p, c + other - own])
    if joined != (claim.code == "quota-share-between"):
        return None
    found: Facts = {"product": claim.product, "share": from_micro(case.share(p) * lot)}
    if not joined:
        return {**found, "least": FEWEST}
    there = math.floor(float(plan.entitlement[p, c + other - own]) * MICRO + 0.5)
    return {
        **found,
        "tier": own,
        "other": other,
        "part": from_micro(100 * part),
        "other_share": from_micro(there),
    }


def edge(case: Case, claim: Claim) -> Found:
    """The share stands at the ceiling or the floor of the policy."""
    p, plan, c = case.released(claim.product), case.run.plan, case.member["cell"]
    if p is None:
        return None
    key = claim.code.removeprefix("quota-")
    bound = int((plan.ceiling if key == "ceiling" else plan.floor)[p, c])
    if abs(float(plan.entitlement[p, c]) - bound) > TAU:
        return None
    return {"product": claim.product, "tier": case.member["tier"], key: bound}


def whole(case: Case, claim: Claim) -> Found:
    """What the share is in whole lots."""
    p, plan, c = case.released(claim.product), case.run.plan, case.member["cell"]
    if p is None:
        return None
    lot, base = int(plan.lot[p]), case.base(p)
    found: Facts = {"product": claim.product, "base": base}
    if claim.code == "quota-equal":
        near = abs(float(plan.entitlement[p, c]) - base) < lot * int(plan.visits(p)[c])
        return found if plan.method[p] == "equal" and near else None
    if claim.code.endswith("-drawn") != (plan.method[p] == "lottery"):
        return None
    if ("-own" in claim.code) != (plan.boundary == "smooth"):
        return None
    full = case.share(p) // MICRO * lot
    if base not in (full, full - lot) or claim.code.startswith("quota-whole") != (base > 0):
        return None
    return {**found, "lot": lot}


def along_path(case: Case, claim: Claim) -> Found:
    """No cell that wanted more had less for its weight than this one before its last lot."""
    p, plan, own = case.released(claim.product), case.run.plan, case.member["cell"]
    if p is None or plan.method[p] != "path":
        return None
    cells, lot = plan.cells, int(plan.lot[p])
    last = int(plan.base[p, own]) // lot
    for c in np.flatnonzero(plan.allowed[p] & (cells.count > 0)):
        held = int(plan.base[p, c]) // lot + (plan.seats[p, c] == cells.count[c])
        sure = last * lot <= plan.floor[p, own] or held * lot >= plan.ceiling[p, c]
        later = (2 * last - 1) * int(cells.weight[c]) <= (2 * held + 1) * int(cells.weight[own])
        if not sure and not later:
            return None
    base = int(plan.base[p, own])
    return {"product": claim.product, "base": base, "lot": lot, "tier": case.member["tier"]}


def turn(case: Case, claim: Claim) -> Found:
    """Own place in the queue, hashed and sorted afresh, and how many of the cell were served."""
    p, plan, c = case.released(claim.product), case.run.plan, case.member["cell"]
    if p is None:
        return None
    ids = plan.members["retailer_id"].to_list()
    cell = [i for i, other in enumerate(plan.members["cell"].to_list()) if other == c]
    waiting = set(cell)
    if plan.boundary == "smooth":
        waiting = {i for i, (_, waits) in case.bases(p).items() if waits}
    served = case.served(p)
    won = case.seat(p) > 0
    method = plan.method[p]
    word = "turn" if method == "rotate" else "draw"
    if not claim.code.startswith(f"{word}-{'served' if won else 'waiting'}"):
        return None
    few = method == "path" or not enough_others(len(waiting))
    if few != claim.code.endswith("-few"):
        return None
    if few:
        return {"product": claim.product, "cartons": int(plan.lot[p])}
    listed = sorted(cell, key=lambda i: _hash(plan.seed, plan.cycle, ids[i]))
    start = _hash(plan.seed, plan.cycle, plan.product[p], plan.cells.label(c)) % len(cell)
    reading = {i: (k - start) % len(cell) for k, i in enumerate(listed)}
    carried = plan.credit_before[p] if method == "rotate" else np.zeros(len(ids), dtype=np.int32)
    queue = sorted(cell, key=lambda i: (-int(carried[i]), reading[i]))
    if case.i not in waiting:
        return None
    queue = [i for i in queue if i in waiting]
    place = 1 + queue.index(case.i)
    found: Facts = {"product": claim.product, "place": place, "served": served}
    got = plan.turns.retailer[plan.turns.line == p].tolist()
    first = set(queue[:served]) <= set(got)
    if not claim.code.endswith("-together"):
        return found if first and won == (place <= served) else None
    inside = [joint.name for joint in plan.baskets if p in joint.lines and joint.most[c] >= 0]
    if first or claim.parameters.get("basket") not in inside:
        return None
    return {**found, "basket": claim.parameters["basket"]}


def _hash(*parts: str | None) -> int:
    """SHA-256 of the canonical JSON of a list of texts."""
    spelt = json.dumps(list(parts), separators=(",", ":"), ensure_ascii=False)
    return int(hashlib.sha256(spelt.encode()).hexdigest(), 16)


def owed(case: Case, claim: Claim) -> Found:
    """Credit before, and share, less what was offered."""
    p, plan = case.released(claim.product), case.run.plan
    if p is None:
        return None
    lot = int(plan.lot[p])
    offered = (case.base(p) + case.seat(p)) // lot * MICRO
    credit = int(plan.credit_before[p, case.i]) + case.share(p) - offered
    return {"product": claim.product, "owed": from_micro(credit * lot)} if credit > 0 else None


def not_released(case: Case, claim: Claim) -> Found:
    """No line of the product is open to the own cell; the tiers that have it."""
    plan = case.run.plan
    if case.member["cell"] is None or case.released(claim.product) is not None:
        return None
    found: Facts = {"product": claim.product, "tier": case.member["tier"]}
    if claim.code == "quota-not-released":
        return found if claim.product in plan.product else None
    if claim.code == "quota-not-for-segment":
        own = case.member["segment"]
        open_to = {
            plan.cells.segment[c]
            for p, name in enumerate(plan.product)
            if name == claim.product
            for c in np.flatnonzero(plan.allowed[p])
        }
        told = {"product": claim.product, "segment": own}
        return told if own and open_to and own not in open_to else None
    tiers = {
        int(plan.cells.tier[c])
        for p, name in enumerate(plan.product)
        if name == claim.product
        for c in np.flatnonzero(plan.allowed[p])
    }
    return {**found, "from_tier": min(tiers), "to_tier": max(tiers)} if tiers else None
