"""How the figures of a what-if are said: numbers with units, changes with signs, names."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import polars as pl

from allocator.comparison.record import Comparison
from allocator.records import MICRO
from allocator.reports.figures import percent, rounded
from allocator.wording import Fact, say, spell

WHOLE = ("retailers", "pairs")
DIGITS = {"cartons": 2, "index": 3, "ratio": 3}
"""Decimals of a figure by its unit; shares are told as per cent with one."""

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
    if value is None:
        return word("unknown", language)
    number = exact(value)
    if unit == "share":
        return word("percent", language, share=percent(number))
    if unit in WHOLE:
        return spell(int(number), language)
    return spell(_short(number, DIGITS.get(unit, 2)), language)


def told_change(value: float | None, unit: str, language: str) -> str:
    """A change with its sign; of shares in percentage points; a dash where it is not known."""
    if value is None:
        return word("unknown", language)
    number = exact(value)
    if unit == "share":
        points = rounded(abs(number) * 100, 1)
        said = word("points", language, points=points.normalize() + 0)
    else:
        digits = 0 if unit in WHOLE else DIGITS.get(unit, 2)
        points = rounded(abs(number), digits)
        said = spell(points.normalize() + 0, language)
    if not points:
        return "0"
    return f"{'+' if number > 0 else MINUS}{said}"


def signed(value: Fraction | int, language: str, digits: int = 2) -> str:
    """A number of cartons with its sign."""
    size = spell(rounded(abs(Fraction(value)), digits).normalize() + 0, language)
    return size if size == "0" else f"{'+' if value > 0 else MINUS}{size}"


def micro(value: int, language: str) -> str:
    """Millionths as a number, without noughts at the end."""
    return spell((Decimal(value) / MICRO).normalize() + 0, language)


def _short(number: Fraction, digits: int) -> Decimal:
    """Rounded, and without noughts at the end where it is whole."""
    value = rounded(number, digits)
    return value if value % 1 else value.to_integral_value()


def fares(comparison: Comparison, name: str) -> str:
    """Whether a figure gets ``better`` or ``worse``; ``""`` where neither can be said."""
    row = comparison.figures.row(by_predicate=pl.col("figure") == name, named=True)
    if not row["change"] or row["better"] is None:
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
