"""Tier weights as whole numbers over one denominator (``model.md`` 1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from allocator.errors import InfeasiblePolicy
from allocator.policy.models import Weights

MOST_WEIGHT = 2**40
"""Whole weights stay below, so that sums over millions of retailers fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class IntegerWeights:
    """weight : T whole numbers for tiers 1..T; ``weight[t-1] / unit`` is what the policy says."""

    weight: tuple[int, ...]
    unit: int


def tier_weights(policy: Weights, tiers: int) -> IntegerWeights:
    """Weights of tiers 1..T, exact.

    Raises
    ------
    InfeasiblePolicy : the table does not name every tier, or weights with too many digits
    """
    if policy.table is not None:
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
