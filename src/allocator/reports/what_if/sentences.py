"""What the charts of a scenario show, in a sentence each: what a planner would say of them."""

from __future__ import annotations

import polars as pl

from allocator.comparison.record import Comparison
from allocator.records import Units
from allocator.reports.what_if.cards import everybody
from allocator.reports.what_if.groups import of_dimension, takeaway
from allocator.reports.what_if.telling import told, word


def lead(comparison: Comparison, language: str) -> list[str]:
    """The whole scenario in two or three sentences."""
    row = everybody(comparison)
    if not row["retailers"]:
        return [word("lead-nobody", language)]
    shops = {name: row[name] for name in ("retailers", "gainers", "same", "losers")}
    if row["gainers"] + row["losers"] == 0:
        said = [word("lead-same", language, **shops)]
    else:
        said = [word("lead-moves", language, **shops, gained=row["gained"], lost=row["lost"])]
    anything = exposed_to_anything(comparison)
    if anything["fresh"] is not None:
        facts = {name: anything[name] for name in ("fresh", "gone")}
        said.append(word("lead-complaints", language, **facts))
    if not comparison.scenario.ordered:
        said.append(word("lead-no-orders", language))
    return said


def sizes_told(comparison: Comparison, language: str) -> str:
    """Which tenth of the shops gains most and which loses most."""
    frame = of_dimension(comparison, "decile")
    return takeaway(frame, "decile", language) if frame.height else ""


def crossing_told(comparison: Comparison, language: str) -> str:
    """How many shops go up and down, or that the tiers are others."""
    if comparison.baseline.tiers != comparison.scenario.tiers:
        facts = {"before": comparison.baseline.tiers, "after": comparison.scenario.tiers}
        return word("cross-other", language, **facts)
    moved = pl.col("to_tier") - pl.col("from_tier")
    known = comparison.migration.drop_nulls()
    up, down, same = (
        int(known.filter(part)["retailers"].sum()) for part in (moved > 0, moved < 0, moved == 0)
    )
    return word("cross-same", language, up=up, down=down, same=same)


def shape_told(before: Units, after: Units, language: str) -> str:
    """Where most shops stand, and stood; of equal tiers the lowest."""
    return word(
        "shape-told", language,
        tier=int(after.argmax()) + 1, shops=int(after.max()),
        before=int(before.argmax()) + 1, before_shops=int(before.max()),
    )  # fmt: skip


def lorenz_told(comparison: Comparison, language: str) -> str:
    """What the best tenth holds, and the Gini coefficient, on both sides."""
    facts = {
        f"{name}_{side}": told(comparison.figure(name, side), unit, language)
        for name, unit in (("top_tenth", "share"), ("gini", "index"))
        for side in ("baseline", "scenario")
    }
    return word("lorenz-told", language, **facts)


def exposure_told(comparison: Comparison, language: str) -> str:
    """How many could complain of anything, on both sides."""
    row = exposed_to_anything(comparison)
    if row["fresh"] is None:
        return word("exposure-unknown", language)
    facts = {name: row[name] for name in ("baseline", "scenario", "fresh", "gone")}
    return word("exposure-told", language, **facts)


def exposed_to_anything(comparison: Comparison) -> dict[str, int | None]:
    """The row of ``exposure`` that counts each shop once."""
    return comparison.exposure.row(by_predicate=pl.col("kind") == "any", named=True)
