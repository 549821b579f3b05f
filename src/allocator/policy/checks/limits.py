"""Floors and ceilings of one product leave room for each other, and rise with the tier."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from allocator.policy.checks.finding import Finding, top_tier
from allocator.policy.document import Path
from allocator.policy.limits import line_limits
from allocator.policy.models import PolicyFile
from allocator.wording import Fact


def limits_leave_room(file: PolicyFile) -> Iterator[Finding]:
    """No floor above a ceiling (f <= m), for the defaults and for every product and tier."""
    defaults = file.allocation.defaults
    if defaults.floor > defaults.ceiling:
        facts: dict[str, Fact] = {"floor": defaults.floor, "ceiling": defaults.ceiling}
        yield ("allocation", "defaults", "floor"), "floor-above-ceiling", facts
        return
    tiers = top_tier(file)
    for product, own in file.allocation.products.items():
        limits = line_limits(file.allocation, product, tiers)
        allowed = range(limits.lowest, min(limits.highest, tiers) + 1)
        low = [tier for tier in allowed if limits.floor > limits.ceiling[tier - 1]]
        if low:
            key = "ceiling" if own.floor is None else "floor"
            facts = {
                "floor": limits.floor,
                "ceiling": limits.ceiling[low[0] - 1],
                "tier": low[0],
            }
            path: Path = ("allocation", "products", product, key)
            yield path, "product-floor-above-ceiling", facts


def ceilings_fall(file: PolicyFile) -> Iterator[Finding]:
    """A warning: tier order holds lower tiers down to the smallest ceiling above them."""
    tiers = top_tier(file)
    for product in file.allocation.products:
        fall = falling_ceiling(file, product, tiers)
        if fall is not None:
            yield ("allocation", "products", product, "ceiling"), "ceiling-falls", fall


def falling_ceiling(file: PolicyFile, product: str, tiers: int) -> dict[str, Fact] | None:
    """The lowest tiers between which a product's ceiling falls although its tier order holds."""
    limits = line_limits(file.allocation, product, tiers)
    if not limits.tier_order:
        return None
    allowed = range(limits.lowest, min(limits.highest, tiers) + 1)
    for lower, upper in pairwise(allowed):
        if limits.ceiling[upper - 1] < limits.ceiling[lower - 1]:
            return {
                "product": product,
                "lower": lower,
                "upper": upper,
                "most": limits.ceiling[upper - 1],
                "ceiling": limits.ceiling[lower - 1],
            }
    return None
