"""Weights and limits of a policy, tier by tier: defaults and product lines put together."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from allocator.errors import BadPolicy, Refusal
from allocator.policy.models import AllocationPolicy, ProductLimits, Weights
from allocator.wording import Fact


@dataclass(frozen=True, slots=True)
class LineLimits:
    """Limits of one product for tiers 1..T, in cartons for one retailer and cycle.

    ceiling : T entries, entry t-1 for tier t
    step : largest difference between neighbouring tiers, ``None`` = none
    lowest, highest : the tiers that may have the product, both included
    """

    floor: int
    ceiling: tuple[int, ...]
    step: int | None
    tier_order: bool
    lowest: int
    highest: int


def tier_weights(weights: Weights, tiers: int) -> tuple[Fraction, ...]:
    """Weights w_1 .. w_T, exact; linear ones rise evenly from bottom to top.

    Raises
    ------
    BadPolicy : a table that names fewer or more tiers than there are.
    """
    if weights.table is not None:
        missing = [tier for tier in range(1, tiers + 1) if tier not in weights.table]
        if missing:
            facts: dict[str, Fact] = {"tier": missing[0], "tiers": tiers}
            path = "allocation.weights.table"
            raise BadPolicy("bad-policy", [Refusal("weight-missing", column=path, facts=facts)])
        return tuple(Fraction(weights.table[tier]) for tier in range(1, tiers + 1))
    if weights.bottom is None or weights.top is None:
        refusal = Refusal("weights-incomplete", column="allocation.weights")
        raise BadPolicy("bad-policy", [refusal])
    bottom, top = Fraction(weights.bottom), Fraction(weights.top)
    if tiers == 1:
        return (top,)
    return tuple(bottom + (top - bottom) * Fraction(t, tiers - 1) for t in range(tiers))


def line_limits(allocation: AllocationPolicy, product: str, tiers: int) -> LineLimits:
    """The limits of a product: its own where it has some, the defaults elsewhere.

    A ceiling by tier holds for the tiers above up to the next entry; below the lowest entry the
    default holds. ``step: null`` of a product lifts the step for it.
    """
    defaults = allocation.defaults
    own = allocation.products.get(product, ProductLimits())
    lowest, highest = own.tiers or (1, tiers)
    return LineLimits(
        floor=defaults.floor if own.floor is None else own.floor,
        ceiling=_ceilings(own, defaults.ceiling, tiers),
        step=own.step if "step" in own.model_fields_set else defaults.step,
        tier_order=defaults.tier_order if own.tier_order is None else own.tier_order,
        lowest=lowest,
        highest=highest,
    )


def _ceilings(own: ProductLimits, default: int, tiers: int) -> tuple[int, ...]:
    if own.ceiling is None:
        return (default,) * tiers
    if isinstance(own.ceiling, int):
        return (own.ceiling,) * tiers
    ceilings, current = [], default
    for tier in range(1, tiers + 1):
        current = own.ceiling.get(tier, current)
        ceilings.append(current)
    return tuple(ceilings)
