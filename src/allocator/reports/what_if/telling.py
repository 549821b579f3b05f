"""How the figures of a what-if are said: numbers with units, changes with signs, names."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl

from allocator.comparison.brief import shown, shown_change
from allocator.comparison.record import Comparison
from allocator.records import MICRO
from allocator.reports.figures import rounded
from allocator.wording import Fact, say, spell

MINUS = "−"

HARDLY = 100
"""A figure that moves by no more than one part in so many gets no colour on its card."""


def word(code: str, language: str, **facts: Fact) -> str:
    """A sentence of the domain ``whatif``."""
    return say("whatif", code, facts, language)


def named(code: str, language: str) -> str:
    """A name or a sentence of the domain ``comparison`` that needs no facts."""
    return say("comparison", code, {}, language)


def exact(value: float) -> Fraction:
    """A figure as the decimal number that it was stored as."""
    return Fraction(Decimal(repr(value)))


def told(value: float | None, unit: str, language: str) -> str:
    """A figure in its unit; a dash where it is not known."""
    number = shown(value, unit)
    if number is None:
        return word("unknown", language)
    if unit == "share":
        return word("percent", language, share=number)
    return spell(number if number % 1 else number.to_integral_value(), language)


def told_change(before: float | None, after: float | None, unit: str, language: str) -> str:
    """The difference of two figures as they are told, with its sign; of shares in points."""
    number = shown_change(before, after, unit)
    if number is None:
        return word("unknown", language)
    if not number:
        return "0"
    size = abs(number).normalize() + 0
    points = unit == "share"
    said = word("points", language, points=size) if points else spell(size, language)
    return f"{'+' if number > 0 else MINUS}{said}"


def signed(value: Fraction | int, language: str, digits: int = 2) -> str:
    """A number of cartons with its sign."""
    size = spell(rounded(abs(Fraction(value)), digits).normalize() + 0, language)
    return size if size == "0" else f"{'+' if value > 0 else MINUS}{size}"


def micro(value: int, language: str) -> str:
    """Millionths as a number, without noughts at the end."""
    return spell((Decimal(value) / MICRO).normalize() + 0, language)


def fares(comparison: Comparison, name: str) -> str:
    """Whether a figure gets ``better`` or ``worse``; ``""`` where neither can be said.

    Nor where the change is too small to be printed: a nought in colour would only puzzle.
    """
    row = comparison.figures.row(by_predicate=pl.col("figure") == name, named=True)
    if not row["change"] or row["better"] is None:
        return ""
    if not shown_change(row["baseline"], row["scenario"], row["unit"]):
        return ""
    return "better" if (row["change"] > 0) == (row["better"] == "more") else "worse"


def tone(before: Fraction | float, after: Fraction | float, *, more: bool) -> str:
    """``good`` or ``bad`` for a card; ``plain`` where the figure hardly moves."""
    one, other = Fraction(before), Fraction(after)
    if abs(other - one) * HARDLY <= abs(one):
        return "plain"
    return "good" if (other > one) == more else "bad"


def scenario_title(comparison: Comparison) -> str:
    """The title of a scenario; its name where the author gave none."""
    return comparison.title or comparison.scenario.name


def group_name(dimension: str, group: str | None, language: str) -> str:
    """A group as a person reads it: tiers, deciles and attributes by their value."""
    if dimension == "all":
        return word("group-all", language)
    if not group:
        return word("group-none", language)
    if dimension == "new":
        return word("group-new" if group == "true" else "group-old", language)
    if dimension == "market" and group in ("urban", "rural"):
        return say("policy", f"market-{group}", {}, language)
    return group
