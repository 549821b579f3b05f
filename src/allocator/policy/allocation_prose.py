"""How supply becomes quotas and awards, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from allocator.policy.allocation_models import (
    AllocationPolicy,
    GroupPolicy,
    Limits,
    ProductLimits,
    Together,
    Weights,
)
from allocator.policy.choices import GroupWho, ProductChoice, Who
from allocator.policy.phrases import figure, listed, number, phrase


def allocation_rules(allocation: AllocationPolicy, language: str) -> Iterator[str]:
    """The rules of an allocation, one sentence each."""
    yield from _weights(allocation.weights, language)
    if allocation.objective != "leximin":
        yield phrase(language, f"prose-objective-{allocation.objective}")
    yield phrase(language, f"prose-boundary-{allocation.boundary}")
    yield phrase(language, f"prose-whole-{allocation.whole_units.at_least_one}-large")
    yield phrase(language, f"prose-whole-{allocation.whole_units.below_one}-small")
    if allocation.reserve:
        yield phrase(language, "prose-reserve", percent=number(allocation.reserve * 100))
    else:
        yield phrase(language, "prose-no-reserve")
    second = "prose-second-round" if allocation.second_round else "prose-no-second-round"
    yield phrase(language, second)
    if allocation.take_up is not None:
        yield phrase(language, "prose-take-up", cycles=allocation.take_up.history_cycles)
        yield phrase(language, f"prose-oversell-{allocation.take_up.oversell}")
    yield from _defaults(allocation.defaults, language)
    for product, own in allocation.products.items():
        limits = phrase(language, "limit-comma").join(_product(own, language))
        limits = limits or phrase(language, "prose-product-as-defaults")
        yield phrase(language, "prose-product", product=product, limits=limits)
    for band in allocation.bands:
        yield _together("prose-band", band, language)
    for basket in allocation.baskets:
        yield _together("prose-basket", basket, language)
    for group in allocation.groups:
        yield _group(group, language)


def _weights(weights: Weights, language: str) -> Iterator[str]:
    if weights.table is not None:
        table = sorted(weights.table.items(), reverse=True)
        entries = listed(language, (f"{tier}: {figure(weight)}" for tier, weight in table))
        yield phrase(language, "prose-weights-table", weights=entries)
    elif weights.kind == "sales":
        yield phrase(language, "prose-weights-sales")
    elif weights.bottom is not None and weights.top is not None:
        bottom, top = number(weights.bottom), number(weights.top)
        yield phrase(language, "prose-weights-linear", bottom=bottom, top=top)


def _defaults(limits: Limits, language: str) -> Iterator[str]:
    yield phrase(language, "prose-limits", floor=limits.floor, ceiling=limits.ceiling)
    if limits.step is not None:
        yield phrase(language, "prose-step", step=limits.step)
    yield phrase(language, "prose-tier-order" if limits.tier_order else "prose-no-tier-order")
    if limits.coverage:
        yield phrase(language, "prose-coverage", percent=number(limits.coverage * 100))


def _product(own: ProductLimits, language: str) -> Iterator[str]:
    if own.tiers is not None:
        yield phrase(language, "prose-product-tiers", low=own.tiers[0], high=own.tiers[1])
    for name, values in (own.who.named() if own.who else {}).items():
        attribute = phrase(language, f"attribute-{name}")
        words = listed(language, _values(name, values, language))
        yield phrase(language, "prose-product-who", attribute=attribute, values=words)
    if own.floor is not None:
        yield phrase(language, "prose-product-floor", floor=own.floor)
    if isinstance(own.ceiling, dict):
        lowest = "-to-the-last" if min(own.ceiling) == 1 else ""
        ceilings = _by_tier(own.ceiling, language)
        yield phrase(language, f"prose-product-ceilings{lowest}", ceilings=ceilings)
    elif own.ceiling is not None:
        yield phrase(language, "prose-product-ceiling", ceiling=own.ceiling)
    if own.step is not None:
        yield phrase(language, "prose-product-step", step=own.step)
    if own.tier_order is not None:
        code = "prose-product-order" if own.tier_order else "prose-product-no-order"
        yield phrase(language, code)
    if own.coverage == 0:
        yield phrase(language, "prose-product-no-coverage")
    elif own.coverage is not None:
        yield phrase(language, "prose-product-coverage", percent=number(own.coverage * 100))
    if own.fortnightly == "double":
        yield phrase(language, "prose-product-double")


def _values(attribute: str, values: tuple[str, ...], language: str) -> list[str]:
    """Values as people say them; only those of the market are ours to translate."""
    if attribute != "market":
        return list(values)
    return [phrase(language, f"market-{value}") for value in values]


def _by_tier(table: Mapping[int, int], language: str) -> str:
    return listed(
        language,
        (
            phrase(language, "prose-from-tier", tier=tier, most=most)
            for tier, most in sorted(table.items(), reverse=True)
        ),
    )


def _together(code: str, limit: Together, language: str) -> str:
    if isinstance(limit.at_most, int):
        most = phrase(language, "prose-cartons", most=limit.at_most)
    else:
        most = _by_tier(limit.at_most, language)
        if min(limit.at_most) > 1:
            most = phrase(language, "prose-lower-unlimited", limits=most)
    products = _products(limit.products, language)
    return phrase(language, code, name=limit.name, products=products, most=most)


def _group(group: GroupPolicy, language: str) -> str:
    who, products = who_in_words(group.who, language), _products(group.products, language)
    ends = {
        end: number(share * 100)
        for end, share in (("least", group.at_least), ("most", group.at_most))
        if share is not None
    }
    code = f"prose-group-{'-'.join(ends)}"
    return phrase(language, code, who=who, products=products, **ends)


def who_in_words(who: GroupWho, language: str) -> str:
    """The choice of retailers as part of a sentence: "retailers with ..."."""
    parts = [attributes_in_words(who, language)] if who.named() else []
    if who.tier is not None:
        low, high = who.tier
        code = "who-tier" if low < high else "who-one-tier"
        parts.append(phrase(language, code, low=low, high=high))
    return phrase(language, "list-and").join(parts)


def attributes_in_words(who: Who, language: str) -> str:
    """The attributes that a choice of retailers names, with the values that fit."""
    parts = []
    for name, values in who.named().items():
        attribute = phrase(language, f"attribute-{name}")
        words = phrase(language, "list-or").join(_values(name, values, language))
        parts.append(phrase(language, "who-attribute", attribute=attribute, values=words))
    return phrase(language, "list-and").join(parts)


def _products(choice: ProductChoice, language: str) -> str:
    if choice.every:
        return phrase(language, "products-all")
    if choice.ids:
        ids = listed(language, choice.ids)
        return phrase(language, "products-listed", count=len(choice.ids), products=ids)
    parts = []
    either = phrase(language, "list-or")
    if choice.price_band:
        words = either.join(choice.price_band)
        parts.append(phrase(language, "products-price-band", values=words))
    if choice.price_class:
        words = either.join(map(str, choice.price_class))
        parts.append(phrase(language, "products-price-class", values=words))
    return phrase(language, "products-priced", prices=phrase(language, "list-and").join(parts))
