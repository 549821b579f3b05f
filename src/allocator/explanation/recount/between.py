"""Where a retailer stands between the middle scores of tiers, from ``grading.csv`` once more.

One retailer after the other in exact fractions, from the definition (``model.md`` 3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from math import floor
from statistics import median_high, median_low
from typing import Any

from allocator.records import MICRO, Grading, QuotaPlan

Stand = tuple[int, int]
"""The tier towards which somebody stands, and millionths of the way there."""


FEWEST = 6
"""Scores of a tier, and retailers of a cell on one side of its middle, before they have a part."""


def stands(grading: Grading, tiers: Mapping[int, tuple[str, int]]) -> dict[int, Stand]:
    """Where the retailers of a cell stand.

    tiers : {index into the members: (retailer, final tier)}, all of the cell
    """
    rows = {row["retailer_id"]: row for row in grading.table.iter_rows(named=True)}
    scores: dict[int, list[int]] = {}
    for row in rows.values():
        if row["graded"]:
            scores.setdefault(row["tier_by_score"], []).append(row["score"])
    middle = {t: (median_low(of) + median_high(of)) // 2 for t, of in scores.items()}
    found = {
        i: _stand(rows.get(name, {}), tier, scores, middle) for i, (name, tier) in tiers.items()
    }
    sides = Counter(side for _, _, side in found.values())
    return {
        i: (other, part) if sides[side] >= FEWEST else (tiers[i][1], 0)
        for i, (other, part, side) in found.items()
    }


def _stand(
    row: Mapping[str, Any], tier: int, scores: dict[int, list[int]], middle: dict[int, int]
) -> tuple[int, int, int]:
    """Towards which tier, how far, and on which side of the middle: -1, 0 = in it, 1."""
    if not row.get("graded") or tier not in middle:
        return tier, 0, 0
    place = min(max(row["score"], min(scores[tier])), max(scores[tier]))
    if place > middle[tier]:
        other = min((t for t in middle if t > tier), default=tier)
    else:
        other = max((t for t in middle if t < tier), default=tier)
    gap = abs(middle[other] - middle[tier])
    if place == middle[tier] or not gap or min(len(scores[tier]), len(scores[other])) < FEWEST:
        return tier, 0, 0
    part = floor(Fraction(abs(place - middle[tier]), gap) * MICRO)
    return other, part, 1 if place > middle[tier] else -1


def own_share(plan: QuotaPlan, p: int, cell: int, tier: int, stand: Stand) -> int:
    """Share of line p in millionths of a lot."""
    other, part = stand
    lot = int(plan.lot[p])
    own = round(float(plan.entitlement[p, cell]) / lot * MICRO)
    toward = cell + other - tier
    if not plan.allowed[p, toward]:
        return own
    change = round(float(plan.entitlement[p, toward]) / lot * MICRO) - own
    return own + floor(Fraction(change * part, MICRO) + Fraction(1, 2))


def cell_bases(
    plan: QuotaPlan, p: int, cell: int, everybody: Mapping[int, Stand]
) -> dict[int, tuple[int, bool]]:
    """Lots of each member of a cell without an odd one, and whether an odd one may come.

    everybody : where the members of the cell stand
    """
    tier = int(plan.cells.tier[cell])
    shares = {i: own_share(plan, p, cell, tier, stand) for i, stand in everybody.items()}
    exact = Fraction(0)
    for other, part in everybody.values():
        toward = cell + other - tier
        weight = part if plan.allowed[p, toward] else 0
        own, there = (Fraction(float(plan.entitlement[p, c])) for c in (cell, toward))
        exact += own + (there - own) * weight / MICRO
    lots = round(exact / int(plan.lot[p]) * MICRO) // MICRO
    short = sum(share // MICRO for share in shares.values()) > lots
    found = {}
    for i, share in shares.items():
        lot, rest = divmod(share, MICRO)
        waits = rest > 0 or (short and lot > 0)
        found[i] = (lot - (waits and not rest), waits)
    return found
