"""The lines of a policy that limit quotas, each with the place it stands at and what it holds for.

One line may limit several products: it is one clause all the same, for whoever changes the line
changes it for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from allocator.allocation.limits import NO_LIMITS, Released
from allocator.allocation.shares import lines_of
from allocator.policy.allocation_models import AllocationPolicy
from allocator.policy.document import spell_path
from allocator.records import Group

SHARE_DIGITS: Final = 24
"""Decimals of a share, more than a policy may write; whole numbers of such parts are exact."""

TOP: Final = 10**6
"""Above every tier."""

SHARES: Final = ("coverage", "group_least", "group_most", "reserve")
"""Kinds whose value is a share; that of the others is in cartons."""


@dataclass(frozen=True, slots=True)
class Span:
    """Cells of one line that a clause holds for: tiers ``low`` to ``high`` of position ``p``."""

    p: int
    low: int = 1
    high: int = TOP


@dataclass(frozen=True, slots=True)
class Clause:
    """One line of the policy (or the supply of one line) that limits quotas.

    kind : floor, coverage, ceiling, step, tier_order, basket, group_least, group_most, reserve,
        supply
    path : as in the policy, ``supply`` for the supply table
    value : cartons; for shares 10^-24 parts; for tier order 1
    spans : what it holds for
    rule : index of the group or basket in the policy; -1 for the others
    """

    kind: str
    path: str
    value: int
    spans: tuple[Span, ...]
    rule: int = -1


def clauses_of(
    policy: AllocationPolicy,
    released: Released,
    members: Sequence[int],
    groups: Sequence[Group],
    tiers: int,
) -> tuple[Clause, ...]:
    """What limits the quotas of the lines ``members``; spans count by position in it."""
    found: dict[tuple[str, str], tuple[int, list[Span]]] = {}

    def add(kind: str, path: str, value: int, spans: Iterable[Span]) -> None:
        found.setdefault((kind, path), (value, []))[1].extend(spans)

    for position, p in enumerate(members):
        for kind, path, value, low, high in _own(policy, released.product[p], tiers):
            add(kind, path, value, [Span(position, low, high)])
    clauses = [Clause(kind, path, v, tuple(spans)) for (kind, path), (v, spans) in found.items()]
    everywhere = tuple(Span(position) for position in range(len(members)))
    return (
        *clauses,
        *_baskets(policy, released, members, tiers),
        *_groups(policy, members, groups),
        *_reserve(policy, everywhere),
        *(
            Clause("supply", "supply", int(released.supply[p]), (span,))
            for p, span in zip(members, everywhere, strict=True)
        ),
    )


def _own(
    policy: AllocationPolicy, product: str, tiers: int
) -> Iterator[tuple[str, str, int, int, int]]:
    """Kind, path, value and tiers of what limits the quotas of one product by itself."""
    own, defaults = policy.products.get(product, NO_LIMITS), policy.defaults

    def path(key: str, *, mine: bool) -> str:
        return spell_path(("allocation", *(("products", product) if mine else ("defaults",)), key))

    for key in ("floor", "coverage", "step", "tier_order"):
        mine = getattr(own, key) is not None
        value = getattr(own if mine else defaults, key)
        if value is not None and (key == "step" or value):
            parts = _parts(value) if key == "coverage" else int(value)
            yield key, path(key, mine=mine), parts, 1, TOP
    if isinstance(own.ceiling, int):
        yield "ceiling", path("ceiling", mine=True), own.ceiling, 1, TOP
        return
    entries = sorted((own.ceiling or {}).items())
    first = max(entries[0][0], 1) if entries else tiers + 1
    if first > 1:
        yield "ceiling", path("ceiling", mine=False), defaults.ceiling, 1, first - 1
    for tier, most, end in _steps(entries, tiers):
        yield "ceiling", f"{path('ceiling', mine=True)}.{tier}", most, tier, end


def _steps(entries: Sequence[tuple[int, int]], tiers: int) -> Iterator[tuple[int, int, int]]:
    """Entries by tier with the last tier that each holds for."""
    ends = [tier - 1 for tier, _ in entries[1:]] + [tiers]
    for (tier, most), end in zip(entries, ends[: len(entries)], strict=True):
        yield tier, most, end


def _baskets(
    policy: AllocationPolicy, released: Released, members: Sequence[int], tiers: int
) -> Iterator[Clause]:
    for k, basket in enumerate(policy.baskets):
        means = set(lines_of(basket.products, released))
        inside = [position for position, p in enumerate(members) if p in means]
        if not inside:
            continue
        path = f"allocation.baskets.{k}.at_most"
        if isinstance(basket.at_most, int):
            spans = tuple(Span(position) for position in inside)
            yield Clause("basket", path, basket.at_most, spans, k)
            continue
        for tier, most, end in _steps(sorted(basket.at_most.items()), tiers):
            spans = tuple(Span(position, tier, end) for position in inside)
            yield Clause("basket", f"{path}.{tier}", most, spans, k)


def _groups(
    policy: AllocationPolicy, members: Sequence[int], groups: Sequence[Group]
) -> Iterator[Clause]:
    for k, group in enumerate(policy.groups):
        lines = {found.line for found in groups if found.rule == k}
        spans = tuple(Span(position) for position, p in enumerate(members) if p in lines)
        for key, kind in (("at_least", "group_least"), ("at_most", "group_most")):
            share = getattr(group, key)
            if share is not None and spans:
                yield Clause(kind, f"allocation.groups.{k}.{key}", _parts(share), spans, k)


def _reserve(policy: AllocationPolicy, spans: tuple[Span, ...]) -> tuple[Clause, ...]:
    """The line of the reserve, if anything is kept back."""
    part = _parts(policy.reserve)
    return (Clause("reserve", "allocation.reserve", part, spans),) if part else ()


def _parts(share: Decimal) -> int:
    return int(share.scaleb(SHARE_DIGITS))
