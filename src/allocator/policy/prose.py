"""What a policy says, in plain words: one sentence per rule, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from allocator.policy.models import (
    AllocationPolicy,
    GradingPolicy,
    ItemPolicy,
    Policy,
    ProductLimits,
    WholeUnits,
)
from allocator.wording import Fact, say

SHARES = "grading.tiers.shares"
"""The path that notices name most; readers of a notice know no paths."""


def describe(policy: Policy, language: str = "en") -> list[str]:
    """The rules of a policy as sentences in ``en`` or ``zh-CN``; warnings are not among them."""
    return [
        _say(language, "prose-title", title=policy.title, on=policy.on),
        *_grading(policy.grading, language),
        *_allocation(policy.allocation, language),
        *_audit(policy, language),
        *_sources(policy, language),
    ]


def _say(language: str, code: str, **facts: Fact) -> str:
    return say("policy", code, facts, language)


def _figure(number: Decimal | int) -> str:
    """A number without the zeros that carry nothing, as it stands in lists."""
    return format(Decimal(number).normalize(), "f")


def _number(number: Decimal) -> Decimal:
    return Decimal(_figure(number))


def _grading(grading: GradingPolicy | None, language: str) -> Iterator[str]:
    if grading is None:
        yield _say(language, "prose-no-grading")
        return
    comma = _say(language, "list-comma")
    yield _say(language, "prose-window", months=grading.window.months)
    if grading.exclude.scarce:
        yield _say(language, "prose-exclude-scarce")
    if grading.exclude.kinds:
        kinds = comma.join(_say(language, f"kind-{kind}") for kind in grading.exclude.kinds)
        yield _say(language, "prose-exclude-kinds", kinds=kinds)
    points = sum((item.weight for item in grading.items.values()), Decimal(0))
    yield _say(language, "prose-score", points=_number(points))
    for name, item in grading.items.items():
        yield _item(name, item, language)
    shares = grading.tiers.shares
    listed = comma.join(_figure(share) for share in shares)
    yield _say(language, "prose-tiers", tiers=len(shares), shares=listed)
    yield _say(language, f"prose-ties-{grading.tiers.ties}")
    if grading.newcomers is None:
        yield _say(language, "prose-no-newcomers")
    else:
        new = grading.newcomers
        yield _say(language, "prose-newcomers", months=new.months, tier=new.start_tier)
    yield _say(language, f"prose-month-{grading.missing_month}")


def _item(name: str, item: ItemPolicy, language: str) -> str:
    facts: dict[str, Fact] = {
        "item": _say(language, f"item-{name}"),
        "weight": _number(item.weight),
        "scale": _say(language, f"scale-{item.scale}"),
    }
    if not item.classes:
        return say("policy", "prose-item", facts, language)
    facts["classes"] = _say(language, "list-comma").join(map(str, item.classes))
    return say("policy", "prose-item-classes", facts, language)


def _allocation(allocation: AllocationPolicy, language: str) -> Iterator[str]:
    weights, comma = allocation.weights, _say(language, "list-comma")
    if weights.table is not None:
        table = sorted(weights.table.items(), reverse=True)
        listed = comma.join(f"{tier}: {_figure(weight)}" for tier, weight in table)
        yield _say(language, "prose-weights-table", weights=listed)
    elif weights.bottom is not None and weights.top is not None:
        ends = {"bottom": _number(weights.bottom), "top": _number(weights.top)}
        yield say("policy", "prose-weights-linear", ends, language)
    yield _say(language, f"prose-boundary-{allocation.boundary}")
    yield from _whole_units(allocation.whole_units, language)
    if allocation.reserve:
        yield _say(language, "prose-reserve", percent=_number(allocation.reserve * 100))
    else:
        yield _say(language, "prose-no-reserve")
    second = "prose-second-round" if allocation.second_round else "prose-no-second-round"
    yield _say(language, second)
    limits = allocation.defaults
    yield _say(language, "prose-limits", floor=limits.floor, ceiling=limits.ceiling)
    if limits.step is not None:
        yield _say(language, "prose-step", step=limits.step)
    yield _say(language, "prose-tier-order" if limits.tier_order else "prose-no-tier-order")
    for product, own in allocation.products.items():
        listed = _say(language, "limit-comma").join(_product(own, language))
        listed = listed or _say(language, "prose-product-as-defaults")
        yield _say(language, "prose-product", product=product, limits=listed)


def _whole_units(units: WholeUnits, language: str) -> Iterator[str]:
    yield _say(language, f"prose-whole-{units.at_least_one}-large")
    yield _say(language, f"prose-whole-{units.below_one}-small")


def _product(own: ProductLimits, language: str) -> Iterator[str]:
    if own.tiers is not None:
        yield _say(language, "prose-product-tiers", low=own.tiers[0], high=own.tiers[1])
    if own.floor is not None:
        yield _say(language, "prose-product-floor", floor=own.floor)
    if isinstance(own.ceiling, dict):
        table = sorted(own.ceiling.items(), reverse=True)
        listed = _say(language, "list-comma").join(
            _say(language, "prose-from-tier", tier=tier, most=most) for tier, most in table
        )
        lowest = "-to-the-last" if table[-1][0] == 1 else ""
        yield _say(language, f"prose-product-ceilings{lowest}", ceilings=listed)
    elif own.ceiling is not None:
        yield _say(language, "prose-product-ceiling", ceiling=own.ceiling)
    if own.step is not None:
        yield _say(language, "prose-product-step", step=own.step)
    if own.tier_order is not None:
        yield _say(language, "prose-product-order" if own.tier_order else "prose-product-no-order")


def _audit(policy: Policy, language: str) -> Iterator[str]:
    rules, comma = policy.audit.rules, _say(language, "list-comma")
    if "all" in rules.select:
        yield _say(language, "prose-audit-all")
    else:
        yield _say(language, "prose-audit", rules=comma.join(rules.select))
    if rules.ignore:
        yield _say(language, "prose-audit-ignore", rules=comma.join(rules.ignore))


def _sources(policy: Policy, language: str) -> Iterator[str]:
    for path, source in policy.sources.items():
        facts: dict[str, Fact] = {
            "path": _say(language, "path-shares") if path == SHARES else path,
            "since": source.since,
            "title": source.title or _say(language, "prose-no-source"),
            "last": source.last_valid_on,
        }
        code = "prose-source" if source.last_valid_on is None else "prose-source-until"
        yield say("policy", code, facts, language)
