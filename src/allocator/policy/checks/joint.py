"""Groups of retailers, and limits on several products together: bands and baskets."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from allocator.policy.checks.choices import GROUPS, JOINT
from allocator.policy.checks.finding import Finding
from allocator.policy.choices import GroupWho, Who
from allocator.policy.models import PolicyFile
from allocator.wording import Fact


def groups_have_shares(file: PolicyFile) -> Iterator[Finding]:
    """A group has a share at least, at most, or both that leave room for each other."""
    for index, group in enumerate(file.allocation.groups):
        least, most = group.at_least, group.at_most
        if least is None and most is None:
            yield (*GROUPS, index), "group-without-share", {}
        if most == 1:  # the supply itself is such a limit: this one says nothing
            yield (*GROUPS, index, "at_most"), "needs-percentage-below", {"number": 100}
        if least is not None and most is not None and least > most:
            facts: dict[str, Fact] = {"least": _percent(least), "most": _percent(most)}
            yield (*GROUPS, index, "at_least"), "group-least-above-most", facts


def group_shares_fit(file: PolicyFile) -> Iterator[Finding]:
    """Groups that share no retailer have no more than all of the same products together.

    Only what is plain to see: groups that differ in one attribute, or in their tiers. The rest is
    found when quotas are planned. Regions may have supplies of their own, of which each could have
    any part.
    """
    for attribute in (*(name for name in Who.model_fields if name != "region"), "tier"):
        apart: dict[object, list[int]] = {}
        met: dict[object, set[str | int]] = {}
        for index, group in enumerate(file.allocation.groups):
            values, key = _values(group.who, attribute), _same(group.products.model_dump())
            if group.at_least is None or not values or values & met.setdefault(key, set()):
                continue
            apart.setdefault(key, []).append(index)
            met[key] |= values
        for indices in apart.values():
            shares = (file.allocation.groups[index].at_least for index in indices)
            total = sum((share for share in shares if share is not None), Decimal(0))
            if total > 1:
                facts: dict[str, Fact] = {
                    "groups": ", ".join(str(index + 1) for index in indices),
                    "total": _percent(total),
                    "excess": _percent(total - 1),
                }
                yield (*GROUPS, indices[-1], "at_least"), "group-shares-above-hundred", facts
                return


def _values(who: GroupWho, attribute: str) -> set[str | int]:
    """The values of an attribute, or the tiers, that fit a choice; none where it mentions none."""
    if attribute == "tier":
        return set() if who.tier is None else set(range(who.tier[0], who.tier[1] + 1))
    return set(who.named().get(attribute, ()))


def _same(choice: dict[str, object]) -> object:
    """A choice of products whatever the order in which it is written."""
    return tuple(
        (name, frozenset(value) if isinstance(value, tuple) else value)
        for name, value in choice.items()
    )


def _percent(share: Decimal) -> Decimal:
    return Decimal(format((share * 100).normalize(), "f"))


def names_differ(file: PolicyFile) -> Iterator[Finding]:
    """Bands and baskets have names of their own, by which notices and refusals call them."""
    names: set[str] = set()
    for key in JOINT:
        for index, limit in enumerate(getattr(file.allocation, key)):
            if limit.name in names:
                yield ("allocation", key, index, "name"), "name-twice", {"name": limit.name}
            names.add(limit.name)


def baskets_nest(file: PolicyFile) -> Iterator[Finding]:
    """Of two baskets that list products, one contains the other or they have none in common.

    Whole cartons can keep no others. Choices by price are looked at when quotas are planned.
    """
    listed = [
        (index, basket.name, frozenset(basket.products.ids))
        for index, basket in enumerate(file.allocation.baskets)
        if basket.products.ids
    ]
    for (_, first, one), (index, second, other) in combinations(listed, 2):
        if one & other and one - other and other - one:
            facts: dict[str, Fact] = {
                "first": first,
                "second": second,
                "both": min(one & other),
                "only_first": min(one - other),
                "only_second": min(other - one),
            }
            yield ("allocation", "baskets", index, "products"), "baskets-cross", facts


def tables_reach_the_last_tier(file: PolicyFile) -> Iterator[Finding]:
    """A warning: below the lowest tier that a band or basket names there is no limit."""
    for key in JOINT:
        for index, limit in enumerate(getattr(file.allocation, key)):
            if isinstance(limit.at_most, dict) and limit.at_most and min(limit.at_most) > 1:
                facts: dict[str, Fact] = {"name": limit.name, "tier": min(limit.at_most)}
                yield ("allocation", key, index, "at_most"), "lower-tiers-unlimited", facts
