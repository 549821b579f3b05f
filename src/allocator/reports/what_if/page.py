"""The page of one scenario: headline cards, charts, shops to visit, figures, how to have it again.

One file without scripts or links to elsewhere. It names shops: it stays in the house.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import polars as pl

from allocator.comparison.record import Comparison
from allocator.reports.figures import render
from allocator.reports.what_if import tables
from allocator.reports.what_if.bars import paired
from allocator.reports.what_if.cards import cards, everybody
from allocator.reports.what_if.complaints import complaints, counts
from allocator.reports.what_if.crossing import crossing
from allocator.reports.what_if.curves import lorenz
from allocator.reports.what_if.groups import by_size, grouped, of_dimension, takeaway
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.quotas import quota_charts
from allocator.reports.what_if.telling import micro, scenario_title, signed, told, word
from allocator.wording import say

OTHERS: Final = ("region", "segment", "market", "format", "new")
"""Dimensions that are folded away below tiers and sizes."""


def what_if_page(
    comparison: Comparison, title: str, origin: Origin, language: str = "en", *, index: str = ""
) -> str:
    """The page, self-contained; every text from files is escaped.

    Parameters
    ----------
    title : of the baseline's policy
    index : file of the page of all scenarios, to go back to; "" = there is none
    """
    text = partial(word, language=language)
    scenario = comparison.scenario
    shops = everybody(comparison)["retailers"]
    tiers = grouped(comparison, "tier", language)
    others = [found for name in OTHERS if (found := grouped(comparison, name, language))]
    quotas, more_quotas = quota_charts(comparison, language)
    content: dict[str, Any] = {
        "cards": cards(comparison, language),
        "lead": lead(comparison, language),
        "changes": comparison.changes,
        "tiers": tiers,
        "sizes": by_size(comparison),
        "sizes_told": _sizes_told(comparison, language),
        "others": others,
        "crossing": crossing(
            comparison.changes_by_retailer, comparison.baseline.tiers, scenario.tiers
        ),
        "crossing_told": _crossing_told(comparison, language),
        "quotas": quotas,
        "more_quotas": more_quotas,
        "lorenz": lorenz(comparison.lorenz),
        "lorenz_told": _lorenz_told(comparison, language),
        "exposure": paired(counts(comparison, language)),
        "exposure_told": _exposure_told(comparison, language),
        "complaints": complaints(comparison, language),
        "movers": tables.movers(comparison, language),
        "figures": tables.figures(comparison, language),
        "products": tables.products(comparison, language),
        "notes": [
            say("comparison", f"note-{note.code}", note.facts, language)
            for note in comparison.notes
        ],
    }
    return render(
        "what_if.html",
        language,
        title=title,
        heading=text("page-title", scenario=scenario_title(comparison)),
        foot=text("page-foot"),
        met=text("page-met", cycle=scenario.cycle, on=scenario.on, shops=shops),
        describe=comparison.describe,
        index=index,
        origin=origin,
        word=text,
        micro=partial(micro, language=language),
        signed=partial(signed, language=language),
        **content,
    )


def lead(comparison: Comparison, language: str) -> list[str]:
    """What a planner would say in two sentences."""
    row = everybody(comparison)
    if not row["retailers"]:
        return [word("lead-nobody", language)]
    counts_ = {name: row[name] for name in ("retailers", "gainers", "same", "losers")}
    if row["gainers"] + row["losers"] == 0:
        said = [word("lead-same", language, **counts_)]
    else:
        said = [word("lead-moves", language, **counts_, gained=row["gained"], lost=row["lost"])]
    any_ = comparison.exposure.row(by_predicate=pl.col("kind") == "any", named=True)
    if any_["fresh"] is not None:
        said.append(word("lead-complaints", language, fresh=any_["fresh"], gone=any_["gone"]))
    if not comparison.scenario.ordered:
        said.append(word("lead-no-orders", language))
    return said


def _sizes_told(comparison: Comparison, language: str) -> str:
    frame = of_dimension(comparison, "decile")
    return takeaway(frame, "decile", language) if frame.height else ""


def _crossing_told(comparison: Comparison, language: str) -> str:
    if comparison.baseline.tiers != comparison.scenario.tiers:
        facts = {"before": comparison.baseline.tiers, "after": comparison.scenario.tiers}
        return word("cross-other", language, **facts)
    moved = pl.col("to_tier") - pl.col("from_tier")
    known = comparison.migration.drop_nulls()
    up, down, same = (
        int(known.filter(part)["retailers"].sum()) for part in (moved > 0, moved < 0, moved == 0)
    )
    return word("cross-same", language, up=up, down=down, same=same)


def _lorenz_told(comparison: Comparison, language: str) -> str:
    facts = {
        f"{name}_{side}": told(comparison.figure(name, side), unit, language)
        for name, unit in (("top_tenth", "share"), ("gini", "index"))
        for side in ("baseline", "scenario")
    }
    return word("lorenz-told", language, **facts)


def _exposure_told(comparison: Comparison, language: str) -> str:
    row = comparison.exposure.row(by_predicate=pl.col("kind") == "any", named=True)
    if row["fresh"] is None:
        return word("exposure-unknown", language)
    facts = {name: row[name] for name in ("baseline", "scenario", "fresh", "gone")}
    return word("exposure-told", language, **facts)
