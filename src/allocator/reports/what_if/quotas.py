"""Quotas along the tiers, before and after, of the products where they differ most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from allocator.comparison.record import Comparison
from allocator.records import MICRO
from allocator.reports.what_if.curves import Stairs, Steps, apart, stairs
from allocator.reports.what_if.telling import micro, word

MOST_CHARTS: Final = 6
"""Products on the page; the workbook has all quotas."""


@dataclass(frozen=True, slots=True)
class QuotaChart:
    """The quotas of one product."""

    title: str
    told: str
    chart: Stairs


def quota_charts(comparison: Comparison, language: str) -> tuple[list[QuotaChart], str]:
    """Charts of the products whose quotas differ most, and a sentence of how many more there are.

    The quota of a tier is the mean entitlement of its shops, before whole cartons are made.
    """
    names = dict(comparison.products.select("product_id", "name").iter_rows())
    found = []
    for product, before, after in _steps(comparison):
        area = apart(before, after)
        if area:
            found.append((area, product, before, after))
    found.sort(key=lambda entry: (-entry[0], entry[1]))
    charts = [
        QuotaChart(
            title=names.get(product) or product,
            told=word(
                "quota-told", language,
                before=micro(_top(before), language), after=micro(_top(after), language),
                low_before=micro(_low(before), language), low_after=micro(_low(after), language),
            ),
            chart=stairs(before, after),
        )
        for _, product, before, after in found[:MOST_CHARTS]
    ]  # fmt: skip
    hidden = len(found) - len(charts)
    if not found:
        return charts, word("quota-none", language)
    return charts, word("quota-more", language, count=hidden) if hidden else ""


def _steps(comparison: Comparison) -> list[tuple[str, Steps, Steps]]:
    """Retailers and mean entitlement of tiers 1..T of each product, on both sides."""
    outcomes = (comparison.baseline, comparison.scenario)
    products = comparison.products["product_id"].to_list()
    sides = []
    for outcome in outcomes:
        held = _shops_by_tier(outcome.retailers, outcome.tiers)
        total = (
            outcome.quotas.group_by("product_id", "tier")
            .agg((pl.col("retailers") * pl.col("entitlement")).sum())
            .rows()
        )
        given = {(product, tier): cartons for product, tier, cartons in total}
        sides.append(
            {
                product: [
                    (shops, given.get((product, tier), 0) // max(shops, 1))
                    for tier, shops in enumerate(held, start=1)
                ]
                for product in outcome.products["product_id"].to_list()
            }
        )
    return [(product, sides[0].get(product, []), sides[1].get(product, [])) for product in products]


def _shops_by_tier(retailers: pl.DataFrame, tiers: int) -> list[int]:
    """Retailers that take part, by tier 1..T."""
    part = retailers.filter(pl.col("cell").is_not_null())
    counted = dict(part.group_by("tier").len().iter_rows())
    return [counted.get(tier, 0) for tier in range(1, tiers + 1)]


def _top(steps: Steps) -> int:
    """The quota of the highest tier that has a shop, to a hundredth of a carton."""
    return _hundredth(next((quota for shops, quota in reversed(steps) if shops), 0))


def _low(steps: Steps) -> int:
    return _hundredth(next((quota for shops, quota in steps if shops), 0))


def _hundredth(quota: int) -> int:
    grain = MICRO // 100
    return (quota + grain // 2) // grain * grain
