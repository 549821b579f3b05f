"""The lines of a policy that limit the quotas of one product, each with the place it stands at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from allocator.allocation.limits import NO_LIMITS
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.document import spell_path

RESERVE_DIGITS: Final = 24
"""Decimals of a reserve, more than a policy may write; whole numbers of such parts are exact."""

TOP: Final = 10**6
"""Above every tier."""


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of the policy (or the supply) that limits quotas of a product.

    kind : floor, ceiling, step, tier_order, reserve, supply
    path : as in the policy, ``supply`` for the supply table
    value : cartons; for the reserve 10^-24 parts of the supply; for tier order 1
    low, high : first and last tier that a floor or ceiling holds for
    """

    kind: str
    path: str
    value: int
    low: int = 1
    high: int = TOP


def clauses_of(
    policy: AllocationPolicy, product: str, supply: int, tiers: int
) -> tuple[Clause, ...]:
    """What limits the quotas of a product; ``supply`` in cartons."""
    own, defaults = policy.products.get(product, NO_LIMITS), policy.defaults

    def path(key: str, *, mine: bool) -> str:
        return spell_path(("allocation", *(("products", product) if mine else ("defaults",)), key))

    def scalars() -> Iterator[Clause]:
        for key in ("floor", "step", "tier_order"):
            mine = getattr(own, key) is not None
            value = getattr(own if mine else defaults, key)
            if value is not None and (key == "step" or value):
                yield Clause(key, path(key, mine=mine), int(value))

    def ceilings() -> Iterator[Clause]:
        if isinstance(own.ceiling, int):
            yield Clause("ceiling", path("ceiling", mine=True), own.ceiling)
            return
        entries = sorted((own.ceiling or {}).items())
        first = max(entries[0][0], 1) if entries else tiers + 1
        if first > 1:
            yield Clause("ceiling", path("ceiling", mine=False), defaults.ceiling, 1, first - 1)
        ends = [tier - 1 for tier, _ in entries[1:]] + [tiers]
        for (tier, most), end in zip(entries, ends, strict=True) if entries else ():
            yield Clause("ceiling", f"{path('ceiling', mine=True)}.{tier}", most, tier, end)

    return (*scalars(), *ceilings(), *reserve_clause(policy), Clause("supply", "supply", supply))


def reserve_clause(policy: AllocationPolicy) -> tuple[Clause, ...]:
    """The line of the reserve, if anything is kept back."""
    part = int(policy.reserve.scaleb(RESERVE_DIGITS))
    return (Clause("reserve", "allocation.reserve", part),) if part else ()
