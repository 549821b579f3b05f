"""Bands and baskets in words: of which products together how many cartons, by tier."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from allocator.records import JointLimit, QuotaPlan
from allocator.wording import Fact, say


def together_lines(plan: QuotaPlan, names: Mapping[str, str], language: str) -> list[str]:
    """One sentence for each band and basket; names : product names by product_id."""
    return [
        say(
            "reports",
            code,
            {
                "name": limit.name,
                "products": products_of(plan, limit, names, language),
                "limits": most_by_tier(plan, limit, language),
            },
            language,
        )
        for code, limits in (("band-line", plan.bands), ("basket-line", plan.baskets))
        for limit in limits
    ]


def products_of(plan: QuotaPlan, limit: JointLimit, names: Mapping[str, str], language: str) -> str:
    """The products of a limit by name, each once."""
    known = dict.fromkeys(plan.product[p] for p in limit.lines.tolist())
    comma = say("reports", "list-comma", {}, language)
    return comma.join(names.get(product, product) for product in known)


def most_by_tier(plan: QuotaPlan, limit: JointLimit, language: str) -> str:
    """Most cartons for runs of tiers that have the same, from the top.

    The total depends on the tier alone, so one chain tells it.
    """
    most = dict(zip(plan.cells.tier.tolist(), limit.most.tolist(), strict=True))
    told = []
    for cartons, run in groupby(sorted(most, reverse=True), key=most.__getitem__):
        tiers = list(run)
        code = "together-none" if cartons < 0 else "together-most"
        span: dict[str, Fact] = {"high": tiers[0], "low": tiers[-1]}
        where = say("reports", "tier-span" if len(tiers) > 1 else "tier-one", span, language)
        told.append(say("reports", code, {"tiers": where, "most": cartons}, language))
    return say("reports", "together-comma", {}, language).join(told)
