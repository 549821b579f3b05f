"""Tier weights as whole numbers over one denominator (``model.md`` 1)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import polars as pl

from allocator.errors import BadRequest, InfeasiblePolicy
from allocator.hiding import LEAST_TOLD
from allocator.policy.allocation_models import Weights
from allocator.records import Grading

MOST_WEIGHT = 2**40
"""Whole weights stay below, so that sums over millions of retailers fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class IntegerWeights:
    """weight : T whole numbers for tiers 1..T; ``weight[t-1] / unit`` is what the policy says."""

    weight: tuple[int, ...]
    unit: int


CENTI = 100
"""Mean sales are taken to the hundredth of a carton: finer weights nobody could follow."""


def tier_weights(policy: Weights, tiers: int, grading: Grading | None = None) -> IntegerWeights:
    """Weights of tiers 1..T, exact.

    grading : needed where weights follow from sales

    Raises
    ------
    BadRequest : weights by sales, and the grading counted no cartons
    InfeasiblePolicy : the table does not name every tier, or weights with too many digits
    """
    if policy.kind == "sales":
        exact = _mean_sales(grading, tiers)
    elif policy.table is not None:
        missing = [tier for tier in range(1, tiers + 1) if tier not in policy.table]
        if missing:
            raise InfeasiblePolicy("weights-missing-tier", tier=missing[0], tiers=tiers)
        exact = [Fraction(policy.table[tier]) for tier in range(1, tiers + 1)]
    else:
        low, high = Fraction(policy.bottom or 1), Fraction(policy.top or 1)
        steps = max(tiers - 1, 1)
        exact = [low + (high - low) * tier / steps for tier in range(tiers)]
    unit = math.lcm(*(weight.denominator for weight in exact))
    whole = [int(weight * unit) for weight in exact]
    common = math.gcd(unit, *whole)
    least = tuple(weight // common for weight in whole)
    if max(least) > MOST_WEIGHT:
        tier = least.index(max(least)) + 1
        raise InfeasiblePolicy("weights-too-fine", tier=tier, whole=max(least), most=MOST_WEIGHT)
    return IntegerWeights(least, unit // common)


def _mean_sales(grading: Grading | None, tiers: int) -> list[Fraction]:
    """Mean cartons of the graded retailers of each tier in the window, never falling.

    Weights are published, and a mean of few would tell what they sold. So neighbouring tiers are
    taken together, from the lowest up, until ``LEAST_TOLD`` retailers are in them; the last go with
    those before. Of fewer retailers in all, every tier weighs 1.

    A tier below the mean of the one under it, or without graded retailers, has that one's weight;
    tiers below the first with retailers have its weight. At least a hundredth of a carton.
    """
    if grading is None or "quantity" not in grading.table.columns:
        raise BadRequest("weights-without-sales")
    means = (
        grading.table.filter(pl.col("graded") & pl.col("tier").is_not_null())
        .group_by("tier")
        .agg(pl.col("quantity").sum(), pl.len().alias("shops"))
    )
    sold = {tier: (cartons, shops) for tier, cartons, shops in means.rows()}
    if not sold:
        raise BadRequest("weights-without-sales")
    if sum(shops for _, shops in sold.values()) < LEAST_TOLD:
        return [Fraction(1)] * tiers
    together = _together(sold)
    parts, highest = [], 0
    for tier in range(1, tiers + 1):
        cartons, shops = together.get(tier, (0, 1))
        highest = max(highest, (2 * CENTI * cartons + shops) // (2 * shops))
        parts.append(highest)
    first = parts[min(sold) - 1]
    return [Fraction(max(part, first, 1), CENTI) for part in parts]


def _together(sold: Mapping[int, tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Tier -> cartons and retailers of all tiers that are taken together with it."""
    blocks: list[list[int]] = [[]]
    for tier in sorted(sold):
        if sum(sold[t][1] for t in blocks[-1]) >= LEAST_TOLD:
            blocks.append([])
        blocks[-1].append(tier)
    if len(blocks) > 1 and sum(sold[t][1] for t in blocks[-1]) < LEAST_TOLD:
        last = blocks.pop()
        blocks[-1] += last
    found: dict[int, tuple[int, int]] = {}
    for block in blocks:
        whole = tuple(map(sum, zip(*(sold[tier] for tier in block), strict=True)))
        found |= dict.fromkeys(block, (whole[0], whole[1]))
    return found
