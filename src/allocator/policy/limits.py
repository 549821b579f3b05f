"""Limits tier by tier: of one product, its own and the defaults put together; of several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from allocator.policy.allocation_models import AllocationPolicy, ProductLimits


@dataclass(frozen=True, slots=True)
class LineLimits:
    """Limits of one product for tiers 1..T, in cartons for one retailer and cycle.

    ceiling : T entries, entry t-1 for tier t
    step : largest difference between neighbouring tiers, ``None`` = none
    lowest, highest : the tiers that may have the product, both included
    coverage : part of each tier's retailers that must be able to have a lot, 0..1
    """

    floor: int
    ceiling: tuple[int, ...]
    step: int | None
    tier_order: bool
    lowest: int
    highest: int
    coverage: Decimal


def line_limits(allocation: AllocationPolicy, product: str, tiers: int) -> LineLimits:
    """The limits of a product: its own where it has some, the defaults elsewhere.

    A ceiling by tier holds for the tiers above up to the next entry; below the lowest entry the
    default holds.
    """
    defaults = allocation.defaults
    own = allocation.products.get(product, ProductLimits())
    lowest, highest = own.tiers or (1, tiers)
    return LineLimits(
        floor=defaults.floor if own.floor is None else own.floor,
        ceiling=_ceilings(own, defaults.ceiling, tiers),
        step=defaults.step if own.step is None else own.step,
        tier_order=defaults.tier_order if own.tier_order is None else own.tier_order,
        lowest=lowest,
        highest=highest,
        coverage=defaults.coverage if own.coverage is None else own.coverage,
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


def by_tier_down(at_most: int | Mapping[int, int], tiers: int) -> tuple[int, ...]:
    """A limit on several products together for tiers 1..T, cartons; -1 where there is none.

    An entry holds for the tiers above up to the next one; below the lowest there is no limit.
    """
    if isinstance(at_most, int):
        return (at_most,) * tiers
    limits, current = [], -1
    for tier in range(1, tiers + 1):
        current = at_most.get(tier, current)
        limits.append(current)
    return tuple(limits)
