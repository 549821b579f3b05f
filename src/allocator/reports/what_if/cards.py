"""The headline cards of a what-if: what a planner looks at first."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import polars as pl

from allocator.comparison.record import Comparison
from allocator.reports.figures import part_of, percent
from allocator.reports.what_if.telling import told, tone, word


@dataclass(frozen=True, slots=True)
class Card:
    """A figure with what stands beside it."""

    label: str
    value: str
    beside: str
    tone: str


def cards(comparison: Comparison, language: str) -> list[Card]:
    """Supply used, gainers, losers, complaints, cliff, Gini: after, and today beside it."""
    return [
        _used(comparison, language),
        _won(comparison, language),
        _lost(comparison, language),
        _complaints(comparison, language),
        _figure(comparison, "cliff", "cartons", language),
        _figure(comparison, "gini", "index", language),
    ]


def everybody(comparison: Comparison) -> dict[str, Any]:
    """The row of ``groups`` that counts all retailers present on both sides."""
    return comparison.groups.row(by_predicate=pl.col("dimension") == "all", named=True)


def used(comparison: Comparison, side: str) -> Fraction | None:
    """Part of the supply less reserve that is given out; ``None`` where no supply is known."""
    awarded, left = (comparison.figure(name, side) for name in ("awarded", "left"))
    if awarded is None or left is None or awarded + left <= 0:
        return None
    return part_of(int(awarded), int(awarded + left))


def _used(comparison: Comparison, language: str) -> Card:
    then, now = (used(comparison, side) for side in ("scenario", "baseline"))
    label = word("card-used", language)
    if then is None or now is None:
        values = [comparison.figure("awarded", side) for side in ("scenario", "baseline")]
        said = [told(value, "cartons", language) for value in values]
        return Card(label, said[0], word("card-now", language, value=said[1]), "plain")
    shares = [word("percent", language, share=percent(part)) for part in (then, now)]
    left = comparison.figure("left") or 0
    beside = word("card-used-beside", language, value=shares[1], left=int(left))
    return Card(label, shares[0], beside, tone(now, then, more=True))


def _won(comparison: Comparison, language: str) -> Card:
    return _moved(comparison, "gain", "gainers", "gained", language)


def _lost(comparison: Comparison, language: str) -> Card:
    return _moved(comparison, "lose", "losers", "lost", language)


def _moved(comparison: Comparison, colour: str, who: str, what: str, language: str) -> Card:
    row = everybody(comparison)
    shops, cartons = row[who] or 0, row[what] or 0
    share = percent(part_of(shops, row["retailers"]))
    beside = word("card-moved-beside", language, share=share, cartons=cartons)
    return Card(word(f"card-{who}", language), told(shops, "retailers", language), beside, colour)


def _complaints(comparison: Comparison, language: str) -> Card:
    row = comparison.exposure.row(by_predicate=pl.col("kind") == "any", named=True)
    label = word("card-complaints", language)
    if row["scenario"] is None or row["baseline"] is None:
        return Card(label, word("unknown", language), "", "plain")
    then, now = row["scenario"], row["baseline"]
    beside = word("card-complaints-beside", language, now=now, fresh=row["fresh"])
    said = told(then, "retailers", language)
    return Card(label, said, beside, tone(now, then, more=False))


def _figure(comparison: Comparison, name: str, unit: str, language: str) -> Card:
    then, now = (comparison.figure(name, side) for side in ("scenario", "baseline"))
    beside = word(f"card-{name}-beside", language, value=told(now, unit, language))
    known = then is not None and now is not None
    colour = tone(now or 0, then or 0, more=False) if known else "plain"
    return Card(word(f"card-{name}", language), told(then, unit, language), beside, colour)
