"""The page of one scenario: headline cards, charts, shops to visit, figures, how to have it again.

One file without scripts or links to elsewhere. It names shops: it stays in the house.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np
import polars as pl

from allocator.comparison.brief import asides, idle
from allocator.comparison.outcome import Outcome
from allocator.comparison.record import Comparison
from allocator.records import MICRO, Units
from allocator.reports.charts import pyramid
from allocator.reports.figures import render
from allocator.reports.what_if import sentences, tables
from allocator.reports.what_if.bars import paired
from allocator.reports.what_if.cards import cards, everybody
from allocator.reports.what_if.complaints import complaints, counts
from allocator.reports.what_if.crossing import crossing
from allocator.reports.what_if.curves import lorenz
from allocator.reports.what_if.groups import by_size, grouped
from allocator.reports.what_if.origin import Origin
from allocator.reports.what_if.quotas import quota_charts
from allocator.reports.what_if.telling import micro, scenario_title, signed, word

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
    quotas, more_quotas = quota_charts(comparison, language)
    others = [grouped(comparison, name, language) for name in OTHERS]
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
        cards=cards(comparison, language),
        lead=sentences.lead(comparison, language),
        changes=comparison.changes,
        idle=idle(comparison, language),
        notes=asides(comparison, language),
        tiers=grouped(comparison, "tier", language),
        sizes=by_size(comparison),
        sizes_told=sentences.sizes_told(comparison, language),
        others=[found for found in others if found],
        moves=_moves(comparison, language),
        quotas=quotas,
        more_quotas=more_quotas,
        lorenz=lorenz(comparison.lorenz),
        lorenz_told=sentences.lorenz_told(comparison, language),
        exposure=paired(counts(comparison, language)),
        exposure_told=sentences.exposure_told(comparison, language),
        complaints=complaints(comparison, language),
        movers=tables.movers(comparison, language),
        figures=tables.figures(comparison, language),
        products=tables.products(comparison, language),
    )


def _moves(comparison: Comparison, language: str) -> dict[str, Any] | None:
    """Where the shops of each tier went, and the shape of the tiers; ``None`` = nobody moved."""
    one, other = comparison.baseline, comparison.scenario
    moved = pl.col("from_tier").ne_missing(pl.col("to_tier"))
    if one.tiers == other.tiers and comparison.migration.filter(moved).is_empty():
        return None
    before, after = shops_by_tier(one), shops_by_tier(other)
    total = int(before.sum())
    outline = before * MICRO // total if len(before) == len(after) and total else None
    return {
        "crossing": crossing(comparison.changes_by_retailer, one.tiers, other.tiers),
        "crossing_told": sentences.crossing_told(comparison, language),
        "shape": pyramid(after, outline),
        "shape_told": sentences.shape_told(before, after, language),
    }


def shops_by_tier(outcome: Outcome) -> Units:
    """Retailers present of tiers 1..T, (T,) int64."""
    held = outcome.retailers.filter("present")["tier"].drop_nulls().to_numpy()
    return np.bincount(held, minlength=outcome.tiers + 1)[1:].astype(np.int64)
