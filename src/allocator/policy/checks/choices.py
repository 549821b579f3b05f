"""Choices of retailers, tiers and products: somebody is chosen, and nothing named twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from allocator.policy.checks.finding import Finding, top_tier
from allocator.policy.choices import ProductChoice, Who
from allocator.policy.document import Path
from allocator.policy.models import PolicyFile
from allocator.wording import Fact

GROUPS: Path = ("allocation", "groups")
JOINT = ("bands", "baskets")


def product_tiers_exist(file: PolicyFile) -> Iterator[Finding]:
    """Tiers that products name exist, and a table names at least one."""
    top = top_tier(file)
    for product, own in file.allocation.products.items():
        path: Path = ("allocation", "products", product)
        if own.tiers is not None:
            yield from _range((*path, "tiers"), own.tiers, top)
        if isinstance(own.ceiling, dict):
            yield from _table((*path, "ceiling"), own.ceiling, top)


def joint_tiers_exist(file: PolicyFile) -> Iterator[Finding]:
    """Tiers that groups, bands and baskets name exist, and a table names at least one."""
    top = top_tier(file)
    for index, group in enumerate(file.allocation.groups):
        if group.who.tier is not None:
            yield from _range((*GROUPS, index, "who", "tier"), group.who.tier, top)
    for key in JOINT:
        for index, limit in enumerate(getattr(file.allocation, key)):
            if isinstance(limit.at_most, dict):
                yield from _table(("allocation", key, index, "at_most"), limit.at_most, top)


def _range(path: Path, tiers: tuple[int, int], top: int) -> Iterator[Finding]:
    low, high = tiers
    if low > high:
        yield path, "range-backwards", {"low": high, "high": low}
    if max(low, high) > top:
        yield path, "tier-above-top", {"tier": max(low, high), "tiers": top}


def _table(path: Path, table: Mapping[int, int], top: int) -> Iterator[Finding]:
    if not table:
        yield path, "needs-entries", {"number": 1}
    for tier in table:
        if tier > top:
            facts: dict[str, Fact] = {"tier": tier, "tiers": top}
            yield (*path, str(tier)), "tier-above-top", facts


def somebody_is_chosen(file: PolicyFile) -> Iterator[Finding]:
    """A choice of retailers mentions at least one attribute, and no value twice."""
    for product, own in file.allocation.products.items():
        if own.who is not None:
            path: Path = ("allocation", "products", product, "who")
            yield from _somebody(path, own.who, by_tier=False)
    for index, group in enumerate(file.allocation.groups):
        path = (*GROUPS, index, "who")
        yield from _somebody(path, group.who, by_tier=group.who.tier is not None)


def _somebody(path: Path, who: Who, *, by_tier: bool) -> Iterator[Finding]:
    named = who.named()
    if not named and not by_tier:
        yield path, "needs-entries", {"number": 1}
    for name, values in named.items():
        if not values:
            yield (*path, name), "needs-entries", {"number": 1}
        if len(set(values)) < len(values):
            yield (*path, name), "named-twice", {}


def products_once(file: PolicyFile) -> Iterator[Finding]:
    """A choice of products names none, and no band or class, twice."""
    for key in ("groups", *JOINT):
        for index, rule in enumerate(getattr(file.allocation, key)):
            choice: ProductChoice = rule.products
            path: Path = ("allocation", key, index, "products")
            if len(set(choice.ids)) < len(choice.ids):
                yield path, "named-twice", {}
            for name in ("price_band", "price_class"):
                values = getattr(choice, name)
                if len(set(values)) < len(values):
                    yield (*path, name), "named-twice", {}
