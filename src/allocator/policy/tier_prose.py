"""How tiers come about, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from allocator.policy.phrases import figure, item_named, listed, phrase
from allocator.policy.tier_models import Bands, Breaks, ByAttribute, TierPolicy

UNITS = {
    "quantity": "limit-cartons-a-month",
    "amount": "limit-yuan-a-month",
    "class_amount": "limit-yuan-a-month",
    "mean_price": "limit-yuan-a-carton",
    "class_quantity_share": "limit-per-cent",
    "product_count": "limit-products",
    "manager_score": "limit-points",
}
"""Unit in which the limits of an item are written."""


def tier_rules(tiers: TierPolicy, language: str) -> Iterator[str]:
    """The sentences about ``grading.tiers``."""
    if tiers.cutoffs is not None:
        least = _limits(tiers.cutoffs, language)
        yield phrase(language, "prose-cutoffs", tiers=tiers.count, limits=least)
    elif tiers.bands is not None:
        yield from _bands(tiers.bands, tiers.count, language)
    elif tiers.breaks is not None:
        yield from _breaks(tiers.breaks, language)
    elif tiers.by is not None:
        yield from _by(tiers.by, language)
    else:
        shares = tiers.shares or ()
        told = listed(language, map(figure, shares))
        yield phrase(language, "prose-tiers", tiers=len(shares), shares=told)
        yield phrase(language, f"prose-ties-{tiers.ties}")


def _limits(limits: Mapping[int, Decimal], language: str) -> str:
    """``30: 92.5, 29: 90``, from the top; tier 1 takes everybody else."""
    told = [tier for tier in sorted(limits, reverse=True) if tier > 1]
    return listed(language, (f"{tier}: {figure(limits[tier])}" for tier in told))


def _bands(bands: Bands, tiers: int, language: str) -> Iterator[str]:
    if bands.items is None:
        (item,) = bands.both
        yield phrase(
            language,
            "prose-bands",
            tiers=tiers,
            item=item_named(item.item, item.classes, language),
            unit=phrase(language, UNITS[item.item]),
            limits=_limits(bands.from_ or {}, language),
        )
        return
    yield phrase(language, "prose-grid", tiers=tiers)
    for item in bands.items:
        yield phrase(
            language,
            "prose-grid-item",
            item=item_named(item.item, item.classes, language),
            unit=phrase(language, UNITS[item.item]),
            bands=len(item.from_) + 1,
            limits=listed(language, map(figure, item.from_)),
        )
    rows = (listed(language, map(str, row)) for row in bands.cells())
    yield phrase(language, "prose-grid-cells", rows="; ".join(rows))


def _breaks(breaks: Breaks, language: str) -> Iterator[str]:
    yield phrase(language, "prose-breaks", tiers=breaks.tiers)
    if breaks.at_least is not None:
        yield phrase(language, "prose-breaks-at-least", share=figure(100 * breaks.at_least))
    if breaks.shape is not None and breaks.within is not None:
        shape = listed(language, map(figure, breaks.shape))
        within = figure(100 * breaks.within)
        yield phrase(language, "prose-breaks-shape", shape=shape, within=within, tiers=breaks.tiers)


def _by(by: ByAttribute, language: str) -> Iterator[str]:
    for attribute, values in by.named().items():
        told = listed(language, (f"{value}: {tier}" for value, tier in values.items()))
        name = phrase(language, f"attribute-{attribute}")
        yield phrase(language, "prose-by", attribute=name, values=told)
    if by.otherwise is None:
        yield phrase(language, "prose-by-all")
    else:
        yield phrase(language, "prose-by-otherwise", tier=by.otherwise)
