"""A comparison in a few lines for a screen or a notebook: figures, who gains, who loses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, Final

import polars as pl

from allocator.pages import templates
from allocator.wording import say, spell

if TYPE_CHECKING:
    from allocator.comparison.record import Comparison, Note

HEADLINES: Final = (
    "awarded", "left", "coverage", "fill_rate", "mean", "p10", "p50", "p90", "gini", "top_tenth",
    "satisfaction_least", "cliff", "cliff_apart", "volatility",
)  # fmt: skip
"""Figures that are shown first."""

DIGITS: Final = {
    "cartons": 2, "share": 1, "index": 3, "ratio": 3, "retailers": 0, "pairs": 0,
}  # fmt: skip
"""Digits after the point by unit; shares are shown in per cent."""

MOST_BESIDE: Final = 6
"""Scenarios that a notebook shows beside each other."""

UNKNOWN: Final = "–"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: what it is, before, after, and the change, as people read them."""

    label: str
    before: str
    after: str
    change: str


def shown(value: float | None, unit: str) -> Decimal | None:
    """A figure as it is printed, rounded half up; shares in per cent. ``None`` = not known."""
    if value is None:
        return None
    digits = DIGITS.get(unit, 0)
    number = Fraction(Decimal(repr(value))) * (100 if unit == "share" else 1)
    return Decimal(floor(number * 10**digits + Fraction(1, 2))).scaleb(-digits)


def shown_change(before: float | None, after: float | None, unit: str) -> Decimal | None:
    """The difference of the figures as they are printed, so that every line adds up."""
    one, other = shown(before, unit), shown(after, unit)
    return None if one is None or other is None else other - one


def spell_figure(value: float | None, unit: str, language: str) -> str:
    """A figure as people read it: ``12.3 %``, ``0.255``; a dash where it is not known."""
    number = shown(value, unit)
    if number is None:
        return UNKNOWN
    told = spell(_short(number, unit), language)
    return f"{told} %" if unit == "share" else told


def spell_change(before: float | None, after: float | None, unit: str, language: str) -> str:
    """By how much a figure changes, with its sign; of shares in per cent points."""
    number = shown_change(before, after, unit)
    if number is None:
        return UNKNOWN
    told = f"{'+' if number > 0 else ''}{spell(_short(number, unit), language)}"
    return say("comparison", "points", {"value": told}, language) if unit == "share" else told


def _short(number: Decimal, unit: str) -> Decimal:
    """Cartons that are whole are told as such."""
    whole = unit == "cartons" and number == number.to_integral_value()
    return number.to_integral_value() + 0 if whole else number + 0


def headlines(comparison: Comparison, language: str) -> list[Line]:
    """The figures that are shown first."""
    rows = {row["figure"]: row for row in comparison.figures.iter_rows(named=True)}
    found = []
    for name in HEADLINES:
        row = rows[name]
        if row["baseline"] is None and row["scenario"] is None:
            continue
        unit = row["unit"]
        found.append(
            Line(
                say("comparison", f"figure-{name}", {}, language),
                spell_figure(row["baseline"], unit, language),
                spell_figure(row["scenario"], unit, language),
                spell_change(row["baseline"], row["scenario"], unit, language),
            )
        )
    return found


def complaints(comparison: Comparison, language: str) -> list[Line]:
    """How many shops are exposed to each kind of complaint."""
    found = []
    for row in comparison.exposure.iter_rows(named=True):
        before, after = row["baseline"], row["scenario"]
        missing = row["missing"]
        found.append(
            Line(
                say("comparison", f"kind-{row['kind']}", {}, language),
                spell_figure(before, "retailers", language),
                spell_figure(after, "retailers", language),
                say("comparison", f"missing-{missing}", {}, language)
                if missing
                else spell_change(before, after, "retailers", language),
            )
        )
    return found


def beside(compared: Sequence[Comparison], language: str) -> list[tuple[str, str, list[str]]]:
    """Figures and complaints side by side: the label, today, and each scenario in turn."""
    told = [
        {line.label: line for line in (*headlines(one, language), *complaints(one, language))}
        for one in compared
    ]
    today = {label: line.before for lines in told for label, line in lines.items()}
    return [
        (label, before, [lines[label].after if label in lines else UNKNOWN for lines in told])
        for label, before in today.items()
    ]


def outline(comparison: Comparison, language: str) -> str:
    """Who gains and who loses, in one sentence."""
    row = comparison.groups.filter(pl.col("dimension") == "all").row(0, named=True)
    status = comparison.changes_by_retailer["status"]
    facts = {name: row[name] or 0 for name in ("gainers", "same", "losers", "gained", "lost")}
    facts |= {name: int((status == name).sum()) for name in ("entered", "left")}
    moved = "outline-moved" if facts["entered"] or facts["left"] else "outline"
    return say("comparison", moved, facts, language)


def remarks(comparison: Comparison, language: str) -> list[str]:
    """What did nothing and why, and what else the reader must know."""
    return [*idle(comparison, language), *asides(comparison, language)]


def idle(comparison: Comparison, language: str) -> list[str]:
    """What did nothing, and why: to be read before any figure."""
    return [_told(note, language) for note in comparison.notes if note.idle]


def asides(comparison: Comparison, language: str) -> list[str]:
    """What else the reader must know beside the figures."""
    return [_told(note, language) for note in comparison.notes if not note.idle]


def _told(note: Note, language: str) -> str:
    return say("comparison", f"note-{note.code}", note.facts, language)


def beside_page(compared: Sequence[Comparison], language: str = "en") -> str:
    """Several comparisons as a short fragment of HTML, escaped: for notebooks."""
    shown = compared[:MOST_BESIDE]
    page = templates("allocator.comparison").get_template("beside.html")
    return page.render(
        shown=[(one, outline(one, language), idle(one, language)) for one in shown],
        heads=[say("comparison", f"head-{name}", {}, language) for name in ("figures", "before")],
        rows=beside(shown, language),
        more=say("comparison", "beside-more", {"count": len(compared) - len(shown)}, language)
        if len(compared) > len(shown)
        else "",
    )


def brief_page(comparison: Comparison, language: str = "en") -> str:
    """The comparison as a fragment of HTML, escaped: for notebooks."""
    heads = [
        say("comparison", f"head-{name}", {}, language) for name in ("before", "after", "change")
    ]
    page = templates("allocator.comparison").get_template("brief.html")
    return page.render(
        comparison=comparison,
        outline=outline(comparison, language),
        heads=heads,
        parts=[headlines(comparison, language), complaints(comparison, language)],
        titles=[
            say("comparison", f"head-{name}", {}, language) for name in ("figures", "complaints")
        ],
        idle=idle(comparison, language),
        remarks=asides(comparison, language),
    )
